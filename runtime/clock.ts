/** Time, as the runtime sees it. It is passed in, so that a test can drive it. */

import { checkSpan } from './time.js';

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
const longestNodeMs = 2 ** 31 - 1;

// Taken once, so that a test which replaces the globals by ones of its own does not stop all actors.
const { setImmediate } = globalThis;

/**
 * One of Node's timers. Making and clearing one costs more than taking a message, and a `receive` with a timeout does both each time; so one
 * whose task has been cancelled runs on until the end of the turn, and takes the next task if that is due no earlier.
 */
class Alarm {
  task: Task | null = null;
  /** When Node will call. */
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
      // Further away than Node can count, or one that took over from an earlier task; and Node's milliseconds may be one short.
      this.wait(task.dueMs);
    } else {
      task.alarm = null;
      task.callback();
    }
  };
}

/** What `setTimer` gives. */
class Task {
  readonly dueMs: number;
  readonly callback: () => void;
  alarm: Alarm | null = null;

  constructor(dueMs: number, callback: () => void) {
    this.dueMs = dueMs;
    this.callback = callback;
  }
}

/** Its task was cancelled in this turn. */
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

/** The machine's own clock. A timer that waits keeps Node alive. */
export const realClock: Clock = {
  now: () => performance.now(),
  setTimer,
  clearTimer: (timer) => clearTimer(timer as Task),
};
