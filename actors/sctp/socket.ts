/**
 * The SCTP socket as users have it: gen_sctp's functions as methods. Ownership, active modes, `recv` and handoff come from `SocketPort`; here is what
 * is SCTP's own: associations, sending, options, names.
 *
 * All calls check their arguments first and throw `BadArg` at once. What fails later throws a `SocketError`, or rejects with it where a promise is
 * given; on a closed socket that is 'closed', for every call.
 *
 * One piece, and long, because it is the surface of gen_sctp: half of it says what each function promises, and the work is done elsewhere.
 */
import { flag, type Handle, kind, record, type SctpStack } from '../../native/contract.js';
import { type AnySelf, BadArg, type Pid } from '../../runtime/index.js';
import {
  type Active,
  type ActiveStep,
  activeValue,
  type ConnectReason,
  checkAddress,
  checkLivingCaller,
  checkPort,
  checkTimeout,
  errnoError,
  type Family,
  type ListenReason,
  literalAddress,
  type OptionReason,
  openActive,
  type PeeloffReason,
  type SendOutcome,
  SendQueue,
  type SendReason,
  SocketError,
  SocketPort,
  setActiveList,
  type WaitOptions,
} from '../socket/index.js';
import { Connects, resolveWithin } from './connects.js';
import type { RecordReader } from './decode.js';
import type { SctpEnvironment } from './environment.js';
import type { AssocId, SctpAssocChange, StreamId } from './events.js';
import { type SctpReceived, sctpTags } from './messages.js';
import { boundNames, peerNames, type SockAddress } from './names.js';
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
import { again } from './port.js';
import {
  type AssocRef,
  assocIdOf,
  checkStream,
  eofRequest,
  type IoData,
  infoRequest,
  nothing,
  plainRequest,
  type SendInfo,
  type SendRequest,
  toBytes,
} from './sending.js';
import { type KeptOptions, SocketOptions } from './socketOptions.js';

/** What a socket is made of. */
export interface SocketSetup {
  readonly handle: Handle;
  readonly family: Family;
  readonly oneToOne: boolean;
  readonly port: number;
  readonly kept: KeptOptions;
}

/** What is known of a socket at the moment (OW-7). */
export interface SctpSocketInfo {
  readonly owner: Pid;
  readonly stack: SctpStack['name'];
  readonly type: 'seqpacket' | 'stream';
  readonly port: number;
  readonly active: Active;
  /** Bytes received and not taken by the owner, as the stack's window counts them; bytes sent and not acknowledged. */
  readonly queuedBytes: readonly [received: number, sent: number];
  /** Sends and connects that wait. */
  readonly waitingSends: number;
  readonly waitingConnects: number;
}

/** Given by every `send` that the stack took at once, so that the usual case allocates nothing. */
const sent: Promise<void> = Promise.resolve();

export class SctpSocket extends SocketPort<SctpReceived> {
  readonly #environment: SctpEnvironment;
  readonly #stack: SctpStack;
  readonly #reader: RecordReader;
  readonly #setup: SocketSetup;
  readonly #handle: Handle;
  readonly #options: SocketOptions;
  readonly #sends: SendQueue<SendRequest>;
  readonly #connects: Connects;
  /** The stack has said that a refused send may be tried again. */
  #roomCame = false;

