/**
 * The state that the parts of one server share, and that outlives each part: the sessions, the port, the counters. Nothing here waits. So a connection goes from
 * its arrival to its session in one step, and no part can end in between.
 */
import { onEnd } from '../../runtime/behaviour.js';
import { type AnySelf, exit, isAbnormal, type Pid, type Port } from '../../runtime/index.js';
import { type Acceptable, type Newcomer, SocketError } from '../socket/index.js';
import type { SessionStarter, StartedSession } from './session.js';

/** The state of a server. */
export interface ServerInfo {
  /** The port of the listening socket; 0 before the first one listens. */
  readonly port: number;
  /** Whether the listening socket is open. */
  readonly listening: boolean;
  /** How many sessions there are. */
  readonly sessions: number;
  /** How many sessions there may be. */
  readonly maxSessions: number;
  /** How many connections have been given to a session so far. */
  readonly accepted: number;
  /** How many connections were refused because the server was full or had no descriptor. Those that the stack refuses by itself are not counted. */
  readonly refused: number;
  /** How many connections were gone before they could be given to a session. */
  readonly vanished: number;
  /** How many connections ended because their handshake failed or took too long. They were given to a session, and count among `accepted`. */
  readonly failedHandshakes: number;
  /** How many sessions have failed. */
  readonly crashed: number;
  /** How often the listener has been started again. */
  readonly listenerRestarts: number;
  /** Whether the server is about to end. */
  readonly draining: boolean;
}

export class Service<Socket extends Port, Arrival> {
  port = 0;
  draining = false;
  listenerRestarts = 0;
  readonly sessions = new Map<Pid, StartedSession>();
  readonly #maxSessions: number;
  readonly #starter: SessionStarter<Socket, Arrival>;
  #listening: Acceptable<Socket, Arrival> | undefined;
  #whenEmpty: (() => void) | undefined;
  #accepted = 0;
  #refused = 0;
  #vanished = 0;
  #failedHandshakes = 0;
  #crashed = 0;

  constructor(maxSessions: number, starter: SessionStarter<Socket, Arrival>) {
    this.#maxSessions = maxSessions;
    this.#starter = starter;
  }

  get info(): ServerInfo {
    return {
      port: this.port,
      listening: this.#listening?.isOpen === true,
      sessions: this.sessions.size,
      maxSessions: this.#maxSessions,
      accepted: this.#accepted,
      refused: this.#refused,
      vanished: this.#vanished,
      failedHandshakes: this.#failedHandshakes,
      crashed: this.#crashed,
      listenerRestarts: this.listenerRestarts,
      draining: this.draining,
    };
  }

  /** How many more sessions there may be. */
  get room(): number {
    return this.#maxSessions - this.sessions.size;
  }

  /** Whether an error says that the peer has gone, which is no failure of a session. */
  saysPeerHasGone(error: unknown): boolean {
    return this.#listening?.saysPeerHasGone(error) === true;
  }

  handshakeFailed(): void {
    this.#failedHandshakes += 1;
  }

  /** Takes over a new listening socket, which lets connections in as long as there is room. */
  async listensAt(socket: Acceptable<Socket, Arrival>): Promise<void> {
    this.#listening = socket;
    this.port = socket.port;
    await socket.admit(this.#hasRoom);
  }

  /** Gives a new connection to a session of its own, or refuses it. */
  take(self: AnySelf, top: AnySelf, newcomer: Newcomer<Socket, Arrival>): void {
    if (!this.#hasRoom) {
      this.#refused += 1;
      newcomer.refuse();
      return;
    }
    const session = this.#starter(top, newcomer, this);
    try {
      newcomer.handOff(self, session.pid, this.#listening!.newcomersActive);
    } catch (error) {
      exit(session.pid, 'kill');
      if (!(error instanceof SocketError)) throw error;
      if (error.reason === 'einval') this.#vanished += 1;
      else this.#refused += 1;
      newcomer.refuse();
      return;
    }
    this.#accepted += 1;
    this.sessions.set(session.pid, session);
    onEnd(session.pid, (reason) => this.#ended(session.pid, reason));
    if (!this.#hasRoom) this.#admit(false);
  }

  /** Calls `callback` when no sessions are left, at once if there are none. `undefined` cancels that. */
  whenEmpty(callback: (() => void) | undefined): void {
    this.#whenEmpty = callback;
    if (this.sessions.size === 0) this.#whenEmpty?.();
  }

  get #hasRoom(): boolean {
    return this.room > 0;
  }

  #ended(pid: Pid, reason: unknown): void {
    const hadRoom = this.#hasRoom;
    this.sessions.delete(pid);
    if (isAbnormal(reason) && !this.draining) this.#crashed += 1;
    if (!hadRoom) this.#admit(true);
    if (this.sessions.size === 0) this.#whenEmpty?.();
  }

  /** Tells the listening socket whether to let connections in. If the socket fails to obey it is closed, and the next one will be told. */
  #admit(on: boolean): void {
    const socket = this.#listening;
    if (!socket?.isOpen) return;
    socket.admit(on).catch((error) => {
      if (socket.isOpen) exit(socket, error);
    });
  }
}
