/**
 * How the session of a connection is written, and how an actor is made of it. A session exists before it is given its socket, and hears of that first; what
 * ends it ends its connection alone.
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
import { SocketError } from '../socket/index.js';

/** To every session when its server is about to end: it has so many milliseconds to finish. */
export type DrainMessage = readonly [tag: 'drain', withinMs: number];

/** What a session is sent, besides what it arranges itself. */
export type SessionMessage = Message | DrainMessage;

/** A session whose life is one function, as `spawn` starts it. It owns the socket, which closes when the function returns or throws. */
export type SessionBody<Socket, Arrival, M> = (self: Self<M>, socket: Socket, arrival: Arrival) => unknown;

/** A session that is a function called for each message, as `spawnHandler` starts it. `init` makes the function. */
export interface SessionHandler<Socket, Arrival, M> {
  init(self: Self<M>, socket: Socket, arrival: Arrival): Handler<M>;
}

/**
 * A session that starts itself: a genServer, a state machine, a supervisor, linked to the given `self`. Its first message is `['socket', socket]`; until then
 * the socket is not its own. Undefined: there is nothing to be started, and the connection ends.
 */
export interface SessionStart<Socket, Arrival> {
  start(self: AnySelf, socket: Socket, arrival: Arrival): Pid | undefined | Promise<Pid | undefined>;
}

export type Session<Socket, Arrival, M> =
  | SessionBody<Socket, Arrival, M>
  | SessionHandler<Socket, Arrival, M>
  | SessionStart<Socket, Arrival>;

export type SessionOptions = Pick<SpawnOptions, 'label' | 'mailbox' | 'trapExit'>;

/** The actor of one connection. */
export interface StartedSession<Socket> {
  /** Whose end is the session's end, and who is given the socket. */
  readonly pid: Pid<readonly ['socket', Socket]>;
  /** Who is to be told, and ended: another, if the session has started itself. */
  worker(): Pid<never>;
}

/** `top` is the server, with which sessions end. */
export type SessionStarter<Socket, Arrival> = (
  top: AnySelf,
  arrival: Arrival,
  saysPeerHasGone: SaysPeerHasGone,
) => StartedSession<Socket>;

/** What a session may throw that is no failure of its own. */
export type SaysPeerHasGone = (error: unknown) => boolean;

/** @throws BadArg unless `session` is one of the three */
export function sessionStarter<Socket extends Port, Arrival, M>(
  session: Session<Socket, Arrival, M>,
  options: SessionOptions,
): SessionStarter<Socket, Arrival> {
  if (typeof session === 'function') return bodyStarter(session, options);
  const given: { readonly init?: unknown; readonly start?: unknown } =
    typeof session === 'object' && session !== null ? session : {};
  if (typeof given.start === 'function') return selfStarter(session as SessionStart<Socket, Arrival>, options);
  if (typeof given.init === 'function') return handlerStarter(session as SessionHandler<Socket, Arrival, M>, options);
  throw new BadArg('spec.session', 'must be a function, or an object with `init` or `start`');
}

type First<Socket> = readonly ['socket', Socket];

/** The end of a session whose peer has gone: an everyday one, that is not reported as a crash. */
function leave(self: AnySelf, error: unknown, saysPeerHasGone: SaysPeerHasGone): never {
  if (saysPeerHasGone(error)) self.exit(['shutdown', error]);
  throw error;
}

function bodyStarter<Socket, Arrival, M>(
  session: SessionBody<Socket, Arrival, M>,
  options: SessionOptions,
): SessionStarter<Socket, Arrival> {
  return (top, arrival, saysPeerHasGone) => {
    const body = async (self: Self<First<Socket>>): Promise<void> => {
      const [, socket] = (await self.receive(tag('socket'))) as First<Socket>;
      try {
        await session(self as unknown as Self<M>, socket, arrival);
      } catch (error) {
        leave(self, error, saysPeerHasGone);
      }
    };
    const pid = spawn(body, { label: 'session', ...options, link: top });
    return { pid, worker: () => pid };
  };
}

function handlerStarter<Socket, Arrival, M>(
  session: SessionHandler<Socket, Arrival, M>,
  options: SessionOptions,
): SessionStarter<Socket, Arrival> {
  return (top, arrival, saysPeerHasGone) => {
    const init = () => {
      let handle: Handler<M> | undefined;
      return (message: M | First<Socket>, self: Self<M | First<Socket>>): unknown => {
        const own = self as unknown as Self<M>;
        try {
          if (handle === undefined) {
            handle = session.init(own, (message as First<Socket>)[1], arrival);
            if (typeof handle !== 'function') throw new BadArg('init of spec.session', 'must give a function');
            return undefined;
          }
          const result = handle(message as M, own);
          return result instanceof Promise ? result.catch((error) => leave(own, error, saysPeerHasGone)) : result;
        } catch (error) {
          return leave(own, error, saysPeerHasGone);
        }
      };
    };
    const pid = spawnHandler<M | First<Socket>>({ init }, { label: 'session', ...options, link: top });
    return { pid, worker: () => pid };
  };
}

/**
 * A session that starts itself takes time to do so. An actor in between owns the socket meanwhile, so that nobody waits for it and nothing is lost; then it
 * gives the socket away, and stays as the link between the session and the server.
 */
function selfStarter<Socket extends Port, Arrival>(
  session: SessionStart<Socket, Arrival>,
  options: SessionOptions,
): SessionStarter<Socket, Arrival> {
  return (top, arrival) => {
    let worker: Pid<never> | undefined;
    const body = async (self: Self<First<Socket>>): Promise<void> => {
      const [, socket] = (await self.receive(tag('socket'))) as First<Socket>;
      worker = await session.start(self, socket, arrival);
      if (worker === undefined) return;
      self.link(worker);
      give(self, socket, worker);
      await lastsAsLongAs(self, worker);
    };
    const pid = spawn(body, { label: 'session starter', ...options, trapExit: true, link: top });
    return { pid, worker: () => worker ?? pid };
  };
}

/** What `SocketPort` has, and every transport with it. */
interface Giveable {
  controllingProcess(self: AnySelf, to: Pid, options: { readonly message: unknown }): void;
}

function give(self: AnySelf, socket: Port, worker: Pid): void {
  try {
    (socket as Port & Giveable).controllingProcess(self, worker, { message: ['socket', socket] });
  } catch (error) {
    // It has ended already, which is told by its EXIT, or somebody has closed the socket, which is the session's business.
    if (!(error instanceof SocketError)) throw error;
  }
}

/** Hands on what the server says, and ends as the session does. */
async function lastsAsLongAs<M>(self: Self<M>, worker: Pid): Promise<void> {
  for (;;) {
    const message = (await self.receive()) as readonly unknown[];
    if (message[0] === 'drain') tell(worker, message);
    if (message[0] !== 'EXIT') continue;
    if (message[1] === worker) {
      // As by a signal: what the session failed of has been reported, where it failed.
      self.trapExit = false;
      exit(self.pid, message[2]);
      return;
    }
    exit(worker, message[2], self as AnySelf);
  }
}
