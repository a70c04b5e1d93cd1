/** For tests of actors: a system that keeps its crash reports, and a clock that stands still until it is told to go on. */
import { type CrashReport, createSystem, mainActor, type Self, type System, send } from 'mailport';
import { SimulatedClock } from 'mailport/testing';

export { nextTurn } from '../support/waiting.js';

export interface TestSystem {
  readonly system: System;
  readonly clock: SimulatedClock;
  /** Takes any message, for the test to look at. */
  readonly main: Self<unknown>;
  readonly crashes: CrashReport[];
}

export function testSystem(): TestSystem {
  const clock = new SimulatedClock();
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
