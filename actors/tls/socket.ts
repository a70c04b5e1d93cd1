/**
 * The TLS socket as users have it. A connection is a TcpSocket over the TLSSocket of node:tls, which is over a Duplex of the TCP socket below. A listener is a listener
 * of TCP whose connections become TLS sockets by a handshake, each in the time of the actor that accepts it.
 */
import type { TLSSocket } from 'node:tls';
import type { AnySelf, Pid } from '../../runtime/index.js';
import {
  type Active,
  type ActiveStep,
  activeValue,
  checkWait,
  type Newcomer,
  passive,
  type Wait,
  type WaitOptions,
} from '../socket/index.js';
import { type TcpArrival, TcpSocket } from '../tcp/index.js';
import type { SocketSetup } from '../tcp/open.js';
import { factsOf, type TlsSocketInfo } from './facts.js';
import { alertOf, isAlert } from './reasons.js';

/** How the connections of a listener are made secure. */
export interface Securing {
  readonly handshakeMs: number;
  /** Makes the handshake in the name of `self`, who owns `below`. @throws SocketError (rejects); the connection is closed then */
  secure(self: AnySelf, below: TcpSocket, active: Active, withinMs: number, signal?: AbortSignal): Promise<TlsSocket>;
}

/** For open.ts: a socket is told of its connection, or of how it makes connections secure. */
export const secured: unique symbol = Symbol('the connection of a TLS socket');
export const listensWith: unique symbol = Symbol('how a TLS socket makes connections secure');

/** A connection that was accepted, before its handshake. It is passive, and knows the mode that the TLS socket is to have. */
class Unsecured extends TcpSocket {
  wanted: Active = false;

  override start(first: ActiveStep): boolean {
    this.wanted = activeValue(first.state);
    return super.start({ state: passive, passiveMessages: 0 });
  }
}

/**
 * A socket of TLS, with all of TcpSocket's surface: an owner, `active`, packet modes, `send`, `recv`, `controllingProcess`. Its messages are `['ssl', socket, data]`,
 * 'ssl_closed', 'ssl_error' and 'ssl_passive', as Erlang's ssl has them.
 *
 * - A passive socket leaves the connection unread, so the TCP window closes and the peer waits. A peer that does not read makes `send` wait.
 * - `close` and `shutdown('write')` tell the peer by close_notify. A peer that ends the TCP connection without it is told as an ordinary end, as Node does.
 * - Options of TCP (`nodelay`, `keepalive`, …) go to the TCP socket below; `buffer` is 16384, the longest record.
 */
export class TlsSocket extends TcpSocket {
  #connection: TLSSocket | undefined;
  #securing: Securing | undefined;
  #alert: string | undefined;

  /** Why the connection failed after its handshake, in the words of OpenSSL: 'tlsv13 alert certificate required'. It stays readable after close. */
  get alert(): string | undefined {
    return this.#alert;
  }

  /** What is known of the socket; of a connection also what the handshake has settled. @throws SocketError 'closed' */
  override info(): TlsSocketInfo {
    const info = super.info();
    return this.#connection === undefined ? info : { ...info, ...factsOf(this.#connection) };
  }

  /**
   * The next connection that comes to a listening socket, once its handshake is done: as a socket that the caller owns. Many calls may wait at a time, each for a
   * connection and a handshake of its own, so a slow peer holds up one call alone. If a handshake fails, so does the call, and the listener goes on.
   *
   * @param timeoutMs how long to wait for a connection; Infinity by default. The handshake has `handshakeMs` after that
   * @throws SocketError as TcpSocket's, and 'tls_alert' (either end refuses the other; the message and `cause` say why) | 'timeout' (of the handshake, too)
   */
  override accept(self: AnySelf, timeoutMs?: number, options?: WaitOptions): Promise<this>;
  override accept(self: AnySelf, wait: AbortSignal | WaitOptions): Promise<this>;
  override accept(self: AnySelf, second?: Wait, third?: WaitOptions): Promise<this> {
    const accepted = typeof second === 'object' ? super.accept(self, second) : super.accept(self, second, third);
    const { signal } = checkWait(second, third);
    return accepted.then((below) => {
      const { wanted } = below as TcpSocket as Unsecured;
      const { secure, handshakeMs } = this.#securing!;
      return secure(self, below, wanted, handshakeMs, signal) as Promise<this>;
    });
  }

  /** For `server`: see `Acceptable`. The handshake is the session's. */
  override async newcomers(self: AnySelf, atMost: number): Promise<readonly Newcomer<TlsSocket, TcpArrival>[]> {
    const newcomers = await super.newcomers(self, atMost);
    return newcomers.map((newcomer) => this.#behindHandshake(newcomer));
  }

  /** For `server`: see `Acceptable`. */
  override saysPeerHasGone(error: unknown): boolean {
    return super.saysPeerHasGone(error) || isAlert(error);
  }

  /** What is accepted is a connection of TCP, until its handshake is done. */
  protected override make(owner: Pid, setup: SocketSetup): this {
    return new Unsecured(this.parts.environment, owner, setup) as TcpSocket as this;
  }

  #behindHandshake(newcomer: Newcomer<TcpSocket, TcpArrival>): Newcomer<TlsSocket, TcpArrival> {
    let wanted: Active = false;
    return {
      arrival: newcomer.arrival,
      handOff: (giver, to, active) => {
        wanted = active;
        newcomer.handOff(giver, to, false);
      },
      handshake: (owner, below, withinMs) => this.#securing!.secure(owner, below as TcpSocket, wanted, withinMs),
      refuse: () => newcomer.refuse(),
    };
  }

  /** @internal */
  [secured](connection: TLSSocket): void {
    this.#connection = connection;
    connection.on('error', (error) => {
      this.#alert ??= alertOf(error);
    });
  }

  /** @internal */
  [listensWith](securing: Securing): void {
    this.#securing = securing;
  }
}
