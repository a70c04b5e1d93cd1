/** The description of a server, and the check of it. */
import { checkKeys, checkPlainOptions, checkTimeout } from '../../runtime/behaviour.js';
import { BadArg, type Port } from '../../runtime/index.js';
import type { Listen } from './listener.js';
import type { Session, SessionMessage, SessionOptions } from './session.js';

/** The description of a server. */
export interface ServerSpec<Socket extends Port, Arrival, M = SessionMessage> {
  /**
   * Opens the listening socket in the name of `self`. It is called with port 0 the first time, and with the port of the former socket when the listener is
   * started again.
   */
  readonly listen: Listen<Socket, Arrival>;
  /** What each connection's session does: a function, `{ init }` or `{ start }`. */
  readonly session: Session<Socket, Arrival, M>;
  /** How many sessions there may be at a time. Further connections are refused. 16,384 unless given. */
  readonly maxSessions?: number;
  /** How long sessions have to finish when the server is told to end, in milliseconds. 5,000 unless given; Infinity: as long as they like. */
  readonly drainMs?: number;
  /** How sessions are spawned: `label`, `mailbox`, `trapExit`. */
  readonly sessionOptions?: SessionOptions;
}

/** Thousand Island has the same. */
const defaultMaxSessions = 16_384;
const defaultDrainMs = 5000;

const names: ReadonlySet<string> = new Set(['listen', 'session', 'maxSessions', 'drainMs', 'sessionOptions']);
const sessionNames: ReadonlySet<string> = new Set(['label', 'mailbox', 'trapExit']);

/** The numbers of a description, with defaults filled in. */
export interface Limits {
  readonly maxSessions: number;
  readonly drainMs: number;
}

/** Checks everything but `session`. @throws BadArg naming the field that is wrong */
export function limitsOf<Socket extends Port, Arrival, M>(spec: ServerSpec<Socket, Arrival, M>): Limits {
  checkNames('spec', spec, names);
  const { listen, maxSessions = defaultMaxSessions, drainMs = defaultDrainMs, sessionOptions = {} } = spec;
  if (typeof listen !== 'function') throw new BadArg('spec.listen', 'must be a function that opens a socket');
  if (maxSessions !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxSessions) && maxSessions > 0)) {
    throw new BadArg('spec.maxSessions', 'must be an integer of 1 or more, or Infinity');
  }
  checkTimeout('spec.drainMs', drainMs);
  checkNames('spec.sessionOptions', sessionOptions, sessionNames);
  // Now, and not when the first peer comes, since that would end the listener.
  checkPlainOptions('spec.sessionOptions', sessionOptions);
  return { maxSessions, drainMs };
}

function checkNames(argument: string, given: object, known: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null) throw new BadArg(argument, 'must be an object');
  checkKeys(argument, given, known);
}
