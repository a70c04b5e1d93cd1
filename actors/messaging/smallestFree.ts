/** Numbers from 1 on, of which `take` gives the smallest that is free: the document's `Min({i \in 1..(maxId + 1) : i \notin DOMAIN conns})`, without a search. */

export class SmallestFree {
  /** A binary heap of the free numbers below `#next`. */
  #free: number[] = [];
  #next = 1;

  take(): number {
    const smallest = this.#free[0];
    if (smallest === undefined) {
      this.#next += 1;
      return this.#next - 1;
    }
    const last = this.#free.pop()!;
    if (this.#free.length > 0) this.#sink(last);
    return smallest;
  }

  /** `number` has been taken, and is free again. */
  free(number: number): void {
    const heap = this.#free;
    // The last one of all that were taken: nothing of the past is kept.
    if (heap.length === this.#next - 2) {
      this.#free = [];
      this.#next = 1;
      return;
    }
    let at = heap.length;
    heap.push(number);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above]! <= number) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = number;
  }

  /** Puts `number` at the top, and lets it sink to its place. */
  #sink(number: number): void {
    const heap = this.#free;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1]! < heap[below]!) below += 1;
      if (heap[below]! >= number) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = number;
  }
}
