/**
 * Notices when a simulated run uses something real. A real timer, socket or system has a time of its own, so its seed does not decide such a run, and a test
 * may pass that should not. The code of a run is known by its asynchronous context: everything that the test calls, and everything that follows from that.
 *
 * While no run is under way this costs nothing but a look at a number for each spawn, and a look for a context for each new socket.
 */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import { Addressee } from './addressee.js';
import type { Process } from './process.js';
import type { System } from './system.js';

/** A run that is watched. */
export interface WatchedRun {
  readonly system: System;
  /** Called each time that the run uses something real. */
  escaped(error: Escape): void;
}

/** A run has used something real. The stack of the error shows where. */
export class Escape extends Error {
  constructor(what: string) {
    super(`the run has left the simulation by ${what}`);
    this.name = 'Escape';
  }
}

const runs = new AsyncLocalStorage<WatchedRun>();
/** How many simulations are under way: `current` is 0 in production. */
export const simulations = { current: 0 };

/** Node's names for things with a time of their own. Files are left out, since their time seldom matters, and so is printing. */
const realThings = new Map([
  ['Timeout', 'a real timer (setTimeout, setInterval): use the timers of its system, such as receive with after, or its clock'],
  ['TCPWRAP', 'a real socket (TCP)'],
  ['TCPSERVERWRAP', 'a real socket (TCP)'],
  ['UDPWRAP', 'a real socket (UDP)'],
  ['PIPESERVERWRAP', 'a real socket (pipe)'],
  ['PIPECONNECTWRAP', 'a real socket (pipe)'],
  ['GETADDRINFOREQWRAP', 'a real look-up of a name'],
  ['QUERYWRAP', 'a real look-up of a name'],
  ['PROCESSWRAP', 'a real process'],
  ['WORKER', 'a real thread'],
]);

const hook = createHook({
  init(_id, type) {
    const what = realThings.get(type);
    if (what === undefined) return;
    const run = runs.getStore();
    if (run === undefined) return;
    const left = new Escape(what);
    // Test runners print by timers.
    if (left.stack?.includes('node:internal/console') !== true) run.escaped(left);
  },
});

/** Runs `body` as the code of this run. It is watched from `startLooking` to `stopLooking`. */
export function watchRun<T>(run: WatchedRun, body: () => T): T {
  return runs.run(run, body);
}

let admit: Addressee['deliver'] | undefined;

/** Begins to watch. Each simulation calls it once, and `stopLooking` at its end. */
export function startLooking(): void {
  simulations.current += 1;
  if (simulations.current > 1) return;
  hook.enable();
  // Every message goes through `deliver`, so it is replaced only while a simulation runs.
  const original = Addressee.prototype.deliver;
  admit = original;
  Addressee.prototype.deliver = function (this: Addressee, message: unknown): void {
    noteSystem(this as unknown as Process, 'a message to');
    original.call(this, message);
  };
}

export function stopLooking(): void {
  simulations.current -= 1;
  if (simulations.current > 0) return;
  hook.disable();
  Addressee.prototype.deliver = admit as Addressee['deliver'];
}

/** Notes that an actor is used. A run may use only actors of its own system. */
export function noteSystem(process: Process, what: string): void {
  const run = runs.getStore();
  if (run === undefined || process.system === run.system) return;
  const who = process.name ?? process.label;
  const named = `${process.pid}${who === undefined ? '' : ` (${who})`}`;
  run.escaped(
    new Escape(`${what} ${named}, an actor of another system: give the option system, or link it to an actor of the run`),
  );
}

/** Notes that a socket has been opened. */
export function noteSocket(label: string): void {
  runs.getStore()?.escaped(new Escape(`a real socket (${label})`));
}
