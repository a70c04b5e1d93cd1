/**
 * The packet modes of TCP, for stacks that are written in TypeScript: bytes go in as they come, packets come out, whatever the pieces were. The addon has the same
 * in C++. Mirrors packet_parser.c; its modes asn1, sunrm, cdr, fcgi, tpkt and http are left out.
 *
 * A stack asks `next` for the length of the next packet, makes room for it, and has `take` write it there: each byte is copied once. No room is made for bytes that
 * were only announced. Nothing is remembered of a packet but the bytes themselves, so a new mode cuts all that is held anew (TM-22).
 */
import { packetMode } from '../../native/contract/inet.js';
import { ByteQueue } from './byteQueue.js';

/** How a stream becomes packets: the values of the options by these names (native/contract/inet.ts). */
export interface Framing {
  /** Of `packetMode`. */
  readonly packet: number;
  /** The longest packet, without its header; 0: 64 MiB (TM-8). */
  readonly packetSize: number;
  readonly lineDelimiter: number;
  /** The most bytes of one item in mode raw, and of one piece of a line (TM-3, TM-13). At least 1. */
  readonly buffer: number;
}

/** What `next` gives when there is no whole packet. */
export const noPacket = -1;
/** What `next` gives when the packet is longer than `packetSize`: framing is lost (TM-9). */
export const packetTooLong = -2;

/** What a header may announce unless `packetSize` says more: 64 MiB. The addon has the same figure (native/src/framing/format.h). */
const announcedUnlessSet = 64 * 1024 * 1024;
/** What a header of four bytes may announce, whatever `packetSize` (TM-8). */
const mostAnnounced = 0x7fffffff - 4;

export class Framer {
  readonly #held = new ByteQueue();
  #framing: Framing;
  #exact = 0;
  /** The packet that `next` has told of: bytes of its header, and its length; -1: none. */
  #header = 0;
  #length = -1;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  get framing(): Framing {
    return this.#framing;
  }

  /** Bytes that no packet has been made of yet. */
  get heldBytes(): number {
    return this.#held.length;
  }

  /** From now on packets are cut as `framing` says, also out of bytes that are held (TM-22). */
  set framing(framing: Framing) {
    this.#framing = framing;
    this.#length = -1;
  }

  /** Bytes that have come. The framer keeps `bytes` itself: the caller must not use them again. */
  push(bytes: Uint8Array): void {
    this.#held.push(bytes);
  }

  /** Puts a copy of bytes in front of what is held (TR-12). */
  unrecv(bytes: Uint8Array): void {
    this.#held.unshift(bytes);
    this.#length = -1;
  }

  /** In mode raw the next packet is of exactly so many bytes, whatever `buffer` (TR-2). 0: as usual. It holds until that packet is taken. */
  expect(bytes: number): void {
    this.#exact = bytes;
    this.#length = -1;
  }

  /** The length of the next packet, without its header; or `noPacket`, or `packetTooLong`, which stays until the framing changes. */
  next(): number {
    this.#header = 0;
    this.#length = this.#find();
    if (this.#length === noPacket) this.#held.trim();
    return this.#length;
  }

  /** Moves the packet that `next` has told of to `target`, from `at` on. */
  take(target: Uint8Array, at: number): void {
    const length = this.#length;
    if (length < 0) throw new Error('take: next has told of no packet');
    if (this.#header > 0) this.#held.skip(this.#header);
    this.#held.take(length, target, at);
    this.#length = -1;
    if (this.#framing.packet === packetMode.raw) this.#exact = 0;
  }

  /** Drops what is held, as at the end of a stream (TM-17). */
  clear(): void {
    this.#held.clear();
    this.#length = -1;
  }

  #find(): number {
    switch (this.#framing.packet) {
      case packetMode.raw:
        return this.#findRaw();
      case packetMode.line:
        return this.#findLine();
      default:
        return this.#findPacket(this.#framing.packet);
    }
  }

  #findRaw(): number {
    const { length } = this.#held;
    if (this.#exact > 0) return length < this.#exact ? noPacket : this.#exact;
    return length === 0 ? noPacket : Math.min(length, this.#framing.buffer);
  }

  #findPacket(header: number): number {
    if (this.#held.length < header) return noPacket;
    const length = this.#held.peek(header);
    if (length > Math.min(this.#framing.packetSize || announcedUnlessSet, mostAnnounced)) return packetTooLong;
    if (this.#held.length < header + length) return noPacket;
    this.#header = header;
    return length;
  }

  /** A line that is longer than `buffer` comes in pieces (TM-13). So `packetSize` matters only if it is the smaller one (TM-14). */
  #findLine(): number {
    const { packetSize, buffer, lineDelimiter } = this.#framing;
    const isLimited = packetSize > 0 && packetSize < buffer;
    const limit = isLimited ? packetSize : buffer;
    const found = this.#held.indexOf(lineDelimiter, limit);
    if (found >= 0) return found + 1;
    if (isLimited) return this.#held.length > limit ? packetTooLong : noPacket;
    return this.#held.length >= limit ? limit : noPacket;
  }
}

/** Bytes of the header that a packet has in this mode. */
export function headerBytes(packet: number): number {
  return packet === packetMode.line ? 0 : packet;
}

/** A copy of `data` with the header of the mode in front; undefined if it is longer than the header can say (TM-7). */
export function framed(packet: number, data: Uint8Array): Uint8Array | undefined {
  const header = headerBytes(packet);
  // Not `slice`, which makes a view of a Buffer.
  if (header === 0) return new Uint8Array(data);
  const { length } = data;
  if (length >= 256 ** header) return undefined;
  const bytes = new Uint8Array(header + length);
  for (let index = 0; index < header; index += 1) bytes[index] = Math.floor(length / 256 ** (header - 1 - index)) % 256;
  bytes.set(data, header);
  return bytes;
}
