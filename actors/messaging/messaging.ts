/**
 * `Server` and `Client`: the operators of the document's two modules, as functions over one table of servers and connections. docs/messaging.md has the document's text
 * beside them. Tests make tables of their own.
 */
import { type AnySelf, BadArg } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { checkLivingCaller, checkSignal, checkTimeout, SocketError, type WaitOptions } from '../socket/index.js';
import { connect } from './clientEnd.js';
import {
  type ClientConnection,
  checkClientConnection,
  checkServerConnection,
  endOf,
  type ServerConnection,
} from './connection.js';
import { type AnyServer, type AnyServerConnection, MessagingServer, type ServerTable } from './messagingServer.js';
import { type ClientOptions, planClient, planServer, planWait, type ServerOptions } from './options.js';
import { Table } from './table.js';

const forEver = Number.POSITIVE_INFINITY;

/** The calls of a server. `connection` is always one that `accept` or `connections` gave. */
export interface ServerCalls {
  /**
   * Starts a server that listens: the document's Start. It belongs to `self`: when that actor ends, the server is stopped.
   *
   * @throws BadArg naming the argument or option
   * @throws SocketError 'eaddrinuse', 'eacces', ... (StartReason); then nothing is left
   */
  start<Request = unknown, Response = unknown>(
    self: AnySelf,
    options: ServerOptions<Request, Response>,
  ): Promise<MessagingServer<Request, Response>>;
  /**
   * Stops a server, and drops its connections with their queues, and no other: the document's Stop. That has happened when the call returns; the promise resolves when
   * nothing of the server is left. Clients learn of it as of the end of their connection ('closed'). Stopping again does nothing.
   */
  stop<Request, Response>(server: MessagingServer<Request, Response>): Promise<void>;
  /**
   * The next connection that a client has made and that no `accept` gave yet. One call may wait at a time. Not in the document, in which a server finds its connections
   * among `Connections`.
   *
   * @param timeoutMs Infinity by default; 0 gives a connection that is there already
   * @throws SocketError 'closed' (the server was stopped), 'ealready', 'timeout', 'aborted'
   */
  accept<Request, Response>(
    self: AnySelf,
    server: MessagingServer<Request, Response>,
    timeoutMs?: number,
    options?: WaitOptions,
  ): Promise<ServerConnection<Request, Response>>;
  /** The connections of a server, in the order in which they were made. */
  connections<Request, Response>(server: MessagingServer<Request, Response>): ServerConnection<Request, Response>[];
  /**
   * Appends a response to the queue that the client reads: the document's Send. Resolves when the transport has taken it, and waits while it has no room. Sends are taken
   * in the order of the calls.
   *
   * @throws BadArg 'message': the codec does not take it
   * @throws SocketError SendReason
   */
  send<Request, Response>(connection: ServerConnection<Request, Response>, message: Response): Promise<void>;
  /**
   * Takes the first request out of its queue, and waits for one if there is none: the document's Receive. One call may wait at a time.
   *
   * @param timeoutMs Infinity by default; 0 takes a request that is there already
   * @param options `{ signal }` ends the wait. An actor that others may outlive gives its `self`, so that its end ends the wait
   * @throws SocketError ReceiveReason; 'ebadmsg' if the client has sent something else than a request, which ends the connection
   */
  receive<Request, Response>(
    connection: ServerConnection<Request, Response>,
    timeoutMs?: number,
    options?: WaitOptions,
  ): Promise<Request>;
  /**
   * Takes the first request out of its queue and appends the response to the other, in one step: the document's Reply.
   *
   * @throws BadArg 'message': the codec does not take it; nothing has happened
   * @throws SocketError ReplyReason; 'enomsg' if no request waits
   */
  reply<Request, Response>(connection: ServerConnection<Request, Response>, message: Response): Promise<void>;
  /**
   * Calls `f` with the connection and its first request, and waits for one if there is none: the document's Handle. The request stays in the queue; `f` takes it, by
   * `receive` or `reply`. If `f` throws before, the request is there for the next call. Gives what `f` gives.
   *
   * @throws SocketError ReceiveReason; 'ealready' also while another `handle` is at work. Whatever `f` throws
   */
  handle<Request, Response, R>(
    connection: ServerConnection<Request, Response>,
    f: (connection: ServerConnection<Request, Response>, request: Request) => R | Promise<R>,
    timeoutMs?: number,
    options?: WaitOptions,
  ): Promise<R>;
}

