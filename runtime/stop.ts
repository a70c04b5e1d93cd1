/** How a system ends: `System.stop`. */
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

/** Milliseconds. supervisor.erl gives its workers as long. */
const shutdownMs = 5000;

/** Options of `system.stop`. */
export interface StopOptions {
  /** How long each actor has to end by itself before it is killed, in milliseconds. 5,000 unless given; Infinity: it is never killed. */
  readonly timeoutMs?: number;
}

/** What of a system is needed to end it. */
export interface Stoppable {
  /** The actor that was spawned last among those that live: the head of a list of them all. */
  readonly newest: Process | null;
  /** The main actor, if `mainActor` has been called. */
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
  // An actor of this system may have called `stop`. It gets its promise before it is ended.
  await undefined;
  for (let process = nextToEnd(system); process !== null; process = nextToEnd(system)) await end(system, process, timeoutMs);
  // Timers that send to a name are left. They would find no actor.
  system.wheel.end();
}

/** The newest actor that no parent will end. */
function nextToEnd(system: Stoppable): Process | null {
  let process = system.newest;
  while (process !== null && isLeftToParent(process)) process = process.older;
  return process;
}

/** Whether its parent, which is going to end as well, will end this actor. The main actor is nobody's supervisor. */
function isLeftToParent(process: Process): boolean {
  const { parent, links, system } = process;
  if (parent === null || parent.state === dead || parent.system !== system || parent === system.outsider) return false;
  return hasMember(links, parent);
}

function end(system: Stoppable, process: Process, timeoutMs: number): Promise<void> {
  // The main actor's code may be waiting for this very end, so if it traps exits, nobody would take its exit message.
  if (process === system.outsider) {
    terminate(process, 'shutdown', false);
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    process.endCalls = [...(process.endCalls ?? []), () => resolve()];
    // From its parent, since a behaviour that traps exits stops for its parent only.
    exitSignal(process, nameOf(process.parent ?? process), 'shutdown');
    if (process.state === dead || timeoutMs === Number.POSITIVE_INFINITY) return;
    const timer = system.clock.setTimer(timeoutMs, () => terminate(process, 'killed', false));
    process.endCalls.push(() => system.clock.clearTimer(timer));
  });
}
