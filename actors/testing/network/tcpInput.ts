/**
 * The receiving half of a simulated connection. Bytes wait in what stands for the kernel's queue, whose room is the window, until the socket has credit. Then they
 * are read, a `buffer` at a time, and become packets. What comes behind the last byte, an end or an error, is told when all packets are.
 */
import { inetOption, packetMode } from '../../../native/contract/inet.js';
import { ByteQueue, Framer, noPacket } from '../../socket/index.js';
import type { SimulatedOptions } from './options.js';

export class TcpInput {
  readonly #options: SimulatedOptions;
  readonly #unread = new ByteQueue();
  readonly #framer: Framer;
  #exact = 0;
  /** 0 for the peer's end, or an errno. */
  #end: number | undefined;
  #isShut = false;
  #isTold = false;
  /** Called when bytes have been read: there is room for more. */
  onRead: () => void = () => undefined;

  constructor(options: SimulatedOptions) {
    this.#options = options;
    this.#framer = new Framer(framingOf(options));
  }

  /** Bytes that wait in the kernel's queue. */
  get unreadBytes(): number {
    return this.#unread.length;
  }

  /** Bytes that have been read, and are in no packet yet. */
  get heldBytes(): number {
    return this.#framer.heldBytes;
  }

  /** A read would be answered at once: by bytes or by the end. */
  get isReceivable(): boolean {
    return this.heldBytes > 0 || this.#unread.length > 0 || this.#end !== undefined;
  }

  /** Bytes that may still come. What is not wanted is thrown away at once, so there is always room for it. */
  get room(): number {
    return this.#isShut ? Number.POSITIVE_INFINITY : this.#options.word(inetOption.recbuf) - this.#unread.length;
  }

  /** Whether the next thing to tell is the end. */
  get isOver(): boolean {
    return this.#isTold;
  }

  arrive(bytes: Uint8Array): void {
    if (!this.#isShut && this.#end === undefined) this.#unread.push(bytes);
  }

  /** Nothing comes any more: 0 is the peer's end, otherwise an errno. The first one counts. */
  finish(error: number): void {
    this.#end ??= error;
  }

  /** The user does not want more than what is here (TH-6). */
  shut(): void {
    this.#isShut = true;
    this.finish(0);
  }

  expect(bytes: number): void {
    this.#exact = bytes;
    this.#framer.expect(bytes);
  }

  unrecv(bytes: Uint8Array): void {
    this.#framer.unrecv(bytes);
  }

  /** Options of packets have changed. */
  reframe(): void {
    this.#framer.framing = framingOf(this.#options);
  }

  /** The length of the next packet, or `noPacket`, or `packetTooLong`. Reads what is needed for it. */
  next(): number {
    for (;;) {
      const length = this.#framer.next();
      const wanted = this.#wanted();
      const isEnough = length !== noPacket && (this.#framer.framing.packet !== packetMode.raw || length >= wanted);
      if (isEnough || this.#unread.length === 0) return length;
      const bytes = new Uint8Array(Math.min(this.#unread.length, wanted - this.#rawHeld()));
      this.#unread.take(bytes.length, bytes, 0);
      this.#framer.push(bytes);
      this.onRead();
    }
  }

  /** Moves the packet that `next` has told of to `target`. */
  take(target: Uint8Array, at: number): void {
    this.#framer.take(target, at);
    this.#exact = 0;
  }

  /** What follows on the last packet, once: 0 or an errno. Undefined as long as there is nothing. Packets that are not complete are dropped (TM-17). */
  takeEnd(): number | undefined {
    if (this.#end === undefined || this.#isTold) return undefined;
    this.#isTold = true;
    this.#framer.clear();
    return this.#end;
  }

  /** Framing is lost: what is here is dropped, and so is what comes (TM-9). */
  breakOff(error: number): void {
    this.#end = error;
    this.#isShut = true;
    this.#unread.clear();
    this.#framer.clear();
    this.onRead();
  }

  /** Bytes of the next packet in mode raw, of one read in the other modes. */
  #wanted(): number {
    const { packet, buffer } = this.#framer.framing;
    return packet === packetMode.raw && this.#exact > 0 ? this.#exact : buffer;
  }

  #rawHeld(): number {
    return this.#framer.framing.packet === packetMode.raw ? this.#framer.heldBytes : 0;
  }
}

function framingOf(options: SimulatedOptions): Framer['framing'] {
  return {
    packet: options.word(inetOption.packet),
    packetSize: options.word(inetOption.packetSize),
    lineDelimiter: options.word(inetOption.lineDelimiter),
    buffer: options.word(inetOption.buffer),
  };
}
