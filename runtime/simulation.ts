/**
 * Runs in which a seed decides which actor is next. One actor at a time takes one step: it handles one message, or runs on to its next `receive`. All microtasks
 * that follow from it run before the next step. So a run depends on its seed alone, and another seed gives another interleaving.
 */

import { printCrash } from './crash.js';
import { startLooking, stopLooking, watchRun } from './escapes.js';
import { Randomness } from './randomness.js';
import type { CrashReport } from './reports.js';
import type { Runnable } from './scheduler.js';
import { Scheduler } from './scheduler.js';
import type { Self } from './self.js';
import { terminate } from './signals.js';
import { SimulatedClock } from './simulatedClock.js';
import { mainActor } from './spawn.js';
import { System } from './system.js';

export { Randomness } from './randomness.js';
export type { Runnable } from './scheduler.js';
export { SimulatedClock } from './simulatedClock.js';
export { checkSystem } from './system.js';

const { setImmediate } = globalThis;

/** A run in which nothing happens and no timer is set for so many turns of the event loop is a deadlock. */
const idleTurns = 20;

/** What a test gets to work with in a simulated run. */
export interface Simulation {
  readonly seed: number;
  readonly system: System;
  /** The clock of the system. It goes on to the next timer by itself whenever no actor has anything to do. */
  readonly clock: SimulatedClock;
  /** The handle of an actor for the code of the test. */
  readonly main: Self<unknown>;
  /** The reports of all crashes so far. */
  readonly crashes: readonly CrashReport[];
  /** A number from 0 up to but not including 1 that the seed decides, for choices of the test. */
  random(): number;
}

class SeededScheduler extends Scheduler {
  /** Called in each turn in which there is nothing to do. If it returns false the scheduler stops. */
  onIdle: () => boolean = () => false;
  private readonly runnable: Runnable[] = [];
  private readonly randomness: Randomness;
  private stepping = false;

  constructor(seed: number) {
    super();
    this.randomness = new Randomness(seed);
  }

  override enqueue(runnable: Runnable): void {
    this.runnable.push(runnable);
    this.go();
  }

  /** Never at once: no actor handles a message before it has been picked. */
  override take(): boolean {
    return false;
  }

  go(): void {
    if (this.stepping) return;
    this.stepping = true;
    setImmediate(this.step);
  }

  private readonly step = (): void => {
    this.stepping = false;
    const { length } = this.runnable;
    if (length === 0) {
      if (this.onIdle()) this.go();
      return;
    }
    const index = this.randomness.below(length);
    const picked = this.runnable[index] as Runnable;
    this.runnable[index] = this.runnable[length - 1] as Runnable;
    this.runnable.pop();
    this.credit = 1;
    picked.run();
    this.go();
  };
}

/**
 * Gives code that is no actor, such as a simulated network, its turns among the actors of a system: in a simulated run when the seed picks it, otherwise in the
 * next turn of the event loop. It must not throw.
 */
export function turnsOf(system: System): (step: Runnable) => void {
  const { scheduler } = system;
  return scheduler instanceof SeededScheduler ? (step) => scheduler.enqueue(step) : (step) => void setImmediate(() => step.run());
}

/** Makes one run. Rejects with the error that the test throws, or if the test waits for ever. */
export async function runSimulation(seed: number, test: (simulation: Simulation) => unknown): Promise<void> {
  const clock = new SimulatedClock();
  const scheduler = new SeededScheduler(seed);
  const crashes: CrashReport[] = [];
  const system = new System({ clock, seed, onCrash: (report) => crashes.push(report) }, scheduler);
  const choices = new Randomness(seed ^ 0x5bd1e995);
  const main = mainActor<unknown>(system);
  startLooking();
  try {
    await new Promise<void>((resolve, reject) => {
      let idle = 0;
      let over = false;
      scheduler.onIdle = () => {
        if (over) return false;
        idle = clock.advanceToNext() ? 0 : idle + 1;
        if (idle >= idleTurns) reject(new Error(`deadlock: the test waits, and so do all actors${waiting(system)}`));
        return idle < idleTurns;
      };
      const end = (settle: () => void) => {
        over = true;
        settle();
      };
      const fail = (error: unknown) => end(() => reject(error));
      watchRun({ system, escaped: fail }, () => {
        scheduler.go();
        Promise.resolve({ seed, system, clock, main, crashes, random: () => choices.next() })
          .then(test)
          .then(() => end(resolve), fail);
      });
    });
  } catch (error) {
    for (const report of crashes) printCrash(report);
    throw error;
  } finally {
    stopLooking();
    while (system.newest !== null) terminate(system.newest, 'killed', false);
  }
}

function waiting(system: System): string {
  const lines: string[] = [];
  for (let process = system.newest; process !== null; process = process.older) {
    lines.unshift(`\n  ${process.pid} ${process.name ?? process.label ?? ''} (${process.mailbox.length} messages waiting)`);
  }
  return lines.join('');
}
