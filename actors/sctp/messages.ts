/** The messages that an SCTP socket sends its owner: tuples in Erlang's shape, tag first (MS-1..MS-5). A `switch` on `message[0]` narrows. */
import type { SocketMessage } from '../socket/index.js';
import type { SctpErrorEvent, SctpPlainEvent } from './events.js';
import type { Ancillary, SctpData } from './received.js';
import type { SctpSocket } from './socket.js';

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

/** `['socket', socket]`: `handOff` tells a new owner this first, unless its caller has chosen another message. The socket is the new owner's now. */
export type SctpSocketMessage = SocketMessage<SctpSocket>;
