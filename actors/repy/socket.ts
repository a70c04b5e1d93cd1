/**
 * A socket-like object: one end of a connection, as `openconn` gives it and as callbacks of `waitforconn` get it. The stream below is a passive socket of TCP that the
 * sandbox owns. socketState.ts has its life.
 */
import type { AnySelf, Pid } from '../../runtime/index.js';
import { type IoData, SocketError } from '../socket/index.js';
import type { TcpSocket } from '../tcp/index.js';
import { checkCount, checkMessage } from './arguments.js';
import { lastWords, mayLose } from './closing.js';
import { asOwn, type RepyCall, raised } from './reasons.js';
import { SocketLife, type SocketState } from './socketState.js';
import type { Table, TcpConnRow } from './tables.js';

/** The sandbox, as its sockets need it. */
export interface SocketHome {
  readonly creator: Pid;
  readonly connections: Table<TcpConnRow, object>;
  readonly budget: { giveSocket(): void };
}

/**
 * A remote end that has gone without a word is asked after a minute, and given up a minute later. Until then it keeps a socket, and a callback that waits for it an event.
 */
export const keepalive = { keepalive: true, keepIdle: 60, keepInterval: 10, keepCount: 6 } as const;

const nothing: Buffer = Buffer.alloc(0);

export class RepySocket {
  readonly #self: AnySelf;
  readonly #home: SocketHome;
  readonly #tcp: TcpSocket;
  readonly #row: TcpConnRow;
  readonly #life = new SocketLife();
  /** Who is taken for the caller. */
  #caller: Pid;
  /** Bytes that were received, and that no `recv` has asked for yet. */
  #rest: Buffer = nothing;
  /** How many calls of `recv` wait, and the promise of the last one. */
  #receiving = 0;
  #last: Promise<unknown> | undefined;
  /** Made by the first `send` that has to wait. */
  #giveUp: AbortController | undefined;
  #gone: Promise<void> | undefined;
  #isWatched: boolean;

  /** @internal Sockets are made by `openconn` and for callbacks; one socket of the budget has been set aside. `isWatched`: the system asks after the remote end. */
  constructor(home: SocketHome, self: AnySelf, tcp: TcpSocket, row: TcpConnRow, isWatched = false) {
    this.#home = home;
    this.#self = self;
    this.#tcp = tcp;
    this.#row = row;
    this.#isWatched = isWatched;
    this.#caller = home.creator;
    home.connections.place(row, this);
  }

  /** @internal Failed calls that nobody awaits are that actor's. */
  belongsTo(caller: Pid): void {
    this.#caller = caller;
  }

  /** @internal */
  get state(): SocketState {
    return this.#life.state;
  }

