/**
 * The UDP socket as users have it: Erlang's gen_udp as methods. Those of inet are in inetSocket.ts; ownership, `close` and `controllingProcess` in
 * actors/socket/socketPort.ts. The calls check their arguments here, and go to the parts that a socket is made of (parts.ts): the way of a send (sendPath.ts) and of
 * what is received (receivePath.ts), the options.
 *
 * All calls check their arguments first and throw `BadArg` at once. Later failures are `SocketError`s: thrown, or given as the rejection of the promise that a call
 * returns. On a closed socket every call fails with 'closed'.
 */
import { BadArg, type Pid } from '../../runtime/index.js';
import {
  checkInetAddress,
  checkLocalPort,
  checkPortOrService,
  checkSignal,
  flowOfPort,
  type InetAddress,
  type InetPlan,
  type IoData,
  openActive,
  portNumber,
  toBytes,
  type WaitOptions,
} from '../socket/index.js';
import { type Destination, isAny, isSameDestination, placeOf } from './destinations.js';
import { udpErrnoError, udpError } from './explanations.js';
import { InetSocket } from './inetSocket.js';
import type { UdpKept } from './options.js';
import { type Environment, type Parts, partsOf, type SocketSetup, stackSide } from './parts.js';
import type { UdpConnectReason, UdpSendReason } from './reasons.js';
import { type UdpReceived, udpTags } from './received.js';
import { type AncWords, checkSendAnc, type UdpSendAnc } from './sendAnc.js';
import type { SendPath } from './sendPath.js';

export class UdpSocket extends InetSocket {
  readonly #environment: Environment<UdpSocket>;
  readonly #parts: Parts<UdpSocket>;
  /** One of the parts; every send goes to it, and by one step less. */
  readonly #sends: SendPath;

  /** Sockets are made by `udp.open`. */
  private constructor(environment: Environment<UdpSocket>, owner: Pid, setup: SocketSetup) {
    const side = stackSide(environment, setup);
    super(owner, udpTags, side.source);
    this.#environment = environment;
    this.#parts = partsOf(this, environment, setup, side, this[flowOfPort]);
    this.#sends = this.#parts.sends;
  }

  /**
   * @internal Makes the socket of a new handle, which is its own from here on, sets the options of `open`, and binds (TL-7). Undefined if the owner has ended; the
   * handle is closed then, as it is if something is refused.
   *
   * @param bind throws what the system says
   */
  static create(
    environment: Environment<UdpSocket>,
    owner: Pid,
    setup: SocketSetup,
    plan: InetPlan<UdpKept>,
    bind: () => void,
  ): UdpSocket | undefined {
    const socket = new UdpSocket(environment, owner, setup);
    const parts = socket.#parts;
    environment.sockets.register(setup.handle, parts.receives);
    let begun = false;
    try {
      parts.options.apply({ ...plan, active: [] }, 'open');
      bind();
      const name = parts.stack.sockname(setup.handle);
      if (typeof name !== 'number') parts.port = name.port;
      begun = socket.begin(openActive(plan.active, true));
    } finally {
      if (!begun) socket.release();
    }
    return begun ? socket : undefined;
  }

  /** @internal */
  get isSimulated(): boolean {
    return this.#parts.stack.name === 'simulated';
  }

  /** A getter on the prototype, so that a deep comparison of messages does not walk into a socket. */
  protected get parts(): Parts<UdpSocket> {
    return this.#parts;
  }

  /**
   * Chooses the peer: only its datagrams are received from now on, and `send` needs no address. Nothing is sent, so it succeeds whether anybody is there or not
   * (UC-1, UC-2). Connecting again changes the peer; a connect that fails leaves none (UC-5). Datagrams of others that wait unread are dropped (UC-3). A `recv` that
   * waits goes on (UC-6).
   *
   * @throws BadArg naming the argument
   * @throws SocketError 'eafnosupport', 'nxdomain', 'eacces' (a broadcast address without `broadcast`), 'einval', ...; of a path 'enoent', 'econnrefused'
   */
  connect(address: InetAddress, port: number | string): Promise<void> {
    const checked = checkInetAddress(address);
    const service = checkPortOrService(port);
    checkLocalPort(checked, typeof service === 'number' ? service : 1);
    return this.awaited('connect', async () => {
      const number = portNumber(service, 'udp', 'connect');
      const to = this.#parts.destinations.find(checked, 'connect') ?? (await this.#resolve(checked, 'connect'));
      if (!this.isOpen) throw this.closedError('connect');
      this.#sends.flush();
      const { stack, handle } = this.#parts;
      // That is how a socket is disconnected in Erlang (UC-5).
      if (number === 0 && isAny(to)) return this.#disconnect();
      const result = stack.connect(handle, to.literal, number);
      if (result < 0) {
        this.#disconnect();
        throw udpErrnoError<UdpConnectReason>(result, 'connect', placeOf(to, number));
      }
      this.#parts.peer = { to, port: number };
    });
  }

  /** The socket has no peer any more: it hears everybody again. Nothing happens if it has none. @throws SocketError 'closed' */
  disconnect(): void {
    this.told('disconnect', () => {
      this.#sends.flush();
      this.#disconnect();
    });
  }

