/** Time, as the runtime sees it. It is passed in, so that a test can drive it. */

/** A timer that has been set. What it is, is the clock's own business. */
export type Timer = unknown;

export interface Clock {
  /** Milliseconds from some point in the past; never goes back. */
  now(): number;
  /** Calls once after at least `afterMs` milliseconds (0 or more, not infinite), never before `setTimer` has returned. */
  setTimer(afterMs: number, callback: () => void): Timer;
  /** The callback will not be called. Harmless if it has been. */
  clearTimer(timer: Timer): void;
}

/** Node calls at once what is further away than this, a signed 32-bit number of milliseconds. */
const farthestMs = 2 ** 31 - 1;

class LongTimer {
  private handle: NodeJS.Timeout;
  private readonly callback: () => void;

  constructor(afterMs: number, callback: () => void) {
    this.callback = callback;
    this.handle = this.wait(afterMs);
  }

  clear(): void {
    clearTimeout(this.handle);
  }

  private wait(leftMs: number): NodeJS.Timeout {
    if (leftMs <= farthestMs) return setTimeout(this.callback, leftMs);
    return setTimeout(() => {
      this.handle = this.wait(leftMs - farthestMs);
    }, farthestMs);
  }
}

/** The machine's own clock. A timer that waits keeps Node alive. */
export const realClock: Clock = {
  now: () => performance.now(),
  setTimer: (afterMs, callback) => new LongTimer(afterMs, callback),
  clearTimer: (timer) => (timer as LongTimer).clear(),
};
