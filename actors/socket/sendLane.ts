/** Sends that wait for each other, oldest first. The queue (sendQueue.ts) decides what becomes of them. */

import type { Clock, Pid, Timer } from '../../runtime/index.js';
import { SocketError } from './errors.js';
import { offAbort, onAbort } from './signalWaits.js';

/** What may end the wait of a send before it is taken. */
export interface SendLimits {
  /** Withdraws the send. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds, more than 0, from now on; Infinity: no limit. */
  readonly timeoutMs?: number;
  /** Counts them. */
  readonly clock?: Clock;
}

export class WaitingSend<Request> {
  readonly request: Request;
  readonly lane: SendLane<Request>;
  /** Whose call it is. */
  readonly caller: Pid | undefined;
  /** The promise that its sender has. */
  readonly outcome: Promise<void>;
  resolve!: () => void;
  reject!: (error: unknown) => void;
  readonly #limits: SendLimits;
  #withdraw: (() => void) | undefined;
  #timer: Timer | undefined;
  /** By the clock of its limits. */
  #endMs = Number.POSITIVE_INFINITY;

  constructor(request: Request, lane: SendLane<Request>, caller: Pid | undefined, limits: SendLimits) {
    this.request = request;
    this.lane = lane;
    this.caller = caller;
    this.#limits = limits;
    this.outcome = new Promise((taken, failed) => {
      this.resolve = taken;
      this.reject = failed;
    });
  }

  /** It waits no longer than its limits say. `onWithdrawn` is called when they end the wait; it is still in its lane then. False if there are none. */
  limit(onWithdrawn: () => void): boolean {
    const { signal, timeoutMs = Number.POSITIVE_INFINITY, clock } = this.#limits;
    if (signal !== undefined) {
      this.#withdraw = onWithdrawn;
      onAbort(signal, onWithdrawn);
    }
    if (clock !== undefined && timeoutMs < Number.POSITIVE_INFINITY) {
      this.#endMs = clock.now() + timeoutMs;
      this.#timer = clock.setTimer(timeoutMs, () => {
        this.#endMs = Number.NEGATIVE_INFINITY;
        onWithdrawn();
      });
    }
    return this.isLimited;
  }

  get isLimited(): boolean {
    return this.#withdraw !== undefined || this.#timer !== undefined;
  }

  /** Why it is to be sent no more, if so. Sends of one signal or one time go together, whichever of them is told first. */
  get withdrawal(): 'aborted' | 'timeout' | undefined {
    const { signal, clock } = this.#limits;
    if (signal?.aborted) return 'aborted';
    return this.#timer !== undefined && clock !== undefined && clock.now() >= this.#endMs ? 'timeout' : undefined;
  }

  /** It does not wait any more. */
  release(): void {
    const { signal, clock } = this.#limits;
    if (this.#withdraw !== undefined && signal !== undefined) offAbort(signal, this.#withdraw);
    if (this.#timer !== undefined) clock?.clearTimer(this.#timer);
  }
}

/** Tells lanes apart: an association, the path of a receiver. */
export type LaneKey = number | string;

export class SendLane<Request> {
  readonly key: LaneKey;
  #waiting: WaitingSend<Request>[] = [];
  #head = 0;
  /** How many of those that wait have limits. */
  #limited = 0;
  #hasWithdrawn = false;

  constructor(key: LaneKey) {
    this.key = key;
  }

  get isEmpty(): boolean {
    return this.#head === this.#waiting.length;
  }

  /** A limit has ended the wait of one of them at least, and that one has not been taken out yet. */
  get hasWithdrawn(): boolean {
    return this.#hasWithdrawn;
  }

  /** The oldest ones. */
  first(count: number): readonly WaitingSend<Request>[] {
    return this.#waiting.slice(this.#head, this.#head + count);
  }

  waiting(): readonly WaitingSend<Request>[] {
    return this.#waiting.slice(this.#head);
  }

  /** @param onWithdrawn called when its limits end the wait of the send, which is still in the lane then */
  wait(request: Request, limits: SendLimits, caller: Pid | undefined, onWithdrawn: () => void): Promise<void> {
    const entry = new WaitingSend(request, this, caller, limits);
    this.#waiting.push(entry);
    const withdrawn = (): void => {
      this.#hasWithdrawn = true;
      onWithdrawn();
    };
    if (entry.limit(withdrawn)) this.#limited += 1;
    return entry.outcome;
  }

  /** The oldest one waits no longer. */
  takeFirst(): void {
    this.#release(this.#waiting[this.#head]!);
    this.#head += 1;
    // Drops the sends that are done when they are half of the array, so that the cost of a send stays constant.
    if (this.#head * 2 < this.#waiting.length) return;
    this.#waiting.splice(0, this.#head);
    this.#head = 0;
  }

  /**
   * Takes out every send that is withdrawn. Several sends may share a signal whose listeners have not all been called yet; they go together, as otherwise one of
   * them could be sent because another has been taken out before it.
   */
  takeWithdrawn(): readonly WaitingSend<Request>[] {
    this.#hasWithdrawn = false;
    if (this.#limited === 0) return [];
    const waiting = this.waiting();
    const withdrawn = waiting.filter((entry) => entry.withdrawal !== undefined);
    if (withdrawn.length === 0) return [];
    this.#waiting = waiting.filter((entry) => entry.withdrawal === undefined);
    this.#head = 0;
    for (const entry of withdrawn) this.#release(entry);
    return withdrawn;
  }

  /** Rejects all sends that wait; those that are withdrawn with the reason for that. */
  failAll(error: Error): void {
    const failed = this.waiting();
    this.#waiting = [];
    this.#head = 0;
    for (const entry of failed) {
      this.#release(entry);
      entry.outcome.catch(() => undefined);
      const { withdrawal } = entry;
      entry.reject(withdrawal === undefined ? error : new SocketError(withdrawal, 'send'));
    }
  }

  #release(entry: WaitingSend<Request>): void {
    if (!entry.isLimited) return;
    this.#limited -= 1;
    entry.release();
  }
}