  /**
   * Transmits bytes to the remote end. As many as the network stack takes at once; if it takes none, the call blocks until it has taken all of them. Resolves with the number
   * of bytes that were taken: whoever has more to send calls again with the rest. Calls that block are served in order, and the bytes must not be changed meanwhile.
   *
   * @param bytes text (sent as UTF-8), bytes, or lists of these; nothing sends nothing, and gives 0
   * @throws BadArg naming `bytes`
   * @throws SocketError 'closed' (rejects): after `close`, also of a call that blocks, which has sent nothing then; or the remote end has gone
   */
  send(bytes: IoData): Promise<number> {
    const data = checkMessage(bytes, 'bytes');
    if (!this.#life.isConnected) return Promise.reject(this.#over('send'));
    try {
      const sent = this.#tcp.sendNow(data);
      return sent > 0 || data.length === 0 ? Promise.resolve(sent) : this.#sendLater(data);
    } catch (error) {
      return Promise.reject(asOwn(error, 'send', this.#caller));
    }
  }

  /**
   * Receives up to n bytes: those that are there, or the next that come. Calls that block are served in order. Bytes beyond n stay for the next call.
   *
   * @param n an integer from 1
   * @throws BadArg naming `n`
   * @throws SocketError 'closed' (rejects): after `close`, also of a call that blocks; or the remote end has closed and all that it delivered has been read. Otherwise why
   *   the connection was lost: 'etimedout', ...
   */
  recv(n: number): Promise<Buffer> {
    const most = checkCount(n);
    if (this.#receiving === 0) {
      if (!this.#life.isConnected) return Promise.reject(this.#over('recv'));
      if (this.#rest.length > 0) return Promise.resolve(this.#take(most));
    }
    const before = this.#last;
    const next = this.#receiving === 0 || before === undefined ? this.#receive(most) : before.then(() => this.#receive(most));
    this.#receiving += 1;
    // The next call has its turn whatever becomes of this one.
    this.#last = next.then(this.#received, this.#received);
    return next;
  }

  /**
   * Whether `recv` and `send` would block at this moment. A call that would raise does not block.
   *
   * @throws SocketError 'closed', as `recv` and `send`
   */
  willblock(): readonly [recv: boolean, send: boolean] {
    if (!this.#life.isConnected) throw this.#over('willblock');
    try {
      const { receivable, room } = this.#tcp.readiness();
      return [this.#receiving > 0 || (this.#rest.length === 0 && !receivable), room === 0];
    } catch (error) {
      throw asOwn(error, 'willblock', this.#caller);
    }
  }

  /**
   * Closes the local end: from now on `send` and `recv` raise, and so do calls that block. The row of tcp_conn_table goes at once. The remote end can read everything that
   * was sent before. Closing again changes nothing.
   *
   * Resolves when the connection has been let go of, and its socket is free for another one. That is at once, unless something that was sent still waits in this
   * process, or the remote end has sent what nobody has read; then it takes until the remote end has closed too, 5 s at most.
   */
  close(): Promise<void> {
    if (this.#life.take('close')) this.#gone ??= this.#letGo();
    return this.#gone!;
  }

  /** Closes the socket at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #receive(most: number): Promise<Buffer> {
    if (!this.#life.isConnected) throw this.#over('recv');
    if (this.#rest.length > 0) return this.#take(most);
    try {
      this.#watch();
      this.#rest = (await this.#tcp.recv(0, Number.POSITIVE_INFINITY, this.#self)) as Buffer;
    } catch (error) {
      if (!this.#life.isConnected) throw this.#over('recv');
      // Nothing more can come: the connection has no use, and its socket is free for another one.
      if (this.#life.take('end')) this.#gone = this.#letGo();
      throw error instanceof SocketError && error.reason === 'closed' ? this.#over('recv') : asOwn(error, 'recv', this.#caller);
    }
    return this.#take(most);
  }

  readonly #received = (): void => {
    this.#receiving -= 1;
    if (this.#receiving === 0) this.#last = undefined;
  };

  /** Somebody waits for the remote end, so the system asks after it from now on. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    try {
      this.#tcp.setopts(keepalive);
    } catch (error) {
      // A connection that is over says so by the read that follows, and a system that cannot ask does not.
      if (!(error instanceof SocketError)) throw error;
    }
  }

  /** The first of the bytes that are here. */
  #take(most: number): Buffer {
    const rest = this.#rest;
    if (rest.length <= most) {
      this.#rest = nothing;
      return rest;
    }
    this.#rest = rest.subarray(most);
    return rest.subarray(0, most);
  }

  async #sendLater(data: Uint8Array): Promise<number> {
    this.#giveUp ??= new AbortController();
    try {
      await this.#tcp.send(data, { signal: this.#giveUp.signal });
    } catch (error) {
      throw this.#life.isConnected ? asOwn(error, 'send', this.#caller) : this.#over('send');
    }
    return data.length;
  }

  #letGo(): Promise<void> {
    const { connections, budget } = this.#home;
    const [self, tcp] = [this.#self, this.#tcp];
    connections.remove(this.#row, this);
    this.#rest = nothing;
    this.#giveUp?.abort();
    const isAlone = this.#life.state === 'closed' && this.#receiving === 0;
    const closed = isAlone && mayLose(tcp) ? lastWords(self, tcp).then(() => tcp.close(self)) : tcp.close(self);
    return closed.then(() => budget.giveSocket());
  }

  /** Why a call cannot be made any more. */
  #over(call: RepyCall): SocketError {
    const detail =
      this.#life.state === 'closed'
        ? 'this end of the connection has been closed, by `close` or since its callback failed'
        : 'the remote end has closed the connection, and all that it delivered has been read';
    return raised('closed', call, this.#caller, { detail });
  }
}
