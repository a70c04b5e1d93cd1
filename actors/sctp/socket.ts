/**
 * The SCTP socket as users have it. What each call does is written in calls.ts; here the calls check their arguments and go to the parts that a socket is made
 * of: the way of a send (sendPath.ts) and of what is received (receivePath.ts), connects, accepts, options, and associations that become sockets of their own
 * (beside.ts). A call that must find earlier sends with the stack says so by `flush`.
 */
import { type AnySelf, BadArg, type Pid } from '../../runtime/index.js';
import {
  type Acceptable,
  type AcceptReason,
  type Active,
  backlogWord,
  checkAddress,
  checkLivingCaller,
  checkPid,
  checkSignal,
  checkWait,
  flowOfPort,
  type HandoffOptions,
  type IoData,
  type ListenReason,
  type Newcomer,
  openActive,
  type PortOrService,
  planHandoff,
  resolveWithin,
  type SockAddr,
  SocketError,
  type SocketMessage,
  toBytes,
  type Wait,
  type WaitOptions,
} from '../socket/index.js';
import { Beside, type Offspring } from './beside.js';
import type { ConnectOptions, SctpCalls } from './calls.js';
import type { Peer } from './connects.js';
import { destinationOf, destinationsOf } from './destinations.js';
import type { AssocId, SctpAssocChange, StreamId } from './events.js';
import { stackError } from './failure.js';
import { InetSocket } from './inetSocket.js';
import { type Newcomers, newcomersOf, saysPeerHasGone } from './newcomers.js';
import { type OptionPlan, planOptions } from './options.js';
import { type Environment, type Parts, partsOf, type SocketSetup, stackSide } from './parts.js';
import type { BindReason, ReconfigureReason, SendReason } from './reasons.js';
import { endsAssociation, type SctpItem, type SctpReceived, sctpTags } from './received.js';
import {
  type AssocRef,
  assocIdOf,
  checkStream,
  eofRequest,
  infoRequest,
  isStreamSend,
  plainRequest,
  type SendInfo,
  type SendOptions,
  type SendRequest,
} from './sending.js';
import type { SendPath } from './sendPath.js';
import { noHandle, type StackSocket } from './stackSocket.js';
import { checkAdded, checkReset, type StreamsToAdd, type StreamsToReset } from './streams.js';

const done: Promise<void> = Promise.resolve();

export class SctpSocket extends InetSocket implements SctpCalls<SctpSocket>, Acceptable<SctpSocket, SctpAssocChange> {
  readonly #environment: Environment<SctpSocket>;
  readonly #setup: SocketSetup;
  readonly #parts: Parts<SctpSocket>;
  /** One of the parts; every send goes to it, and by one step less. */
  readonly #sends: SendPath;
  /** Made when the first association leaves: most sockets serve one association, and it never leaves. */
  #beside: Beside<SctpSocket> | undefined;
  #newcomers: Newcomers<SctpSocket> | undefined;

  /** Sockets are made by `sctp.open`, `peeloff`, `handOff` and `accept`. */
  private constructor(environment: Environment<SctpSocket>, owner: Pid, setup: SocketSetup) {
    const side = stackSide(environment, setup);
    super(owner, sctpTags, side.source);
    this.#environment = environment;
    this.#setup = setup;
    this.#parts = partsOf(this, environment, setup.family, side, this[flowOfPort], (of) => this.#leaving().accept(of));
    this.#sends = this.#parts.sends;
  }

