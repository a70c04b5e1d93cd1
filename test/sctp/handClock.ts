/** The sockets' clock in the hand of a test: their time passes when the test says so, however long the machine takes for anything. */
import { onTestFinished, vi } from 'vitest';
import { realClock } from '../../runtime/index.js';

export interface HandClock {
  /** Runs the timers that are due within so many milliseconds, in order. */
  advance(ms: number): void;
}

/** From now until the end of the test. */
export function handClock(): HandClock {
  let now = 0;
  const timers = new Map<object, { readonly due: number; readonly callback: () => void }>();
  const set = vi.spyOn(realClock, 'setTimer').mockImplementation((afterMs, callback) => {
    const timer = {};
    timers.set(timer, { due: now + afterMs, callback });
    return timer;
  });
  const clear = vi.spyOn(realClock, 'clearTimer').mockImplementation((timer) => void timers.delete(timer as object));
  onTestFinished(() => {
    set.mockRestore();
    clear.mockRestore();
  });
  return {
    advance(ms) {
      now += ms;
      const due = [...timers].filter(([, timer]) => timer.due <= now).sort(([, a], [, b]) => a.due - b.due);
      for (const [timer, { callback }] of due) if (timers.delete(timer)) callback();
    },
  };
}
