/** What is taken in the order in which it came, now or later. */
export class Queue<T> {
  readonly #there: T[] = [];
  readonly #takers: { take: (value: T) => void; fail: (why: Error) => void }[] = [];
  #over: Error | undefined;

  put(value: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#there.push(value);
    else taker.take(value);
  }

  /** The next one. Rejects if all have been taken and no more will come. */
  next(): Promise<T> {
    const first = this.#there.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.#over !== undefined) return Promise.reject(this.#over);
    return new Promise((take, fail) => this.#takers.push({ take, fail }));
  }

  /** No more will come. */
  end(why: Error): void {
    this.#over = why;
    for (const { fail } of this.#takers.splice(0)) fail(why);
  }
}
