/**
 * The SCTP socket as users have it. What each call does is written in calls.ts; here the calls check their arguments and go to the parts that a socket is made
 * of: the way of a send (sendPath.ts) and of what is received (receivePath.ts), connects, accepts, options, and associations that become sockets of their own
 * (beside.ts). A call that must find earlier sends with the stack says so by `flush`.
 */
import { type AnySelf, BadArg, type Pid } from '../../runtime/index.js';
import {
  type Acceptable,
  type AcceptReason,
  Accepts,
  type Active,
  activeValue,
  backlogWord,
  checkAddress,
  checkLivingCaller,
  checkPid,
  checkSignal,
  checkTimeout,
  type Family,
  flowOfPort,
  type Getstat,
  type HandoffOptions,
  type ListenReason,
  type Newcomer,
  openActive,
  type PortOrService,
  planHandoff,
  resolveWithin,
  SocketError,
  type SocketMessage,
  SocketPort,
  statistics,
  type WaitOptions,
} from '../socket/index.js';
import { Beside, type Offspring } from './beside.js';
import type { ConnectOptions, SctpCalls } from './calls.js';
import { Connects } from './connects.js';
import type { SctpEnvironment } from './environment.js';
import type { AssocId, SctpAssocChange, StreamId } from './events.js';
import { stackError } from './failure.js';
import { heldBytes, type SctpSocketInfo, stackInfo } from './info.js';
import { ownNames, peerNames, type SockAddress } from './names.js';
import { Newcomers, saysPeerHasGone } from './newcomers.js';
import {
  checkOptionNames,
  type OptionList,
  type OptionNames,
  type OptionPlan,
  planOptions,
  type SctpOptions,
  type SctpReadableOptions,
  soleActive,
} from './options.js';
import { type KeptOptions, OptionsInForce } from './optionsInForce.js';
import type { BindReason, ReconfigureReason, SendReason } from './reasons.js';
import { endsAssociation, type SctpItem, type SctpReceived, sctpTags } from './received.js';
import { ReceivePath, SctpSource } from './receivePath.js';
import {
  type AssocRef,
  assocIdOf,
  checkStream,
  eofRequest,
  type IoData,
  infoRequest,
  isStreamSend,
  plainRequest,
  type SendInfo,
  type SendOptions,
  type SendRequest,
  toBytes,
} from './sending.js';
import { SendPath } from './sendPath.js';
import { destinationOf, destinationsOf, type SockAddr } from './sockAddr.js';
import { SocketOptions } from './socketOptions.js';
import { noHandle, StackSocket } from './stackSocket.js';
import { checkAdded, checkReset, type StreamsToAdd, type StreamsToReset } from './streams.js';

/** What a socket is made of. */
export interface SocketSetup {
  readonly handle: number;
  readonly family: Family;
  readonly oneToOne: boolean;
  /** It was peeled off or accepted: it serves the one association that it was made for. */
  readonly beside: boolean;
  readonly port: number;
  readonly kept: KeptOptions;
}

type Environment = SctpEnvironment<ReceivePath<SctpSocket>>;

const done: Promise<void> = Promise.resolve();

