/**
 * The way of a record from a batch to the owner: it is read, answers a `connect` that waits for it, or becomes a message, which goes by the flow control of the
 * socket. While a batch is consumed the stack is not called; what it has told meanwhile (room for sends, somebody to accept) is acted upon afterwards.
 */
import { type Handle, kind, record, unlimitedCredit } from '../../native/contract/sctp.js';
import { type Accepts, type BatchTaker, type FlowControl, type Source, Traffic } from '../socket/index.js';
import type { Connects } from './connects.js';
import type { SctpAssocChange } from './events.js';
import type { OptionsInForce } from './optionsInForce.js';
import { assocIdOfMessage, type SctpReceived } from './received.js';
import type { RecordReader } from './recordReader.js';
import type { SendPath } from './sendPath.js';
import type { StackSocket } from './stackSocket.js';

/** What V8 takes for a small number in an array, in bytes. */
const listWeight = 8;

/** Takes at once what a socket has and may deliver. */
interface Drainer {
  drain(handle: Handle): void;
}

/** The stack as flow control sees it. */
export class SctpSource implements Source {
  readonly #at: StackSocket;
  readonly #options: OptionsInForce;
  readonly #sockets: Drainer;

  constructor(at: StackSocket, options: OptionsInForce, sockets: Drainer) {
    this.#at = at;
    this.#options = options;
    this.#sockets = sockets;
  }

  setCredit(items: number, bytes: number): void {
    this.#at.stack.setCredit(this.#at.handle, items, Math.min(bytes, unlimitedCredit));
  }

  drain(): void {
    this.#sockets.drain(this.#at.handle);
  }

  get payloadWeight(): number {
    return this.#options.asList ? listWeight : 1;
  }

  weigh(message: readonly unknown[]): number {
    // Anybody may have sent a message that looks like one of this socket, and such messages move with the socket.
    const content: unknown = Array.isArray(message[4]) ? message[4][1] : undefined;
    if (Buffer.isBuffer(content)) return content.length;
    if (Array.isArray(content)) return content.length * listWeight;
    const data = typeof content === 'object' && content !== null && 'data' in content ? content.data : undefined;
    return Buffer.isBuffer(data) ? data.length : 0;
  }
}

/** The parts of a socket that what is received concerns. */
export interface ReceivePathSetup<Socket extends object> {
  readonly socket: Socket;
  readonly flow: FlowControl<SctpReceived>;
  readonly reader: RecordReader;
  readonly inForce: OptionsInForce;
  readonly sends: SendPath;
  readonly connects: Connects;
  readonly accepts: Accepts<Socket>;
  readonly at: StackSocket;
}

export class ReceivePath<Socket extends object> implements BatchTaker {
  readonly socket: Socket;
  /** Everything received, events as packets without bytes. */
  readonly traffic: Traffic = new Traffic();
  readonly #flow: FlowControl<SctpReceived>;
  readonly #reader: RecordReader;
  readonly #options: OptionsInForce;
  readonly #sends: SendPath;
  readonly #connects: Connects;
  readonly #accepts: Accepts<Socket>;
  readonly #at: StackSocket;
  /** The association of each message that does not name it itself; made when `dataIoEvent` is off. */
  #assocOf: WeakMap<readonly unknown[], number> | undefined;
  /** Associations of which the stack has said in this batch that a refused send may be tried again (0: of all). */
  readonly #roomCame: number[] = [];
  /** The stack has said in this batch that an accept may be tried again. */
  #somebodyCame = false;

  constructor(setup: ReceivePathSetup<Socket>) {
    this.socket = setup.socket;
    this.#flow = setup.flow;
    this.#reader = setup.reader;
    this.#options = setup.inForce;
    this.#sends = setup.sends;
    this.#connects = setup.connects;
    this.#accepts = setup.accepts;
    this.#at = setup.at;
  }

  takeRecord(base: number): void {
    const { meta } = this.#at.stack;
    const bytes = meta[base + record.length]!;
    const what = meta[base + record.kind]!;
    switch (what) {
      case kind.data:
        this.#takeData(base, bytes, meta[base + record.assocId]!);
        break;
      case kind.writable:
        this.#roomCame.push(meta[base + record.assocId]!);
        break;
      case kind.acceptable:
        this.#somebodyCame = true;
        break;
      default:
        this.#takeEvent(base, bytes, what === kind.connectResult);
    }
  }

  settleBatch(): void {
    for (let assocId = this.#roomCame.shift(); assocId !== undefined; assocId = this.#roomCame.shift())
      this.#sends.retry(assocId);
    if (this.#somebodyCame) {
      this.#somebodyCame = false;
      this.#accepts.retry();
    }
    this.#flow.settle();
  }

  /** Whether payload that nobody has read is held here. */
  get holdsPayload(): boolean {
    return this.#flow.held.some((item) => 'result' in item && !('type' in item.result[3]));
  }

  /** Held items of an association go to the socket that was made of it (PO-7). */
  moveHeldOf(assocId: number, to: ReceivePath<Socket>): void {
    this.#flow.moveHeld(to.#flow, (message) => this.#assocIdOf(message) === assocId);
  }

  /** Messages of an association that wait in the owner's mailbox go to the socket that the association was handed off to. */
  moveMessagesOf(assocId: number, to: ReceivePath<Socket>): void {
    this.#flow.moveMessages(to.#flow, (message) => this.#assocIdOf(message) === assocId);
  }

  #takeData(base: number, bytes: number, assocId: number): void {
    this.traffic.add(bytes);
    const { asList, withInfo } = this.#options;
    this.#reader.readData(base, asList, withInfo);
    const message = this.#message();
    if (!withInfo) this.#noteAssoc(message, assocId);
    this.#handOver(message, bytes);
  }

  #takeEvent(base: number, bytes: number, isConnectResult: boolean): void {
    const reader = this.#reader;
    this.traffic.add(0);
    reader.readEvent(base);
    if (isConnectResult && this.#connects.answer(reader.content as SctpAssocChange)) this.#flow.chargeConnect();
    else this.#handOver(this.#message(), bytes);
  }

  /** The record read last, as the owner gets it. */
  #message(): readonly unknown[] {
    const reader = this.#reader;
    return [reader.isError ? 'sctp_error' : 'sctp', this.socket, reader.ip, reader.port, [reader.anc, reader.content]];
  }

  #handOver(message: readonly unknown[], bytes: number): void {
    const flow = this.#flow;
    if (flow.takesMessages) flow.deliver(message, bytes);
    else flow.offer(message, this.#reader.result(), bytes);
  }

  #noteAssoc(message: readonly unknown[], assocId: number): void {
    this.#assocOf ??= new WeakMap();
    this.#assocOf.set(message, assocId);
  }

  #assocIdOf(message: readonly unknown[]): number | undefined {
    return assocIdOfMessage(message) ?? this.#assocOf?.get(message);
  }
}
