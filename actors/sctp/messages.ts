/**
 * The messages that an SCTP socket sends its owner, and what `recv` gives: tuples in Erlang's shape, tag first (MS-1..MS-5). A `switch` on
 * `message[0]` narrows.
 */
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

/** What `recv` resolves with, and what iterating over a socket gives: flat, not the nested pair of messages (MS-2). Events that tell of errors are items as any (RV-16). */
export type SctpReceived = readonly [ip: string, port: number, anc: Ancillary, content: SctpData | SctpEvent];

/** The same as `SctpReceived`. */
export type SctpItem = SctpReceived;

/** Whether an item tells of the end of its association. */
export function endsAssociation([, , , content]: SctpItem): boolean {
  if (!('type' in content) || content.type !== 'sctp_assoc_change') return false;
  return content.state !== 'comm_up' && content.state !== 'restart';
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
