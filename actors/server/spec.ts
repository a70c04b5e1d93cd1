/** The description of a server, and the check of it. */
import { checkKeys, checkPlainOptions, checkTimeout } from '../../runtime/behaviour.js';
import { BadArg, isSelf, type Port } from '../../runtime/index.js';
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
  /**
   * How many sessions there may be at a time. Further connections wait in the backlog of the socket where the transport has one (TCP, TLS, SCTP of type 'stream'),
   * and are refused otherwise. 16,384 unless given.
   */
  readonly maxSessions?: number;
  /**
   * How many connections that wait are accepted in one go, before other actors and sockets have their turn. 64 unless given. In Erlang an acceptor is a process that
   * accepts one connection after the other, and there are many of them; here one actor does the work of so many.
   */
  readonly acceptors?: number;
  /**
   * How long a handshake may take, in milliseconds, where the transport has one (TLS). 10,000 unless given. The connection counts as a session meanwhile, and the
   * session begins when the handshake is over.
   */
  readonly handshakeMs?: number;
  /** How long sessions have to finish when the server is told to end, in milliseconds. 5,000 unless given; Infinity: as long as they like. */
  readonly drainMs?: number;
  /** How sessions are spawned: `label`, `mailbox`, `trapExit`. */
  readonly sessionOptions?: SessionOptions;
}

/** Thousand Island has the same. */
const defaultMaxSessions = 16_384;
const defaultDrainMs = 5000;
const defaultAcceptors = 64;
/** Ranch has half of it; Erlang's ssl has no limit unless it is given one. */
const defaultHandshakeMs = 10_000;

const names: ReadonlySet<string> = new Set([
  'listen',
  'session',
  'maxSessions',
  'acceptors',
  'handshakeMs',
  'drainMs',
  'sessionOptions',
]);
const sessionNames: ReadonlySet<string> = new Set(['label', 'mailbox', 'trapExit']);

/** The numbers of a description, with defaults filled in. */
export interface Limits {
  readonly maxSessions: number;
  readonly acceptors: number;
  readonly handshakeMs: number;
  readonly drainMs: number;
}

/** Checks everything but `session`. @throws BadArg naming the field that is wrong */
export function limitsOf<Socket extends Port, Arrival, M>(spec: ServerSpec<Socket, Arrival, M>): Limits {
  if (isSelf(spec)) throw new BadArg('spec', 'comes first in `start`: only `startLink` takes a self');
  checkNames('spec', spec, names);
  const { listen, maxSessions = defaultMaxSessions, acceptors = defaultAcceptors } = spec;
  const { handshakeMs = defaultHandshakeMs, drainMs = defaultDrainMs, sessionOptions = {} } = spec;
  if (typeof listen !== 'function') throw new BadArg('spec.listen', 'must be a function that opens a socket');
  if (maxSessions !== Number.POSITIVE_INFINITY && !(Number.isInteger(maxSessions) && maxSessions > 0)) {
    throw new BadArg('spec.maxSessions', 'must be an integer of 1 or more, or Infinity');
  }
  if (!(Number.isInteger(acceptors) && acceptors > 0)) throw new BadArg('spec.acceptors', 'must be an integer of 1 or more');
  checkTimeout('spec.handshakeMs', handshakeMs);
  checkTimeout('spec.drainMs', drainMs);
  checkNames('spec.sessionOptions', sessionOptions, sessionNames);
  // Now, and not when the first peer comes, since that would end the listener.
  checkPlainOptions('spec.sessionOptions', sessionOptions);
  return { maxSessions, acceptors, handshakeMs, drainMs };
}

function checkNames(argument: string, given: object, known: ReadonlySet<string>): void {
  if (typeof given !== 'object' || given === null) throw new BadArg(argument, 'must be an object');
  checkKeys(argument, given, known);
}
