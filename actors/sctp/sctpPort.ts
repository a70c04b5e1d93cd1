/**
 * An SCTP socket below its calls: what arrives for it, its options, its names, its counters. The calls are `SctpSocket`'s.
 */
import { type Handle, kind, option, record, type SctpStack, unlimitedCredit } from '../../native/contract/sctp.js';
import type { Pid } from '../../runtime/index.js';
import {
  type Active,
  type ActiveStep,
  activeValue,
  again,
  type Family,
  type Getstat,
  type NameReason,
  type OptionReason,
  type RunOutcome,
  type SendOutcome,
  SendQueue,
  SocketError,
  SocketPort,
  setActiveList,
  Traffic,
} from '../socket/index.js';
import { type AcceptOutcome, Accepts } from './accepts.js';
import { Connects } from './connects.js';
import type { RecordReader } from './decode.js';
import type { SctpEnvironment } from './environment.js';
import type { SctpAssocChange } from './events.js';
import { connectError, sendError, stackError } from './failure.js';
import { GatheredSends } from './gatheredSends.js';
import { bytesOf } from './memory.js';
import { assocIdOfMessage, type SctpReceived, sctpTags } from './messages.js';
import { ownNames, peerNames, type SockAddress } from './names.js';
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
import { type AssocRef, assocIdOf, type SendRequest } from './sending.js';
import type { SctpSocket } from './socket.js';
import { type KeptOptions, SocketOptions } from './socketOptions.js';

/** What V8 takes for a small number in an array, in bytes. */
const listWeight = 8;

/** What a socket is made of. */
export interface SocketSetup {
  readonly handle: Handle;
  readonly family: Family;
  readonly oneToOne: boolean;
  /** It was peeled off or accepted: it serves the one association that it was made for. */
  readonly beside: boolean;
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
  /**
   * What is with the stack, as its windows count it: bytes received that it has not given out yet, bytes sent and not acknowledged. The former
   * include a message that has outgrown the window while it is put together.
   */
  readonly queuedBytes: readonly [received: number, sent: number];
  /**
   * What peers make the socket hold, of which `maxHeldBytes` is the limit: bytes, with what holding them costs beside; and what of them associations that
   * have ended have left.
   */
  readonly held: { readonly bytes: number; readonly ofEnded: number };
  /** What was sent and peers have not acknowledged, of which `maxSendingBytes` is the limit: bytes, on the embedded stack with what keeping them costs beside. */
  readonly sending: { readonly bytes: number };
  /** Sends, connects and accepts that wait. */
  readonly waitingSends: number;
  readonly waitingConnects: number;
  readonly waitingAccepts: number;
  /**
   * Of the port, on the embedded stack: its associations, peeled-off ones and those of closed sockets that are still shutting down included, and the
   * peers that were refused one because of `maxAssociations` or `maxAssociationsPerPeer`.
   */
  readonly associations?: { readonly open: number; readonly refused: number };
}

export abstract class SctpPort extends SocketPort<SctpReceived> {
  readonly #environment: SctpEnvironment;
  readonly #stack: SctpStack;
  #handle: Handle;
  readonly #setup: SocketSetup;
  readonly #options: SocketOptions;
  readonly #sends: SendQueue<SendRequest>;
  readonly #connects: Connects;
  readonly #accepts: Accepts<SctpSocket>;
  readonly #sent = new Traffic();
  readonly #received = new Traffic();
  readonly #reader: RecordReader;
  readonly #gathering: GatheredSends;
  /** Whose data a message is that does not say so; made when `dataIoEvent` is off. */
  #assocOf: WeakMap<readonly unknown[], number> | undefined;
  /** Associations of which the stack has said that a refused send may be tried again (0: of all), or of the socket, that an accept may. */
  readonly #roomCame: number[] = [];
  #somebodyCame = false;

