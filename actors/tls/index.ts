/**
 * TLS sockets for actors: Erlang's ssl, by node:tls. `tls.listen`, `tls.connect` and `tls.upgrade` give a socket with one owner, whose messages are `SslMessage`s; the
 * rest are methods of the socket, as of a TcpSocket.
 */
import type { SslMessage, TlsSocketMessage } from './messages.js';
import { createTls } from './open.js';
import { openKernel } from './stacks.js';

export { SocketError } from '../socket/index.js';
export type { TlsFacts, TlsSocketInfo } from './facts.js';
export type {
  SslClosedMessage,
  SslDataMessage,
  SslErrorMessage,
  SslMessage,
  SslPassiveMessage,
  TlsSocketMessage,
} from './messages.js';
export type { Tls } from './open.js';
export type { TlsClientOptions, TlsConnectOptions, TlsListenOptions, TlsServerOptions, TlsUpgradeOptions } from './options.js';
export type { HandshakeReason } from './reasons.js';
export { TlsSocket } from './socket.js';

declare module '../../runtime/message.js' {
  interface PortMessages {
    ssl: SslMessage | TlsSocketMessage;
  }
}

/** TLS over the TCP of this machine. */
export const tls: ReturnType<typeof createTls> = createTls(openKernel);
