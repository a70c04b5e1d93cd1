/**
 * How users write the session of a connection, and how it becomes an actor. The actor of a session exists before it owns its socket, and the socket is the first
 * message that it gets. When the session ends, its connection ends, and no other.
 */
import { tell } from '../../runtime/behaviour.js';
import {
  type AnySelf,
  BadArg,
  exit,
  type Handler,
  type Message,
  type Pid,
  type Port,
  type Self,
  type SpawnOptions,
  spawn,
  spawnHandler,
  tag,
} from '../../runtime/index.js';
import { type Newcomer, SocketError, type SocketMessage } from '../socket/index.js';

/** Sent to each session when its server is about to end. The session has so many milliseconds to finish. */
export type DrainMessage = readonly [tag: 'drain', withinMs: number];

/** The messages that a session may get, besides those that it has arranged itself. */
export type SessionMessage = Message | DrainMessage;

/** A session that is one function, as for `spawn`. The session owns the socket, which closes when the function returns or throws. */
export type SessionBody<Socket, Arrival, M> = (self: Self<M>, socket: Socket, arrival: Arrival) => unknown;

/** A session whose function is called for each message, as for `spawnHandler`. `init` makes the function. */
export interface SessionHandler<Socket, Arrival, M> {
  init(self: Self<M>, socket: Socket, arrival: Arrival): Handler<M>;
}

/**
 * A session that is a behaviour: `start` starts a genServer, a state machine or a supervisor, linked to the given `self`, and returns its pid. The first message
 * of that actor is `['socket', socket]`; from then on it owns the socket. If `start` returns undefined, the connection ends.
 */
export interface SessionStart<Socket, Arrival> {
  start(self: AnySelf, socket: Socket, arrival: Arrival): Pid | undefined | Promise<Pid | undefined>;
}

/** The session of each connection, written in one of three ways. */
export type Session<Socket, Arrival, M> =
  | SessionBody<Socket, Arrival, M>
  | SessionHandler<Socket, Arrival, M>
  | SessionStart<Socket, Arrival>;

/** How sessions are spawned. */
export type SessionOptions = Pick<SpawnOptions, 'label' | 'mailbox' | 'trapExit'>;

/** The actor of one connection. */
export interface StartedSession {
  /** The actor that is given the connection. When it ends, the session has ended. */
  readonly pid: Pid<SocketMessage<Port>>;
  /** The actor that does the work: another one if the session is a behaviour. It gets 'drain', and exit signals. */
  worker(): Pid<never>;
}

/** Starts the session of a connection. `top` is the handle of the server, to which sessions are linked. */
export type SessionStarter<Socket, Arrival> = (
  top: AnySelf,
  newcomer: Newcomer<Socket, Arrival>,
  server: SessionServer,
) => StartedSession;

/** The server as its sessions need it. */
export interface SessionServer {
  /** Whether an error says that the peer has gone, which is no failure of the session. */
  saysPeerHasGone(error: unknown): boolean;
  /** A handshake has failed. */
  handshakeFailed(): void;
}

/** The starter for sessions that are written like `session`. @throws BadArg unless it is written in one of the three ways */
export function sessionStarter<Socket extends Port, Arrival, M>(
  session: Session<Socket, Arrival, M>,
  options: SessionOptions,
  handshakeMs: number,
): SessionStarter<Socket, Arrival> {
  if (typeof session === 'function') return bodyStarter(session, options, handshakeMs);
  const given: { readonly init?: unknown; readonly start?: unknown } =
    typeof session === 'object' && session !== null ? session : {};
  if (typeof given.start === 'function' && typeof given.init === 'function') {
    throw new BadArg('spec.session', 'has both `init` and `start`: a session is written in one of these ways');
  }
  if (typeof given.start === 'function') return selfStarter(session as SessionStart<Socket, Arrival>, options, handshakeMs);
  if (typeof given.init === 'function') {
    return handlerStarter(session as SessionHandler<Socket, Arrival, M>, options, handshakeMs);
  }
  throw new BadArg('spec.session', 'must be a function, or an object with `init` or `start`');
}

type First = SocketMessage<Port>;

/** The socket of a session that begins. A handshake, where there is one, is made first. If it fails, the session ends, which is not reported as a crash. */
function socketOf<Socket>(
  self: AnySelf,
  [, given]: First,
  newcomer: Newcomer<Socket, unknown>,
  server: SessionServer,
  handshakeMs: number,
): Socket | Promise<Socket> {
  if (newcomer.handshake === undefined) return given as Socket;
  return newcomer.handshake(self, given, handshakeMs).catch((error: unknown) => {
    if (!(error instanceof SocketError)) throw error;
    server.handshakeFailed();
    return self.exit(['shutdown', error]);
  });
}

/** Ends a session that has failed. If its peer has gone, that is an everyday event, and is not reported as a crash. */
function leave(self: AnySelf, error: unknown, server: SessionServer): never {
  if (server.saysPeerHasGone(error)) self.exit(['shutdown', error]);
  throw error;
}

