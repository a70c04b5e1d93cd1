/** What ends an attempt that takes its time (a connect, a handshake) before its end: the clock, a signal, the death of its actor. */
import type { AnySelf, Timer } from '../../runtime/index.js';
import { SocketError } from './errors.js';
import { offAbort, onAbort } from './signalWaits.js';

export class Limits {
  readonly #self: AnySelf;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: Timer | undefined;
  #failure: Error | undefined;
  #onFailure: ((error: Error) => void) | undefined;
  readonly #syscall: string;
  readonly #abort = (): void => this.#fail(new SocketError('aborted', this.#syscall));
  readonly #exit = (): void => this.#fail(this.#self.signal.reason);

  /** @param late makes the error of an attempt that is out of time */
  constructor(self: AnySelf, timeoutMs: number, signal: AbortSignal | undefined, syscall: string, late: () => Error) {
    this.#self = self;
    this.#syscall = syscall;
    this.#signal = signal;
    if (timeoutMs > 0 && timeoutMs < Number.POSITIVE_INFINITY) {
      this.#timer = self.system.clock.setTimer(timeoutMs, () => this.#fail(late()));
    }
    onAbort(self.signal, this.#exit);
    if (signal !== undefined && signal !== self.signal) onAbort(signal, this.#abort);
    if (signal?.aborted) this.#abort();
  }

  /** Waits for the promise, but not beyond the limits. */
  within<T>(promise: Promise<T>): Promise<T> {
    if (this.#failure !== undefined) {
      // Nobody waits for it any more, so its failure is nobody's.
      promise.catch(() => undefined);
      return Promise.reject(this.#failure);
    }
    return new Promise((resolve, reject) => {
      this.#onFailure = reject;
      promise.then(resolve, reject);
    });
  }

  end(): void {
    this.#onFailure = undefined;
    if (this.#timer !== undefined) this.#self.system.clock.clearTimer(this.#timer);
    offAbort(this.#self.signal, this.#exit);
    if (this.#signal !== undefined) offAbort(this.#signal, this.#abort);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#onFailure?.(this.#failure);
  }
}
