/** A clock on which time stands still until it is told to go on. */
import type { Clock, Timer } from './clock.js';
import { checkSpan } from './time.js';

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

/** A clock for tests. Timers fire in the order of their times; timers with the same time fire in the order in which they were set. */
export class SimulatedClock implements Clock {
  private nowMs = 0;
  private alarms: Alarm[] = [];

  now(): number {
    return this.nowMs;
  }

  setTimer(afterMs: number, callback: () => void): Timer {
    const alarm = { atMs: this.nowMs + checkSpan('afterMs', afterMs), callback };
    const index = this.alarms.findIndex((other) => other.atMs > alarm.atMs);
    this.alarms.splice(index < 0 ? this.alarms.length : index, 0, alarm);
    return alarm;
  }

  clearTimer(timer: Timer): void {
    this.alarms = this.alarms.filter((other) => other !== timer);
  }

  /** How many timers are set. A system sets only one at a time, for the earliest of its own timers. */
  get pending(): number {
    return this.alarms.length;
  }

  /** Lets `byMs` milliseconds pass, and fires the timers that are due on the way. */
  advance(byMs: number): void {
    const untilMs = this.nowMs + checkSpan('byMs', byMs);
    for (let next = this.alarms[0]; next !== undefined && next.atMs <= untilMs; next = this.alarms[0]) this.fire(next);
    this.nowMs = untilMs;
  }

  /** Goes on to the next timer and fires it. False if no timer is set. */
  advanceToNext(): boolean {
    const [next] = this.alarms;
    if (next === undefined) return false;
    this.fire(next);
    return true;
  }

  private fire(alarm: Alarm): void {
    this.alarms.shift();
    this.nowMs = alarm.atMs;
    alarm.callback();
  }
}
