/** What tests of actors need: a system that keeps its crash reports, and a clock that stands still until it is told to go on. */
import { type Clock, type CrashReport, createSystem, mainActor, type Self, type System, send } from 'mailport';

/** A clock that a test drives. Timers fire in the order of their times, those of one time in the order they were set. */
export class ManualClock implements Clock {
  private nowMs = 0;
  private timers: { readonly atMs: number; readonly callback: () => void }[] = [];

  now(): number {
    return this.nowMs;
  }

  setTimer(afterMs: number, callback: () => void): unknown {
    const timer = { atMs: this.nowMs + afterMs, callback };
    this.timers.push(timer);
    this.timers.sort((one, other) => one.atMs - other.atMs);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.timers = this.timers.filter((other) => other !== timer);
  }

  /** Timers that are set and have not fired. */
  get pending(): number {
    return this.timers.length;
  }

  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (let next = this.timers[0]; next !== undefined && next.atMs <= untilMs; next = this.timers[0]) {
      this.timers.shift();
      this.nowMs = next.atMs;
      next.callback();
    }
    this.nowMs = untilMs;
  }
}

export interface TestSystem {
  readonly system: System;
  readonly clock: ManualClock;
  /** Takes any message: what arrives is looked at by the test. */
  readonly main: Self<unknown>;
  readonly crashes: CrashReport[];
}

export function testSystem(): TestSystem {
  const clock = new ManualClock();
  const crashes: CrashReport[] = [];
  const system = createSystem({ clock, onCrash: (report) => crashes.push(report) });
  return { system, clock, main: mainActor<unknown>(system), crashes };
}

/** Everything that waits in the mailbox of `self`, in order. */
export async function flush(self: Self<unknown>): Promise<unknown[]> {
  const messages: unknown[] = [];
  const end = ['end of flush'];
  send(self.pid, end);
  for (;;) {
    const message = await self.receive();
    if (message === end) return messages;
    messages.push(message);
  }
}

/** One turn of the event loop: whatever was ready to run has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
