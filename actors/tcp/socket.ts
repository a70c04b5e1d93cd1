/**
 * The TCP socket as users have it: gen_tcp's functions as methods; those of inet are in inetSocket.ts, ownership and `controllingProcess` in
 * actors/socket/socketPort.ts. What is received goes by receivePath.ts, what is sent by sendPath.ts, and ending.ts says how a connection ends.
 *
 * All calls check their arguments first and throw `BadArg` at once. Later failures are `SocketError`s: thrown, or given as the rejection of the promise that a call
 * returns. On a closed socket every call fails with 'closed'.
 */
import type { Handle } from '../../native/contract/tcp.js';
import { type AnySelf, BadArg, isSelf, type Pid } from '../../runtime/index.js';
import {
  type Acceptable,
  type AcceptOutcome,
  type AcceptReason,
  Accepts,
  type Active,
  type ActiveStep,
  activeValue,
  again,
  applyToNew,
  type Backlog,
  checkLivingCaller,
  checkSignal,
  checkTimeout,
  checkWait,
  errnoError,
  flowOfPort,
  type InetSetting,
  type IoData,
  type Newcomer,
  refusalOf,
  SocketError,
  toBytes,
  type Wait,
  type WaitOptions,
} from '../socket/index.js';
import type { TcpEnvironment } from './environment.js';
import { Listening } from './listening.js';
import { newcomersOf, saysPeerHasGone, type TcpArrival } from './newcomers.js';
import { NowSocket } from './nowSocket.js';
import { Parts, type SocketSetup } from './parts.js';
import type { ShutdownReason, TcpRecvReason, UnrecvReason } from './reasons.js';
import type { TcpData } from './received.js';

/** How a socket is shut. */
export type ShutdownHow = 'read' | 'write' | 'read_write';

/** Bytes that a `recv` may ask for (TR-6). */
const mostExact = 64 * 1024 * 1024;
/** Beyond this Erlang's lengths go round (TR-6). */
const mostLength = 0x7fffffff;
/** What helps where a `recv` of a length is refused; of other reasons the explanations tell. */
const refusals: { readonly [reason: string]: string } = {
  einval: 'a length is for mode raw: with `packet` each recv gives one packet, so leave the length out',
  enomem: `a recv may ask for ${mostExact} bytes at most: take them in parts`,
};

/** Numbers of directions for the stack. */
const read = 0;

export class TcpSocket extends NowSocket implements Acceptable<TcpSocket, TcpArrival> {
  readonly #parts: Parts;
  /** Of a listener, for a server. */
  #backlog: Backlog<TcpSocket, TcpArrival> | undefined;

  /** Sockets are made by `tcp.listen`, `tcp.connect` and `accept`. */
  constructor(environment: TcpEnvironment, owner: Pid, setup: SocketSetup) {
    const parts = new Parts(environment, setup);
    super(owner, environment.tags, parts.receives);
    this.#parts = parts;
    parts.attach(this, this[flowOfPort]);
    if (setup.listens) this.#listen(setup.late ?? []);
  }

  /** A getter on the prototype, so that a deep comparison of messages does not walk into a socket. */
  protected get parts(): Parts {
    return this.#parts;
  }

  /** @internal */
  get isSimulated(): boolean {
    return this.#parts.environment.stack.name === 'simulated';
  }

  /**
   * @internal Links the owner and begins to read. False if the owner has ended; the handle is closed then.
   */
  start(first: ActiveStep): boolean {
    const begun = this.begin(first);
    if (!begun) this.#parts.letGo('abort');
    return begun;
  }

  /**
   * The next connection that comes to a listening socket, as a socket that the caller owns. It takes over the options as they are now, `active` with what is left
   * of a count too, so data may be in the caller's mailbox at once (TA-9, TA-13). Several calls may wait; they are served in order, and the death of a caller
   * ends its wait (TA-2, TA-5). Handing the listener over does not disturb them (TA-6).
   *
   * @param timeoutMs Infinity by default; 0 takes a connection that is there already
   * @param wait a signal that ends the wait, or `{ signal }`, or an actor's self
   * @throws SocketError 'einval' (a connection), 'timeout', 'aborted', 'closed'; 'emfile' | 'enfile' | 'enomem': the connection stays queued, and can be
   *   accepted later (TA-8)
   */
  accept(self: AnySelf, timeoutMs?: number, options?: WaitOptions): Promise<this>;
  accept(self: AnySelf, wait: AbortSignal | WaitOptions): Promise<this>;
  accept(self: AnySelf, second?: Wait, third?: WaitOptions): Promise<this> {
    checkLivingCaller(self);
    const { timeoutMs, signal } = checkWait(second, third);
    if (!this.isOpen) return Promise.reject(this.charged(this.closedError('accept'), self.pid));
    const accepts = this.#accepts;
    // All sockets of a listener are of its class.
    if (accepts !== undefined) return accepts.accept(self, timeoutMs, signal) as Promise<this>;
    const detail = 'this is a connection: `tcp.listen` makes sockets that accept';
    return Promise.reject(this.charged(new SocketError<AcceptReason>('einval', 'accept', { detail }), self.pid));
  }

