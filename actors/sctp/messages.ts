/**
 * The messages that an SCTP socket sends its owner, and what `recv` gives: tuples in Erlang's shape, tag first (MS-1..MS-5). A `switch` on
 * `message[0]` narrows.
 */
import { SocketError } from '../socket/index.js';
import type { AssocId, SctpErrorEvent, SctpEvent, SctpPlainEvent, SctpSndrcvinfo } from './events.js';
import type { SctpSocket } from './socket.js';

/** One `sctp_sndrcvinfo` for data, unless `dataIoEvent` is off; nothing for events (MS-8, MS-9). */
export type Ancillary = readonly SctpSndrcvinfo[];

/** Payload: a Buffer of its own, or in mode 'list' its bytes (MS-6). */
export type SctpData = Buffer | number[];

/** Data or an event, in an active mode (MS-1). */
export type SctpDataMessage = readonly [
  tag: 'sctp',
  socket: SctpSocket,
  ip: string,
  port: number,
  item: readonly [anc: Ancillary, content: SctpData | SctpPlainEvent],
];

/** An event that tells of an error, in an active mode (MS-4). */
export type SctpErrorMessage = readonly [
  tag: 'sctp_error',
  socket: SctpSocket,
  ip: string,
  port: number,
  item: readonly [anc: Ancillary, event: SctpErrorEvent],
];

/** The socket has turned passive because its count ran out (FC-20). */
export type SctpPassiveMessage = readonly [tag: 'sctp_passive', socket: SctpSocket];

/** Everything that an SCTP socket sends its owner. */
export type SctpMessage = SctpDataMessage | SctpErrorMessage | SctpPassiveMessage;

/** What a new owner is told first by `handOff`, unless its caller has chosen another message: the socket is its own now. */
export type SctpSocketMessage = readonly [tag: 'socket', socket: SctpSocket];

/** What `recv` resolves with: flat, not the nested pair of messages (MS-2). */
export type SctpReceived = readonly [ip: string, port: number, anc: Ancillary, content: SctpData | SctpPlainEvent];

/** What iterating over a socket gives: as `recv`, and events that tell of errors besides. */
export type SctpItem = SctpReceived | readonly [ip: string, port: number, anc: Ancillary, content: SctpErrorEvent];

/** Whether a failure of `recv` is an event that tells of an error (RV-16). */
export function isItemAfterAll(error: unknown): error is SocketError<SctpErrorEvent['type'], SctpErrorEvent> {
  return error instanceof SocketError && error.event !== undefined;
}

/** The item that `recv` gave as a failure. */
export function itemOf({ address = '', port = 0, event }: SocketError<string, SctpErrorEvent>): SctpItem {
  return [address, port, [], event!];
}

/**
 * The association that a message of a socket is about; undefined where the message does not say: the socket is told without `dataIoEvent` of none, and
 * `sctp_passive` is about no association.
 */
export function assocIdOfMessage(message: readonly unknown[]): AssocId | undefined {
  const [anc, content] = (message[4] ?? []) as readonly [Ancillary?, (SctpData | SctpEvent)?];
  if (content !== undefined && 'type' in content) return content.assocId;
  return anc?.[0]?.assocId;
}

export const sctpTags = { passive: 'sctp_passive', all: new Set(['sctp', 'sctp_error', 'sctp_passive']) } as const;
