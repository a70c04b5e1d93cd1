/** The messages that a TLS socket sends its owner: tuples in the shape of Erlang's ssl, tag first. A `switch` on `message[0]` narrows. */
import type { SocketMessage } from '../socket/index.js';
import type { TcpData } from '../tcp/index.js';
import type { TlsSocket } from './socket.js';

/** A packet without its header, a line with its delimiter, or in mode raw what has come. */
export type SslDataMessage = readonly [tag: 'ssl', socket: TlsSocket, data: TcpData];

/** Nothing more will be received. It comes once, behind all data and `ssl_error`. */
export type SslClosedMessage = readonly [tag: 'ssl_closed', socket: TlsSocket];

/** The connection has ended by an error; `ssl_closed` follows. 'tls_alert': what TLS found wrong is in `socket.alert`. */
export type SslErrorMessage = readonly [tag: 'ssl_error', socket: TlsSocket, reason: string];

/** The socket has turned passive because its count ran out. */
export type SslPassiveMessage = readonly [tag: 'ssl_passive', socket: TlsSocket];

/** Everything that a TLS socket sends its owner. */
export type SslMessage = SslDataMessage | SslClosedMessage | SslErrorMessage | SslPassiveMessage;

/** `['socket', socket]`: a server tells a session this first, if the session is a behaviour of its own (`start`). The socket is the session's now. */
export type TlsSocketMessage = SocketMessage<TlsSocket>;
