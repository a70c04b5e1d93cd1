/** The messages that a TCP socket sends its owner: tuples in Erlang's shape, tag first (TM-1). A `switch` on `message[0]` narrows. */
import type { SocketMessage } from '../socket/index.js';
import type { EndReason } from './reasons.js';
import type { TcpData } from './received.js';
import type { TcpSocket } from './socket.js';

/** A packet without its header, a line with its delimiter, or in mode raw what has come. */
export type TcpDataMessage = readonly [tag: 'tcp', socket: TcpSocket, data: TcpData];

/** Nothing more will be received. It comes once, behind all data and `tcp_error` (TC-1), and does not count (FC-32). */
export type TcpClosedMessage = readonly [tag: 'tcp_closed', socket: TcpSocket];

/** The connection has ended by an error; `tcp_closed` follows (TC-1). It does not count. */
export type TcpErrorMessage = readonly [tag: 'tcp_error', socket: TcpSocket, reason: EndReason];

/** The socket has turned passive because its count ran out (FC-20). */
export type TcpPassiveMessage = readonly [tag: 'tcp_passive', socket: TcpSocket];

/** Everything that a TCP socket sends its owner. */
export type TcpMessage = TcpDataMessage | TcpClosedMessage | TcpErrorMessage | TcpPassiveMessage;

/** `['socket', socket]`: a server tells a session this first, if the session is a behaviour of its own (`start`). The socket is the session's now. */
export type TcpSocketMessage = SocketMessage<TcpSocket>;