  /**
   * Sends bytes, as one packet where `packet` says so. Resolves when they are with the kernel or in the socket's queue, which says nothing about the peer (TS-3).
   * Into an empty queue one send of any size goes (TS-4). A send for which there is no room waits, and later ones wait behind it, in order; the bytes must not be
   * changed until then. What a send that waits was to send is sent whole or, if it fails, not at all. Any actor may send, and sends are never mixed (TS-22).
   *
   * @param data text (sent as UTF-8), bytes, or lists of these and of byte values; nothing, in mode raw, sends nothing (TS-2)
   * @param options `signal` withdraws a send that waits
   * @throws SocketError 'closed' (also: by the peer, or after `shutdown` of the direction, which changes nothing else, TH-5), 'timeout' (`sendTimeout`), 'aborted',
   *   'emsgsize' (longer than the header can say, TM-7), 'econnreset' once (`showEconnreset`), 'enotconn' (a listener), 'not_owner' (TLS has the socket)
   */
  send(data: IoData, options?: WaitOptions): Promise<void> {
    const bytes = toBytes(data);
    const signal = options === undefined ? undefined : checkSignal(options);
    const refusal = this[refusalOf]('send');
    return refusal === undefined ? this.#parts.sending.send(bytes, signal) : Promise.reject(refusal);
  }

  /**
   * The next packet, or line, of a passive socket; in mode raw what has come (TR-1), or exactly `length` bytes, however long that takes (TR-2). One call may wait at
   * a time (RV-6). A call that ends without success takes nothing: what has come stays for the next (TR-3). After the peer's end each call fails with 'closed'.
   *
   * @param length 0 (default), or the bytes to wait for, 67108864 at most, in mode raw only
   * @param timeoutMs Infinity by default; 0 takes what is there
   * @param options `signal` ends the wait. An actor that is not the owner gives its `self`, so that its death ends the wait (RV-14)
   * @throws SocketError 'closed', 'timeout', 'aborted', 'einval' (the socket is active, or a length in a packet mode, TR-5), 'ealready' (another call waits),
   *   'enotconn' (a listener), 'enomem' (too long), 'emsgsize' (the packet is longer than `packetSize`; the connection ends, TM-9), 'econnreset' (`showEconnreset`),
   *   'not_owner' (TLS has the socket)
   */
  recv(length = 0, timeoutMs: number = Number.POSITIVE_INFINITY, options?: WaitOptions): Promise<TcpData> {
    if (!Number.isInteger(length) || length < 0) throw new BadArg('length', 'must be an integer from 0');
    checkTimeout(timeoutMs);
    const refusal = this.isOpen ? this.#recvRefusal(length) : undefined;
    if (refusal === undefined) return this.receive(timeoutMs, options, length);
    checkSignal(options);
    const caller = isSelf(options) ? options.pid : this.owner;
    return Promise.reject(this.charged(new SocketError<TcpRecvReason>(refusal, 'recv', { detail: refusals[refusal] }), caller));
  }

  /**
   * Puts bytes in front of what is to be received, last call first; an active socket delivers them at once (TR-12).
   *
   * @throws SocketError 'enotconn' (the end has been told, or a listener), 'closed', 'not_owner' (TLS has the socket)
   */
  unrecv(data: IoData): void {
    const bytes = toBytes(data);
    this.done('unrecv', () => {
      const { at, flow, receives } = this.#parts;
      if (at.listens || !at.isAttached || flow.streamEnd !== undefined) throw new SocketError<UnrecvReason>('enotconn', 'unrecv');
      const result = at.stack.unrecv(at.handle, bytes);
      if (result !== 0) throw errnoError<UnrecvReason>(result, 'unrecv');
      receives.drain();
    });
  }

  /**
   * Ends one direction, or both. 'write': the peer is told behind everything that has been sent, sends that wait included, and receiving goes on (TH-2, TH-3).
   * 'read': what has come can still be received, then the end follows (TH-6). Doing so again changes nothing (TH-1).
   *
   * @throws SocketError 'enotconn' (a listener, or the connection has ended), 'closed', 'not_owner' (TLS has the socket)
   */
  shutdown(how: ShutdownHow): void {
    if (how !== 'read' && how !== 'write' && how !== 'read_write')
      throw new BadArg('how', "must be 'read', 'write' or 'read_write'");
    this.done('shutdown', () => {
      const { at, sending } = this.#parts;
      if (at.listens || !at.isAttached) throw new SocketError<ShutdownReason>('enotconn', 'shutdown');
      if (how !== 'read') sending.shutdown();
      const result = how === 'write' ? 0 : at.stack.shutdown(at.handle, read);
      if (result !== 0) throw errnoError<ShutdownReason>(result, 'shutdown');
    });
  }

