/**
 * The messages that wait for one actor, in order of arrival. Messages that a selective receive has passed over come first and are indexed; newer ones are in a
 * ring. Taking a message from the middle loses, doubles and reorders nothing.
 */
import { matchesKey } from './message.js';
import type { Ref } from './pid.js';
import { Ring, type RingOwner } from './ring.js';
import { Skipped } from './skipped.js';
import { messageIn, messageOutOf, type PortBacklog, Weighed } from './weight.js';

/** Stands for no message, since a message may be any value, even undefined. */
export const none: unique symbol = Symbol('none');

export class Mailbox {
  private readonly fresh: Ring<unknown>;
  /** Messages that were passed over, older than all of `fresh`. Null when there are none. */
  private skipped: Skipped | null = null;
  /** The weight of all messages that have one, and how many have one. `Weighed` keeps both. */
  bytes = 0;
  weights = 0;

  /** @param owner is told when the mailbox has to grow */
  constructor(owner: RingOwner | null = null) {
    this.fresh = new Ring(owner);
  }

  get length(): number {
    return this.skipped === null ? this.fresh.length : this.fresh.length + this.skipped.length;
  }

  push(message: unknown): void {
    this.fresh.push(message);
  }

  /** Adds a message with a weight, which counts for its port until the message is taken. */
  pushWeighed(message: unknown, port: PortBacklog, bytes: number): void {
    this.fresh.push(new Weighed(message, this, port, bytes));
  }

  /** Gives a weight to the message that has just been added. */
  weighNewest(port: PortBacklog, bytes: number): void {
    this.pushWeighed(this.fresh.pop(), port, bytes);
  }

  /** Takes the oldest message. There must be one. */
  shift(): unknown {
    if (this.skipped !== null) return this.taken(this.skipped.shift());
    const place = this.fresh.shift();
    return this.weights === 0 ? place : messageOutOf(place);
  }

  /** Takes the oldest message with this tag or reference; `none` if there is none. */
  takeKey(key: string | Ref): unknown {
    if (this.skipped !== null) {
      const message = this.skipped.takeKey(key, none);
      if (message !== none) return this.taken(message);
    }
    while (this.fresh.length > 0) {
      const place = this.fresh.shift();
      if (matchesKey(messageIn(place), key)) return messageOutOf(place);
      this.skip(place);
    }
    return none;
  }

  /**
   * Takes the oldest message for which `match` holds; `none` if there is none. With `freshOnly`, messages that were passed over before are not looked at again.
   * If `match` throws, the message that it threw for stays.
   */
  takeMatch(match: (message: unknown) => boolean, freshOnly: boolean): unknown {
    if (this.skipped !== null && !freshOnly) {
      const message = this.skipped.takeMatch(match, none);
      if (message !== none) return this.taken(message);
    }
    while (this.fresh.length > 0) {
      const asked = this.fresh.at(0);
      const matches = match(messageIn(asked));
      // The guard is foreign code, and may have taken messages or ended its own actor, so look again. A message may be NaN, which is not equal to itself.
      if (this.fresh.length === 0 || !Object.is(this.fresh.at(0), asked)) continue;
      const place = this.fresh.shift();
      if (matches) return messageOutOf(place);
      this.skip(place);
    }
    return none;
  }

  /** Drops the newest message for which `match` holds; false if there is none. Messages with a weight stay: ports must not lose any. */
  takeNewest(match: (message: unknown) => boolean): boolean {
    if (this.fresh.removeNewest(weightless(match))) return true;
    const removed = this.skipped?.takeNewest(match) === true;
    if (this.skipped?.length === 0) this.skipped = null;
    return removed;
  }

  /** Drops the oldest message for which `match` holds, like `takeNewest`. */
  takeOldest(match: (message: unknown) => boolean): boolean {
    if (this.skipped !== null && this.skipped.takeMatch(match, none) !== none) {
      if (this.skipped.length === 0) this.skipped = null;
      return true;
    }
    return this.fresh.removeOldest(weightless(match));
  }

  /** Takes all messages for which `match` holds, in order. If `match` throws, nothing is taken. */
  extract(match: (message: unknown) => boolean): unknown[] {
    const skipped = this.skipped === null ? [] : this.skipped.filter(match);
    const matches: boolean[] = [];
    for (let index = 0; index < this.fresh.length; index += 1) matches.push(match(messageIn(this.fresh.at(index))));
    const taken = skipped.map((entry) => messageIn(entry.place));
    this.skipped?.takeAll(skipped);
    if (this.skipped?.length === 0) this.skipped = null;
    let index = 0;
    this.fresh.filter((place) => {
      const matched = matches[index];
      index += 1;
      if (matched) taken.push(messageOutOf(place));
      return !matched;
    });
    return taken;
  }

  /** Drops everything. The actor has ended, so its ports no longer count what they have in here. */
  clear(): void {
    this.fresh.clear();
    this.skipped = null;
    this.bytes = 0;
    this.weights = 0;
  }

  /** To be called when a message has been taken out of `skipped`. */
  private taken(message: unknown): unknown {
    if (this.skipped?.length === 0) this.skipped = null;
    return message;
  }

  private skip(place: unknown): void {
    if (this.skipped === null) this.skipped = new Skipped(this.fresh.owner);
    this.skipped.push(place);
  }
}

function weightless(match: (message: unknown) => boolean): (place: unknown) => boolean {
  return (place) => !(place instanceof Weighed) && match(place);
}
