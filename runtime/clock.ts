/** Where the runtime gets the time and sets its timers. A system is given a clock, so a test can drive time. */

import { checkSpan } from './time.js';

/** A timer that has been set. Only the clock itself looks into it. */
export type Timer = unknown;

/** A source of time. Give your own to `createSystem` to drive time in a test, or use the `SimulatedClock` of `mailport/testing`. */
export interface Clock {
  /** Milliseconds since some point in the past. Never goes back. */
  now(): number;
  /** Calls `callback` once, after at least `afterMs` milliseconds (0 or more, not infinite), and never before `setTimer` has returned. */
  setTimer(afterMs: number, callback: () => void): Timer;
  /** From now on the callback is not called. Harmless if it has been called already. */
  clearTimer(timer: Timer): void;
}

/** The longest time that Node's timers take, a signed 32-bit number of milliseconds. With a longer one they fire at once. */
const longestNodeMs = 2 ** 31 - 1;

// Taken once, so that a test which replaces the globals by ones of its own does not stop all actors.
const { setImmediate } = globalThis;

/**
 * One of Node's timers. Making and clearing one costs more than taking a message, and every `receive` with a timeout sets a timer and cancels it. So an
 * alarm whose task is cancelled runs on until the end of the turn, and takes over the next task if that is due no earlier.
 */
class Alarm {
  task: Task | null = null;
  /** When Node will call it. */
  callMs = 0;
  private handle: NodeJS.Timeout | undefined;

  start(task: Task): void {
    this.task = task;
    this.wait(task.dueMs);
  }

  end(): void {
    clearTimeout(this.handle);
  }

  private wait(dueMs: number): void {
    const nowMs = performance.now();
    const afterMs = Math.min(Math.max(Math.ceil(dueMs - nowMs), 1), longestNodeMs);
    this.callMs = nowMs + afterMs;
    this.handle = setTimeout(this.call, afterMs);
  }

  private readonly call = (): void => {
    const { task } = this;
    if (task === null) {
      if (spare === this) spare = null;
    } else if (performance.now() < task.dueMs) {
      // Too early: the time is longer than Node can count, or the alarm had been set for an earlier task, or Node's timer was a millisecond short.
      this.wait(task.dueMs);
    } else {
      task.alarm = null;
      task.callback();
    }
  };
}

/** What `setTimer` returns. */
class Task {
  readonly dueMs: number;
  readonly callback: () => void;
  alarm: Alarm | null = null;

  constructor(dueMs: number, callback: () => void) {
    this.dueMs = dueMs;
    this.callback = callback;
  }
}

/** An alarm whose task was cancelled in this turn. */
let spare: Alarm | null = null;
let ending = false;

const endSpare = (): void => {
  ending = false;
  spare?.end();
  spare = null;
};

function setTimer(afterMs: number, callback: () => void): Task {
  const task = new Task(performance.now() + checkSpan('afterMs', afterMs), callback);
  if (spare !== null && spare.callMs <= task.dueMs) {
    task.alarm = spare;
    spare.task = task;
    spare = null;
  } else {
    task.alarm = new Alarm();
    task.alarm.start(task);
  }
  return task;
}

function clearTimer(task: Task): void {
  const { alarm } = task;
  if (alarm === null) return;
  task.alarm = null;
  alarm.task = null;
  spare?.end();
  spare = alarm;
  if (ending) return;
  ending = true;
  setImmediate(endSpare);
}

/** The clock of the machine. A timer that is set keeps Node alive. */
export const realClock: Clock = {
  now: () => performance.now(),
  setTimer,
  clearTimer: (timer) => clearTimer(timer as Task),
};
