/** How the other process of a case counts a run: from the first message to the one that ends it. */
import { perSecond } from './measuring.js';

export class Counted {
  #count = 0;
  #startedMs = 0;

  one(): undefined {
    if (this.#count === 0) this.#startedMs = performance.now();
    this.#count += 1;
  }

  /** The rate of the run, and the next begins; undefined if nothing was counted: an end that was said twice. */
  end(): number | undefined {
    if (this.#count === 0) return undefined;
    const rate = perSecond(this.#count, this.#startedMs);
    this.#count = 0;
    return rate;
  }
}
