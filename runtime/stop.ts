/** How a system ends. See `System.stop`. */

import type { Clock } from './clock.js';
import { nameOf } from './entity.js';
import { BadArg } from './errors.js';
import { hasMember } from './few.js';
import { checkKeys } from './keys.js';
import type { Process } from './process.js';
import { exitSignal, terminate } from './signals.js';
import { dead } from './states.js';
import { checkTimeout } from './time.js';
import type { TimerWheel } from './timerWheel.js';

/** Milliseconds, as supervisor.erl gives to workers. */
const shutdownMs = 5000;

export interface StopOptions {
  /** Milliseconds that an actor has to end by itself before it is killed. 5,000 unless given; Infinity: never. */
  readonly timeoutMs?: number;
}

/** What a system is to its end. */
export interface Stoppable {
  /** The head of a list of all that live. */
  readonly newest: Process | null;
  /** The main actor, if it has been asked for. */
  readonly outsider: Process | null;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
}

const keys = new Set(['timeoutMs'] satisfies (keyof StopOptions)[]);

export function stopSystem(system: Stoppable, options: StopOptions): Promise<void> {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  const { timeoutMs = shutdownMs } = options;
  return endAll(system, checkTimeout('options.timeoutMs', timeoutMs));
}

async function endAll(system: Stoppable, timeoutMs: number): Promise<void> {
  // `stop` may have been called by one of them: it is not to be ended before it has got its promise.
  await undefined;
  for (let process = nextToEnd(system); process !== null; process = nextToEnd(system)) await end(system, process, timeoutMs);
  // What is named so is looked up when the time has come; there is nobody to be found.
  system.wheel.end();
}

/** The newest that no other actor is to end. */
function nextToEnd(system: Stoppable): Process | null {
  let process = system.newest;
  while (process !== null && isLeftToParent(process)) process = process.older;
  return process;
}

/** Whether an actor that is to end as well will end it. The main actor is nobody's supervisor. */
function isLeftToParent(process: Process): boolean {
  const { parent, links, system } = process;
  if (parent === null || parent.state === dead || parent.system !== system || parent === system.outsider) return false;
  return hasMember(links, parent);
}

function end(system: Stoppable, process: Process, timeoutMs: number): Promise<void> {
  // Nobody would take the exit message of one that traps exits: its code waits for the end of the system.
  if (process === system.outsider) {
    terminate(process, 'shutdown', false);
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    process.endCalls = [...(process.endCalls ?? []), () => resolve()];
    // A behaviour stops for its parent only.
    exitSignal(process, nameOf(process.parent ?? process), 'shutdown');
    if (process.state === dead || timeoutMs === Number.POSITIVE_INFINITY) return;
    const timer = system.clock.setTimer(timeoutMs, () => terminate(process, 'killed', false));
    process.endCalls.push(() => system.clock.clearTimer(timer));
  });
}
