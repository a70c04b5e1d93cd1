/** Sends that wait for each other, oldest first. The queue (sendQueue.ts) decides what becomes of them. */

import type { Pid } from '../../runtime/index.js';
import { SocketError } from './errors.js';

export interface WaitingSend<Request> {
  readonly request: Request;
  readonly lane: SendLane<Request>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** The promise that its sender has. */
  readonly outcome: Promise<void>;
  /** Whose call it is. */
  readonly caller: Pid | undefined;
  /** The signal that may withdraw it. */
  readonly signal: AbortSignal | undefined;
  /** Ends the wait for the signal. */
  readonly release: (() => void) | undefined;
}

export class SendLane<Request> {
  readonly key: number;
  #waiting: WaitingSend<Request>[] = [];
  #head = 0;
  /** How many of those that wait have a signal. */
  #withSignal = 0;

  constructor(key: number) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#head === this.#waiting.length;
  }

  /** The oldest ones. */
  first(count: number): readonly WaitingSend<Request>[] {
    return this.#waiting.slice(this.#head, this.#head + count);
  }

  waiting(): readonly WaitingSend<Request>[] {
    return this.#waiting.slice(this.#head);
  }

  /** @param onWithdrawn called when `signal` withdraws the send, which is still in the lane then */
  wait(request: Request, signal: AbortSignal | undefined, caller: Pid | undefined, onWithdrawn: () => void): Promise<void> {
    let resolve!: () => void;
    let reject!: (error: unknown) => void;
    const outcome = new Promise<void>((taken, failed) => {
      resolve = taken;
      reject = failed;
    });
    const release = signal === undefined ? undefined : () => this.#release(signal, onWithdrawn);
    this.#waiting.push({ request, lane: this, resolve, reject, outcome, caller, signal, release });
    if (signal !== undefined) {
      this.#withSignal += 1;
      signal.addEventListener('abort', onWithdrawn);
    }
    return outcome;
  }

  /** The oldest one waits no longer. */
  takeFirst(): void {
    this.#waiting[this.#head]!.release?.();
    this.#head += 1;
    // Drops the sends that are done when they are half of the array, so that the cost of a send stays constant.
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }

  /**
   * Takes out every send whose signal has been aborted. Several sends may share a signal whose listeners have not all been called yet; they go together, as
   * otherwise one of them could be sent because another has been taken out before it.
   */
  takeWithdrawn(): readonly WaitingSend<Request>[] {
    if (this.#withSignal === 0) return [];
    const waiting = this.waiting();
    const withdrawn = waiting.filter(({ signal }) => signal?.aborted);
    if (withdrawn.length === 0) return [];
    this.#waiting = waiting.filter(({ signal }) => !signal?.aborted);
    this.#head = 0;
    for (const { release } of withdrawn) release?.();
    return withdrawn;
  }

  /** Rejects all sends that wait; those that are withdrawn with 'aborted'. */
  failAll(error: Error): void {
    const failed = this.waiting();
    this.#waiting = [];
    this.#head = 0;
    for (const { reject, outcome, release, signal } of failed) {
      release?.();
      outcome.catch(() => undefined);
      reject(signal?.aborted ? new SocketError('aborted', 'send') : error);
    }
  }

  #release(signal: AbortSignal, onWithdrawn: () => void): void {
    this.#withSignal -= 1;
    signal.removeEventListener('abort', onWithdrawn);
  }
}
