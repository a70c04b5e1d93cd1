/**
 * The listener of a `waitforconn`. It accepts a connection only when an event and a socket are free for its callback. Until then the connection waits in the backlog of
 * the system, with what its remote end has sent, and costs this process nothing.
 */
import type { AnySelf, Timer } from '../../runtime/index.js';
import { SocketError } from '../socket/index.js';
import type { TcpSocket } from '../tcp/index.js';
import { isAnyIp } from './arguments.js';
import type { Taker } from './budget.js';
import { connectionRow } from './connection.js';
import { CommHandle } from './handle.js';
import type { ConnCallback, Listener, Registration } from './registration.js';
import type { Sandbox } from './sandbox.js';
import { RepySocket } from './socket.js';

/** Connections that may wait in the system: as of a server. */
export const backlog = 1024;
/** How many milliseconds to wait until the system may have descriptors or memory again. */
const scarceMs = 100;
const scarce: ReadonlySet<string> = new Set(['emfile', 'enfile', 'enomem', 'enobufs']);

export class TcpListener implements Listener, Taker {
  readonly needsSocket = true;
  readonly handle: CommHandle;
  readonly #sandbox: Sandbox;
  readonly #self: AnySelf;
  readonly #port: TcpSocket;
  readonly #registration: Registration<ConnCallback>;
  /** Of the ends of every connection: the local ip, unless the listener takes connections to all addresses. */
  readonly #known: { readonly localip?: string };
  #pause: Timer | undefined;

  constructor(sandbox: Sandbox, self: AnySelf, port: TcpSocket, localip: string, registration: Registration<ConnCallback>) {
    this.#sandbox = sandbox;
    this.#self = self;
    this.#port = port;
    this.#registration = registration;
    this.#known = isAnyIp(localip) ? {} : { localip };
    this.handle = new CommHandle('tcp', localip, port.port);
  }

  begin(): void {
    this.#sandbox.budget.want(this);
  }

  take(): boolean {
    const tcp = this.#accept();
    if (tcp === undefined) return false;
    this.#sandbox.budget.want(this);
    const row = connectionRow(tcp, this.#known);
    if (row === undefined) {
      // Its remote end has gone already, and nobody knows who that was.
      void tcp.close(this.#self);
      return false;
    }
    const socket = new RepySocket(this.#sandbox, this.#self, tcp, row, true);
    const { callback } = this.#registration;
    const { handle } = this;
    this.#sandbox.call(this.#self, (own) => callback(own, row.remoteip, row.remoteport, socket, handle), socket);
    return true;
  }

  stop(): void {
    this.#sandbox.budget.withdraw(this);
    if (this.#pause !== undefined) this.#self.system.clock.clearTimer(this.#pause);
    void this.#port.close(this.#self);
  }

  #accept(): TcpSocket | undefined {
    try {
      return this.#port.acceptNow(this.#self, this.#retry);
    } catch (error) {
      // Otherwise the listener has been closed, or the sandbox has ended.
      if (error instanceof SocketError && scarce.has(error.reason))
        this.#pause = this.#self.system.clock.setTimer(scarceMs, this.#retry);
      return undefined;
    }
  }

  readonly #retry = (): void => {
    if (this.#port.isOpen) this.#sandbox.budget.want(this);
  };
}