  /**
   * Closes the socket, as anybody may; nothing happens if it is closed already (CL-1, CL-2). The port is closed at once for all calls, and what waits fails with
   * 'closed'. Nobody gets `tcp_closed` (TC-11); messages already in the owner's mailbox stay there (CL-4). An owner that traps exits gets
   * `['EXIT', socket, 'normal']`, unless it gives itself as `self` (OW-5).
   *
   * Resolves when what was queued has left; at the latest when nothing of it has left for 5 s (TC-12, TC-13), or when the time of `linger` is over (TC-16). The rest
   * goes on leaving in the background (TC-14), until nothing has left for `flushTimeout`. At the end of an `await using` the same is awaited.
   */
  override close(self?: AnySelf): Promise<void> {
    super.close(self);
    return this.#parts.flushed;
  }

  /**
   * The items of a passive socket, one after the other, as `recv` gives them, until the peer's end or `close`. A reset, where `showEconnreset` tells it, and a packet
   * that is too long are thrown. Leaving the loop leaves the socket open.
   *
   * @param options as of `recv`: an actor that is not the owner gives its `self`, so that its death ends the loop (RV-14)
   */
  messages(options?: WaitOptions): AsyncGenerator<TcpData, void, void> {
    checkSignal(options);
    if (this.#parts.at.listens) throw this.charged(new SocketError<TcpRecvReason>('enotconn', 'messages'));
    return this.items(options, () => false);
  }

  /** As `messages`, without a signal: `for await (const data of socket)`. */
  [Symbol.asyncIterator](): AsyncGenerator<TcpData, void, void> {
    return this.messages();
  }

  /** For `server`: see `Acceptable`. */
  async admit(on: boolean): Promise<void> {
    this.#newcomersHere.admit(on);
  }

  /** For `server`: see `Acceptable`. */
  get newcomersActive(): Active {
    return this.#backlog?.active ?? false;
  }

  /** For `server`: see `Acceptable`. */
  newcomers(self: AnySelf, atMost: number): Promise<readonly Newcomer<TcpSocket, TcpArrival>[]> {
    return this.#newcomersHere.newcomers(self, atMost);
  }

  /** For `server`: see `Acceptable`. */
  saysPeerHasGone(error: unknown): boolean {
    return saysPeerHasGone(error);
  }

  protected override release(): void {
    this.#parts.listening?.accepts.failAll('closed');
    this.#parts.letGo();
  }

  #listen(late: readonly InetSetting[]): void {
    this.#parts.listening = new Listening(new Accepts<TcpSocket>((self) => this.#acceptFor(self)), late);
  }

  /** The calls that wait, if this is a listener. */
  get #accepts(): Accepts<TcpSocket> | undefined {
    return this.#parts.listening?.accepts as Accepts<TcpSocket> | undefined;
  }

  get #newcomersHere(): Backlog<TcpSocket, TcpArrival> {
    this.#backlog ??= newcomersOf(this, activeValue(this.#parts.flow.active), this.#accepts);
    return this.#backlog;
  }

  #acceptFor(self: AnySelf): AcceptOutcome<TcpSocket> {
    const { at, port, inForce, flow } = this.#parts;
    const { stack } = at;
    const handle = stack.accept(at.handle);
    if (handle === again) return 'nobody';
    if (handle < 0) return errnoError<AcceptReason>(handle, 'accept');
    const refusal = this.#inherit(handle);
    if (refusal !== undefined) return refusal;
    const made = { handle, port, listens: false, kept: inForce.kept, packet: at.packet };
    const socket = this.make(self.pid, made);
    if (socket.start({ state: flow.active, passiveMessages: 0 })) return socket;
    return self.signal.reason instanceof Error ? self.signal.reason : new SocketError<AcceptReason>('closed', 'accept');
  }

  /** Sets what the kernel has not handed on. If that fails, the connection is closed (TA-12). */
  #inherit(handle: Handle): Error | undefined {
    const { at, listening } = this.#parts;
    const { stack } = at;
    if (listening === undefined || listening.late.length === 0) return undefined;
    try {
      applyToNew({ stack, handle }, listening.late, 'accept');
      return undefined;
    } catch (error) {
      stack.close(handle, true);
      return error as Error;
    }
  }

  /** A socket of the same class. */
  protected make(owner: Pid, setup: SocketSetup): this {
    const Socket = this.constructor as new (environment: TcpEnvironment, owner: Pid, setup: SocketSetup) => this;
    return new Socket(this.#parts.environment, owner, setup);
  }

  #recvRefusal(length: number): TcpRecvReason | undefined {
    const { at } = this.#parts;
    if (at.listens) return 'enotconn';
    if (length === 0) return undefined;
    if (at.packet !== 0 || length > mostLength) return 'einval';
    return length > mostExact ? 'enomem' : undefined;
  }
}
