/** What a server is told when it is started, and the check of it. */
import { checkKeys, checkPlainOptions, checkTimeout } from '../../runtime/behaviour.js';
import { BadArg, type Port } from '../../runtime/index.js';
import type { Listen } from './listener.js';
import type { Session, SessionMessage, SessionOptions } from './session.js';

export interface ServerSpec<Socket extends Port, Arrival, M = SessionMessage> {
  /**
   * Opens the listening socket, in the name of `self`. It is called again when the listener has to be started again, with the `port` that it had; 0 the
   * first time.
   */
  readonly listen: Listen<Socket, Arrival>;
  /** What is done with each connection: a function, `{ init }` or `{ start }`. */
  readonly session: Session<Socket, Arrival, M>;
  /** So many sessions at a time; who comes then is refused. 16,384 unless given. */
  readonly maxSessions?: number;
  /** Milliseconds that sessions are given when the server is to end, Infinity for as many as they like. 5,000 unless given. */
  readonly drainMs?: number;
  /** How sessions are spawned: `label`, `mailbox`, `trapExit`. */
  readonly sessionOptions?: SessionOptions;
}

/** As in Thousand Island. */
const defaultMaxSessions = 16_384;
const defaultDrainMs = 5000;

const names: ReadonlySet<string> = new Set(['listen', 'session', 'maxSessions', 'drainMs', 'sessionOptions']);
const sessionNames: ReadonlySet<string> = new Set(['label', 'mailbox', 'trapExit']);

/** The numbers of a spec, with nothing left out. */
export interface Limits {
  readonly maxSessions: number;
  readonly drainMs: number;
}

/** @throws BadArg naming what is wrong, other than with `session` */
export function limitsOf<Socket extends Port, Arrival, M>(spec: ServerSpec<Socket, Arrival, M>): Limits {
  checkNames('spec', spec, names);
  const { listen, maxSessions = defaultMaxSessions, drainMs = defaultDrainMs, sessionOptions = {} } = spec;
  if (typeof listen !== 'function') throw new BadArg('spec.listen', 'must be a function that opens a socket');
  if (maxSessions !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxSessions) && maxSessions > 0)) {
    throw new BadArg('spec.maxSessions', 'must be an integer of 1 or more, or Infinity');
  }
  checkTimeout('spec.drainMs', drainMs);
  checkNames('spec.sessionOptions', sessionOptions, sessionNames);
  // Not when the first peer comes, which would end the listener.
  checkPlainOptions('spec.sessionOptions', sessionOptions);
  return { maxSessions, drainMs };
}

function checkNames(argument: string, given: object, known: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null) throw new BadArg(argument, 'must be an object');
  checkKeys(argument, given, known);
}
