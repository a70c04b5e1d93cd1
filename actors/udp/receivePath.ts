/**
 * The way of a record from a batch to the owner: it is read, and becomes a message, which goes by the flow control of the socket. While a batch is consumed the
 * stack is not called; what it has told meanwhile (room for sends) is acted upon afterwards.
 */
import { type Handle, type UdpStack, udpKind, udpRecord, unlimitedCredit } from '../../native/contract/udp.js';
import { type BatchTaker, type FlowControl, listOfBytes, reasonOf, type Source, Traffic } from '../socket/index.js';
import { ancOf, type DatagramReader } from './datagramReader.js';
import { udpError } from './explanations.js';
import type { UdpErrorReason } from './reasons.js';
import type { UdpReceived } from './received.js';
import type { SendPath } from './sendPath.js';

/** What V8 takes for a small number in an array, in bytes. */
const listWeight = 8;

/** What the receiving side must know of the options. */
interface ReadingOptions {
  readonly asList: boolean;
}

/** Takes at once what a socket has and may deliver. */
interface Drainer {
  drain(handle: Handle): void;
}

/** The stack as flow control sees it. */
export class UdpSource implements Source {
  readonly #stack: UdpStack;
  readonly #handle: Handle;
  readonly #options: ReadingOptions;
  readonly #sockets: Drainer;

  constructor(stack: UdpStack, handle: Handle, options: ReadingOptions, sockets: Drainer) {
    this.#stack = stack;
    this.#handle = handle;
    this.#options = options;
    this.#sockets = sockets;
  }

  setCredit(items: number, bytes: number): void {
    this.#stack.setCredit(this.#handle, Math.min(items, unlimitedCredit), Math.min(bytes, unlimitedCredit));
  }

  drain(): void {
    this.#sockets.drain(this.#handle);
  }

  get payloadWeight(): number {
    return this.#options.asList ? listWeight : 1;
  }

  weigh(message: readonly unknown[]): number {
    // Anybody may have sent a message that looks like one of this socket, and such messages move with the socket.
    const data = message[0] === 'udp' ? message.at(-1) : undefined;
    if (Buffer.isBuffer(data)) return data.length;
    return Array.isArray(data) ? data.length * listWeight : 0;
  }
}

/** The parts of a socket that what is received concerns. */
export interface ReceivePathSetup<Socket extends object> {
  readonly socket: Socket;
  readonly stack: UdpStack;
  readonly flow: FlowControl<UdpReceived>;
  readonly reader: DatagramReader;
  readonly options: ReadingOptions;
  readonly sends: SendPath;
}

export class ReceivePath<Socket extends object> implements BatchTaker {
  readonly socket: Socket;
  readonly traffic: Traffic = new Traffic();
  readonly #stack: UdpStack;
  readonly #flow: FlowControl<UdpReceived>;
  readonly #reader: DatagramReader;
  readonly #options: ReadingOptions;
  readonly #sends: SendPath;
  /** The stack has said in this batch that there is room for sends again. */
  #roomCame = false;

  constructor(setup: ReceivePathSetup<Socket>) {
    this.socket = setup.socket;
    this.#stack = setup.stack;
    this.#flow = setup.flow;
    this.#reader = setup.reader;
    this.#options = setup.options;
    this.#sends = setup.sends;
  }

  takeRecord(base: number): void {
    const { meta } = this.#stack;
    const what = meta[base + udpRecord.kind]!;
    if (what === udpKind.data) this.#takeData(meta, base);
    else if (what === udpKind.error) this.#takeError(meta[base + udpRecord.error]!);
    else if (what === udpKind.writable) this.#roomCame = true;
  }

  settleBatch(): void {
    if (this.#roomCame) {
      this.#roomCame = false;
      this.#sends.retry();
    }
    this.#flow.settle();
  }

  #takeData(meta: Uint32Array, base: number): void {
    const reader = this.#reader;
    const flow = this.#flow;
    reader.read(meta, base);
    const { ip, port, payload } = reader;
    const bytes = payload.length;
    this.traffic.add(bytes);
    const data = this.#options.asList ? listOfBytes(payload) : payload;
    const flags = meta[base + udpRecord.flags]!;
    const anc = flags === 0 ? undefined : ancOf(meta, base, flags);
    const message = anc === undefined ? ['udp', this.socket, ip, port, data] : ['udp', this.socket, ip, port, anc, data];
    if (flow.takesMessages) flow.deliver(message, bytes);
    else flow.offer(message, anc === undefined ? [ip, port, data] : [ip, port, anc, data], bytes);
  }

  /** The network says that an earlier datagram did not arrive (UE-2, UE-3). */
  #takeError(errno: number): void {
    const reason = reasonOf(errno) as UdpErrorReason;
    this.#flow.report(['udp_error', this.socket, reason], udpError(reason, 'recv'));
  }
}
