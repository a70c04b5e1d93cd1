/**
 * How the calls of this module fail: by a list of atoms, those of the document. `reason` is the first atom, which a program matches on; what the system said comes behind
 * it. Mirrors IP.Error, Rd.Failure, Wr.Failure and Thread.Alerted.
 */
import { SocketError } from '../socket/index.js';
import type { Endpoint } from './endpoint.js';

/**
 * - 'Refused': the endpoint does not exist, or has been closed.
 * - 'Closed': the connection or connector was closed at this end.
 * - 'Timeout': the peer, or the way to the peer, has not answered for too long.
 * - 'ConnLost': the connection is broken.
 * - 'Unexpected': what nobody expects; the atoms behind it say what. Of `connect` without further atoms: the peer is no connector with a rendezvous.
 * - 'PortBusy': the port is not available.
 * - 'NoResources': no port, descriptor or memory is free.
 * - 'Unreachable': there is no way to the endpoint.
 */
export type Atom = 'Refused' | 'Closed' | 'Timeout' | 'ConnLost' | 'Unexpected' | 'PortBusy' | 'NoResources' | 'Unreachable';

/** Which exception of the document it is: of the calls of the interface, of `read`, of `write`. */
export type FailureKind = 'IP.Error' | 'Rd.Failure' | 'Wr.Failure';

export interface FailureDetails {
  readonly endpoint?: Endpoint | undefined;
  /** What the system, or the transport, has said: 'econnrefused', 'comm_lost'. */
  readonly said?: string | undefined;
  /** For people: the cause and the remedy. */
  readonly detail?: string | undefined;
  readonly cause?: unknown;
}

/** A call that failed. */
export class IPError extends Error {
  override readonly name = 'IPError';
  readonly kind: FailureKind;
  /** The first of the atoms. */
  readonly reason: Atom;
  /** The reason, then what the system or the transport has said, as an atom of Erlang's. */
  readonly atoms: readonly [reason: Atom, ...said: string[]];
  /** The call that failed. */
  readonly operation: string;
  readonly endpoint: Endpoint | undefined;

  constructor(kind: FailureKind, reason: Atom, operation: string, details: FailureDetails = {}) {
    const { endpoint, said, detail = explanations[operation]?.[reason] ?? common[reason], cause } = details;
    const where = endpoint === undefined ? '' : ` ${endpoint.addr} port ${endpoint.port}`;
    const atoms = said === undefined ? reason : `${reason}, ${said}`;
    super(`${operation}${where}: ${atoms}${detail === undefined ? '' : ` (${detail})`}`, cause === undefined ? {} : { cause });
    this.kind = kind;
    this.reason = reason;
    this.atoms = said === undefined ? [reason] : [reason, said];
    this.operation = operation;
    this.endpoint = endpoint;
  }
}

/** A wait that its `signal` has ended. Nothing has happened then. Mirrors Thread.Alerted. */
export class Alerted extends Error {
  override readonly name = 'Alerted';
  readonly reason = 'Alerted';
  readonly operation: string;

  constructor(operation: string, signal: AbortSignal | undefined) {
    super(`${operation}: Alerted (the signal has ended the wait)`, { cause: signal?.reason });
    this.operation = operation;
  }
}

const common: Readonly<Partial<Record<Atom, string>>> = {
  Closed: 'it was closed at this end',
  ConnLost: 'the peer has gone, or has broken the connection off',
  NoResources: 'no descriptor, port or memory is free: close what is not needed, or try later',
};

const explanations: Readonly<Record<string, Readonly<Partial<Record<Atom, string>>>>> = {
  newConnector: {
    PortBusy: 'the port belongs to somebody else, or takes privileges: take another, or nullPort for any',
    NoResources: 'no port or descriptor is free',
  },
  connect: {
    Refused: 'no connector is open at this endpoint, or it was closed while the call waited',
    Timeout: 'the endpoint, or the way to it, does not answer',
    Unreachable: 'there is no way to this address',
  },
  accept: { Closed: 'the connector is closed' },
};

type Table = Readonly<Record<string, Atom>>;

const scarce: Table = {
  emfile: 'NoResources',
  enfile: 'NoResources',
  enobufs: 'NoResources',
  enomem: 'NoResources',
};
const unreachable: Table = {
  ehostunreach: 'Unreachable',
  enetunreach: 'Unreachable',
  ehostdown: 'Unreachable',
  enetdown: 'Unreachable',
};
const late: Table = { timeout: 'Timeout', etimedout: 'Timeout' };

/** Atoms of the document by the reasons of sockets, for each call. What is not listed is 'Unexpected'. */
const tables = {
  newConnector: { ...scarce, eaddrinuse: 'PortBusy', eacces: 'PortBusy' },
  // With the null port it is not one port that is taken, but all of them.
  newConnectorAnywhere: { ...scarce, eaddrinuse: 'NoResources' },
  connect: {
    ...scarce,
    ...unreachable,
    ...late,
    econnrefused: 'Refused',
    econnreset: 'Refused',
    cant_assoc: 'Refused',
    closed: 'Refused',
    comm_lost: 'Refused',
    shutdown_comp: 'Refused',
    eaddrnotavail: 'NoResources',
  },
  accept: { ...scarce, closed: 'Closed' },
  stream: {
    ...scarce,
    ...unreachable,
    ...late,
    closed: 'ConnLost',
    econnreset: 'ConnLost',
    comm_lost: 'ConnLost',
    epipe: 'ConnLost',
    eshutdown: 'ConnLost',
  },
} as const satisfies Readonly<Record<string, Table>>;

/** The failure that an error of a socket stands for. An error of another kind is no failure of a socket: it stays what it is. */
export function failureOf(
  kind: FailureKind,
  operation: string,
  table: keyof typeof tables,
  error: unknown,
  about: { readonly endpoint?: Endpoint | undefined; readonly signal?: AbortSignal | undefined } = {},
): unknown {
  if (!(error instanceof SocketError)) return error;
  if (error.reason === 'aborted') return new Alerted(operation, about.signal);
  const known: Table = tables[table];
  const reason = known[error.reason] ?? 'Unexpected';
  // What a socket explains is about its own calls; only what is unexpected needs the words of the system.
  const detail = reason === 'Unexpected' ? error.message : undefined;
  return new IPError(kind, reason, operation, { endpoint: about.endpoint, said: error.reason, detail, cause: error });
}
