/**
 * Clients and servers that exchange whole messages, after a TLA+ module of their connections and queues (docs/messaging.md). `Server` and `Client` have the module's
 * operators; the transport is TCP, SCTP, or a network in memory.
 */
import { createMessaging, type Messaging } from './messaging.js';

export { SocketError, type WaitOptions } from '../socket/index.js';
export type { EndPoint } from './channel.js';
export { bytes, type Codec, type JsonOptions, json } from './codec.js';
export type { ClientConnection, ConnectionInfo, ServerConnection } from './connection.js';
export type { ClientCalls, ServerCalls } from './messaging.js';
export type { MessagingServer, MessagingServerInfo } from './messagingServer.js';
export type { ClientOptions, MessagingTransport, ServerOptions } from './options.js';
export type {
  AcceptReason,
  ConnectReason,
  EndReason,
  ReceiveReason,
  ReplyReason,
  SendReason,
  StartReason,
} from './reasons.js';

const messaging: Messaging = createMessaging();

/** The calls of servers. */
export const Server: Messaging['Server'] = messaging.Server;
/** The calls of clients. */
export const Client: Messaging['Client'] = messaging.Client;
/** The servers of this JavaScript environment that run. */
export const servers: Messaging['servers'] = messaging.servers;
/** The connections of these servers, by id. */
export const connections: Messaging['connections'] = messaging.connections;
