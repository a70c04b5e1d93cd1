/**
 * Sends that the stack had no room for, in the order they were made. While one waits, all later ones of the socket wait behind it (SD-7, SD-8).
 */

import { SocketError } from './errors.js';

interface Waiting<Request> {
  readonly request: Request;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** Ends the wait for the signal that could withdraw it. */
  readonly release: (() => void) | undefined;
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

  /** What the requests that wait add up to. */
  sum(measure: (request: Request) => number): number {
    let total = 0;
    for (let index = this.#head; index < this.#waiting.length; index += 1) total += measure(this.#waiting[index]!.request);
    return total;
  }

  /** Resolves when the stack has taken it, rejects with what `attempt` or `failAll` says, or with 'aborted' when `signal` withdraws it. */
  wait(request: Request, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const withdraw = (): void => this.#withdraw(entry);
      const release = signal === undefined ? undefined : () => signal.removeEventListener('abort', withdraw);
      const entry: Waiting<Request> = { request, resolve, reject, release };
      signal?.addEventListener('abort', withdraw);
      this.#waiting.push(entry);
    });
  }

  /** There is room, or something else has changed: tries from the oldest on until one must go on waiting. */
  retry(): void {
    while (this.#head < this.#waiting.length) {
      const { request, resolve, reject, release } = this.#waiting[this.#head]!;
      const outcome = this.#attempt(request);
      if (outcome === 'full') break;
      this.#head += 1;
      release?.();
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
    for (const { reject, release } of failed) {
      release?.();
      reject(error);
    }
  }

  #withdraw(entry: Waiting<Request>): void {
    entry.release?.();
    this.#waiting.splice(this.#waiting.indexOf(entry, this.#head), 1);
    entry.reject(new SocketError('aborted', 'send'));
    // What waited behind it may be small enough.
    this.retry();
  }

  /** Drops what is done, at a cost that stays proportional to it. */
  #compact(): void {
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }
}
