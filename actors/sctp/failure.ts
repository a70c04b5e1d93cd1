/** Errors of SCTP sockets: each says what its reason means for the call, and as much of the case as the stack knows. */
import { isIPv6 } from 'node:net';
import { flag, option, type SctpStack } from '../../native/contract/sctp.js';
import { errnoError, reasonOf, SocketError, type SocketErrorDetails } from '../socket/index.js';
import { errorStrings } from './errorStrings.js';
import type { SctpAssocChange } from './events.js';
import { explain } from './explanations.js';
import type { ConnectReason, SendReason } from './reasons.js';
import type { StackSocket } from './stackSocket.js';

/** An error with the explanation of its reason, unless `details` have one. */
export function sctpError<Reason extends string, Event = unknown>(
  reason: Reason,
  syscall: string,
  details: SocketErrorDetails<Event> = {},
): SocketError<Reason, Event> {
  return new SocketError(reason, syscall, { ...details, detail: details.detail ?? explain(syscall, reason) });
}

/** The arguments of a send. */
interface SendAttempt {
  readonly syscall: string;
  readonly assocId: number;
  readonly stream: number;
  readonly flags: number;
  readonly data: Uint8Array;
}

/** The error of a send that the stack has refused, with the fault of this send. */
export function sendError(at: StackSocket, result: number, attempt: SendAttempt): SocketError<SendReason> {
  return stackError(at.stack, result, attempt.syscall, { detail: sendProblem(at, reasonOf(-result), attempt) });
}

function sendProblem({ stack, handle }: StackSocket, reason: string, attempt: SendAttempt): string | undefined {
  const { assocId, stream, flags, data } = attempt;
  const { length } = data;
  if (reason === 'emsgsize') {
    const [room] = wordsOf(stack.getOption(handle, option.sndbuf, 0));
    return room === undefined || length <= room
      ? `sctpDisableFragments is on, and ${length} bytes do not fit one packet of the path: set it to false, or send in parts`
      : `${length} bytes are more than the send buffer: raise sndbuf, which is ${room}, to the size of the largest message, or send in parts`;
  }
  if (reason !== 'einval') return undefined;
  if ((flags & (flag.eof | flag.abort)) !== 0) {
    return (flags & flag.eof) !== 0 && length > 0
      ? "the flag 'eof' takes no data: send the data first, and then `eof`"
      : explain((flags & flag.eof) !== 0 ? 'eof' : 'abort', reason);
  }
  if ((flags & flag.addrOver) !== 0) return `the ${stack.name} stack sends to the address that it chooses: leave 'addr_over' out`;
  if (length === 0) return 'there is nothing to send: SCTP carries no empty messages; `eof` ends an association';
  const outbound = wordsOf(stack.getOption(handle, option.status, assocId))[statusOutbound];
  if (outbound === undefined || stream < outbound) return undefined;
  return `there is no stream ${stream}: the association has ${outbound}, from 0 on; ask for more by sctpInitmsg.numOstreams before it is set up`;
}

/** Word of sctpStatus with the streams to the peer. */
const statusOutbound = 5;

function wordsOf(words: readonly number[] | number): readonly number[] {
  return typeof words === 'number' ? [] : words;
}

const outOfResource = 4;
/** A cause code of Linux, which neither `errorString` nor gen_sctp's error_string knows. */
const newUdpPort = 14;

/** The cause of an attempt's end, in words. */
export function connectProblem({ state, error }: SctpAssocChange): string | undefined {
  if (state !== 'cant_assoc') return undefined;
  if (error === 0) {
    return 'nobody listens there, a server there has as many sessions as it takes, or nothing comes back: the peer must have called listen(true), and the UDP port of the embedded stack, which is the SCTP port or remoteEncapsPort, must be open on the way';
  }
  const words = errorStrings[error];
  const cause = words === undefined ? `error ${error}` : `error ${error}, ${words}`;
  if (error === outOfResource)
    return `the peer has no room for more associations (${cause}): try again later, or raise its limits`;
  if (error === newUdpPort)
    return `the peer has an association with this address and SCTP port by another UDP port (${cause}): end that, or choose another port`;
  return `the peer has refused it (${cause})`;
}

/** The error of a call that gave `result`, a negative errno. 'enotsup' names the stack, as the other stack may be able to do it. */
export function stackError<Reason extends string>(
  stack: SctpStack,
  result: number,
  syscall: string,
  details: SocketErrorDetails = {},
): SocketError<Reason> {
  const named =
    reasonOf(-result) === 'enotsup'
      ? { ...details, detail: `the ${stack.name} stack cannot do this: docs/sctp.md says which can` }
      : details;
  return errnoError(result, syscall, { ...named, detail: named.detail ?? explain(syscall, reasonOf(-result)) });
}

/** The error of a connect that gave `result`. 'einval' for a link-local address means that its zone is missing or wrong. */
export function connectError(
  stack: SctpStack,
  result: number,
  syscall: string,
  addresses: readonly string[],
  port: number,
): SocketError<ConnectReason> {
  const address = addresses.join();
  const isZone = reasonOf(-result) === 'einval' && addresses.some((each) => isIPv6(each) && /^fe[89ab]|%/i.test(each));
  const detail = isZone ? 'a link-local address needs the zone of an interface that is there, as in fe80::1%eth0' : undefined;
  return stackError(stack, result, syscall, { address, port, detail });
}
