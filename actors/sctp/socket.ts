/**
 * The SCTP socket as users have it: gen_sctp's functions as methods. Ownership, active modes, `recv` and handoff come from `SocketPort`, options, names
 * and what arrives from `SctpPort`; here are the calls of SCTP: associations, sending, addresses.
 *
 * All calls check their arguments first and throw `BadArg` at once. What fails later throws a `SocketError`, or rejects with it where a promise is
 * given; on a closed socket that is 'closed', for every call.
 *
 * One piece, and long, because it is the surface of gen_sctp: half of it says what each function promises, and the work is done elsewhere.
 */
import { flag } from '../../native/contract/sctp.js';
import { type AnySelf, BadArg, isAlive, type Pid } from '../../runtime/index.js';
import {
  type Acceptable,
  type AcceptReason,
  type Active,
  type ActiveStep,
  again,
  type BindReason,
  checkAddress,
  checkLivingCaller,
  checkPid,
  checkSignal,
  checkTimeout,
  type HandoffOptions,
  type ListenReason,
  literalAddress,
  type Newcomer,
  openActive,
  type PeeloffReason,
  type PortOrService,
  planHandoff,
  portNumber,
  type ReconfigureReason,
  type SendReason,
  SocketError,
  type WaitOptions,
} from '../socket/index.js';
import { type AcceptOutcome, backlogWord } from './accepts.js';
import { resolveWithin } from './connects.js';
import type { SctpEnvironment } from './environment.js';
import type { AssocId, SctpAssocChange, StreamId } from './events.js';
import { connectError, stackError } from './failure.js';
import { endsAssociation, type SctpItem, type SctpReceived, type SctpSocketMessage } from './messages.js';
import { Newcomers, saysPeerHasGone } from './newcomers.js';
import { type OptionList, type OptionPlan, planOptions, type SctpOptions } from './options.js';
import { SctpPort, type SocketSetup } from './sctpPort.js';
import {
  type AssocRef,
  assocIdOf,
  checkStream,
  eofRequest,
  type IoData,
  infoRequest,
  isStreamSend,
  nothing,
  plainRequest,
  type SendInfo,
  type SendOptions,
  type SendRequest,
  toBytes,
} from './sending.js';
import { destinationOf, destinationsOf, type SockAddr } from './sockAddr.js';
import { checkAdded, checkReset, type StreamsToAdd, type StreamsToReset } from './streams.js';

/** Options for a socket that is to connect, as an object or as Erlang's list. */
type ConnectOptions = SctpOptions | OptionList<SctpOptions>;

/** Stands for the handle of a socket that the stack has not made yet. The stack gives it to none. */
const noHandle = 0;

/** Given by every `send` that the stack took at once, so that the usual case allocates nothing. */
const sent: Promise<void> = Promise.resolve();

export class SctpSocket extends SctpPort implements Acceptable<SctpSocket, SctpAssocChange> {
  #newcomers: Newcomers | undefined;

  /** Sockets are made by `sctp.open`, `peeloff` and `accept`. */
  private constructor(environment: SctpEnvironment, owner: Pid, setup: SocketSetup) {
    super(environment, owner, setup);
  }

  /**
   * @internal Makes the socket of a new handle, which is its own from here on, and sets the options of `open`. Undefined if the owner has ended;
   * the handle is closed then, as it is if an option is refused.
   */
  static create(environment: SctpEnvironment, owner: Pid, setup: SocketSetup, plan: OptionPlan): SctpSocket | undefined {
    const socket = new SctpSocket(environment, owner, setup);
    environment.register(setup.handle, socket);
    let begun = false;
    try {
      socket.applyPlan({ ...plan, active: [] }, 'open');
      begun = socket.begin(openActive(plan.active));
    } finally {
      if (!begun) socket.release();
    }
    return begun ? socket : undefined;
  }

