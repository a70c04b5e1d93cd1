/**
 * What the parts of one server share and what outlives each of them: the sessions there are, the port, the counters. Nothing here waits; so between the
 * arrival of a connection and its session's owning it there is no moment at which a part may end.
 */

import { onEnd } from '../../runtime/behaviour.js';
import { type AnySelf, exit, isAbnormal, type Pid, type Port } from '../../runtime/index.js';
import { type Acceptable, type Newcomer, SocketError } from '../socket/index.js';
import type { SessionStarter, StartedSession } from './session.js';

/** What is known of a server at the moment. */
export interface ServerInfo {
  /** Of the listening socket; 0 before the first. */
  readonly port: number;
  /** The listening socket is open. */
  readonly listening: boolean;
  /** Sessions that there are, and how many may be. */
  readonly sessions: number;
  readonly maxSessions: number;
  /** Connections that were given to a session so far. */
  readonly accepted: number;
  /** Those that had come and were refused, since there were sessions enough or no descriptor. What the stack refuses while the server is full is not counted. */
  readonly refused: number;
  /** Those that had gone before they could be given to a session. */
  readonly vanished: number;
  /** Sessions that failed. */
  readonly crashed: number;
  /** How often the listener was started again. */
  readonly listenerRestarts: number;
  /** The server is about to end. */
  readonly draining: boolean;
}

export class Service<Socket extends Port, Arrival> {
  port = 0;
  draining = false;
  listenerRestarts = 0;
  readonly sessions = new Map<Pid, StartedSession<Socket>>();
  readonly #maxSessions: number;
  readonly #starter: SessionStarter<Socket, Arrival>;
  #listening: Acceptable<Socket, Arrival> | undefined;
  #whenEmpty: (() => void) | undefined;
  readonly #saysPeerHasGone = (error: unknown): boolean => this.#listening?.saysPeerHasGone(error) === true;
  #accepted = 0;
  #refused = 0;
  #vanished = 0;
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
      crashed: this.#crashed,
      listenerRestarts: this.listenerRestarts,
      draining: this.draining,
    };
  }

  /** A socket listens. It lets newcomers in as long as there is room. */
  async listensAt(socket: Acceptable<Socket, Arrival>): Promise<void> {
    this.#listening = socket;
    this.port = socket.port;
    await socket.admit(this.#hasRoom);
  }

  /** Gives a newcomer to a session of its own, or refuses it. */
  take(self: AnySelf, top: AnySelf, newcomer: Newcomer<Socket, Arrival>): void {
    if (!this.#hasRoom) {
      this.#refused += 1;
      newcomer.refuse();
      return;
    }
    const session = this.#starter(top, newcomer.arrival, this.#saysPeerHasGone);
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

  /** Calls once when there are no sessions left, at once if so; `undefined` takes it back. */
  whenEmpty(callback: (() => void) | undefined): void {
    this.#whenEmpty = callback;
    if (this.sessions.size === 0) this.#whenEmpty?.();
  }

  get #hasRoom(): boolean {
    return this.sessions.size < this.#maxSessions;
  }

  #ended(pid: Pid, reason: unknown): void {
    const hadRoom = this.#hasRoom;
    this.sessions.delete(pid);
    if (isAbnormal(reason) && !this.draining) this.#crashed += 1;
    if (!hadRoom) this.#admit(true);
    if (this.sessions.size === 0) this.#whenEmpty?.();
  }

  /** A socket that does not do as it is told is closed, and its successor asks. One that is closed is of no interest. */
  #admit(on: boolean): void {
    const socket = this.#listening;
    if (!socket?.isOpen) return;
    socket.admit(on).catch((error) => {
      if (socket.isOpen) exit(socket, error);
    });
  }
}
