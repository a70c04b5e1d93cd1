/**
 * Messages that a selective receive has passed over, in order of arrival and indexed by tag and by reference. A message comes here at most once, so the cost of
 * a receive by key does not depend on how many other messages wait.
 */
import { Ref } from './pid.js';
import { Ring, type RingOwner } from './ring.js';
import { messageIn, messageOutOf } from './weight.js';

/** A chain with no more gaps than this is not worth a sweep. */
const sweepAbove = 32;

class Entry {
  /** The message, or the envelope of a message with a weight. */
  readonly place: unknown;
  taken = false;
  byTag: Chain | null = null;
  byRef: Chain | null = null;

  constructor(place: unknown) {
    this.place = place;
  }
}

/** Entries in order of arrival. An entry that is taken from the middle stays as a gap, until half of the chain are gaps. */
class Chain {
  readonly key: string | Ref | null;
  private readonly entries: Ring<Entry>;
  private gaps = 0;
  /** How often gaps have been swept out, which moves entries to other places. */
  sweeps = 0;

  constructor(key: string | Ref | null, owner: RingOwner | null = null) {
    this.key = key;
    this.entries = new Ring(owner);
  }

  get length(): number {
    return this.entries.length - this.gaps;
  }

  push(entry: Entry): void {
    this.entries.push(entry);
  }

  /** The oldest entry that has not been taken. */
  first(): Entry | undefined {
    let entry = this.entries.at(0);
    while (entry?.taken) {
      this.entries.shift();
      this.gaps -= 1;
      entry = this.entries.at(0);
    }
    return entry;
  }

  /** The oldest entry that has not been taken and for which `match` holds. */
  find(match: (message: unknown) => boolean): Entry | undefined {
    for (let index = 0; index < this.entries.length; index += 1) {
      const entry = this.entries.at(index) as Entry;
      if (!entry.taken && match(messageIn(entry.place))) return entry;
    }
    return undefined;
  }

  /** The newest entry that has not been taken and for which `match` holds. */
  findNewest(match: (message: unknown) => boolean): Entry | undefined {
    for (let index = this.entries.length - 1; index >= 0; index -= 1) {
      const entry = this.entries.at(index) as Entry;
      if (!entry.taken && match(messageIn(entry.place))) return entry;
    }
    return undefined;
  }

  filter(match: (message: unknown) => boolean): Entry[] {
    const found: Entry[] = [];
    for (let index = 0; index < this.entries.length; index += 1) {
      const entry = this.entries.at(index) as Entry;
      if (!entry.taken && match(messageIn(entry.place))) found.push(entry);
    }
    return found;
  }

  /** To be called when one of the entries has been marked as taken. */
  entryTaken(): void {
    this.gaps += 1;
    if (this.gaps > sweepAbove && this.gaps * 2 > this.entries.length) {
      this.entries.filter((entry) => !entry.taken);
      this.gaps = 0;
      this.sweeps += 1;
    }
  }
}

export class Skipped {
  private readonly order: Chain;
  private readonly chains = new Map<string | Ref, Chain>();

  /** @param owner is told when the list has to grow */
  constructor(owner: RingOwner | null = null) {
    this.order = new Chain(null, owner);
  }

  get length(): number {
    return this.order.length;
  }

  push(place: unknown): void {
    const entry = new Entry(place);
    this.order.push(entry);
    const message = messageIn(place);
    if (!Array.isArray(message)) return;
    const [head, second] = message as unknown[];
    if (typeof head === 'string' || head instanceof Ref) entry.byTag = this.index(head, entry);
    if (second instanceof Ref && second !== head) entry.byRef = this.index(second, entry);
  }

  /** Takes the oldest message. There must be one. */
  shift(): unknown {
    return this.take(this.order.first() as Entry);
  }

  /** Takes the oldest message with this tag or reference; `otherwise` if there is none. */
  takeKey(key: string | Ref, otherwise: unknown): unknown {
    const entry = this.chains.get(key)?.first();
    return entry === undefined ? otherwise : this.take(entry);
  }

  /** Takes the oldest message for which `match` holds; `otherwise` if there is none. If `match` throws, nothing is taken. */
  takeMatch(match: (message: unknown) => boolean, otherwise: unknown): unknown {
    let entry: Entry | undefined;
    let sweeps: number;
    // The guard is foreign code. It may have taken the very message, or so many others that the rest has moved. Then look again.
    do {
      sweeps = this.order.sweeps;
      entry = this.order.find(match);
    } while (entry === undefined ? this.order.sweeps !== sweeps : entry.taken);
    return entry === undefined ? otherwise : this.take(entry);
  }

  /** Takes the newest message for which `match` holds. False if there is none. */
  takeNewest(match: (message: unknown) => boolean): boolean {
    const entry = this.order.findNewest(match);
    if (entry === undefined) return false;
    this.take(entry);
    return true;
  }

  /** The entries for which `match` holds, in order. They are not taken; `takeAll` does that. */
  filter(match: (message: unknown) => boolean): Entry[] {
    return this.order.filter(match);
  }

  takeAll(entries: readonly Entry[]): void {
    for (const entry of entries) this.take(entry);
  }

  private index(key: string | Ref, entry: Entry): Chain {
    let chain = this.chains.get(key);
    if (chain === undefined) {
      chain = new Chain(key);
      this.chains.set(key, chain);
    }
    chain.push(entry);
    return chain;
  }

  private take(entry: Entry): unknown {
    entry.taken = true;
    this.order.entryTaken();
    if (entry.byTag !== null) this.leave(entry.byTag);
    if (entry.byRef !== null) this.leave(entry.byRef);
    return messageOutOf(entry.place);
  }

  private leave(chain: Chain): void {
    chain.entryTaken();
    if (chain.length === 0) this.chains.delete(chain.key as string | Ref);
  }
}
