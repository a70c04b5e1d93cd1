/**
 * The errors the runtime throws: `BadArg` for a caller's mistake and `ActorExit` to unwind a body whose actor has ended. An exit reason is
 * any value; it need not be an error.
 */
import { inspect } from 'node:util';
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

/** Options of an error that another error has caused; what else may be a reason stands in the text. */
export function causeOf(reason: unknown): ErrorOptions {
  return reason instanceof Error ? { cause: reason } : {};
}

/** A reason in words. */
export function textOf(reason: unknown): string {
  if (typeof reason === 'string') return reason;
  return reason instanceof Error
    ? `${reason.name}: ${reason.message}`
    : inspect(reason, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}
