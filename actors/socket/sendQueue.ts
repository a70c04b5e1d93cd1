/**
 * Sends that the stack had no room for, in the order they were made. While one waits, all later ones of the socket wait behind it (SD-7, SD-8).
 */

interface Waiting<Request> {
  readonly request: Request;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** How an attempt ended: taken, refused for good, or to be tried again when there is room. */
export type SendOutcome = 'taken' | 'full' | Error;

export class SendQueue<Request> {
  #waiting: Waiting<Request>[] = [];
  #head = 0;
  readonly #attempt: (request: Request) => SendOutcome;

  constructor(attempt: (request: Request) => SendOutcome) {
    this.#attempt = attempt;
  }

  get length(): number {
    return this.#waiting.length - this.#head;
  }

  get isEmpty(): boolean {
    return this.#head === this.#waiting.length;
  }

  /** Whether a waiting send is of that kind. */
  some(match: (request: Request) => boolean): boolean {
    return this.#waiting.some(({ request }, index) => index >= this.#head && match(request));
  }

  /** Resolves when the stack has taken it, rejects with what `attempt` or `failAll` says. */
  wait(request: Request): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, resolve, reject });
    });
  }

  /** There is room, or something else has changed: tries from the oldest on until one must go on waiting. */
  retry(): void {
    while (this.#head < this.#waiting.length) {
      const { request, resolve, reject } = this.#waiting[this.#head]!;
      const outcome = this.#attempt(request);
      if (outcome === 'full') break;
      this.#head += 1;
      if (outcome === 'taken') resolve();
      else reject(outcome);
    }
    this.#compact();
  }

  /** The socket has ended: nothing that waits will be sent. */
  failAll(error: Error): void {
    const failed = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    for (const { reject } of failed) reject(error);
  }

  /** Drops what is done, at a cost that stays proportional to it. */
  #compact(): void {
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }
}
