/**
 * How messages get into an actor and how `receive` takes them out: the mailbox, and a promise while nothing in it fits. Every send goes through
 * `deliver`, so nothing there allocates; a message that comes for a body that waits for it never enters the mailbox.
 *
 * V8 compiles only so much bytecode into one caller, and calls the rest. So what is run for each message is kept short, here and in `handle.ts`, `waiter.ts` and
 * `process.ts`: errors and whatever else is seldom have functions of their own.
 */
import type { Bound } from './bound.js';
import { ActorExit, BadArg } from './errors.js';
import { mailboxGrew } from './longMessageQueue.js';
import { longSchedule, turnEnds } from './longSchedule.js';
import { Mailbox, none } from './mailbox.js';
import { matchesKey } from './message.js';
import { type Pid, ProcessId, type Ref } from './pid.js';
import type { Process } from './process.js';
import type { RingOwner } from './ring.js';
import { dead, due, idle, queued, running, waiting } from './states.js';
import { type Home, Waiter } from './waiter.js';
import { anyMessage, byAnswer, byKey, byMatch, type Match, type PendingCall } from './wanted.js';
import { checkLowMarks, type LookedFor, type LowMark } from './watermark.js';
import type { PortBacklog } from './weight.js';

/** Messages that `receiveNow` gives before the actor has to `receive`, or its handler to return, which lets others run. */
const takenInARow = 256;

/** The part of a process that has to do with messages. */
export abstract class Receiver extends Waiter implements RingOwner {
  readonly mailbox = new Mailbox(this);
  readonly pid: ProcessId;
  /** Why it has ended, once it has. */
  reason: unknown = undefined;
  /** Messages taken so far. */
  reductions = 0;
  lowMarks: LowMark[] | null = null;
  /** How much may wait in the mailbox, null for any number. */
  bound: Bound | null = null;

  // The receive under way.
  private mode = anyMessage;
  private wanted: string | Ref | Match | PendingCall | null = null;
  /** What had been skipped when it began has been asked about. */
  private skippedAsked = false;
  /** It has waited too long, and is to be told when the scheduler gives the word. */
  private timedOut: { readonly error: Error | null } | null = null;
  /** Messages that `receiveNow` has given since the last `receive`, or in this batch of a handler. */
  protected takenNow = 0;

  constructor(system: Home) {
    super(system);
    this.pid = new ProcessId(this as unknown as Process);
  }

  /** A message does not fit. True if it is to come in all the same. */
  protected abstract overflow(bound: Bound): boolean;
  /** A message has come in that should not have: it was not what `receive` waited for. */
  protected abstract shed(bound: Bound): void;

