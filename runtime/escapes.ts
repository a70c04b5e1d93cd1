/**
 * Whether what a simulated run does stays in it. A real timer, socket or system has a time of its own, so a run that uses one is not decided by its seed, and a test may pass
 * that waits for none of it. What belongs to a run is known by its asynchronous context: all that its test calls, and all that comes of that.
 *
 * While no run is under way nothing here is in use; only a spawn looks at a number, and a new socket asks for a context, of which there is none.
 */
import { AsyncLocalStorage, createHook } from 'node:async_hooks';
import type { Process } from './process.js';
import { Receiver } from './receiver.js';
import type { System } from './system.js';

/** A run, as what watches over it sees it. */
export interface WatchedRun {
  readonly system: System;
  /** Called with the first thing that left it, and with others. */
  escaped(error: Escape): void;
}

/** A run has used something real, where this error was made. It fails with that. */
export class Escape extends Error {
  constructor(what: string) {
    super(`the run has left the simulation by ${what}`);
    this.name = 'Escape';
  }
}

const runs = new AsyncLocalStorage<WatchedRun>();
/** Simulations under way: `current` is 0 in production. */
export const simulations = { current: 0 };

/** What Node calls the things that have a time of their own. Files have none that matters, and what is printed goes nowhere. */
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
    // Test runners print by timers of their own.
    if (left.stack?.includes('node:internal/console') !== true) run.escaped(left);
  },
});

/** Watches over all that `body` does, until `stopWatching`. */
export function watchRun<T>(run: WatchedRun, body: () => T): T {
  return runs.run(run, body);
}

let admit: Receiver['deliver'] | undefined;

/** Begins to look. To be called once for each simulation, and `stopLooking` at its end. */
export function startLooking(): void {
  simulations.current += 1;
  if (simulations.current > 1) return;
  hook.enable();
  // Replaced only while it is needed, as it is what every message goes through.
  const original = Receiver.prototype.deliver;
  admit = original;
  Receiver.prototype.deliver = function (this: Receiver, message: unknown): void {
    noteSystem(this as unknown as Process, 'a message to');
    original.call(this, message);
  };
}

export function stopLooking(): void {
  simulations.current -= 1;
  if (simulations.current > 0) return;
  hook.disable();
  Receiver.prototype.deliver = admit as Receiver['deliver'];
}

/** An actor is used. In a run it has to be one of the run's. */
export function noteSystem(process: Process, what: string): void {
  const run = runs.getStore();
  if (run === undefined || process.system === run.system) return;
  const who = process.name ?? process.label;
  const named = `${process.pid}${who === undefined ? '' : ` (${who})`}`;
  run.escaped(
    new Escape(`${what} ${named}, an actor of another system: give the option system, or link it to an actor of the run`),
  );
}

/** A socket has an owner. */
export function noteSocket(label: string): void {
  runs.getStore()?.escaped(new Escape(`a real socket (${label})`));
}