  /** Sockets are made by `sctp.open` and `peeloff`. */
  private constructor(environment: SctpEnvironment, owner: Pid, setup: SocketSetup) {
    super(owner, sctpTags);
    this.#environment = environment;
    this.#stack = environment.stack;
    this.#reader = environment.reader;
    this.#setup = setup;
    this.#handle = setup.handle;
    this.#options = new SocketOptions(this.#stack, setup.handle, setup.kept);
    this.setWatermarks(setup.kept.highMsgqWatermark, setup.kept.lowMsgqWatermark);
    this.#sends = new SendQueue((request) => this.#attempt(request));
    this.#connects = new Connects(setup.family, {
      connect: (address, port) => this.#stack.connect(this.#handle, [address], port, true),
      unwatch: (assocId) => this.#stack.unwatch(this.#handle, assocId),
    });
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
      socket.#applyPlan({ ...plan, active: [] }, 'open');
      begun = socket.begin(openActive(plan.active));
    } finally {
      if (!begun) socket.release();
    }
    return begun ? socket : undefined;
  }

  /** The local port. It stays readable after close. */
  get port(): number {
    return this.#setup.port;
  }

  /** Accepts associations from others (true, or a backlog, of which only its being 0 matters), or no more (LS-1..LS-6). */
  listen(backlog: boolean | number): Promise<void> {
    if (typeof backlog !== 'boolean' && !Number.isInteger(backlog))
      throw new BadArg('backlog', 'must be a boolean or an integer');
    return this.#settled<ListenReason>('listen', () => this.#stack.listen(this.#handle, backlog !== 0 && backlog !== false));
  }

  /**
   * Associates with a peer and waits for the outcome: resolves with the `comm_up` change. Other items of the socket stay queued, in order, and
   * the change is not delivered again (CN-8, CN-12). `options` are set on the socket first and stay (CN-1). With a count as `active` the
   * outcome counts as one item (CN-15). After a timeout the attempt goes on, and its change comes as an ordinary item (CN-7).
   *
   * @param timeoutMs for look-up and handshake together; Infinity by default
   * @throws SocketError 'cant_assoc' | 'comm_lost' | 'restart' | 'shutdown_comp' with the change as `event`, 'timeout', 'closed',
   *   'nxdomain', 'eafnosupport', 'eisconn', 'ealready', 'einval'
   */
  connect(
    address: string,
    port: number,
    options?: SctpOptions | OptionList<SctpOptions>,
    timeoutMs: number = Number.POSITIVE_INFINITY,
  ): Promise<SctpAssocChange> {
    const plan = this.#checkConnect(address, port, options, timeoutMs);
    if (!this.isOpen) return Promise.reject(this.closedError('connect'));
    try {
      this.#applyPlan(plan, 'connect');
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#connects.connect(address, port, timeoutMs);
  }

  /**
   * Begins to associate with a peer; the outcome comes as an `sctp_assoc_change` item (CN-20). Resolves with the id of the association to be,
   * which the change carries. The timeout is only for the look-up (CN-21).
   */
  async connectInit(
    address: string,
    port: number,
    options?: SctpOptions | OptionList<SctpOptions>,
    timeoutMs: number = Number.POSITIVE_INFINITY,
  ): Promise<AssocId> {
    const plan = this.#checkConnect(address, port, options, timeoutMs);
    if (!this.isOpen) throw this.closedError('connectInit');
    this.#applyPlan(plan, 'connectInit');
    const { family } = this.#setup;
    const literal = literalAddress(address, family, 'connectInit') ?? (await resolveWithin(address, port, family, timeoutMs));
    if (!this.isOpen) throw this.closedError('connectInit');
    const assocId = this.#stack.connect(this.#handle, [literal], port, false);
    if (assocId < 0) throw errnoError<ConnectReason>(assocId, 'connectInit', { address, port });
    return assocId;
  }

  /**
   * Sends one message on a stream of an association, with the association's default parameters (SD-1); or, with an `sctp_sndrcvinfo`, exactly
   * as that says (SD-2). Resolves when the stack has taken it, which says nothing of the peer (SD-6). Without room it waits, and whatever is
   * sent after it on this socket too, in order (SD-7, SD-8); the bytes must not be changed meanwhile.
   *
   * @throws SocketError 'epipe' (no such association), 'eshutdown', 'einval' (no such stream, or no data), 'emsgsize', 'eagain' (with
   *   `nonBlockSend`), 'closed' (SD-10)
   */
  send(assoc: AssocRef, stream: StreamId, data: IoData): Promise<void>;
  send(info: SendInfo, data: IoData): Promise<void>;
  send(first: AssocRef | SendInfo, second: StreamId | IoData, third?: IoData): Promise<void> {
    // biome-ignore lint/complexity/noArguments: tells `send(info, data)` from a send whose data is undefined, at no cost
    if (arguments.length < 3) return this.#send(infoRequest(first, toBytes(second)));
    const assocId = typeof first === 'number' && first >>> 0 === first ? first : assocIdOf(first);
    const stream = checkStream(second);
    const data = third instanceof Uint8Array ? third : toBytes(third);
    if (!this.isOpen || !this.#sends.isEmpty) return this.#send(plainRequest(assocId, stream, data));
    const result = this.#stack.send(this.#handle, assocId, stream, 0, 0, 0, 0, true, data);
    return result === 0 ? sent : this.#unsent(outcomeOf(result, 'send'), plainRequest(assocId, stream, data));
  }

  /**
   * The next item of any association, in passive mode (RV-1, RV-2). Events that tell of errors reject, with the event as `event` (RV-16). One call
   * may wait at a time (RV-6).
   *
   * @param timeoutMs Infinity by default; 0 takes what is there
   * @param options `signal` ends the wait; an actor that is not the owner gives its `self`, so that its death does (RV-14)
   * @throws SocketError 'timeout', 'einval' (the socket is active), 'ealready' (another call waits), 'closed', 'aborted', or the type of an
   *   error event
   */
  recv(timeoutMs: number = Number.POSITIVE_INFINITY, options?: WaitOptions): Promise<SctpReceived> {
    return this.receive(timeoutMs, options);
  }

  /** Ends an association when everything sent has arrived (AS-2). It waits its turn behind waiting sends. */
  eof(assoc: AssocRef): Promise<void> {
    return this.#send(eofRequest(assocIdOf(assoc)));
  }

  /** Ends an association at once; what was not sent is dropped (AS-2). */
  abort(assoc: AssocRef): Promise<void> {
    const assocId = assocIdOf(assoc);
    return this.#settled<SendReason>('abort', () => {
      const result = this.#stack.send(this.#handle, assocId, 0, flag.abort, 0, 0, 0, false, nothing);
      this.#sends.retry();
      return result;
    });
  }

  /**
   * Makes an association a socket of its own, owned by the caller (PO-3), with the options of this one and its `active` value, count
   * included (PO-4, PO-5). Items that wait for the association move along, in order; messages already in a mailbox do not (PO-7).
   *
   * @throws SocketError 'einval' (no such association, or a one-to-one socket; or the new socket refuses an option, and is closed with its
   *   association), 'ebusy' (a send or connect of it waits), 'closed'
   */
  peeloff(self: AnySelf, assoc: AssocRef): SctpSocket {
    const owner = checkLivingCaller(self);
    const assocId = assocIdOf(assoc);
    if (!this.isOpen) throw this.closedError('peeloff');
    if (this.#connects.has(assocId) || this.#sends.some((request) => request.assocId === assocId)) {
      throw new SocketError<PeeloffReason>('ebusy', 'peeloff');
    }
    const handle = this.#stack.peeloff(this.#handle, assocId);
    if (handle < 0) throw errnoError<PeeloffReason>(handle, 'peeloff');
    try {
      this.#options.handOnTo(handle);
    } catch (error) {
      this.#stack.close(handle, false);
      throw error;
    }
    const peeled = new SctpSocket(this.#environment, owner, { ...this.#setup, handle, oneToOne: true, kept: this.#options.kept });
    this.#environment.register(handle, peeled);
    this.moveHeld(peeled, assocId);
    peeled.begin({ state: this.activeState, passiveMessages: 0 });
    return peeled;
  }

  /**
   * Sets options, all of them or, if one is refused, none (FC-13). A list is applied from its last element to its first (FC-12). When it returns,
   * whatever the new `active` lets through is in the owner's mailbox (FC-14, FC-28).
   *
   * @throws BadArg naming the option that is unknown or ill-typed
   * @throws SocketError 'einval' (a count out of range, a value that the stack refuses), 'enotsup' (what the stack cannot do), 'closed'
   */
  setopts(options: SctpOptions | OptionList<SctpOptions>): void {
    const active = soleActive(options);
    const plan = active === undefined ? planOptions(options) : undefined;
    if (!this.isOpen) throw this.closedError('setopts');
    if (plan !== undefined) this.#applyPlan(plan, 'setopts');
    else this.applyActive(this.#planActive([active!], 'setopts'));
  }

  /**
   * Reads options. Where one belongs to an association give `[name, { assocId }]`; one that the stack refuses is left out (SO-2).
   *
   * @example socket.getopts(['active', ['sctpStatus', { assocId }]]) // { active: 3, sctpStatus: { state: 'established', … } }
   */
  getopts<Name extends keyof SctpReadableOptions>(names: OptionNames<Name>): Pick<SctpReadableOptions, Name> {
    const asked = checkOptionNames(names);
    if (!this.isOpen) throw this.closedError('getopts');
    const values: { [name: string]: unknown } = {};
    for (const { name, key } of asked) {
      const value = name === 'active' ? activeValue(this.activeState) : this.#options.read(name, key);
      if (value !== undefined) values[name] = value;
    }
    return values as Pick<SctpReadableOptions, Name>;
  }

  /** The bound address and port; of several, the last one (MH-14). */
  sockname(): SockAddress {
    return this.#names('sockname').at(-1)!;
  }

  /** All bound addresses. */
  socknames(): SockAddress[] {
    return this.#names('socknames');
  }

  /** The peer of a one-to-one socket, or of an association. @throws SocketError 'enotconn', 'einval' (no such association), 'closed' */
  peername(assoc?: AssocRef): SockAddress {
    return this.#peers(assoc, 'peername')[0]!;
  }

  /** The addresses of a peer, as `peername` (MH-10, MH-11). */
  peernames(assoc?: AssocRef): SockAddress[] {
    return this.#peers(assoc, 'peernames');
  }

  /** @throws SocketError 'closed' */
  info(): SctpSocketInfo {
    if (!this.isOpen) throw this.closedError('info');
    return {
      owner: this.owner,
      stack: this.#stack.name,
      type: this.#setup.oneToOne ? 'stream' : 'seqpacket',
      port: this.port,
      active: activeValue(this.activeState),
      queuedBytes: this.#stack.queuedBytes(this.#handle),
      waitingSends: this.#sends.length,
      waitingConnects: this.#connects.size,
    };
  }

  /** @internal Takes the record at word `base` of a batch. Must not call the stack. */
  acceptRecord(base: number): void {
    const reader = this.#reader;
    const what = this.#stack.meta[base + record.kind]!;
    if (what === kind.data) reader.readData(base, this.#options.asList, this.#options.withInfo);
    else if (what === kind.writable) {
      this.#roomCame = true;
      return;
    } else {
      reader.readEvent(base);
      if (what === kind.connectResult && this.#connects.answer(reader.content as SctpAssocChange)) {
        this.chargeConnect();
        return;
      }
    }
    const message = [reader.isError ? 'sctp_error' : 'sctp', this, reader.ip, reader.port, [reader.anc, reader.content]];
    if (this.takesMessages) this.deliverItem(message);
    else this.offer({ assocId: this.#stack.meta[base + record.assocId]!, message, result: reader.result() });
  }

  /** @internal The batch is over: the stack may be called again. */
  settleBatch(): void {
    if (this.#roomCame) {
      this.#roomCame = false;
      this.#sends.retry();
    }
    this.settle();
  }

  protected override setCredit(credit: number): void {
    this.#stack.setCredit(this.#handle, credit);
  }

  protected override drain(): void {
    this.#environment.drain(this.#handle);
  }

  protected override release(): void {
    this.#environment.forget(this.#handle);
    // What is held here is unread as much as what the stack has (CL-10).
    const unread = this.held.some((item) => !(item.result instanceof SocketError) && !('type' in item.result[3]));
    this.#stack.close(this.#handle, unread);
    this.#sends.failAll(this.closedError('send'));
    this.#connects.failAll(this.closedError('connect'));
  }

  #names(syscall: string): SockAddress[] {
    if (!this.isOpen) throw this.closedError(syscall);
    return boundNames(this.#stack, this.#handle, syscall);
  }

  #peers(assoc: AssocRef | undefined, syscall: string): SockAddress[] {
    const assocId = assoc === undefined ? undefined : assocIdOf(assoc);
    if (!this.isOpen) throw this.closedError(syscall);
    return peerNames(this.#stack, this.#handle, assocId, this.#setup.oneToOne, syscall);
  }

  #checkConnect(address: unknown, port: unknown, options: unknown, timeoutMs: unknown): OptionPlan {
    checkAddress(address);
    checkPort(port);
    checkTimeout(timeoutMs);
    return planOptions(options);
  }

  #send(request: SendRequest): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError(request.syscall));
    const outcome = this.#sends.isEmpty ? this.#attempt(request) : 'full';
    return outcome === 'taken' ? sent : this.#unsent(outcome, request);
  }

  #unsent(outcome: 'full' | Error, request: SendRequest): Promise<void> {
    if (outcome !== 'full') return Promise.reject(outcome);
    if (this.#options.nonBlockSend) return Promise.reject(new SocketError<SendReason>('eagain', request.syscall));
    return this.#sends.wait(request);
  }

  #attempt({ syscall, assocId, stream, flags, ppid, context, timetolive, useDefaults, data }: SendRequest): SendOutcome {
    const result = this.#stack.send(this.#handle, assocId, stream, flags, ppid, context, timetolive, useDefaults, data);
    return result === 0 ? 'taken' : outcomeOf(result, syscall);
  }

  /** A call into the stack that is over at once, as a promise. */
  #settled<Reason extends string>(syscall: string, call: () => number): Promise<void> {
    if (!this.isOpen) return Promise.reject(this.closedError(syscall));
    const result = call();
    return result < 0 ? Promise.reject(errnoError<Reason>(result, syscall)) : sent;
  }

  #applyPlan(plan: OptionPlan, syscall: string): void {
    const step = this.#planActive(plan.active, syscall);
    this.#options.apply(plan, syscall);
    const { highMsgqWatermark, lowMsgqWatermark } = this.#options;
    const moved = this.setWatermarks(highMsgqWatermark, lowMsgqWatermark);
    if (moved || plan.active.length > 0) this.applyActive(step);
  }

  /** @throws SocketError 'einval' (FC-2, FC-4) */
  #planActive(values: readonly Active[], syscall: string): ActiveStep {
    const step = setActiveList(this.activeState, values);
    if (step !== 'einval') return step;
    throw new SocketError<OptionReason>('einval', syscall, { detail: 'active: the count would be out of range' });
  }
}

/** How a send ended that the stack did not take. */
function outcomeOf(result: number, syscall: string): 'full' | Error {
  return result === again ? 'full' : errnoError<SendReason>(result, syscall);
}
