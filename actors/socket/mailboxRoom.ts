/**
 * How much room the mailbox of the owner has for a socket, by marks in messages and in bytes, and when reading goes on after there was none. The runtime counts
 * the messages that wait, for each mailbox and each port.
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
 * Backlogs of the owner at which a socket stops reading, and at which it goes on. Those in messages are for `active: true` (OPN-11 has the names and the
 * numbers), those in bytes for every active mode.
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

/** So many items may be offered, of so many bytes of payload together. */
export interface Room {
  readonly items: number;
  readonly bytes: number;
}

export const unlimited = Number.POSITIVE_INFINITY;
export const noRoom: Room = { items: 0, bytes: unlimited };
const oneMessage: Room = { items: 1, bytes: 1 };

/** Above the mark in bytes each socket may still have one message in the mailbox, until the mailbox holds so many times the mark. */
const marksOfSingles = 4;

export class MailboxRoom {
  /** The messages of this socket that wait in the owner's mailbox. */
  readonly waiting: PortBacklog = new PortBacklog();
  marks: Watermarks = defaultWatermarks;
  readonly #tags: ReadonlySet<string>;
  readonly #reader: { resume(): void };
  #cancelPause: (() => void) | undefined;
  /** The owner looks for a message that it has not got, perhaps for one of this socket. */
  #lookedFor = false;

  /**
   * @param tags first elements of the socket's messages
   * @param reader is told when reading may go on after a pause
   */
  constructor(tags: ReadonlySet<string>, reader: { resume(): void }) {
    this.#tags = tags;
    this.#reader = reader;
  }

  get isPaused(): boolean {
    return this.#cancelPause !== undefined;
  }

  /** The mailbox is so full that a message does not pass even if its socket has no other there. */
  isCrammed(owner: Pid): boolean {
    return backlogBytes(owner) >= this.#highBytes(owner) * marksOfSingles;
  }

  /** The room for an active mode. If there is none, reading is paused until the mailbox has drained. `payloadWeight`: of one byte, in a mailbox. */
  forMode(active: ActiveState, owner: Pid, payloadWeight: number): Room {
    const all = active.mode === true;
    // A mailbox whose own limit is below the watermarks is full earlier.
    const high = Math.min(this.marks.highMsgqWatermark, mailboxLimit(owner));
    const items = all ? high - backlog(owner) : allowance(active);
    const bytes = this.#highBytes(owner) - backlogBytes(owner);
    if (items > 0 && bytes > 0) return { items, bytes: Math.ceil(bytes / payloadWeight) };
    if ((items > 0 || this.#lookedFor) && this.#mayHaveOne(owner)) return oneMessage;
    // A socket that stopped because of the bytes goes on by the bytes.
    this.#pause(owner, !all ? unlimited : items > 0 ? high - 1 : Math.min(this.marks.lowMsgqWatermark, high >> 1));
    return noRoom;
  }

  endPause(): void {
    this.#cancelPause?.();
    this.#cancelPause = undefined;
  }

  /** Stops reading until at most `low` messages wait, and no more bytes than the low mark says. */
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
      // Several sockets are called at once. When one of them has delivered a message, the others wait until the owner has looked at that message.
      this.#lookedFor = bytesLookedThrough === backlogBytes(owner);
      this.#reader.resume();
      this.#lookedFor = false;
    });
  }

  #highBytes(owner: Pid): number {
    return Math.min(this.marks.highMsgqWatermarkBytes, mailboxLimitBytes(owner));
  }

  /**
   * One message of each socket may wait above the mark. Otherwise an owner who looks for a message of this socket would wait for ever, as other messages fill
   * the mailbox. One message of each of many sockets may be too much: when the mailbox is crammed, a message passes only if the owner is looking for it.
   */
  #mayHaveOne(owner: Pid): boolean {
    return this.waiting.bytes === 0 && (this.#lookedFor || !this.isCrammed(owner));
  }

  #mayBe(lookedFor: LookedFor): boolean {
    return typeof lookedFor === 'function' || (typeof lookedFor === 'string' && this.#tags.has(lookedFor));
  }
}
