/**
 * Sends that the stack had no room for, in the order they were made. While one waits, all later ones of the socket wait behind it (SD-7, SD-8).
 */
import type { Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { SocketError } from './errors.js';

interface Waiting<Request> {
  readonly request: Request;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** What its sender has. */
  readonly outcome: Promise<void>;
  /** Whose call it is. */
  readonly caller: Pid | undefined;
  /** What may withdraw it. */
  readonly signal: AbortSignal | undefined;
  /** Ends the wait for the signal. */
  readonly release: (() => void) | undefined;
}

/** How an attempt ended: taken, refused for good, or to be tried again when there is room. */
export type SendOutcome = 'taken' | 'full' | Error;

/** How attempts ended that were made together, in order: how many were taken, and what became of the next one, if that is not the end of them. */
export interface RunOutcome {
  readonly taken: number;
  readonly next: 'full' | Error | undefined;
}

/** So many are tried together: few to begin with, as there may be room for no more, and twice as many whenever all of them are taken. */
const firstRun = 4;
const longestRun = 64;

export class SendQueue<Request> {
  static readonly longestRun: number = longestRun;
  #waiting: Waiting<Request>[] = [];
  #head = 0;
  /** How many of those that wait have a signal. */
  #withSignal = 0;
  readonly #attempt: (requests: readonly Request[]) => RunOutcome;

  /** @param attempt has the stack take requests, at most `SendQueue.longestRun`, until one is not taken */
  constructor(attempt: (requests: readonly Request[]) => RunOutcome) {
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
  wait(request: Request, signal?: AbortSignal, caller?: Pid): Promise<void> {
    let resolve!: () => void;
    let reject!: (error: unknown) => void;
    const outcome = new Promise<void>((taken, failed) => {
      resolve = taken;
      reject = failed;
    });
    const withdraw = (): void => this.#withdraw(entry);
    const release = signal === undefined ? undefined : () => this.#release(signal, withdraw);
    const entry: Waiting<Request> = { request, resolve, reject, outcome, caller, signal, release };
    this.#waiting.push(entry);
    if (signal !== undefined) {
      this.#withSignal += 1;
      signal.addEventListener('abort', withdraw);
    }
    return outcome;
  }

  /**
   * There is room, or something else has changed: tries from the oldest on until one must go on waiting.
   *
   * @param hasRoom there is likely to be room for many
   */
  retry(hasRoom = false): void {
    this.#dropWithdrawn();
    for (
      let length = hasRoom ? longestRun : firstRun;
      this.#head < this.#waiting.length;
      length = Math.min(2 * length, longestRun)
    ) {
      const run = this.#waiting.slice(this.#head, this.#head + length);
      const { taken, next } = this.#attempt(run.map(({ request }) => request));
      const done = typeof next === 'object' ? taken + 1 : taken;
      this.#head += done;
      for (const [index, { resolve, reject, release, caller }] of run.slice(0, done).entries()) {
        release?.();
        if (index < taken) resolve();
        else reject(charged(next as Error, caller));
      }
      if (next === 'full') break;
    }
    this.#compact();
  }

  /** The socket has ended: nothing that waits will be sent. Whoever has not awaited it is not told: to close a socket is no failure of its owner. */
  failAll(error: Error): void {
    const failed = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    for (const { reject, outcome, release, signal } of failed) {
      release?.();
      outcome.catch(() => undefined);
      reject(signal?.aborted ? new SocketError('aborted', 'send') : error);
    }
  }

  #release(signal: AbortSignal, withdraw: () => void): void {
    this.#withSignal -= 1;
    signal.removeEventListener('abort', withdraw);
  }

  #withdraw(entry: Waiting<Request>): void {
    // It, and others of the same signal, whose turn to hear of it has not come: none may be taken for what waited behind another (all or nothing
    // of them has been sent). What is left may be small enough.
    if (this.#waiting.includes(entry, this.#head)) this.retry();
  }

  #dropWithdrawn(): void {
    if (this.#withSignal === 0) return;
    const waiting = this.#waiting.slice(this.#head);
    const withdrawn = waiting.filter(({ signal }) => signal?.aborted);
    if (withdrawn.length === 0) return;
    this.#waiting = waiting.filter(({ signal }) => !signal?.aborted);
    this.#head = 0;
    for (const { release, reject, caller } of withdrawn) {
      release?.();
      reject(charged(new SocketError('aborted', 'send'), caller));
    }
  }

  /** Drops what is done, at a cost that stays proportional to it. */
  #compact(): void {
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }
}

function charged(error: Error, caller: Pid | undefined): Error {
  return caller === undefined ? error : charge(error, caller);
}
