/**
 * How much of a socket the mailbox of its owner has room for, by marks in messages and in bytes, and when reading goes on once there was none. What waits
 * is counted by the runtime, for each mailbox and each port.
 */
import type { Pid } from '../../runtime/index.js';
import {
  backlog,
  backlogBytes,
  type LookedFor,
  mailboxLimit,
  mailboxLimitBytes,
  PortBacklog,
  whenDrained,
} from '../../runtime/ports.js';
import { type ActiveState, allowance } from './activeMode.js';

/**
 * Owner's backlogs at which a socket stops reading and goes on: in messages, which concern `active: true` (OPN-11 has the names and the numbers), and
 * in the bytes that they hold, which concern every active mode.
 */
export interface Watermarks {
  readonly highMsgqWatermark: number;
  readonly lowMsgqWatermark: number;
  readonly highMsgqWatermarkBytes: number;
  readonly lowMsgqWatermarkBytes: number;
}

export const defaultWatermarks: Watermarks = {
  highMsgqWatermark: 8192,
  lowMsgqWatermark: 4096,
  highMsgqWatermarkBytes: 1024 * 1024,
  lowMsgqWatermarkBytes: 512 * 1024,
};

/** What may be offered: so many items, of so many bytes of payload together. */
export interface Room {
  readonly items: number;
  readonly bytes: number;
}

export const unlimited = Number.POSITIVE_INFINITY;
export const noRoom: Room = { items: 0, bytes: unlimited };
const oneMessage: Room = { items: 1, bytes: 1 };

/** Above the mark in bytes each socket may still have one message in the mailbox, until that holds so many times the mark. */
const marksOfSingles = 4;

export class MailboxRoom {
  /** What of this socket waits in the owner's mailbox. */
  readonly waiting: PortBacklog = new PortBacklog();
  marks: Watermarks = defaultWatermarks;
  readonly #tags: ReadonlySet<string>;
  readonly #goOn: () => void;
  #cancelPause: (() => void) | undefined;
  /** The owner looks for what it has not, and might be looking for a message of this socket. */
  #lookedFor = false;

  /**
   * @param tags first elements of the socket's messages
   * @param goOn reading may go on after a pause
   */
  constructor(tags: ReadonlySet<string>, goOn: () => void) {
    this.#tags = tags;
    this.#goOn = goOn;
  }

  get isPaused(): boolean {
    return this.#cancelPause !== undefined;
  }

  /** No message passes any more because its socket has no other in the owner's mailbox. */
  isCrammed(owner: Pid): boolean {
    return backlogBytes(owner) >= this.#highBytes(owner) * marksOfSingles;
  }

  /** What an active mode may be given. If that is nothing, reading is paused until the mailbox has drained. `payloadWeight`: of a byte, in a mailbox. */
  forMode(active: ActiveState, owner: Pid, payloadWeight: number): Room {
    const all = active.mode === true;
    // A mailbox that may hold less than the watermarks say is full earlier.
    const high = Math.min(this.marks.highMsgqWatermark, mailboxLimit(owner));
    const items = all ? high - backlog(owner) : allowance(active);
    const bytes = this.#highBytes(owner) - backlogBytes(owner);
    if (items > 0 && bytes > 0) return { items, bytes: Math.ceil(bytes / payloadWeight) };
    if ((items > 0 || this.#lookedFor) && this.#mayHaveOne(owner)) return oneMessage;
    // What stopped at the bytes goes on by the bytes.
    this.#pause(owner, !all ? unlimited : items > 0 ? high - 1 : Math.min(this.marks.lowMsgqWatermark, high >> 1));
    return noRoom;
  }

  endPause(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  /** Until at most `low` messages wait, and so many bytes as the mark says. */
  #pause(owner: Pid, low: number): void {
    const lowBytes = Math.min(this.marks.lowMsgqWatermarkBytes, this.#highBytes(owner) >> 1);
    let bytesLookedThrough = -1;
    const isDrained = (lookedFor: LookedFor): boolean => {
      const waits = backlogBytes(owner);
      const isLookedFor = this.#mayBe(lookedFor);
      if (isLookedFor) bytesLookedThrough = waits;
      if (isLookedFor && this.waiting.bytes === 0) return true;
      return backlog(owner) <= low && (waits <= lowBytes || this.#mayHaveOne(owner));
    };
    this.#cancelPause = whenDrained(owner, isDrained, () => {
      this.#cancelPause = undefined;
      // Several sockets are called at once. When one of them has delivered, the others wait until the owner has looked at that.
      this.#lookedFor = bytesLookedThrough === backlogBytes(owner);
      this.#goOn();
      this.#lookedFor = false;
    });
  }

  #highBytes(owner: Pid): number {
    return Math.min(this.marks.highMsgqWatermarkBytes, mailboxLimitBytes(owner));
  }

  /**
   * One message of each socket may wait above the mark: an owner who looks for it would wait for ever behind what it does not look for. Of many sockets that
   * is too much, so when the mailbox is crammed it passes only if the owner is looking in fact.
   */
  #mayHaveOne(owner: Pid): boolean {
    return this.waiting.bytes === 0 && (this.#lookedFor || !this.isCrammed(owner));
  }

  #mayBe(lookedFor: LookedFor): boolean {
    return typeof lookedFor === 'function' || (typeof lookedFor === 'string' && this.#tags.has(lookedFor));
  }
}
