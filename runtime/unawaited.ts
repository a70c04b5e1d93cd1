/**
 * Calls that failed and that nobody awaited. Such a failure ends the actor that made the call, as if the error had been thrown in its code, and not the whole
 * process. Node announces the failure by `process.emit('unhandledRejection', reason, promise)`. If the error is one of ours, the announcement stops here.
 * All others go on as before: to the listeners, and to what --unhandled-rejections says.
 *
 * The error tells whose call it was, not the promise. So promises derived from ours (by then, finally, Promise.all, an async function around it) count too. A
 * call costs nothing for this unless it fails. A failed call of the main actor is a failure of the program, and is left to Node.
 */
import nodeProcess from 'node:process';
import { ActorExit } from './errors.js';
import type { ProcessId } from './pid.js';
import type { Process } from './process.js';

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/** The actor that made the call, by the error that the call failed with. */
const callers = new WeakMap<object, Process>();
/** Rejected promises whose announcement was stopped here. */
const kept = new WeakSet<object>();
let watching = false;

/** Notes that a call of this actor has failed with that error, and returns the error. */
export function charge<E extends object>(error: E, process: Process): E {
  if (isMain(process)) return error;
  watchRejections();
  callers.set(error, process);
  return error;
}

/** The errors in an answer, which is an error or `['error', ...]`, are no longer charged to the actor whose call failed: they are the other actor's from now on. */
export function passOn(answer: unknown): void {
  if (typeof answer === 'object' && answer !== null && (answer instanceof Error || (answer as unknown[])[0] === 'error'))
    forget(answer, deepest);
}

/** How many arrays inside each other are looked into, as in `['error', ['failed_to_start_child', id, error]]`. */
const deepest = 3;

function forget(value: unknown, depth: number): void {
  if (value instanceof Error) callers.delete(value);
  else if (Array.isArray(value) && depth > 0) for (const part of value) forget(part, depth - 1);
}

/** Begins to look at Node's announcements. To be called before the first promise of ours can be rejected. */
export function watchRejections(): void {
  if (watching) return;
  watching = true;
  const emit = nodeProcess.emit as Emit;
  const watched = function (this: unknown, ...args: Parameters<Emit>): boolean {
    return isOurs(args) || Reflect.apply(emit, this, args);
  };
  Object.defineProperty(nodeProcess, 'emit', { value: watched, configurable: true, enumerable: false, writable: true });
}

function isOurs([event, first, second]: readonly unknown[]): boolean {
  if (event === 'unhandledRejection') return take(first, second);
  // Node announces that a rejection has been handled late. It never announced the rejection itself if that was stopped here.
  if (event === 'rejectionHandled') return kept.has(first as object);
  if (event !== 'uncaughtException' && event !== 'uncaughtExceptionMonitor') return false;
  return second === 'unhandledRejection' && isStrict() && take(first, undefined);
}

/** Ends the actor whose call failed with this error. False if it is no error of an actor's call. */
function take(error: unknown, promise: unknown): boolean {
  const unwinds = error instanceof ActorExit;
  const process = unwinds ? (error.pid as unknown as ProcessId).process : callers.get(error as object);
  if (process === undefined || isMain(process)) return false;
  if (typeof promise === 'object' && promise !== null) kept.add(promise);
  // Does nothing if that actor has ended already.
  process.failUnawaited(unwinds ? error.reason : error);
  return true;
}

function isMain(process: Process): boolean {
  return process.system.outsider === process;
}

/**
 * Whether Node runs with --unhandled-rejections=strict and the exception comes from a rejection. In that mode a rejection comes as an uncaught exception first.
 * A top-level await that fails comes as one in every mode, and ends the program, whoever's error it is.
 */
function isStrict(): boolean {
  const options = [...nodeProcess.execArgv, nodeProcess.env.NODE_OPTIONS ?? ''].join(' ');
  if (!/--unhandled[-_]rejections[= ]strict/.test(options)) return false;
  return String(new Error('where').stack).includes('processPromiseRejections');
}