  /**
   * Accepts associations from others (true, or a backlog), or no more (false, 0) (LS-1..LS-6). They show up as comm_up events; at a socket of type
   * 'stream' they wait for `accept`, and nothing else is ever delivered to it (FC-39). As many may wait as the backlog says, and one more, as on
   * Linux; who comes then is refused. At a socket of type 'seqpacket' nobody waits, and only the backlog's being 0 matters.
   *
   * @param backlog true is 5; what is negative, or above the system's greatest (4096), is that
   * @throws SocketError 'einval' (a socket that has an association of its own), 'eaddrinuse' (LS-7), 'closed'
   */
  listen(backlog: boolean | number): Promise<void> {
    if (typeof backlog !== 'boolean' && !Number.isInteger(backlog)) {
      throw new BadArg('backlog', 'must be a boolean or an integer');
    }
    const waiting = backlogWord(backlog);
    return this.#settled<ListenReason>('listen', () => {
      const result = this.stack.listen(this.handle, waiting);
      if (result === 0 && waiting === 0) this.accepts.failAll('einval');
      return result;
    });
  }

  /**
   * The next association that comes to a listening socket of type 'stream', as a socket of its own, owned by the caller. It has this one's options
   * and its `active` value, count included, as in gen_tcp (FC-34); its first item is its comm_up. Several calls may wait, and are served in order;
   * the death of the caller ends its wait. Closing this socket does not touch accepted ones; what was not accepted is aborted (CL-13). gen_sctp
   * has no accept (OPN-10); this is RFC 6458 section 4.1.4.
   *
   * @param timeoutMs Infinity by default; 0 takes what is there
   * @throws SocketError 'einval' (not listening, or one-to-many), 'timeout', 'aborted', 'closed'; 'emfile' | 'enfile' | 'enomem': it can be accepted
   *   later
   */
  accept(self: AnySelf, timeoutMs: number = Number.POSITIVE_INFINITY, options?: WaitOptions): Promise<SctpSocket> {
    checkLivingCaller(self);
    checkTimeout(timeoutMs);
    const signal = checkSignal(options);
    if (!this.isOpen) return Promise.reject(this.charged(this.closedError('accept'), self.pid));
    if (!this.setup.oneToOne) {
      const detail =
        "associations of a socket of type 'seqpacket' are not accepted: each begins with a comm_up among the items, and `handOff` or `peeloff` makes it a socket";
      return Promise.reject(this.charged(new SocketError<AcceptReason>('einval', 'accept', { detail }), self.pid));
    }
    return this.accepts.accept(self, timeoutMs, signal);
  }

  /**
   * Associates with a peer and waits for the outcome: resolves with the `comm_up` change. Other items of the socket stay queued, in order, and
   * the change is not delivered again (CN-8, CN-12). `options` are set on the socket first and stay (CN-1). With a count as `active` the
   * outcome counts as one item (CN-15). After a timeout the attempt goes on, and its change comes as an ordinary item (CN-7).
   *
   * The peer is an address and a port, which may be a service's name (CN-3), or both in one as a `SockAddr` (CN-4).
   *
   * @param timeoutMs for look-up and handshake together; Infinity by default
   * @throws SocketError 'cant_assoc' | 'comm_lost' | 'restart' | 'shutdown_comp' with the change as `event`, 'timeout', 'closed',
   *   'nxdomain', 'eafnosupport', 'eisconn', 'ealready', 'eaddrnotavail', 'einval'
   */
  connect(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<SctpAssocChange>;
  connect(...args: readonly unknown[]): Promise<SctpAssocChange> {
    const { address, port, options, timeoutMs } = destinationOf(args);
    const plan = planOptions(options);
    if (!this.isOpen) return Promise.reject(this.closedError('connect'));
    try {
      const number = portNumber(port, 'sctp', 'connect');
      // What can be told to fail does so before anything is set.
      literalAddress(address, this.setup.family, 'connect');
      this.applyPlan(plan, 'connect');
      return this.connects.connect(this.owner, address, number, timeoutMs);
    } catch (error) {
      return this.refused(error);
    }
  }

  /**
   * Begins to associate with a peer; the outcome comes as an `sctp_assoc_change` item (CN-20). Resolves with the id of the association to be,
   * which the change carries. Arguments as in `connect`, but the timeout is only for the look-up (CN-21).
   */
  connectInit(address: string, port: number | string, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(sockAddr: SockAddr, options?: ConnectOptions, timeoutMs?: number): Promise<AssocId>;
  connectInit(...args: readonly unknown[]): Promise<AssocId> {
    const { address, port, options, timeoutMs } = destinationOf(args);
    return this.#connectInit([address], port, planOptions(options), timeoutMs, 'connectInit');
  }

  /**
   * As `connectInit`, to a peer that has several addresses: the handshake may use any of them, all become paths of the association (CN-30). Either 1
   * to 255 addresses and a port, or addresses with their ports, of which the last that is not 0 counts for all (CN-31, CN-33).
   *
   * @throws SocketError as `connect`, and 'enotsup' for several addresses on a stack that is single-homed (CN-34)
   */
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

  /**
   * Sends one message on a stream of an association, with the association's default parameters (SD-1); or, with an `sctp_sndrcvinfo`, exactly
   * as that says (SD-2). Resolves when the stack has taken it, which says nothing of the peer (SD-6). Without room it waits, and whatever is
   * sent after it to this association too, in order (SD-7, SD-8); the bytes must not be changed meanwhile. `options.signal` withdraws a send that waits.
   *
   * @throws SocketError 'epipe' (no such association), 'eshutdown', 'einval' (no such stream, or no data), 'emsgsize', 'eagain' (with
   *   `nonBlockSend`), 'enotsup' (a `prPolicy` that this stack does not have), 'aborted', 'closed' (SD-10)
   */
  send(assoc: AssocRef, stream: StreamId, data: IoData, options?: SendOptions): Promise<void>;
  send(info: SendInfo, data: IoData, options?: SendOptions): Promise<void>;
  send(first: AssocRef | SendInfo, second: StreamId | IoData, third?: IoData | SendOptions, fourth?: SendOptions): Promise<void> {
    if (!isStreamSend(first, second)) {
      return this.#send(infoRequest(first, toBytes(second)), checkSignal(third as SendOptions | undefined));
    }
    const assocId = typeof first === 'number' && first >>> 0 === first ? first : assocIdOf(first);
    const stream = checkStream(second);
    const data = third instanceof Uint8Array ? third : toBytes(third);
    const { gathering } = this;
    if (fourth !== undefined || !this.isOpen || !this.sends.isEmpty || gathering.isOn) {
      return this.#send(plainRequest(assocId, stream, data), checkSignal(fourth));
    }
    const result = gathering.stack.send(this.handle, assocId, stream, 0, 0, 0, 0, true, data);
    if (result !== 0) {
      const request = plainRequest(assocId, stream, data);
      return this.#unsent(this.unsentOutcome(result, request), request);
    }
    this.sentTraffic.add(data.length);
    gathering.begin();
    return sent;
  }

  /**
   * The next item of any association, in passive mode: data or an event, also one that tells of an error (RV-1, RV-2, RV-16). It rejects when there is
   * no next item. One call may wait at a time (RV-6).
   *
   * @param timeoutMs Infinity by default; 0 takes what is there
   * @param options `signal` ends the wait; an actor that is not the owner gives its `self`, so that its death does (RV-14)
   * @throws SocketError 'timeout', 'einval' (the socket is active), 'ealready' (another call waits), 'closed', 'aborted'
   */
  recv(timeoutMs: number = Number.POSITIVE_INFINITY, options?: WaitOptions): Promise<SctpReceived> {
    return this.receive(timeoutMs, options);
  }

  /** As `messages`, without a signal: `for await (const [ip, port, anc, content] of socket)`. */
  [Symbol.asyncIterator](): AsyncGenerator<SctpItem, void, void> {
    return this.messages();
  }

  /**
   * Everything that a passive socket receives, until it is closed; and of a socket that was handed off, peeled off or accepted, until its association has
   * ended: the event that says so, and what could not be sent, are the last items. Each turn is a `recv`, with its errors. Leaving the loop leaves the socket
   * open.
   *
   * @param options as of `recv`: an actor that is not the owner gives its `self`, so that its death ends the loop (RV-14)
   */
  messages(options?: WaitOptions): AsyncGenerator<SctpItem, void, void> {
    checkSignal(options);
    return this.#messages(options);
  }

  async *#messages(options: WaitOptions | undefined): AsyncGenerator<SctpItem, void, void> {
    let isOver = false;
    for (;;) {
      let item: SctpItem;
      try {
        item = await this.recv(isOver ? 0 : Number.POSITIVE_INFINITY, options);
      } catch (error) {
        if (this.isOpen && !isOver) throw error;
        return;
      }
      isOver ||= this.setup.beside && endsAssociation(item);
      yield item;
    }
  }

  /** For `server`: see `Acceptable`. */
  async admit(on: boolean): Promise<void> {
    this.#newcomers ??= new Newcomers(this, this.setup.oneToOne);
    await this.#newcomers.admit(on);
  }

  /** For `server`: see `Acceptable`. */
  get newcomersActive(): Active {
    return this.#newcomers?.active ?? false;
  }

  /** For `server`: see `Acceptable`. */
  async newcomer(self: AnySelf): Promise<Newcomer<SctpSocket, SctpAssocChange>> {
    this.#newcomers ??= new Newcomers(this, this.setup.oneToOne);
    return this.#newcomers.next(self);
  }

  /** For `server`: see `Acceptable`. */
  saysPeerHasGone(error: unknown): boolean {
    return saysPeerHasGone(error);
  }

  /** Closes the socket at the end of an `await using` (CL-7). */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  /** Closes the socket at the end of a `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Ends an association when everything sent has arrived (AS-2). It waits its turn behind waiting sends. @throws SocketError as `send` */
  eof(assoc: AssocRef): Promise<void> {
    return this.#send(eofRequest(assocIdOf(assoc)), undefined);
  }

  /** Ends an association at once; what was not sent is dropped (AS-2). @throws SocketError 'epipe', 'einval' (a socket of type 'stream'), 'closed' */
  abort(assoc: AssocRef): Promise<void> {
    const assocId = assocIdOf(assoc);
    return this.#settled<SendReason>('abort', () => {
      const result = this.stack.send(this.handle, assocId, 0, flag.abort, 0, 0, 0, false, nothing);
      this.sends.retry(this.laneOf(assocId));
      return result;
    });
  }

  /**
   * Makes an association a socket of its own, owned by the caller (PO-3), with the options of this one and its `active` value, count
   * included (PO-4, PO-5). Items that wait for the association move along, in order; messages already in a mailbox do not (PO-7).
   *
   * @throws SocketError 'einval' (no such association, or a one-to-one socket; or the new socket refuses an option, and is closed with its
   *   association), 'ebusy' (a send or connect of it waits), 'closed'; 'emfile' | 'enfile' | 'enomem': nothing has happened
   */
  peeloff(self: AnySelf, assoc: AssocRef): SctpSocket {
    const owner = checkLivingCaller(self);
    const assocId = assocIdOf(assoc);
    if (!this.isOpen) throw this.closedError('peeloff');
    return this.chargedTo(owner, () => {
      const handle = this.#peelOff(assocId, 'peeloff');
      const made = new SctpSocket(this.environment, owner, this.#setupBeside);
      return this.#beginBeside(made, handle, 'peeloff', () => this.moveHeld(made, assocId));
    });
  }

  /**
   * Peels an association off and gives it to another actor, in one step. `to` gets a message that says so, `['socket', socket]` or `options.message`; then
   * everything of the association that waits in the mailbox of this socket's owner, data and events, in order and with the new socket in it; then what
   * comes. So nothing is lost, and a new owner knows what it owns before it is sent anything of it. `to` may be the caller.
   *
   * The new socket has the options of this one, and its `active` value, count included, unless `options.active` says another.
   *
   * @example socket.handOff(self, change, session, { active: 10, message: (socket) => ['yours', socket] })
   * @throws BadArg unless `to` is a Pid, or naming an option
   * @throws SocketError as `peeloff`, and 'badarg' (`to` has ended); nothing has happened then
   */
  handOff(
    self: AnySelf,
    assoc: AssocRef,
    to: Pid<SctpSocketMessage>,
    options?: { readonly active?: Active; readonly message?: undefined },
  ): SctpSocket;
  handOff<const M>(self: AnySelf, assoc: AssocRef, to: Pid<M>, options: HandoffOptions<SctpSocket, M>): SctpSocket;
  handOff(self: AnySelf, assoc: AssocRef, to: Pid, options: HandoffOptions<SctpSocket, unknown> = {}): SctpSocket {
    const caller = checkLivingCaller(self);
    const assocId = assocIdOf(assoc);
    checkPid(to, 'to');
    const plan = planHandoff(options);
    const made = new SctpSocket(this.environment, to, this.#setupBeside);
    // Foreign code: it may do anything, so whatever is checked is checked after it.
    const first = plan.message === undefined ? ['socket', made] : plan.message(made);
    if (!this.isOpen) throw this.closedError('handOff');
    return this.chargedTo(caller, () => {
      if (!isAlive(to))
        throw new SocketError<PeeloffReason>('badarg', 'handOff', {
          detail: '`to` has ended, and the association stays here: name an actor that is alive',
        });
      const handle = this.#peelOff(assocId, 'handOff');
      const move = () => {
        made.tellOwner(first);
        this.moveMessagesOf(assocId, made);
        this.moveHeld(made, assocId);
      };
      return this.#beginBeside(made, handle, 'handOff', move, plan.active);
    });
  }

  /**
   * Adds local addresses to the socket, or takes some away: all of them or, if one is refused, none. Existing associations follow if both ends have
   * address re-configuration enabled (RFC 5061). Beyond OTP, which has it inside only (MH-9); RFC 6458 section 9.1. No addresses: nothing happens.
   *
   * @throws SocketError 'eaddrnotavail', 'eaddrinuse', 'einval' (bound already, or to any, or not bound), 'ebusy' (the last one cannot be removed),
   *   'nxdomain', 'enotsup' (a single-homed stack), 'closed'
   */
  bindx(addresses: string | readonly string[], how: 'add' | 'remove'): Promise<void> {
    const list: readonly unknown[] = Array.isArray(addresses) ? addresses : [addresses];
    const checked = list.map((address, index) => checkAddress(address, `addresses[${index}]`));
    if (how !== 'add' && how !== 'remove') throw new BadArg('how', "must be 'add' or 'remove'");
    if (checked.length === 0) return this.isOpen ? sent : Promise.reject(this.closedError('bindx'));
    return this.#bindx(checked, how === 'add');
  }

  /**
   * Asks for streams of an association to begin anew, their sequence numbers at 0 (RFC 6525): 'outgoing' ones, those that are 'incoming', or 'both'; all
   * of them unless `streams` lists some. It has to be supported by both ends (`sctpReconfigSupported`, before
   * they associate) and enabled (`sctpEnableStreamReset`); the outcome comes as an
   * `sctp_stream_reset_event`. @throws SocketError 'enoprotoopt' (not enabled), 'einprogress', 'einval', 'enotsup', 'closed'
   */
  resetStreams(assoc: AssocRef, request: StreamsToReset): Promise<void> {
    const assocId = assocIdOf(assoc);
    const { directions, streams } = checkReset(request);
    return this.#settled<ReconfigureReason>('resetStreams', () =>
      this.stack.resetStreams(this.handle, assocId, directions, streams),
    );
  }

  /** Asks for all streams and the transmission sequence numbers to begin anew, as `resetStreams`; tells by an `sctp_assoc_reset_event`. */
  resetAssoc(assoc: AssocRef): Promise<void> {
    const assocId = assocIdOf(assoc);
    return this.#settled<ReconfigureReason>('resetAssoc', () => this.stack.resetAssociation(this.handle, assocId));
  }

  /** Asks for more streams, as `resetStreams`; tells by an `sctp_stream_change_event`. */
  addStreams(assoc: AssocRef, request: StreamsToAdd): Promise<void> {
    const assocId = assocIdOf(assoc);
    const { inbound, outbound } = checkAdded(request);
    return this.#settled<ReconfigureReason>('addStreams', () => this.stack.addStreams(this.handle, assocId, inbound, outbound));
  }

  protected override takeAccepted(owner: Pid): AcceptOutcome<SctpSocket> {
    const handle = this.stack.accept(this.handle);
    if (handle === again) return 'nobody';
    if (handle < 0) return stackError<AcceptReason>(this.stack, handle, 'accept');
    try {
      return this.#beginBeside(new SctpSocket(this.environment, owner, this.#setupBeside), handle, 'accept', () => undefined);
    } catch (error) {
      return error as SocketError;
    }
  }

  /** Of a one-to-one socket on this one's port and with its options, that the stack has not made yet. */
  get #setupBeside(): SocketSetup {
    return { ...this.setup, handle: noHandle, oneToOne: true, beside: true, kept: this.options.kept };
  }

  /** Has the stack make a socket of an association. @throws SocketError with nothing changed */
  #peelOff(assocId: number, syscall: 'peeloff' | 'handOff'): number {
    this.gathering.flush();
    if (this.connects.has(assocId) || this.sends.hasWaiting(assocId)) {
      throw new SocketError<PeeloffReason>('ebusy', syscall);
    }
    const handle = this.stack.peeloff(this.handle, assocId);
    if (handle < 0) throw stackError<PeeloffReason>(this.stack, handle, syscall);
    return handle;
  }

  /**
   * `made` becomes what the stack has made: with this one's options and, unless `active` says another, begun as this one is; `move` gives it what came for
   * it before. @throws SocketError if it cannot have the options (PO-5)
   */
  #beginBeside(
    made: SctpSocket,
    handle: number,
    syscall: 'peeloff' | 'handOff' | 'accept',
    move: () => void,
    active: ActiveStep = { state: this.activeState, passiveMessages: 0 },
  ): SctpSocket {
    try {
      this.options.handOnTo(handle, syscall);
    } catch (error) {
      this.stack.close(handle, false);
      throw error;
    }
    made.adopt(handle);
    this.environment.register(handle, made);
    move();
    if (made.begin(active)) return made;
    made.release();
    throw new SocketError<PeeloffReason>('not_alive', syscall);
  }

  async #bindx(addresses: readonly string[], add: boolean): Promise<void> {
    if (!this.isOpen) throw this.closedError('bindx');
    const caller = this.owner;
    const literals = await this.#lookedUp(addresses, Number.POSITIVE_INFINITY, 'bindx').catch((error: Error) => {
      throw this.charged(error, caller);
    });
    await this.#settled<BindReason>('bindx', () => this.stack.bindx(this.handle, literals, add));
  }

  /** Whatever a look-up gives, a socket that has been closed meanwhile is closed. */
  #lookedUp(addresses: readonly string[], timeoutMs: number, syscall: string): Promise<readonly string[]> {
    return resolveWithin(addresses, this.setup.family, timeoutMs, syscall).finally(() => {
      if (!this.isOpen) throw this.closedError(syscall);
    });
  }

  async #connectInit(
    addresses: readonly string[],
    portOrService: PortOrService,
    plan: OptionPlan,
    timeoutMs: number,
    syscall: string,
  ): Promise<AssocId> {
    const caller = this.owner;
    try {
      return await this.#beginConnect(addresses, portOrService, plan, timeoutMs, syscall);
    } catch (error) {
      throw this.charged(error as Error, caller);
    }
  }

  async #beginConnect(
    addresses: readonly string[],
    portOrService: PortOrService,
    plan: OptionPlan,
    timeoutMs: number,
    syscall: string,
  ): Promise<AssocId> {
    if (!this.isOpen) throw this.closedError(syscall);
    const port = portNumber(portOrService, 'sctp', syscall);
    const { family } = this.setup;
    const literals = addresses.map((address) => literalAddress(address, family, syscall));
    this.applyPlan(plan, syscall);
    // What needs no look-up takes no time.
    const known = literals.every((literal) => literal !== undefined);
    const peers = known ? literals : await this.#lookedUp(addresses, timeoutMs, syscall);
    const assocId = this.stack.connect(this.handle, peers, port, false);
    if (assocId >= 0) return assocId;
    throw connectError(this.stack, assocId, syscall, addresses, port);
  }

  #send(request: SendRequest, signal: AbortSignal | undefined): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError(request.syscall));
    if (signal?.aborted) return this.refused(new SocketError<SendReason>('aborted', request.syscall));
    if (this.gathering.isOn && !this.options.nonBlockSend) return this.gathering.add(request, signal, this.owner);
    const outcome = this.sends.hasWaiting(this.laneOf(request.assocId)) ? 'full' : this.attemptSend(request);
    return outcome === 'taken' ? sent : this.#unsent(outcome, request, signal);
  }

  #unsent(outcome: 'taken' | 'full' | Error, request: SendRequest, signal?: AbortSignal): Promise<void> {
    if (outcome instanceof Error) return this.refused(outcome);
    if (this.options.nonBlockSend) return this.refused(new SocketError<SendReason>('eagain', request.syscall));
    return this.sends.wait(request, signal, this.owner);
  }

  /** A call into the stack that is over at once, as a promise. */
  #settled<Reason extends string>(syscall: string, call: () => number): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError(syscall));
    const result = call();
    return result < 0 ? this.refused(stackError<Reason>(this.stack, result, syscall)) : sent;
  }
}