  /**
   * Sends one datagram to the connected peer: all of `data`, which may be empty (US-4). Any actor may send (US-9). It resolves when the system has taken the
   * datagram, which says nothing about its arrival (US-6). If the system has no room the send waits, and later ones behind it; a `signal` withdraws it. Until the
   * promise resolves the bytes must not be changed.
   *
   * @throws BadArg naming the argument
   * @throws SocketError 'einval' (no peer), 'emsgsize', 'econnrefused' (of an earlier datagram; this one is not sent, UE-3), 'aborted', ...
   */
  send(data: IoData, options?: WaitOptions): Promise<void>;
  /**
   * Sends one datagram there. A name is looked up each time (US-3). A connected socket sends to its own peer only (UC-4).
   *
   * @param anc over the socket's options, for this datagram alone (US-8)
   * @throws BadArg naming the argument
   * @throws SocketError 'eafnosupport', 'nxdomain', 'einval' (port 0), 'emsgsize', 'eacces' (a broadcast address without `broadcast`), 'eisconn' (connected to
   * another peer), 'aborted', ...; of a path 'enoent', 'econnrefused'
   */
  send(address: InetAddress, port: number | string, data: IoData, anc?: UdpSendAnc, options?: WaitOptions): Promise<void>;
  send(
    first: IoData | InetAddress,
    second?: number | string | WaitOptions,
    third?: IoData,
    fourth?: UdpSendAnc,
    fifth?: WaitOptions,
  ): Promise<void> {
    if (typeof second !== 'number' && typeof second !== 'string') {
      // Whose port is undefined would have sent the address, to the peer of a connected socket.
      if (third !== undefined) throw new BadArg('port', 'must be an integer in 0..65535 or the name of a service');
      return this.#sendToPeer(toBytes(first), checkSignal(second));
    }
    const address = checkInetAddress(first);
    const port = checkPortOrService(second);
    if (typeof address !== 'string') checkLocalPort(address, typeof port === 'number' ? port : 1);
    const data = toBytes(third);
    const anc = checkSendAnc(fourth);
    const signal = checkSignal(fifth);
    if (!this.isOpen) return Promise.reject(this.closedError('send'));
    try {
      const number = typeof port === 'number' ? port : portNumber(port, 'udp', 'send');
      const to = this.#parts.destinations.find(address, 'send');
      if (to === undefined) return this.#sendToName(address, number, data, anc, signal);
      if (this.#parts.peer === undefined) return this.#sends.send(to, number, data, anc, signal);
      this.#checkPeer(to, number);
      return this.#sends.send(undefined, 0, data, anc, signal);
    } catch (error) {
      return this.refused(error);
    }
  }

  /**
   * The next datagram of a passive socket, whole (UR-1, UR-2).
   *
   * @param timeoutMs 0 takes what is there
   * @throws SocketError 'einval' (the socket is active), 'ealready' (another recv waits), 'timeout', 'aborted', 'closed'; or what the network has said of an
   * earlier send, as 'econnrefused', once (UE-3)
   */
  recv(timeoutMs: number = Number.POSITIVE_INFINITY, options?: WaitOptions): Promise<UdpReceived> {
    return this.receive(timeoutMs, options);
  }

  /** The datagrams of a passive socket, one after the other, until it is closed. What the network says of an earlier send is thrown, as by `recv`. */
  messages(options?: WaitOptions): AsyncGenerator<UdpReceived, void, void> {
    checkSignal(options);
    return this.items(options, () => false);
  }

  [Symbol.asyncIterator](): AsyncGenerator<UdpReceived, void, void> {
    return this.messages();
  }

  protected override release(): void {
    const { stack, handle } = this.#parts;
    this.#sends.flush();
    this.#environment.sockets.forget(handle);
    stack.close(handle);
    if (this.#sends.waiting > 0) this.#sends.failAll(this.closedError('send'));
  }

  #disconnect(): void {
    this.#parts.stack.connect(this.#parts.handle, '', 0);
    this.#parts.peer = undefined;
  }

  #sendToPeer(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError('send'));
    if (this.#parts.peer === undefined) return this.refused(udpError<UdpSendReason>('einval', 'send'));
    return this.#sends.send(undefined, 0, data, undefined, signal);
  }

  /** @throws SocketError 'eisconn' */
  #checkPeer(to: Destination, port: number): void {
    const peer = this.#parts.peer!;
    if (peer.port === port && isSameDestination(peer.to, to)) return;
    throw udpError<UdpSendReason>('eisconn', 'send', placeOf(to, port));
  }

  #sendToName(
    name: InetAddress,
    port: number,
    data: Uint8Array,
    anc: AncWords | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    return this.awaited('send', async () => {
      const to = await this.#resolve(name, 'send');
      const { peer } = this.#parts;
      if (peer !== undefined) this.#checkPeer(to, port);
      await this.#sends.send(peer === undefined ? to : undefined, peer === undefined ? port : 0, data, anc, signal);
    });
  }

  /** Looks a name up; whatever that gives, a socket that has been closed meanwhile is closed. */
  async #resolve(name: InetAddress, syscall: string): Promise<Destination> {
    const found = await this.#parts.destinations.resolve(name, syscall).catch((error: unknown) => {
      throw this.isOpen ? error : this.closedError(syscall);
    });
    if (!this.isOpen) throw this.closedError(syscall);
    return found;
  }
}