  /**
   * @internal Makes the socket of a new handle, which is its own from here on, and sets the options of `open`. Undefined if the owner has ended;
   * the handle is closed then, as it is if an option is refused.
   */
  static create(environment: Environment<SctpSocket>, owner: Pid, setup: SocketSetup, plan: OptionPlan): SctpSocket | undefined {
    const socket = new SctpSocket(environment, owner, setup);
    environment.sockets.register(setup.handle, socket.#parts.receives);
    let begun = false;
    try {
      socket.#parts.options.apply({ ...plan, active: [] }, 'open');
      begun = socket.begin(openActive(plan.active));
    } finally {
      if (!begun) socket.release();
    }
    return begun ? socket : undefined;
  }

  get port(): number {
    return this.#setup.port;
  }

  /** @internal */
  get isSimulated(): boolean {
    return this.#environment.stack.name === 'simulated';
  }

  /** A getter on the prototype, so that a deep comparison of messages does not walk into a socket. */
  protected get parts(): Parts<SctpSocket> {
    return this.#parts;
  }

  listen(backlog: boolean | number): Promise<void> {
    const waiting = backlogWord(backlog);
    return this.#settled<ListenReason>('listen', ({ stack, handle }) => {
      const result = stack.listen(handle, waiting);
      if (result === 0 && waiting === 0) this.#parts.accepts.failAll('einval');
      return result;
    });
  }

  accept(self: AnySelf, second?: Wait, third?: WaitOptions): Promise<SctpSocket> {
    checkLivingCaller(self);
    const { timeoutMs, signal } = checkWait(second, third);
    if (!this.isOpen) return Promise.reject(this.charged(this.closedError('accept'), self.pid));
    if (!this.#setup.oneToOne) {
      const detail =
        "associations of a socket of type 'seqpacket' are not accepted: each begins with a comm_up among the items, and `handOff` or `peeloff` makes it a socket";
      return Promise.reject(this.charged(new SocketError<AcceptReason>('einval', 'accept', { detail }), self.pid));
    }
    return this.#parts.accepts.accept(self, timeoutMs, signal);
  }

  connect(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(...args: readonly unknown[]): Promise<SctpAssocChange> {
    const { address, port, options, timeoutMs } = destinationOf(args);
    const plan = planOptions(options);
    return this.tried('connect', () =>
      this.#parts.connects.connect(this.owner, this.#peer([address], port, plan, 'connect'), timeoutMs),
    );
  }

  connectInit(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(...args: readonly unknown[]): Promise<AssocId> {
    const { address, port, options, timeoutMs } = destinationOf(args);
    return this.#connectInit('connectInit', [address], port, options, timeoutMs);
  }

  connectxInit(
    addresses: readonly string[],
    port: number | string,
    options?: ConnectOptions,
    timeoutMs?: number,
  ): Promise<AssocId>;
  connectxInit(sockAddrs: readonly SockAddr[], options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectxInit(...args: readonly unknown[]): Promise<AssocId> {
    const { addresses, port, options, timeoutMs } = destinationsOf(args);
    return this.#connectInit('connectxInit', addresses, port, options, timeoutMs);
  }

  send(assoc: AssocRef, stream: StreamId, data: IoData, options?: SendOptions): Promise<void>;
  send(info: SendInfo, data: IoData, options?: SendOptions): Promise<void>;
  send(first: AssocRef | SendInfo, second: StreamId | IoData, third?: IoData | SendOptions, fourth?: SendOptions): Promise<void> {
    if (!isStreamSend(first, second)) {
      return this.#send(infoRequest(first, toBytes(second)), checkSignal(third as SendOptions | undefined));
    }
    const assocId = typeof first === 'number' && first >>> 0 === first ? first : assocIdOf(first);
    const stream = checkStream(second);
    const data = toBytes(third);
    if (fourth !== undefined || !this.isOpen) return this.#send(plainRequest(assocId, stream, data), checkSignal(fourth));
    return this.#sends.sendPlain(assocId, stream, data);
  }

  eof(assoc: AssocRef): Promise<void> {
    return this.#send(eofRequest(assocIdOf(assoc)), undefined);
  }

  abort(assoc: AssocRef): Promise<void> {
    const assocId = assocIdOf(assoc);
    return this.#settled<SendReason>('abort', () => this.#sends.abort(assocId));
  }

  recv(timeoutMs: number = Number.POSITIVE_INFINITY, options?: WaitOptions): Promise<SctpReceived> {
    return this.receive(timeoutMs, options);
  }

  messages(options?: WaitOptions): AsyncGenerator<SctpItem, void, void> {
    checkSignal(options);
    return this.items(options, (item) => this.#setup.beside && endsAssociation(item));
  }

  [Symbol.asyncIterator](): AsyncGenerator<SctpItem, void, void> {
    return this.messages();
  }

  peeloff(self: AnySelf, assoc: AssocRef): SctpSocket {
    const owner = checkLivingCaller(self);
    const assocId = assocIdOf(assoc);
    if (!this.isOpen) throw this.closedError('peeloff');
    return this.chargedTo(owner, () => this.#leaving().peelOff(owner, assocId));
  }

  handOff(
    self: AnySelf,
    assoc: AssocRef,
    to: Pid<SocketMessage<SctpSocket>>,
    options?: { readonly active?: Active; readonly message?: undefined },
  ): SctpSocket;
  handOff<const M>(self: AnySelf, assoc: AssocRef, to: Pid<M>, options: HandoffOptions<SctpSocket, M>): SctpSocket;
  handOff(self: AnySelf, assoc: AssocRef, to: Pid, options: HandoffOptions<SctpSocket, unknown> = {}): SctpSocket {
    const caller = checkLivingCaller(self);
    const assocId = assocIdOf(assoc);
    checkPid(to, 'to');
    const plan = planHandoff(options);
    const made = this.#offspring(to);
    // Foreign code: it may do anything, so whatever is checked is checked after it.
    const first = plan.message === undefined ? ['socket', made.socket] : plan.message(made.socket);
    if (!this.isOpen) throw this.closedError('handOff');
    return this.chargedTo(caller, () => this.#leaving().handOff(made, assocId, to, first, plan.active));
  }

  bindx(addresses: string | readonly string[], how: 'add' | 'remove'): Promise<void> {
    const list: readonly unknown[] = Array.isArray(addresses) ? addresses : [addresses];
    const checked = list.map((address, index) => checkAddress(address, `addresses[${index}]`));
    if (how !== 'add' && how !== 'remove') throw new BadArg('how', "must be 'add' or 'remove'");
    return this.awaited('bindx', async () => {
      if (checked.length === 0) return;
      const looked = resolveWithin(checked, this.#setup.family, Number.POSITIVE_INFINITY, 'bindx');
      // Whatever a look-up gives, a socket that has been closed meanwhile is closed.
      const literals = await looked.catch((error: unknown) => {
        throw this.isOpen ? error : this.closedError('bindx');
      });
      await this.#settled<BindReason>('bindx', ({ stack, handle }) => stack.bindx(handle, literals, how === 'add'));
    });
  }

  resetStreams(assoc: AssocRef, request: StreamsToReset): Promise<void> {
    const assocId = assocIdOf(assoc);
    const { directions, streams } = checkReset(request);
    return this.#settled<ReconfigureReason>('resetStreams', ({ stack, handle }) =>
      stack.resetStreams(handle, assocId, directions, streams),
    );
  }

  resetAssoc(assoc: AssocRef): Promise<void> {
    const assocId = assocIdOf(assoc);
    return this.#settled<ReconfigureReason>('resetAssoc', ({ stack, handle }) => stack.resetAssociation(handle, assocId));
  }

  addStreams(assoc: AssocRef, request: StreamsToAdd): Promise<void> {
    const assocId = assocIdOf(assoc);
    const { inbound, outbound } = checkAdded(request);
    return this.#settled<ReconfigureReason>('addStreams', ({ stack, handle }) =>
      stack.addStreams(handle, assocId, inbound, outbound),
    );
  }

  /** For `server`: see `Acceptable`. */
  async admit(on: boolean): Promise<void> {
    await this.#comers().admit(on);
  }

  /** For `server`: see `Acceptable`. */
  get newcomersActive(): Active {
    return this.#newcomers?.active ?? false;
  }

  /** For `server`: see `Acceptable`. */
  async newcomers(self: AnySelf, atMost: number): Promise<readonly Newcomer<SctpSocket, SctpAssocChange>[]> {
    return this.#comers().newcomers(self, atMost);
  }

  /** For `server`: see `Acceptable`. */
  saysPeerHasGone(error: unknown): boolean {
    return saysPeerHasGone(error);
  }

  protected override release(): void {
    const { at, sends, connects, accepts, receives } = this.#parts;
    sends.flush();
    this.#environment.sockets.forget(at.handle);
    // Payload that is held here is unread as much as payload that the stack has (CL-10).
    at.stack.close(at.handle, receives.holdsPayload);
    if (sends.waiting > 0) sends.failAll(this.closedError('send'));
    connects.failAll();
    accepts.failAll('closed');
  }

  #comers(): Newcomers<SctpSocket> {
    this.#newcomers ??= newcomersOf<SctpSocket>(this, this.#setup.oneToOne ? this.#parts.accepts : undefined);
    return this.#newcomers;
  }

  /** The way by which associations leave this socket. */
  #leaving(): Beside<SctpSocket> {
    this.#beside ??= new Beside(this.#environment, this.#parts, (owner) => this.#offspring(owner));
    return this.#beside;
  }

  /** A one-to-one socket on this one's port and with its options, that the stack has not made yet. */
  #offspring(owner: Pid): Offspring<SctpSocket> {
    const { kept } = this.#parts.inForce;
    const socket = new SctpSocket(this.#environment, owner, {
      ...this.#setup,
      handle: noHandle,
      oneToOne: true,
      beside: true,
      kept,
    });
    const { at, inForce, receives } = socket.#parts;
    return { socket, at, inForce, receives, begin: (first) => socket.begin(first), release: () => socket.release() };
  }

  #send(request: SendRequest, signal: AbortSignal | undefined): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError(request.syscall));
    return this.#sends.send(request, signal);
  }

  /** The peer to associate with, with the options set for that. */
  #peer(addresses: readonly string[], port: PortOrService, plan: OptionPlan, syscall: string): Peer {
    const peer = this.#parts.connects.peer(addresses, port, syscall);
    this.apply(plan, syscall);
    return peer;
  }

  #connectInit(
    syscall: string,
    addresses: readonly string[],
    port: PortOrService,
    options: unknown,
    timeoutMs: number,
  ): Promise<AssocId> {
    const plan = planOptions(options);
    return this.awaited(syscall, () =>
      this.#parts.connects.begin(this.#peer(addresses, port, plan, syscall), timeoutMs, syscall),
    );
  }

  /** A call into the stack that is over at once; sends made before it go down first. */
  #settled<Reason extends string>(syscall: string, call: (at: StackSocket) => number): Promise<void> {
    return this.tried(syscall, () => {
      const { at, sends } = this.#parts;
      sends.flush();
      const result = call(at);
      if (result < 0) throw stackError<Reason>(at.stack, result, syscall);
      return done;
    });
  }
}