export class SctpSocket
  extends SocketPort<SctpReceived>
  implements SctpCalls<SctpSocket>, Acceptable<SctpSocket, SctpAssocChange>
{
  readonly #environment: Environment;
  readonly #setup: SocketSetup;
  readonly #at: StackSocket;
  readonly #inForce: OptionsInForce;
  readonly #options: SocketOptions;
  readonly #sends: SendPath;
  readonly #connects: Connects;
  readonly #accepts: Accepts<SctpSocket>;
  readonly #receives: ReceivePath<SctpSocket>;
  readonly #beside: Beside<SctpSocket>;
  #newcomers: Newcomers<SctpSocket> | undefined;

  /** Sockets are made by `sctp.open`, `peeloff`, `handOff` and `accept`. */
  private constructor(environment: Environment, owner: Pid, setup: SocketSetup) {
    const at = new StackSocket(environment.stack, setup.handle, setup.oneToOne);
    const options = new OptionsInForce(at, setup.kept);
    super(owner, sctpTags, new SctpSource(environment, at, options));
    const flow = this[flowOfPort];
    const sends = new SendPath(at, environment.sendBatch, options);
    const connects = new Connects(at, setup.family);
    const accepts = new Accepts<SctpSocket>((self) => this.#beside.accept(self.pid));
    const { reader } = environment;
    const receives = new ReceivePath({ socket: this, flow, reader, options, sends, connects, accepts, at });
    const make = (of: Pid): Offspring<SctpSocket> => this.#offspring(of);
    this.#environment = environment;
    this.#setup = setup;
    this.#at = at;
    this.#inForce = options;
    this.#options = new SocketOptions(options, flow);
    this.#sends = sends;
    this.#connects = connects;
    this.#accepts = accepts;
    this.#receives = receives;
    this.#beside = new Beside({ environment, at, flow, options, sends, connects, receives, make });
  }

  /**
   * @internal Makes the socket of a new handle, which is its own from here on, and sets the options of `open`. Undefined if the owner has ended;
   * the handle is closed then, as it is if an option is refused.
   */
  static create(environment: Environment, owner: Pid, setup: SocketSetup, plan: OptionPlan): SctpSocket | undefined {
    const socket = new SctpSocket(environment, owner, setup);
    environment.sockets.register(setup.handle, socket.#receives);
    let begun = false;
    try {
      socket.#options.apply({ ...plan, active: [] }, 'open');
      begun = socket.begin(openActive(plan.active));
    } finally {
      if (!begun) socket.release();
    }
    return begun ? socket : undefined;
  }

  get port(): number {
    return this.#setup.port;
  }

  listen(backlog: boolean | number): Promise<void> {
    const waiting = backlogWord(backlog);
    return this.#settled<ListenReason>('listen', () => {
      const result = this.#at.stack.listen(this.#at.handle, waiting);
      if (result === 0 && waiting === 0) this.#accepts.failAll('einval');
      return result;
    });
  }

  accept(self: AnySelf, timeoutMs: number = Number.POSITIVE_INFINITY, options?: WaitOptions): Promise<SctpSocket> {
    checkLivingCaller(self);
    checkTimeout(timeoutMs);
    const signal = checkSignal(options);
    if (!this.isOpen) return Promise.reject(this.charged(this.closedError('accept'), self.pid));
    if (!this.#setup.oneToOne) {
      const detail =
        "associations of a socket of type 'seqpacket' are not accepted: each begins with a comm_up among the items, and `handOff` or `peeloff` makes it a socket";
      return Promise.reject(this.charged(new SocketError<AcceptReason>('einval', 'accept', { detail }), self.pid));
    }
    return this.#accepts.accept(self, timeoutMs, signal);
  }

  connect(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(...args: readonly unknown[]): Promise<SctpAssocChange> {
    const { address, port, options, timeoutMs } = destinationOf(args);
    const plan = planOptions(options);
    if (!this.isOpen) return Promise.reject(this.closedError('connect'));
    try {
      const peer = this.#connects.peer([address], port, 'connect');
      this.#apply(plan, 'connect');
      return this.#connects.connect(this.owner, peer, timeoutMs);
    } catch (error) {
      return this.refused(error);
    }
  }

  connectInit(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(...args: readonly unknown[]): Promise<AssocId> {
    const { address, port, options, timeoutMs } = destinationOf(args);
    return this.#connectInit([address], port, planOptions(options), timeoutMs, 'connectInit');
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
    return this.#connectInit(addresses, port, planOptions(options), timeoutMs, 'connectxInit');
  }

  send(assoc: AssocRef, stream: StreamId, data: IoData, options?: SendOptions): Promise<void>;
  send(info: SendInfo, data: IoData, options?: SendOptions): Promise<void>;
  send(first: AssocRef | SendInfo, second: StreamId | IoData, third?: IoData | SendOptions, fourth?: SendOptions): Promise<void> {
    if (!isStreamSend(first, second)) {
      return this.#send(infoRequest(first, toBytes(second)), checkSignal(third as SendOptions | undefined));
    }
    const assocId = typeof first === 'number' && first >>> 0 === first ? first : assocIdOf(first);
    const stream = checkStream(second);
    const data = third instanceof Uint8Array ? third : toBytes(third);
    if (fourth !== undefined || !this.isOpen) return this.#send(plainRequest(assocId, stream, data), checkSignal(fourth));
    return this.#sends.sendPlain(assocId, stream, data, this.owner);
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
    return this.chargedTo(owner, () => this.#beside.peelOff(owner, assocId));
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
    return this.chargedTo(caller, () => this.#beside.handOff(made, assocId, to, first, plan.active));
  }

  bindx(addresses: string | readonly string[], how: 'add' | 'remove'): Promise<void> {
    const list: readonly unknown[] = Array.isArray(addresses) ? addresses : [addresses];
    const checked = list.map((address, index) => checkAddress(address, `addresses[${index}]`));
    if (how !== 'add' && how !== 'remove') throw new BadArg('how', "must be 'add' or 'remove'");
    if (checked.length === 0) return this.isOpen ? done : Promise.reject(this.closedError('bindx'));
    return this.#bindx(checked, how === 'add');
  }

  resetStreams(assoc: AssocRef, request: StreamsToReset): Promise<void> {
    const assocId = assocIdOf(assoc);
    const { directions, streams } = checkReset(request);
    const { stack, handle } = this.#at;
    return this.#settled<ReconfigureReason>('resetStreams', () => stack.resetStreams(handle, assocId, directions, streams));
  }

  resetAssoc(assoc: AssocRef): Promise<void> {
    const assocId = assocIdOf(assoc);
    const { stack, handle } = this.#at;
    return this.#settled<ReconfigureReason>('resetAssoc', () => stack.resetAssociation(handle, assocId));
  }

  addStreams(assoc: AssocRef, request: StreamsToAdd): Promise<void> {
    const assocId = assocIdOf(assoc);
    const { inbound, outbound } = checkAdded(request);
    const { stack, handle } = this.#at;
    return this.#settled<ReconfigureReason>('addStreams', () => stack.addStreams(handle, assocId, inbound, outbound));
  }

  setopts(options: SctpOptions | OptionList<SctpOptions>): void {
    const active = soleActive(options);
    const plan = active === undefined ? planOptions(options) : undefined;
    if (!this.isOpen) throw this.closedError('setopts');
    try {
      if (plan !== undefined) this.#apply(plan, 'setopts');
      else this.#options.setActive(active!, 'setopts');
    } catch (error) {
      throw this.charged(error as Error);
    }
  }

  getopts<Name extends keyof SctpReadableOptions>(names: OptionNames<Name>): Pick<SctpReadableOptions, Name> {
    const asked = checkOptionNames(names);
    if (!this.isOpen) throw this.closedError('getopts');
    this.#sends.flush();
    return this.#options.read(asked) as Pick<SctpReadableOptions, Name>;
  }

  sockname(): SockAddress {
    return this.#told('sockname', () => ownNames(this.#at, 0, 'sockname').at(-1)!);
  }

  socknames(assoc?: AssocRef): SockAddress[] {
    const assocId = assoc === undefined ? 0 : assocIdOf(assoc);
    return this.#told('socknames', () => ownNames(this.#at, assocId, 'socknames'));
  }

  peername(assoc?: AssocRef): SockAddress {
    const assocId = assoc === undefined ? undefined : assocIdOf(assoc);
    return this.#told('peername', () => peerNames(this.#at, assocId, 'peername')[0]!);
  }

  peernames(assoc?: AssocRef): SockAddress[] {
    const assocId = assoc === undefined ? undefined : assocIdOf(assoc);
    return this.#told('peernames', () => peerNames(this.#at, assocId, 'peernames'));
  }

  getstat(): Getstat {
    return this.#told('getstat', () => {
      this.#sends.flush();
      const pending = { recv: heldBytes(this.#at, 0).bytes, send: this.#sends.waitingBytes };
      return statistics(this.#receives.traffic, this.#sends.traffic, pending);
    });
  }

  info(assoc?: AssocRef): SctpSocketInfo {
    const assocId = assoc === undefined ? 0 : assocIdOf(assoc);
    return this.#told('info', () => {
      this.#sends.flush();
      return {
        owner: this.owner,
        port: this.port,
        active: activeValue(this[flowOfPort].active),
        waitingSends: this.#sends.waiting,
        waitingConnects: this.#connects.size,
        waitingAccepts: this.#accepts.size,
        ...stackInfo(this.#at, assocId),
      };
    });
  }

  /** For `server`: see `Acceptable`. */
  async admit(on: boolean): Promise<void> {
    this.#newcomers ??= new Newcomers<SctpSocket>(this, this.#setup.oneToOne);
    await this.#newcomers.admit(on);
  }

  /** For `server`: see `Acceptable`. */
  get newcomersActive(): Active {
    return this.#newcomers?.active ?? false;
  }

  /** For `server`: see `Acceptable`. */
  async newcomer(self: AnySelf): Promise<Newcomer<SctpSocket, SctpAssocChange>> {
    this.#newcomers ??= new Newcomers<SctpSocket>(this, this.#setup.oneToOne);
    return this.#newcomers.next(self);
  }

  /** For `server`: see `Acceptable`. */
  saysPeerHasGone(error: unknown): boolean {
    return saysPeerHasGone(error);
  }

  protected override release(): void {
    this.#sends.flush();
    const { stack, handle } = this.#at;
    this.#environment.sockets.forget(handle);
    // Payload that is held here is unread as much as payload that the stack has (CL-10).
    stack.close(handle, this.#receives.holdsPayload);
    this.#sends.failAll(this.closedError('send'));
    this.#connects.failAll();
    this.#accepts.failAll('closed');
  }

  /** A one-to-one socket on this one's port and with its options, that the stack has not made yet. */
  #offspring(owner: Pid): Offspring<SctpSocket> {
    const setup = { ...this.#setup, handle: noHandle, oneToOne: true, beside: true, kept: this.#inForce.kept };
    const socket = new SctpSocket(this.#environment, owner, setup);
    return {
      socket,
      at: socket.#at,
      options: socket.#inForce,
      receives: socket.#receives,
      begin: (first) => socket.begin(first),
      release: () => socket.release(),
    };
  }

  #send(request: SendRequest, signal: AbortSignal | undefined): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError(request.syscall));
    return this.#sends.send(request, signal, this.owner);
  }

  /** Sets options; sends made before go down with the former ones. */
  #apply(plan: OptionPlan, syscall: string): void {
    this.#sends.flush();
    this.#options.apply(plan, syscall);
  }

  async #connectInit(
    addresses: readonly string[],
    port: PortOrService,
    plan: OptionPlan,
    timeoutMs: number,
    syscall: string,
  ): Promise<AssocId> {
    const caller = this.owner;
    try {
      if (!this.isOpen) throw this.closedError(syscall);
      const peer = this.#connects.peer(addresses, port, syscall);
      this.#apply(plan, syscall);
      return await this.#connects.begin(peer, timeoutMs, syscall);
    } catch (error) {
      throw this.charged(error as Error, caller);
    }
  }

  async #bindx(addresses: readonly string[], add: boolean): Promise<void> {
    if (!this.isOpen) throw this.closedError('bindx');
    const caller = this.owner;
    const { stack, handle } = this.#at;
    const looked = resolveWithin(addresses, this.#setup.family, Number.POSITIVE_INFINITY, 'bindx');
    const literals = await looked.catch((error: Error) => {
      // Whatever a look-up gives, a socket that has been closed meanwhile is closed.
      throw this.isOpen ? this.charged(error, caller) : this.closedError('bindx');
    });
    await this.#settled<BindReason>('bindx', () => stack.bindx(handle, literals, add));
  }

  /** A call into the stack that is over at once, as a promise; sends made before it go down first. */
  #settled<Reason extends string>(syscall: string, call: () => number): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError(syscall));
    this.#sends.flush();
    const result = call();
    return result < 0 ? this.refused(stackError<Reason>(this.#at.stack, result, syscall)) : done;
  }

  /** A call that asks how things are. */
  #told<T>(syscall: string, ask: () => T): T {
    if (!this.isOpen) throw this.closedError(syscall);
    return this.chargedTo(this.owner, ask);
  }
}