function bodyStarter<Socket, Arrival, M>(
  session: SessionBody<Socket, Arrival, M>,
  options: SessionOptions,
  handshakeMs: number,
): SessionStarter<Socket, Arrival> {
  return (top, newcomer, server) => {
    const body = async (self: Self<First>): Promise<void> => {
      const first = (await self.receive(tag('socket'))) as First;
      const socket = await socketOf(self, first, newcomer, server, handshakeMs);
      try {
        await session(self as unknown as Self<M>, socket, newcomer.arrival);
      } catch (error) {
        leave(self, error, server);
      }
    };
    const pid = spawn(body, { label: 'session', ...options, link: top });
    return { pid, worker: () => pid };
  };
}

function handlerStarter<Socket, Arrival, M>(
  session: SessionHandler<Socket, Arrival, M>,
  options: SessionOptions,
  handshakeMs: number,
): SessionStarter<Socket, Arrival> {
  return (top, newcomer, server) => {
    const init = () => {
      const running = new RunningHandler(session, newcomer, server, handshakeMs);
      return (message: M | First, self: Self<M | First>): unknown => running.take(message, self as unknown as Self<M>);
    };
    const pid = spawnHandler<M | First>({ init }, { label: 'session', ...options, link: top });
    return { pid, worker: () => pid };
  };
}

/** A session whose function is called for each message, from its first message on, which is the socket. There may be many: it keeps no more than it needs. */
class RunningHandler<Socket, Arrival, M> {
  readonly #session: SessionHandler<Socket, Arrival, M>;
  readonly #server: SessionServer;
  readonly #handshakeMs: number;
  /** Until the session has begun. */
  #newcomer: Newcomer<Socket, Arrival> | undefined;
  #handle: Handler<M> | undefined;

  constructor(
    session: SessionHandler<Socket, Arrival, M>,
    newcomer: Newcomer<Socket, Arrival>,
    server: SessionServer,
    handshakeMs: number,
  ) {
    this.#session = session;
    this.#newcomer = newcomer;
    this.#server = server;
    this.#handshakeMs = handshakeMs;
  }

  take(message: M | First, self: Self<M>): unknown {
    try {
      const result = this.#handle === undefined ? this.#begin(message as First, self) : this.#handle(message as M, self);
      return result instanceof Promise ? result.catch((error) => leave(self, error, this.#server)) : result;
    } catch (error) {
      return leave(self, error, this.#server);
    }
  }

  #begin(first: First, self: Self<M>): Promise<void> | undefined {
    const newcomer = this.#newcomer!;
    const socket = socketOf(self, first, newcomer, this.#server, this.#handshakeMs);
    if (socket instanceof Promise) return socket.then((ready) => this.#start(self, ready, newcomer.arrival));
    this.#start(self, socket, newcomer.arrival);
    return undefined;
  }

  #start(self: Self<M>, socket: Socket, arrival: Arrival): void {
    this.#newcomer = undefined;
    this.#handle = this.#session.init(self, socket, arrival);
    if (typeof this.#handle !== 'function') throw new BadArg('init of spec.session', 'must give a function');
  }
}

/**
 * The starter for sessions that are behaviours, whose start may take time. Meanwhile an actor in between owns the socket, so the listener does not wait and no
 * data is lost. Then the actor gives the socket to the session, and stays as the link between session and server.
 */
function selfStarter<Socket extends Port, Arrival>(
  session: SessionStart<Socket, Arrival>,
  options: SessionOptions,
  handshakeMs: number,
): SessionStarter<Socket, Arrival> {
  return (top, newcomer, server) => {
    let worker: Pid<never> | undefined;
    const body = async (self: Self<First>): Promise<void> => {
      const first = (await self.receive(tag('socket'))) as First;
      const socket = await socketOf(self, first, newcomer, server, handshakeMs);
      worker = await session.start(self, socket, newcomer.arrival);
      if (worker === undefined) return;
      self.link(worker);
      give(self, socket, worker);
      await lastsAsLongAs(self, worker);
    };
    const pid = spawn(body, { label: 'session starter', ...options, trapExit: true, link: top });
    return { pid, worker: () => worker ?? pid };
  };
}

/** The part of a socket that is needed here. `SocketPort` has it, and so every transport. */
interface Giveable {
  controllingProcess(self: AnySelf, to: Pid, options: { readonly message: unknown }): void;
}

function give(self: AnySelf, socket: Port, worker: Pid): void {
  try {
    (socket as Port & Giveable).controllingProcess(self, worker, { message: ['socket', socket] });
  } catch (error) {
    // The session has ended already, and its 'EXIT' will tell; or somebody has closed the socket, which the session will notice.
    if (!(error instanceof SocketError)) throw error;
  }
}

/** Passes on the messages of the server, and ends as the session does. */
async function lastsAsLongAs<M>(self: Self<M>, worker: Pid): Promise<void> {
  for (;;) {
    const message = (await self.receive()) as readonly unknown[];
    if (message[0] === 'drain') tell(worker, message);
    if (message[0] !== 'EXIT') continue;
    if (message[1] === worker) {
      // The session's failure has been reported there, so this actor ends as by a signal, without a report.
      self.trapExit = false;
      exit(self.pid, message[2]);
      return;
    }
    exit(worker, message[2], self as AnySelf);
  }
}
