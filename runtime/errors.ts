/**
 * The errors that the runtime throws: `BadArg` for a mistake of the caller, `ActorExit` to unwind the code of an actor that has ended, and `NoProc`.
 * An exit reason can be any value; it need not be an error.
 */
import { inspected, unreadable } from './inspected.js';
import type { Pid } from './pid.js';

/**
 * A mistake of the caller, thrown before anything has happened. Erlang's badarg.
 *
 * @example new BadArg('port', 'must be an integer from 0 to 65535')
 */
export class BadArg extends TypeError {
  readonly code = 'badarg';
  /** The name of the wrong argument; `options.active` for a field of an argument. */
  readonly argument: string;

  constructor(argument: string, problem: string) {
    super(`${argument}: ${problem}`);
    this.name = 'BadArg';
    this.argument = argument;
  }
}

/** The text for an argument `self` that is not an actor's handle. Often a pid was given, or the argument was left out. */
export const notSelf =
  "must be an actor's self: what its function was called with, or mainActor() in a script; its pid will not do";

/**
 * The actor has ended. Every call on the `self` of a dead actor throws this error, and a `receive` that was waiting rejects with it, so the actor's code
 * unwinds. The code need not catch the error: what it throws after its actor's end is ignored.
 */
export class ActorExit extends Error {
  // Private, since Node prints the public fields of an uncaught error, and everything that hangs from a pid with them.
  readonly #pid: Pid;
  readonly #reason: unknown;

  constructor(pid: Pid, reason: unknown) {
    super(`actor ${pid} has ended: ${textOf(reason)}`);
    this.name = 'ActorExit';
    this.#pid = pid;
    this.#reason = reason;
  }

  /** The actor that has ended. */
  get pid(): Pid {
    return this.#pid;
  }

  /** Why it has ended. */
  get reason(): unknown {
    return this.#reason;
  }

  /** One without a stack trace, which would cost microseconds, for places where the error only unwinds code. */
  static withoutStack(pid: Pid, reason: unknown): ActorExit {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    const exit = new ActorExit(pid, reason);
    Error.stackTraceLimit = limit;
    return exit;
  }
}

/** `self.link` has found that the target has ended, and the caller does not trap exits. A caller that does not catch the error ends with it. Erlang's noproc. */
export class NoProc extends Error {
  readonly code = 'noproc';

  constructor(target: unknown) {
    super(`there is no ${String(target)} to be linked to`);
    this.name = 'NoProc';
  }
}

/** A reason may hold anything, of any size. So only this many of its parts are looked at for its text and its cause, and of each array or object in it so many. */
const mostParts = 200;
const mostShown = 16;
const leafStyle = { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: mostShown, maxStringLength: 1000 };

/** The `cause` for an error that reports a reason: the reason if that is an error, else the first error in it. The text of the error shows the rest. */
export function causeOf(reason: unknown): ErrorOptions {
  try {
    const cause = new ReasonReader().errorIn(reason);
    return cause === undefined ? {} : { cause };
  } catch {
    return {};
  }
}

/** The text of a reason. Errors in it are shown by name and message. */
export function textOf(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  try {
    return new ReasonReader().textOf(reason);
  } catch {
    return unreadable;
  }
}

class ReasonReader {
  private left = mostParts;

  errorIn(term: unknown): Error | undefined {
    if (term instanceof Error) return term;
    for (const part of Object.values(this.shownOf(term) ?? {})) {
      const found = this.errorIn(part);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  textOf(term: unknown): string {
    if (term instanceof Error) return `${term.name}: ${term.message}`;
    const shown = this.shownOf(term);
    if (shown === undefined) return this.left > 0 || typeof term !== 'object' ? inspected(term, leafStyle) : '...';
    const isTuple = Array.isArray(shown);
    const texts = Object.entries(shown).map(([key, part]) => (isTuple ? this.textOf(part) : `${key}: ${this.textOf(part)}`));
    const more = Object.keys(term as object).length - texts.length;
    if (more > 0) texts.push(`... ${more} more`);
    return isTuple ? `[ ${texts.join(', ')} ]` : `{ ${texts.join(', ')} }`;
  }

  /** The first parts of an array or a plain object; undefined for anything else, for empty ones, and when enough parts have been seen. */
  private shownOf(term: unknown): unknown[] | Record<string, unknown> | undefined {
    if (this.left <= 0 || typeof term !== 'object' || term === null) return undefined;
    if (Array.isArray(term)) {
      this.left -= Math.min(term.length, mostShown);
      return term.length === 0 ? undefined : term.slice(0, mostShown);
    }
    if (Object.getPrototypeOf(term) !== Object.prototype) return undefined;
    const entries = Object.entries(term).slice(0, mostShown);
    this.left -= entries.length;
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }
}
