/** The one place where a call waits for the next message of a connection. It holds the promise, its timeout and its canceller; what becomes of the message its caller says. */
import type { Pid, Timer } from '../../runtime/index.js';
import { charge, clockOf } from '../../runtime/ports.js';
import { offAbort, onAbort } from '../socket/index.js';
import { failure } from './failure.js';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly caller: Pid;
  readonly syscall: string;
  readonly timer: Timer | undefined;
  readonly signal: AbortSignal | undefined;
  readonly abort: () => void;
}

export class Reader {
  #waiting: Waiting | undefined;

  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Waits for `wake`, up to `timeoutMs`. Nobody else may wait meanwhile. `take` is called at the moment of the waking, so that nobody comes between. */
  wait<T>(take: () => T, caller: Pid, syscall: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted) return Promise.reject(failure('aborted', syscall, caller));
    if (timeoutMs === 0) return Promise.reject(failure('timeout', syscall, caller));
    return new Promise((resolve, reject) => {
      const abort = (): void => this.fail('aborted');
      const timer =
        timeoutMs === Number.POSITIVE_INFINITY ? undefined : clockOf(caller).setTimer(timeoutMs, () => this.fail('timeout'));
      if (signal !== undefined) onAbort(signal, abort);
      const taken = (): void => {
        try {
          resolve(take());
        } catch (error) {
          reject(charge(error as Error, caller));
        }
      };
      this.#waiting = { resolve: taken, reject, caller, syscall, timer, signal, abort };
    });
  }

  /** A message is there. */
  wake(): void {
    this.#release()?.resolve();
  }

  fail(reason: string): void {
    const waiting = this.#release();
    waiting?.reject(failure(reason, waiting.syscall, waiting.caller));
  }

  #release(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) return undefined;
    if (waiting.timer !== undefined) clockOf(waiting.caller).clearTimer(waiting.timer);
    if (waiting.signal !== undefined) offAbort(waiting.signal, waiting.abort);
    return waiting;
  }
}
