/**
 * Calls that failed and that nobody awaited. Such a failure ends the actor that called, as the same failure would if it were thrown there, and not
 * the process. Node tells of it by `process.emit('unhandledRejection', reason, promise)`; what comes there with an error of ours goes no further,
 * and everything else goes on untouched: listeners, their number, and what --unhandled-rejections says.
 *
 * The error tells whose call it was, not the promise, so promises that were derived from ours (then, finally, Promise.all, an async function around
 * it) count as ours. A call costs nothing for that unless it fails. What fails for the main actor is the program's own, and is Node's business.
 */
import nodeProcess from 'node:process';
import { ActorExit } from './errors.js';
import type { ProcessId } from './pid.js';
import type { Process } from './process.js';

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/** Who called, by the error that the call gave. */
const callers = new WeakMap<object, Process>();
/** Promises that nobody awaited, and that Node was not told of. */
const kept = new WeakSet<object>();
let watching = false;

/** Notes that a call of this actor has failed with that error. Gives the error. */
export function charge<E extends object>(error: E, process: Process): E {
  if (isMain(process)) return error;
  watchRejections();
  callers.set(error, process);
  return error;
}

/** An answer that is an error, or `['error', ...]`, passes the errors in it on: whoever throws them from now on is somebody else. */
export function passOn(answer: unknown): void {
  if (typeof answer === 'object' && answer !== null && (answer instanceof Error || (answer as unknown[])[0] === 'error'))
    forget(answer, deepest);
}

/** Arrays in arrays that are looked into, as in `['error', ['failed_to_start_child', id, error]]`. */
const deepest = 3;

function forget(value: unknown, depth: number): void {
  if (value instanceof Error) callers.delete(value);
  else if (Array.isArray(value) && depth > 0) for (const part of value) forget(part, depth - 1);
}

/** Begins to look at what Node tells. To be called before the first promise of ours can be rejected. */
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
  // Node warns of promises that are handled late, having told of them before; of these it has not.
  if (event === 'rejectionHandled') return kept.has(first as object);
  if (event !== 'uncaughtException' && event !== 'uncaughtExceptionMonitor') return false;
  return second === 'unhandledRejection' && isStrict() && take(first, undefined);
}

/** Charges an error that nobody awaited to the actor whose call it was. False if it was none. */
function take(error: unknown, promise: unknown): boolean {
  const unwinds = error instanceof ActorExit;
  const process = unwinds ? (error.pid as unknown as ProcessId).process : callers.get(error as object);
  if (process === undefined || isMain(process)) return false;
  if (typeof promise === 'object' && promise !== null) kept.add(promise);
  // Of one that has ended, nobody wants to know what else failed.
  process.failUnawaited(unwinds ? error.reason : error);
  return true;
}

function isMain(process: Process): boolean {
  return process.system.outsider === process;
}

/**
 * With --unhandled-rejections=strict Node raises an uncaught exception first. A module's top-level await that fails does so in any mode, and ends the
 * program, whoever's error it is.
 */
function isStrict(): boolean {
  const options = [...nodeProcess.execArgv, nodeProcess.env.NODE_OPTIONS ?? ''].join(' ');
  if (!/--unhandled[-_]rejections[= ]strict/.test(options)) return false;
  return String(new Error('where').stack).includes('processPromiseRejections');
}