/** The calls of a client. `connection` is always one that `connect` gave. Where nothing else is said, a call is as that of `Server`, with the two queues exchanged. */
export interface ClientCalls {
  /**
   * Connects to a server: the document's Connect. Resolves when the server has given the connection its id, the smallest that is free. The connection belongs to `self`: it
   * ends with that actor.
   *
   * @throws BadArg naming the argument or option
   * @throws SocketError ConnectReason: as `connect` of the transport; 'eproto' (something answers that is no server of messages), 'closed' (it has ended the connection),
   *   'timeout', 'aborted'
   */
  connect<Request = unknown, Response = unknown>(
    self: AnySelf,
    options: ClientOptions<Request, Response>,
  ): Promise<ClientConnection<Request, Response>>;
  /**
   * Ends the connection, with its queues: the document's Disconnect. Nothing can be received any more when the call returns. Resolves when the server has let go, so that
   * the id is free; after 5 seconds in any case. Doing so again changes nothing.
   */
  disconnect<Request, Response>(connection: ClientConnection<Request, Response>): Promise<void>;
  /** Appends a request to the queue that the server reads. */
  send<Request, Response>(connection: ClientConnection<Request, Response>, message: Request): Promise<void>;
  /** Takes the first response out of its queue, and waits for one if there is none. */
  receive<Request, Response>(
    connection: ClientConnection<Request, Response>,
    timeoutMs?: number,
    options?: WaitOptions,
  ): Promise<Response>;
  /** Takes the first response out of its queue and appends a request to the other, in one step. */
  reply<Request, Response>(connection: ClientConnection<Request, Response>, message: Request): Promise<void>;
  /** Calls `f` with the connection and its first response, which stays in the queue. */
  handle<Request, Response, R>(
    connection: ClientConnection<Request, Response>,
    f: (connection: ClientConnection<Request, Response>, response: Response) => R | Promise<R>,
    timeoutMs?: number,
    options?: WaitOptions,
  ): Promise<R>;
}

export interface Messaging {
  readonly Server: ServerCalls;
  readonly Client: ClientCalls;
  /** The servers that run, in this JavaScript environment: the document's Servers. */
  servers(): AnyServer[];
  /** Their connections, by id: the document's Connections. */
  connections(): AnyServerConnection[];
}

/** Servers and connections over a table of their own. */
export function createMessaging(): Messaging {
  const table: ServerTable = new Table();
  return {
    Server: serverCalls(table),
    Client: clientCalls,
    servers: () => [...table.servers],
    connections: () => table.connections,
  };
}

function serverCalls(table: ServerTable): ServerCalls {
  return {
    start: (self, options) => {
      const owner = checkLivingCaller(self);
      const server = new MessagingServer(planServer(options), table);
      const starting = server.start(self).catch((error: Error) => {
        throw charge(error, owner);
      });
      return starting.then(() => server);
    },
    stop: (server) => {
      checkServer(server);
      return server.stop();
    },
    accept: (self, server, timeoutMs = forEver, options = undefined) => {
      const caller = checkLivingCaller(self);
      checkServer(server);
      checkTimeout(timeoutMs);
      const accepted = server.accept(caller, timeoutMs, checkSignal(options ?? self));
      if (typeof accepted !== 'string') return accepted as Promise<never>;
      return Promise.reject(charge(new SocketError(accepted, 'accept'), caller));
    },
    connections: (server) => {
      checkServer(server);
      return server.connections;
    },
    send: (connection, message) => {
      checkServerConnection(connection);
      return connection[endOf].send(message);
    },
    receive: (connection, timeoutMs = forEver, options = undefined) => {
      checkServerConnection(connection);
      return connection[endOf].receive(planWait(timeoutMs, options));
    },
    reply: (connection, message) => {
      checkServerConnection(connection);
      return connection[endOf].reply(message);
    },
    handle: (connection, f, timeoutMs = forEver, options = undefined) => {
      checkServerConnection(connection);
      checkFunction(f);
      return connection[endOf].handle((message) => f(connection, message), planWait(timeoutMs, options));
    },
  };
}

const clientCalls: ClientCalls = {
  connect: (self, options) => {
    checkLivingCaller(self);
    return connect(self, planClient(options));
  },
  disconnect: (connection) => {
    checkClientConnection(connection);
    return connection.leave();
  },
  send: (connection, message) => {
    checkClientConnection(connection);
    return connection[endOf].send(message);
  },
  receive: (connection, timeoutMs = forEver, options = undefined) => {
    checkClientConnection(connection);
    return connection[endOf].receive(planWait(timeoutMs, options));
  },
  reply: (connection, message) => {
    checkClientConnection(connection);
    return connection[endOf].reply(message);
  },
  handle: (connection, f, timeoutMs = forEver, options = undefined) => {
    checkClientConnection(connection);
    checkFunction(f);
    return connection[endOf].handle((message) => f(connection, message), planWait(timeoutMs, options));
  },
};

/** @throws BadArg unless it is a server */
function checkServer(server: unknown): void {
  if (!(server instanceof MessagingServer)) throw new BadArg('server', 'must be a server that Server.start gave');
}

function checkFunction(f: unknown): void {
  if (typeof f !== 'function') throw new BadArg('f', 'must be a function of a connection and a message');
}
