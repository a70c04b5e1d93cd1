/**
 * The errors the runtime throws: `BadArg` for a caller's mistake and `ActorExit` to unwind a body whose actor has ended. An exit reason is
 * any value; it need not be an error.
 */
import { inspected, unreadable } from './inspected.js';
import type { Pid } from './pid.js';

/**
 * The caller's mistake, thrown before anything has happened. Erlang's badarg.
 *
 * @example new BadArg('port', 'must be an integer from 0 to 65535')
 */
export class BadArg extends TypeError {
  readonly code = 'badarg';
  /** Name of the argument at fault, `options.active` for one inside an object. */
  readonly argument: string;

  constructor(argument: string, problem: string) {
    super(`${argument}: ${problem}`);
    this.name = 'BadArg';
    this.argument = argument;
  }
}

/** What is wrong where an actor's own handle should stand. Often a pid stands there, or the argument was left out. */
export const notSelf =
  "must be an actor's self: what its function was called with, or mainActor() in a script; its pid will not do";

/**
 * The actor has ended: thrown by every call on the `self` of a dead actor, and what a `receive` that was waiting rejects with. A body need not
 * catch it; whatever it throws after its death is ignored.
 */
export class ActorExit extends Error {
  // Not to be seen by Node when it prints an error that nobody has caught: it would show all that hangs from a pid.
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

  /** One without a stack trace, which costs microseconds, for where it only unwinds and no mistake is to be found. */
  static withoutStack(pid: Pid, reason: unknown): ActorExit {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    const exit = new ActorExit(pid, reason);
    Error.stackTraceLimit = limit;
    return exit;
  }
}

/** What one would be linked to has ended: thrown to who does not trap exits. Not caught, it ends the actor. Erlang's noproc. */
export class NoProc extends Error {
  readonly code = 'noproc';

  constructor(target: unknown) {
    super(`there is no ${String(target)} to be linked to`);
    this.name = 'NoProc';
  }
}

/** Of a reason so many parts are looked at for its text and its cause, and of each tuple or record in it so many: it may hold anything. */
const mostParts = 200;
const mostShown = 16;
const leafStyle = { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: mostShown, maxStringLength: 1000 };

/** Options of an error that another error has caused: the reason, or the first error that the reason holds. The text says what else there is. */
export function causeOf(reason: unknown): ErrorOptions {
  try {
    const cause = new ReasonReader().errorIn(reason);
    return cause === undefined ? {} : { cause };
  } catch {
    return {};
  }
}

/** A reason in words. An error that it holds is told by its message, as one that is the reason itself is. */
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

  /** The first parts of a tuple or a record that has any; undefined for what is neither, and when enough has been seen. */
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