  /** Puts a message that an actor or a timer sends into the mailbox. False if there is no room. */
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
    // What a waiting receive would take does not stay; whether a guard would take it is seen when the actor runs.
    if (this.state === waiting && this.mayTake(message)) return true;
    return this.state === dead || this.overflow(bound);
  }

  private mayTake(message: unknown): boolean {
    return this.mode === byMatch || (this.mode === byKey && matchesKey(message, this.wanted as string | Ref));
  }

  ringGrows(): void {
    mailboxGrew(this as unknown as Process, this.mailbox.length);
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

  /** `deliver` of what a port has read: as long as it waits, its bytes count for the port and the mailbox. */
  deliverWeighed(message: unknown, port: PortBacklog, bytes: number): void {
    const { mailbox } = this;
    if (this.state < idle && bytes !== 0) {
      // All but the first message of a batch come here.
      this.scheduler.sends += 1;
      mailbox.pushWeighed(message, port, bytes);
      return;
    }
    const { length } = mailbox;
    this.deliver(message);
    if (bytes !== 0 && mailbox.length > length) mailbox.weighNewest(port, bytes);
  }

  /** Takes the oldest message, or gives undefined; see `Self.receiveNow`. The fast path of a body that takes many. */
  takeNow(): unknown {
    this.checkRunning();
    const { mailbox, scheduler } = this;
    if (mailbox.length === 0 || this.takenNow >= takenInARow || !scheduler.take()) return undefined;
    this.takenNow += 1;
    this.reductions += 1;
    scheduler.worked += 1;
    const message = mailbox.shift();
    if (this.lowMarks !== null) checkLowMarks(this);
    return message;
  }

  /** Takes a message as `receive` with a guard does, or gives undefined. */
  receiveNow(mode: number, wanted: string | Ref | Match | null): unknown {
    this.checkRunning();
    if (this.takenNow >= takenInARow || !this.scheduler.take()) return undefined;
    this.takenNow += 1;
    this.mode = mode;
    this.wanted = wanted;
    this.skippedAsked = false;
    const message = mode === byMatch ? this.searchByMatch() : this.search();
    return message === none ? undefined : message;
  }

  /** Takes a message as the receive of this mode does. At most one at a time; see `Self.receive`. */
  receive(mode: number, wanted: string | Ref | Match | null, afterMs: number): Promise<unknown> {
    this.checkRunning();
    if (longSchedule.observed) turnEnds(this as unknown as Process);
    this.takenNow = 0;
    this.mode = mode;
    this.wanted = wanted;
    this.skippedAsked = false;
    if (this.scheduler.take()) return mode === byMatch ? this.receiveByMatch(afterMs) : this.received(this.search(), afterMs);
    this.fallDue();
    return this.promiseWithin(afterMs);
  }

  private receiveByMatch(afterMs: number): Promise<unknown> {
    let message: unknown;
    try {
      message = this.searchByMatch();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.received(message, afterMs);
  }

  /** The mailbox has been looked through: gives what was found, or waits. */
  private received(message: unknown, afterMs: number): Promise<unknown> {
    if (message !== none) {
      this.runsOn();
      return Promise.resolve(message);
    }
    if (afterMs === 0) return Promise.resolve(undefined);
    this.state = waiting;
    return this.promiseWithin(afterMs);
  }

  /** Waits for the answer to a call that it has made. Messages stay where they are. */
  awaitAnswer(call: PendingCall, timeoutMs: number): Promise<unknown> {
    if (longSchedule.observed) turnEnds(this as unknown as Process);
    this.takenNow = 0;
    this.mode = byAnswer;
    this.wanted = call;
    this.state = waiting;
    if (timeoutMs === 0) this.fallDue();
    return this.promiseWithin(timeoutMs);
  }

  /** A call that has failed before it began. It is work all the same: whoever tries again and again lets others run. */
  failCall(error: Error): Promise<never> {
    if (longSchedule.observed) turnEnds(this as unknown as Process);
    if (this.scheduler.take()) {
      this.runsOn();
      return Promise.reject(error);
    }
    this.takenNow = 0;
    this.mode = byAnswer;
    this.wanted = { isSettled: true, error, answer: undefined, giveUp: () => error };
    this.fallDue();
    return this.promiseWithin(Number.POSITIVE_INFINITY) as Promise<never>;
  }

  /** The call that it waits for has an answer, or an error. */
  callSettled(call: PendingCall): void {
    this.scheduler.sends += 1;
    if (this.state !== waiting || this.wanted !== call) return;
    if (this.scheduler.take()) this.finishCall(call);
    else this.fallDue();
  }

  private finishCall(call: PendingCall): void {
    // Request and answer are not kept until the next receive.
    this.wanted = null;
    this.reductions += 1;
    this.scheduler.worked += 1;
    if (call.error === null) this.finish(call.answer);
    else this.fail(call.error);
  }

  /** @throws BadArg if it cannot begin a receive */
  checkRunning(): void {
    if (this.state !== running) throw notRunning();
  }

  /** A message has come while the actor was waiting in `receive`, with nothing in the mailbox that it would take. */
  private arrive(message: unknown): void {
    if (this.mode === byAnswer || (this.mode === byKey && !matchesKey(message, this.wanted as string | Ref))) {
      this.mailbox.push(message);
    } else if (this.mode !== byMatch && this.scheduler.take()) {
      this.reductions += 1;
      this.scheduler.worked += 1;
      this.finish(message);
    } else {
      this.mailbox.push(message);
      this.fallDue();
    }
  }

  /** Looks for the message that `receive` waits for, after the scheduler has given the word. */
  protected resume(): void {
    this.scheduler.credit -= 1;
    if (this.timedOut !== null) {
      this.endWait(this.timedOut.error);
      return;
    }
    if (this.mode === byAnswer) {
      this.resumeCall(this.wanted as PendingCall);
      return;
    }
    let message: unknown;
    try {
      message = this.search();
    } catch (error) {
      this.shedSurplus();
      this.fail(error);
      return;
    }
    if (message === none) this.shedSurplus();
    if (this.state === dead) return;
    if (message !== none) this.finish(message);
    else if (this.expired) this.finish(undefined);
    else this.state = waiting;
  }

  /** A message that came in above the limit, since a guard might have wanted it, was not wanted. */
  private shedSurplus(): void {
    if (this.bound === null || this.mailbox.length <= this.bound.limit) return;
    this.shed(this.bound);
    if (this.lowMarks !== null) checkLowMarks(this);
  }

  private resumeCall(call: PendingCall): void {
    if (call.isSettled) this.finishCall(call);
    else if (this.expired) this.endWait(call.giveUp());
    else this.state = waiting;
  }

  override timeUp(): void {
    this.expired = true;
    if (this.state !== waiting) return;
    const error = this.mode === byAnswer ? (this.wanted as PendingCall).giveUp() : null;
    if (this.scheduler.take()) this.endWait(error);
    else {
      // The time is over now; what comes before its turn comes too late, as in Erlang.
      this.timedOut = { error };
      this.fallDue();
    }
  }

  private endWait(error: Error | null): void {
    this.timedOut = null;
    this.wanted = null;
    if (error === null) this.finish(undefined);
    else this.fail(error);
  }

  /** `search` by a guard, which is foreign code: it must not begin another receive, it may throw, and it may end the actor. */
  private searchByMatch(): unknown {
    this.state = due;
    try {
      return this.search();
    } finally {
      if (this.state === due) this.state = running;
      // biome-ignore lint/correctness/noUnsafeFinally: an actor that is dead has nothing else to say
      else throw new ActorExit(this.pid as unknown as Pid, this.reason);
    }
  }

  private search(): unknown {
    const message = this.takeWanted();
    if (message !== none) {
      this.reductions += 1;
      this.scheduler.worked += 1;
      if (this.lowMarks !== null) checkLowMarks(this);
    } else if (this.lowMarks !== null) checkLowMarks(this, this.wanted);
    return message;
  }

  /** What it waits for, with nothing in the mailbox that it would take; null while it does not wait. */
  get lookedFor(): LookedFor {
    return this.state === waiting ? this.wanted : null;
  }

  private takeWanted(): unknown {
    const { mailbox, wanted } = this;
    if (mailbox.length === 0) return none;
    if (this.mode === anyMessage) return mailbox.shift();
    if (this.mode === byKey) return mailbox.takeKey(wanted as string | Ref);
    const freshOnly = this.skippedAsked;
    this.skippedAsked = true;
    return mailbox.takeMatch(wanted as Match, freshOnly);
  }

  /** Empties the mailbox of a dead actor, and unwinds a body that is in `receive`. */
  protected releaseReceive(): void {
    this.mailbox.clear();
    if (this.isWaiting && this.mode === byAnswer) (this.wanted as PendingCall).giveUp();
    this.wanted = null;
    this.abandon(() => ActorExit.withoutStack(this.pid as unknown as Pid, this.reason));
  }
}

function notRunning(): BadArg {
  return new BadArg('self', 'is in receive already, or its handler has returned');
}
