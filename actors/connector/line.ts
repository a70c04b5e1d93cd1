/** Those who wait, first come, first served. Whoever gives up leaves at no cost to the others, wherever in the line it stands. */

/** A place in a line, to leave it by. */
export interface Place<Waiter> {
  readonly waiter: Waiter;
  before: Place<Waiter> | undefined;
  behind: Place<Waiter> | undefined;
  isOut: boolean;
}

export class Line<Waiter> {
  #first: Place<Waiter> | undefined;
  #last: Place<Waiter> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  join(waiter: Waiter): Place<Waiter> {
    const place: Place<Waiter> = { waiter, before: this.#last, behind: undefined, isOut: false };
    if (this.#last === undefined) this.#first = place;
    else this.#last.behind = place;
    this.#last = place;
    this.#length += 1;
    return place;
  }

  /** Nothing happens if the place is out of the line already. */
  leave(place: Place<Waiter>): void {
    if (place.isOut) return;
    place.isOut = true;
    this.#length -= 1;
    if (place.before === undefined) this.#first = place.behind;
    else place.before.behind = place.behind;
    if (place.behind === undefined) this.#last = place.before;
    else place.behind.before = place.before;
  }

  /** The one who has waited longest, who is out of the line then. */
  next(): Waiter | undefined {
    const place = this.#first;
    if (place === undefined) return undefined;
    this.leave(place);
    return place.waiter;
  }
}
