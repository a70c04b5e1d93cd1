/**
 * How messages get to an actor: into the mailbox if it has room, and the actor is woken. A message that the actor is waiting for never enters the
 * mailbox. Every send goes through `deliver`, so nothing there allocates.
 */
import type { Bound } from './bound.js';
import { mailboxGrew } from './longMessageQueue.js';
import { Mailbox } from './mailbox.js';
import { ProcessId } from './pid.js';
import type { Process } from './process.js';
import type { RingOwner } from './ring.js';
import { dead, idle, queued, waiting } from './states.js';
import { type Home, Waiter } from './waiter.js';
import type { Match } from './wanted.js';
import { checkLowMarks, type LowMark } from './watermark.js';
import type { PortBacklog } from './weight.js';

/** The part of a process that others send to. */
export abstract class Addressee extends Waiter implements RingOwner {
  readonly mailbox = new Mailbox(this);
  readonly pid: ProcessId;
  /** Why the actor has ended, once it has. */
  reason: unknown = undefined;
  /** How many messages the actor has taken so far. */
  reductions = 0;
  /** Ports that wait for the backlog to fall. */
  lowMarks: LowMark[] | null = null;
  /** The limit of the mailbox, null for none. */
  bound: Bound | null = null;

  constructor(system: Home) {
    super(system);
    this.pid = new ProcessId(this as unknown as Process);
  }

  /** The mailbox is full, and one more message has come. True if that message is to come in, because an older one has made room for it. */
  protected abstract overflow(bound: Bound): boolean;
  /** The mailbox holds one message too many: a guard might have taken it and has not. */
  protected abstract shed(bound: Bound): void;
  /** Whether the `receive` under way takes the message, or might: its guard is not called for that. */
  protected abstract mayTake(message: unknown): boolean;
  /** A message has come while the actor was waiting, with nothing in the mailbox that it wants. */
  protected abstract arrive(message: unknown): void;

  /** Delivers a message that an actor or a timer sends. False if the mailbox has no room for it. */
  admit(message: unknown): boolean {
    if (this.bound !== null && !this.hasRoom(this.bound, message)) return false;
    this.deliver(message);
    return true;
  }

  /** Takes all messages for which `match` holds out of the mailbox, in order. */
  extract(match: Match): unknown[] {
    const taken = this.mailbox.extract(match);
    if (this.lowMarks !== null) checkLowMarks(this);
    return taken;
  }

  private hasRoom(bound: Bound, message: unknown): boolean {
    const { length } = this.mailbox;
    if (length < bound.limit) {
      if (length <= bound.limit / 2) bound.overflowing = false;
      return true;
    }
    // A message that the waiting receive takes does not stay. Whether a guard takes it is found out when the actor runs.
    if (this.state === waiting && this.mayTake(message)) return true;
    return this.state === dead || this.overflow(bound);
  }

  /** Drops the message that came in above the limit because a guard might have taken it. */
  protected shedSurplus(): void {
    if (this.bound === null || this.mailbox.length <= this.bound.limit) return;
    this.shed(this.bound);
    if (this.lowMarks !== null) checkLowMarks(this);
  }

  /** Puts a message into the mailbox and wakes the actor. */
  deliver(message: unknown): void {
    const { scheduler, state } = this;
    scheduler.sends += 1;
    if (state === waiting) {
      this.arrive(message);
    } else if (state <= idle) {
      this.mailbox.push(message);
      if (state !== idle) return;
      this.state = queued;
      scheduler.enqueue(this);
    }
  }

  /** `deliver` for data that a port has read. As long as the message waits, its bytes count for the port and for the mailbox. */
  deliverWeighed(message: unknown, port: PortBacklog, bytes: number): void {
    const { mailbox } = this;
    if (this.state < idle && bytes !== 0) {
      // All messages of a batch but the first come here.
      this.scheduler.sends += 1;
      mailbox.pushWeighed(message, port, bytes);
      return;
    }
    const { length } = mailbox;
    this.deliver(message);
    if (bytes !== 0 && mailbox.length > length) mailbox.weighNewest(port, bytes);
  }

  ringGrows(): void {
    mailboxGrew(this as unknown as Process, this.mailbox.length);
  }
}
