/**
 * Names actors that keep the event loop for too long. It is looked at only while somebody observes 'long_schedule': otherwise each turn of an actor pays one
 * look at a flag.
 *
 * An actor's turn begins when it is given a message or an answer, and ends when it asks for the next, or its handler returns. Code of a body behind something
 * else that it awaited (a file, a promise of another library) belongs to no turn that is known here, and is not measured. Nobody is named for
 * what others did: a turn is measured from the end of the turn before it, and never beyond the run of microtasks in which it began.
 */
import type { Process } from './process.js';

export const longSchedule = {
  /** Whether anybody observes. */
  observed: false,
  /** The time; a test may put a clock of its own here. */
  now: performance.now.bind(performance),
};

/** Taken once, so that a test which replaces the globals by ones of its own measures all the same. */
const { queueMicrotask } = globalThis;
const { nextTick } = process;

/** Turns that have begun in the present run of microtasks, and when. */
const begun = new Map<Process, number>();
let lastEndMs = 0;
let endAsked = false;
let report: (process: Process, ms: number) => void = () => undefined;

/** Who tells observers. */
export function tellBy(tell: typeof report): void {
  report = tell;
}

export function turnBegins(actor: Process): void {
  begun.set(actor, longSchedule.now());
  if (endAsked) return;
  endAsked = true;
  // A tick that is asked for by a microtask comes when all microtasks have run.
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
  // One that waits for something else now, and did what it had to do. Of several it is not known who did.
  if (begun.size === 1) for (const [actor, begunMs] of begun) judge(actor, begunMs, nowMs);
  begun.clear();
  lastEndMs = nowMs;
  endAsked = false;
}

function judge(actor: Process, begunMs: number, nowMs: number): void {
  const ms = nowMs - Math.max(begunMs, lastEndMs);
  if (ms > actor.system.reports.longScheduleMs) report(actor, ms);
}
