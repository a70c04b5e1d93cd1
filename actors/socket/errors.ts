/**
 * How a socket says that something failed: one error class, matched by its `reason`, an atom in Erlang's spelling. A mistake of the caller is a `BadArg` instead,
 * thrown before anything has happened.
 */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { explain } from './explanations.js';

/**
 * Reasons, by the calls that can give them, for calls that fail in the same ways over every transport; a transport lists its own (actors/sctp/reasons.ts). The
 * types list the reasons that the stacks are known to give; any other error of a system comes as the atom of its errno.
 */
export type RecvReason = 'closed' | 'einval' | 'ealready' | 'timeout' | 'aborted';
export type AcceptReason =
  | 'closed'
  | 'timeout'
  | 'aborted'
  | 'einval'
  | 'enotsup'
  | 'eopnotsupp'
  | 'emfile'
  | 'enfile'
  | 'enomem'
  | 'not_alive';
export type HandoffReason = 'closed' | 'not_owner' | 'badarg';
export type OptionReason = 'closed' | 'einval' | 'enotsup';
export type ListenReason = 'closed' | 'einval' | 'eaddrinuse';
export type NameReason = 'closed' | 'einval' | 'enotconn';

/** Further facts about a failure. */
export interface SocketErrorDetails<Event = unknown> {
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** The event that told of the failure, for reasons that are one (CN-6). */
  readonly event?: Event | undefined;
  /** More than the reason says, for people: the cause and the remedy. By default the text of `explain`. */
  readonly detail?: string | undefined;
}

/** An operation on a socket that failed. */
export class SocketError<Reason extends string = string, Event = unknown> extends Error {
  override readonly name = 'SocketError';
  /** An atom in Erlang's spelling, such as 'econnrefused', 'closed', 'not_owner'. */
  readonly reason: Reason;
  /** As Node's errors have it: 'ECONNREFUSED' for what the system says, 'ERR_CLOSED' and the like for the rest. */
  readonly code: string;
  /** The operation, named as the function. */
  readonly syscall: string;
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly event: Event | undefined;

  constructor(reason: Reason, syscall: string, details: SocketErrorDetails<Event> = {}) {
    const where =
      details.address === undefined ? '' : ` ${details.address}${details.port === undefined ? '' : `:${details.port}`}`;
    const detail = details.detail ?? explain(syscall, reason);
    super(`${syscall}${where}: ${reason}${detail === undefined ? '' : ` (${detail})`}`);
    this.reason = reason;
    this.code = systemReasons.has(reason) ? reason.toUpperCase() : `ERR_${reason.toUpperCase()}`;
    this.syscall = syscall;
    this.address = details.address;
    this.port = details.port;
    this.event = details.event;
  }
}

/** The error of a call that meets the end of its connection: 'closed' is the peer's doing then, and not that of this side. */
export function endError<Reason extends string>(reason: Reason, syscall: string): SocketError<Reason> {
  return new SocketError(reason, syscall, {
    detail: reason === 'closed' ? 'the peer has ended the connection, or it is lost' : undefined,
  });
}

/** Atoms by errno. Where two names share a number, the one that Node lists counts; libuv has no name for some, such as einprogress. */
const reasonByErrno = new Map<number, string>();
for (const [name, errno] of Object.entries(constants.errno)) reasonByErrno.set(errno, name.toLowerCase());
for (const [errno, [name]] of getSystemErrorMap()) reasonByErrno.set(-errno, name.toLowerCase());
const systemReasons = new Set(reasonByErrno.values());

/** The atom of a positive errno. */
export function reasonOf(errno: number): string {
  return reasonByErrno.get(errno) ?? `errno_${errno}`;
}

/** -EAGAIN, the one result of a call into a stack that is no failure: the call may be made again, and the stack says when. */
export const again: number = -constants.errno.EAGAIN;

/** The error of a call into the stack that gave `result`, a negative errno. */
export function errnoError<Reason extends string>(
  result: number,
  syscall: string,
  details: SocketErrorDetails = {},
): SocketError<Reason> {
  return new SocketError(reasonOf(-result) as Reason, syscall, details);
}
