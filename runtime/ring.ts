/** A queue in a ring of slots that grows by doubling, so adding and taking cost the same at any length. Used by mailboxes and the run queue. */

const smallestCapacity = 4;
/** How many slots an empty ring keeps. If it has more, there was a burst, and their memory is freed. */
export const keptCapacity = 1024;
const noSlots: unknown[] = [];

/** Is told when a ring grows, which is rare. */
export interface RingOwner {
  ringGrows(): void;
}

export class Ring<T> {
  length = 0;
  private slots: (T | undefined)[] = noSlots as undefined[];
  private head = 0;
  readonly owner: RingOwner | null;

  constructor(owner: RingOwner | null = null) {
    this.owner = owner;
  }

  push(item: T): void {
    if (this.length === this.slots.length) this.grow();
    this.slots[(this.head + this.length) & (this.slots.length - 1)] = item;
    this.length += 1;
  }

  /** Takes the oldest item; undefined if there is none. Look at `length` first if undefined may be an item. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const slots = this.slots;
    const item = slots[this.head];
    slots[this.head] = undefined;
    this.length -= 1;
    if (this.length === 0 && slots.length > keptCapacity) this.clear();
    else this.head = (this.head + 1) & (slots.length - 1);
    return item;
  }

  /** The item `index` places behind the oldest. */
  at(index: number): T | undefined {
    return index < this.length ? this.slots[(this.head + index) & (this.slots.length - 1)] : undefined;
  }

  /** Takes the newest item; undefined if there is none. */
  pop(): T | undefined {
    if (this.length === 0) return undefined;
    this.length -= 1;
    const place = (this.head + this.length) & (this.slots.length - 1);
    const item = this.slots[place];
    this.slots[place] = undefined;
    return item;
  }

  /** Removes the oldest item for which `match` holds. False if there is none. */
  removeOldest(match: (item: T) => boolean): boolean {
    let found = 0;
    while (found < this.length && !match(this.at(found) as T)) found += 1;
    if (found === this.length) return false;
    const { head, slots } = this;
    const mask = slots.length - 1;
    for (let index = found; index > 0; index -= 1) slots[(head + index) & mask] = slots[(head + index - 1) & mask];
    this.shift();
    return true;
  }

  /** Removes the newest item for which `match` holds. False if there is none. */
  removeNewest(match: (item: T) => boolean): boolean {
    let found = this.length - 1;
    while (found >= 0 && !match(this.at(found) as T)) found -= 1;
    if (found < 0) return false;
    let index = -1;
    this.filter(() => {
      index += 1;
      return index !== found;
    });
    return true;
  }

  clear(): void {
    this.length = 0;
    this.head = 0;
    this.slots = noSlots as undefined[];
  }

  /** Keeps the items for which `keep` holds, in order, and drops the others. `keep` must not throw. */
  filter(keep: (item: T) => boolean): void {
    const { length, head, slots } = this;
    this.clear();
    for (let index = 0; index < length; index += 1) {
      const item = slots[(head + index) & (slots.length - 1)] as T;
      if (keep(item)) this.push(item);
    }
  }

  private grow(): void {
    const { length, head, slots } = this;
    const grown = new Array<T | undefined>(Math.max(smallestCapacity, 2 * length)).fill(undefined);
    for (let index = 0; index < length; index += 1) grown[index] = slots[(head + index) & (length - 1)];
    this.slots = grown;
    this.head = 0;
    this.owner?.ringGrows();
  }
}
