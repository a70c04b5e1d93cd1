/**
 * The one place where a call waits for the next item of a passive socket (RV-6). It holds the promise, its timeout and its canceller. The flow control says what
 * is read, and when.
 */
import { BadArg, isSelf, type Pid, type Timer } from '../../runtime/index.js';
import { charge, checkKeys, clockOf, runsOn, waitsForPort } from '../../runtime/ports.js';
import { checkTimeout } from './addresses.js';
import { type RecvReason, SocketError } from './errors.js';
import { offAbort, onAbort } from './signalWaits.js';

/** Options of a waiting call; an actor's `self` is one, as it has a `signal`. */
export interface WaitOptions {
  /** Ends the wait. With the signal of the actor who waits, the death of that actor frees the slot (RV-14). */
  readonly signal?: AbortSignal | undefined;
}

const keys = new Set(['signal'] satisfies (keyof WaitOptions)[]);

/** The signal of `options`. @throws BadArg unless it is one, or none is given */
export function checkSignal(options: WaitOptions | undefined): AbortSignal | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null || options instanceof AbortSignal)
    throw new BadArg('options', "must be { signal }, or an actor's self");
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw new BadArg('options.signal', 'must be an AbortSignal');
  if (!isSelf(options) && !(options instanceof AbortController)) checkKeys('options', options, keys);
  return signal;
}

/** How long to wait, or what ends the wait. */
export type Wait = number | AbortSignal | WaitOptions;

/** The arguments of a wait: `(timeoutMs, options)`, `(signal)` or `(options)`. @throws BadArg by name */
export function checkWait(
  second: Wait | undefined,
  third: WaitOptions | undefined,
): { timeoutMs: number; signal: AbortSignal | undefined } {
  if (second instanceof AbortSignal) return { timeoutMs: Number.POSITIVE_INFINITY, signal: second };
  const isOptions = typeof second === 'object';
  const timeoutMs = checkTimeout(isOptions ? Number.POSITIVE_INFINITY : (second ?? Number.POSITIVE_INFINITY));
  return { timeoutMs, signal: checkSignal(isOptions ? second : third) };
}

interface Waiter<Result> {
  readonly resolve: (result: Result | undefined) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: Timer | undefined;
  readonly signal: AbortSignal | undefined;
  /** Whose call it is. */
  readonly caller: Pid;
}

export class RecvSlot<Result> {
  #waiter: Waiter<Result> | undefined;
  readonly #reader: { unawaited(): void };
  /** Made for the first signal. */
  #abort: (() => void) | undefined;

  /** @param reader is told when a wait has ended without an answer, so that the socket stops reading (RV-5) */
  constructor(reader: { unawaited(): void }) {
    this.#reader = reader;
  }

  get isWaiting(): boolean {
    return this.#waiter !== undefined;
  }

  /** Waits up to `timeoutMs` (Infinity: for ever) for `answer` or `fail`. The slot must be free. */
  wait(caller: Pid, timeoutMs: number, signal: AbortSignal | undefined): Promise<Result | undefined> {
    waitsForPort(caller);
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs === Number.POSITIVE_INFINITY ? undefined : clockOf(caller).setTimer(timeoutMs, () => this.giveUp('timeout'));
      if (signal !== undefined) onAbort(signal, this.#aborting());
      this.#waiter = { resolve, reject, timer, signal, caller };
    });
  }

  answer(result: Result): void {
    this.#release()?.resolve(result);
  }

  fail(error: Error): void {
    const waiter = this.#release();
    waiter?.reject(charge(error, waiter.caller));
  }

  /** The wait is over, without an item. */
  giveUp(reason: RecvReason & ('timeout' | 'aborted')): void {
    this.fail(new SocketError(reason, 'recv'));
    this.#reader.unawaited();
  }

  /** The wait is over, and is answered by nothing. */
  giveNothing(): void {
    this.#release()?.resolve(undefined);
    this.#reader.unawaited();
  }

  #aborting(): () => void {
    this.#abort ??= () => this.giveUp('aborted');
    return this.#abort;
  }

  #release(): Waiter<Result> | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter === undefined) return undefined;
    if (waiter.timer !== undefined) clockOf(waiter.caller).clearTimer(waiter.timer);
    if (this.#abort !== undefined && waiter.signal !== undefined) offAbort(waiter.signal, this.#abort);
    runsOn(waiter.caller);
    return waiter;
  }
}