  protected constructor(environment: SctpEnvironment, owner: Pid, setup: SocketSetup) {
    super(owner, sctpTags);
    this.#environment = environment;
    this.#stack = environment.stack;
    this.#handle = setup.handle;
    this.#setup = setup;
    this.#reader = environment.reader;
    this.#options = new SocketOptions({ stack: this.#stack, handle: setup.handle, oneToOne: setup.oneToOne }, setup.kept);
    this.#sends = new SendQueue({
      attempt: (requests) => this.#attemptSends(requests),
      laneOf: ({ assocId }) => this.laneOf(assocId),
      sharesRoom: this.#stack.name === 'kernel',
    });
    this.#gathering = new GatheredSends(this.#stack, this.#sends);
    this.#connects = new Connects(setup.family, {
      connect: (address, port) => this.#stack.connect(this.#handle, [address], port, true),
      errorOf: (result, address, port) => connectError(this.#stack, result, 'connect', [address], port),
      unwatch: (assocId) => this.#stack.unwatch(this.#handle, assocId),
    });
    this.#accepts = new Accepts((self) => this.takeAccepted(self.pid));
  }

  /** The stack has made the socket that this is. */
  protected adopt(handle: Handle): void {
    this.#handle = handle;
    this.#options.adopt(handle);
  }

  // Accessors, as what looks into a socket's own properties, to compare messages say, has no business in these.
  protected get environment(): SctpEnvironment {
    return this.#environment;
  }

  /** For calls: what was sent before them goes down first. */
  protected get stack(): SctpStack {
    this.#gathering.flush();
    return this.#stack;
  }

  protected get handle(): Handle {
    return this.#handle;
  }

  protected get setup(): SocketSetup {
    return this.#setup;
  }

  protected get options(): SocketOptions {
    return this.#options;
  }

  protected get sends(): SendQueue<SendRequest> {
    return this.#sends;
  }

  protected get gathering(): GatheredSends {
    return this.#gathering;
  }

  protected get connects(): Connects {
    return this.#connects;
  }

  protected get accepts(): Accepts<SctpSocket> {
    return this.#accepts;
  }

  protected get sentTraffic(): Traffic {
    return this.#sent;
  }

  /** The next association that has come to this socket, as one that `owner` owns. */
  protected abstract takeAccepted(owner: Pid): AcceptOutcome<SctpSocket>;

  /** The local port. It stays readable after close. */
  get port(): number {
    return this.#setup.port;
  }

  /**
   * Sets options, all of them or, if one is refused, none (FC-13). A list is applied from its last element to its first (FC-12). When it returns,
   * whatever the new `active` lets through is in the owner's mailbox (FC-14, FC-28).
   *
   * @throws BadArg naming the option that is unknown or ill-typed
   * @throws SocketError 'einval' (a count out of range, a value that the stack refuses), 'enotsup' (what this stack does not have), 'closed'
   */
  setopts(options: SctpOptions | OptionList<SctpOptions>): void {
    const active = soleActive(options);
    const plan = active === undefined ? planOptions(options) : undefined;
    if (!this.isOpen) throw this.closedError('setopts');
    try {
      if (plan !== undefined) this.applyPlan(plan, 'setopts');
      else this.applyActive(this.#planActive([active!], 'setopts'));
    } catch (error) {
      throw this.charged(error as Error);
    }
  }

  /**
   * Reads options. Where one belongs to an association give `[name, { assocId }]`, and where to one address of a peer `[name, { address }]`; one that
   * the stack refuses is left out (SO-2).
   *
   * @example socket.getopts(['active', ['sctpStatus', { assocId }]]) // { active: 3, sctpStatus: { state: 'established', … } }
   */
  getopts<Name extends keyof SctpReadableOptions>(names: OptionNames<Name>): Pick<SctpReadableOptions, Name> {
    const asked = checkOptionNames(names);
    if (!this.isOpen) throw this.closedError('getopts');
    this.#gathering.flush();
    const values: { [name: string]: unknown } = {};
    for (const { name, key } of asked) {
      const value = name === 'active' ? activeValue(this.activeState) : this.#options.read(name, key);
      if (value !== undefined) values[name] = value;
    }
    return values as Pick<SctpReadableOptions, Name>;
  }

  /** The bound address and port; of several, the last one (MH-14). */
  sockname(): SockAddress {
    return this.#own(0, 'sockname').at(-1)!;
  }

  /** All bound addresses, or those of an association (MH-10). @throws SocketError 'einval' (no such association), 'closed' */
  socknames(assoc?: AssocRef): SockAddress[] {
    return this.#own(assoc === undefined ? 0 : assocIdOf(assoc), 'socknames');
  }

  /** The peer of a one-to-one socket, or of an association. @throws SocketError 'enotconn', 'einval' (no such association), 'closed' */
  peername(assoc?: AssocRef): SockAddress {
    return this.#peers(assoc, 'peername')[0]!;
  }

  /** The addresses of a peer, as `peername` (MH-10, MH-11). */
  peernames(assoc?: AssocRef): SockAddress[] {
    return this.#peers(assoc, 'peernames');
  }

  /** What has been sent and received so far, as inet:getstat counts it: events too, as packets without bytes (SD-13). @throws SocketError 'closed' */
  getstat(): Getstat {
    if (!this.isOpen) throw this.closedError('getstat');
    this.#gathering.flush();
    const received = this.#received;
    const sent = this.#sent;
    return {
      recvOct: received.bytes,
      recvCnt: received.count,
      recvMax: received.max,
      recvAvg: received.average,
      recvDvi: received.deviation,
      recvPend: this.#held(0).bytes,
      sendOct: sent.bytes,
      sendCnt: sent.count,
      sendMax: sent.max,
      sendAvg: sent.average,
      sendPend: this.#sends.sum(({ data }) => data.length),
    };
  }

  /** What is known of the socket; `held` and `sending` of one association, if that is given (on the embedded stack). @throws SocketError 'closed', 'einval' (no such association) */
  info(assoc?: AssocRef): SctpSocketInfo {
    const assocId = assoc === undefined ? 0 : assocIdOf(assoc);
    if (!this.isOpen) throw this.closedError('info');
    this.#gathering.flush();
    const counts = this.#stack.getOption(this.#handle, option.associationCounts, 0);
    return {
      owner: this.owner,
      stack: this.#stack.name,
      type: this.#setup.oneToOne ? 'stream' : 'seqpacket',
      port: this.port,
      active: activeValue(this.activeState),
      queuedBytes: this.#stack.queuedBytes(this.#handle),
      held: this.#held(assocId),
      sending: { bytes: this.#sending(assocId) },
      waitingSends: this.#sends.length,
      waitingConnects: this.#connects.size,
      waitingAccepts: this.#accepts.size,
      ...(typeof counts === 'number' ? {} : { associations: { open: counts[0] ?? 0, refused: counts[1] ?? 0 } }),
    };
  }

  /** @internal Takes the record at word `base` of a batch. Must not call the stack. */
  acceptRecord(base: number): void {
    const reader = this.#reader;
    const { meta } = this.#stack;
    const what = meta[base + record.kind]!;
    const bytes = meta[base + record.length]!;
    if (what === kind.data) {
      this.#received.add(bytes);
      reader.readData(base, this.#options.asList, this.#options.withInfo);
    } else if (what === kind.writable) {
      this.#roomCame.push(meta[base + record.assocId]!);
      return;
    } else if (what === kind.acceptable) {
      this.#somebodyCame = true;
      return;
    } else {
      this.#received.add(0);
      reader.readEvent(base);
      if (what === kind.connectResult && this.#connects.answer(reader.content as SctpAssocChange)) {
        this.chargeConnect();
        return;
      }
    }
    const message = [reader.isError ? 'sctp_error' : 'sctp', this, reader.ip, reader.port, [reader.anc, reader.content]];
    if (what === kind.data && !this.#options.withInfo) this.#noteAssoc(message, meta[base + record.assocId]!);
    if (this.takesMessages) this.deliverItem(message, bytes);
    else
      this.offer({ assocId: meta[base + record.assocId]!, bytes: this.weigh(message), message, result: reader.result() }, bytes);
  }

  /** @internal The batch is over: the stack may be called again. */
  settleBatch(): void {
    for (let assocId = this.#roomCame.shift(); assocId !== undefined; assocId = this.#roomCame.shift()) {
      this.#sends.retry(assocId === 0 ? undefined : this.laneOf(assocId));
    }
    if (this.#somebodyCame) {
      this.#somebodyCame = false;
      this.#accepts.retry();
    }
    this.settle();
  }

  #noteAssoc(message: readonly unknown[], assocId: number): void {
    this.#assocOf ??= new WeakMap();
    this.#assocOf.set(message, assocId);
  }

  /** Messages of an association that wait in the owner's mailbox are from now on those of the socket that it was handed off to. */
  protected moveMessagesOf(assocId: number, to: SctpPort): void {
    this.moveMessages(to, (message) => (assocIdOfMessage(message) ?? this.#assocOf?.get(message)) === assocId);
  }

  protected override setCredit(items: number, bytes: number): void {
    this.#stack.setCredit(this.#handle, items, Math.min(bytes, unlimitedCredit));
  }

  protected override get payloadWeight(): number {
    return this.#options.asList ? listWeight : 1;
  }

  protected override weigh(message: readonly unknown[]): number {
    // Whoever looks like a message of this socket moves with them, and may be anybody's.
    const content: unknown = Array.isArray(message[4]) ? message[4][1] : undefined;
    if (Buffer.isBuffer(content)) return content.length;
    if (Array.isArray(content)) return content.length * listWeight;
    const data = typeof content === 'object' && content !== null && 'data' in content ? content.data : undefined;
    return Buffer.isBuffer(data) ? data.length : 0;
  }

  protected override drain(): void {
    this.#environment.drain(this.#handle);
  }

  protected override release(): void {
    this.#gathering.flush();
    this.#environment.forget(this.#handle);
    // What is held here is unread as much as what the stack has (CL-10).
    const unread = this.held.some((item) => !('type' in item.result[3]));
    this.#stack.close(this.#handle, unread);
    this.#sends.failAll(this.closedError('send'));
    this.#connects.failAll();
    this.#accepts.failAll('closed');
  }

  /** What a send waits behind: those of its association, of which a one-to-one socket has one, whatever the id (SD-11). */
  protected laneOf(assocId: number): number {
    return this.#setup.oneToOne ? 0 : assocId;
  }

  /** Has the stack take a send. */
  protected attemptSend(request: SendRequest): SendOutcome {
    const { assocId, stream, flags, ppid, context, timetolive, useDefaults, data } = request;
    const result = this.#stack.send(this.#handle, assocId, stream, flags, ppid, context, timetolive, useDefaults, data);
    if (result !== 0) return this.unsentOutcome(result, request);
    this.#sent.add(data.length);
    this.#gathering.begin();
    return 'taken';
  }

  /** Has the stack take sends that waited, until one has to wait on. */
  #attemptSends(requests: readonly SendRequest[]): RunOutcome {
    const { taken, result } = this.#environment.sendBatch.send(this.#handle, requests);
    for (let index = 0; index < taken; index += 1) this.#sent.add(requests[index]!.data.length);
    return { taken, next: result === 0 ? undefined : this.unsentOutcome(result, requests[taken]!) };
  }

  /** How a send ended that the stack did not take. */
  protected unsentOutcome(result: number, request: SendRequest): 'full' | Error {
    return result === again ? 'full' : sendError(this.#stack, this.#handle, result, request);
  }

  protected applyPlan(plan: OptionPlan, syscall: string): void {
    const step = this.#planActive(plan.active, syscall);
    this.#gathering.flush();
    this.#options.apply(plan, syscall);
    // A byte of payload weighs more as a number.
    const moved = this.setWatermarks(this.#options.marks) || plan.mode !== undefined;
    if (moved || plan.active.length > 0) this.applyActive(step);
  }

  /** @throws SocketError 'einval' (FC-2, FC-4) */
  #planActive(values: readonly Active[], syscall: string): ActiveStep {
    const step = setActiveList(this.activeState, values);
    if (step !== 'einval') return step;
    throw new SocketError<OptionReason>('einval', syscall, {
      detail: 'active: the count would be out of range, -32768..32767; messages still allowed add up',
    });
  }

  #held(assocId: number): SctpSocketInfo['held'] {
    const words = this.#stack.getOption(this.#handle, option.held, assocId);
    if (typeof words === 'number') throw this.charged(stackError<NameReason>(this.#stack, words, 'info'));
    return { bytes: bytesOf(words), ofEnded: bytesOf(words.slice(2)) };
  }

  #sending(assocId: number): number {
    const words = this.#stack.getOption(this.#handle, option.sending, assocId);
    return typeof words === 'number' ? this.#stack.queuedBytes(this.#handle)[1] : bytesOf(words);
  }

  #own(assocId: number, syscall: string): SockAddress[] {
    if (!this.isOpen) throw this.closedError(syscall);
    return this.chargedTo(this.owner, () => ownNames(this.#stack, this.#handle, assocId, this.#setup.oneToOne, syscall));
  }

  #peers(assoc: AssocRef | undefined, syscall: string): SockAddress[] {
    const assocId = assoc === undefined ? undefined : assocIdOf(assoc);
    if (!this.isOpen) throw this.closedError(syscall);
    return this.chargedTo(this.owner, () => peerNames(this.#stack, this.#handle, assocId, this.#setup.oneToOne, syscall));
  }
}
