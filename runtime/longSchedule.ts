/**
 * Finds actors that keep the event loop for too long. Turns are measured only while somebody observes 'long_schedule'; otherwise each turn of an actor costs one
 * look at a flag.
 *
 * An actor's turn begins when it gets a message or an answer. It ends when the actor asks for the next one, or its handler returns. Code that follows another
 * `await` (of a file, or a promise of some library) belongs to no turn that is known here, and is not measured. An actor is never blamed for the time of
 * others: a turn is measured from the end of the turn before it, and never beyond the run of microtasks in which it began.
 */
import type { Process } from './process.js';

export const longSchedule = {
  /** Whether anybody observes 'long_schedule'. */
  observed: false,
  /** The time. A test may put its own clock here. */
  now: performance.now.bind(performance),
};

/** Taken once, so that turns are measured even in a test which replaces these globals. */
const { queueMicrotask } = globalThis;
const { nextTick } = process;

/** The actors whose turns have begun in the present run of microtasks, and when. */
const begun = new Map<Process, number>();
let lastEndMs = 0;
let endAsked = false;
let report: (process: Process, ms: number) => void = () => undefined;

/** Sets the function that tells observers. */
export function tellBy(tell: typeof report): void {
  report = tell;
}

export function turnBegins(actor: Process): void {
  begun.set(actor, longSchedule.now());
  if (endAsked) return;
  endAsked = true;
  // A tick that a microtask asks for comes after all microtasks.
  queueMicrotask(() => nextTick(runEnds));
}

export function turnEnds(actor: Process): void {
  const begunMs = begun.get(actor);
  begun.delete(actor);
  const nowMs = longSchedule.now();
  if (begunMs !== undefined) judge(actor, begunMs, nowMs);
  lastEndMs = nowMs;
}

function runEnds(): void {
  const nowMs = longSchedule.now();
  // The actor has done its work and waits for something else now. If there are several, it is not known which of them took the time.
  if (begun.size === 1) for (const [actor, begunMs] of begun) judge(actor, begunMs, nowMs);
  begun.clear();
  lastEndMs = nowMs;
  endAsked = false;
}

function judge(actor: Process, begunMs: number, nowMs: number): void {
  const ms = nowMs - Math.max(begunMs, lastEndMs);
  if (ms > actor.system.reports.longScheduleMs) report(actor, ms);
}
