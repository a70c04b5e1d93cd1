/**
 * A peer that speaks SCTP over UDP (RFC 6951, RFC 9260) by hand: it builds its packets chunk by chunk, so that tests can send what no stack would, in one
 * packet or in several, and go when they like. It has no timers and answers nothing by itself.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** RFC 9260 section 3.2. */
export const chunkType = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
} as const;

export interface RawChunk {
  readonly type: number;
  readonly flags: number;
  readonly value: Buffer;
}

export interface RawPacket {
  readonly tag: number;
  readonly chunks: readonly RawChunk[];
}

const headerBytes = 12;
const chunkHeaderBytes = 4;
const cookieParameter = 7;
const ourWindow = 1_000_000;

/** Castagnoli's polynomial, reflected (RFC 9260 appendix A). */
const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  return crc >>> 0;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

export function chunk(type: number, value: Uint8Array = Buffer.alloc(0), flags = 0): Buffer {
  const length = chunkHeaderBytes + value.length;
  const bytes = Buffer.alloc((length + 3) & ~3);
  bytes.writeUInt8(type, 0);
  bytes.writeUInt8(flags, 1);
  bytes.writeUInt16BE(length, 2);
  bytes.set(value, chunkHeaderBytes);
  return bytes;
}

export const abort = (flags = 0): Buffer => chunk(chunkType.abort, undefined, flags);

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, 4 * index);
  return bytes;
}

function readChunks(bytes: Buffer): RawChunk[] {
  const chunks: RawChunk[] = [];
  for (let at = headerBytes; at + chunkHeaderBytes <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (length < chunkHeaderBytes) throw new Error('a chunk without its header');
    chunks.push({ type: bytes[at]!, flags: bytes[at + 1]!, value: bytes.subarray(at + chunkHeaderBytes, at + length) });
    at += (length + 3) & ~3;
  }
  return chunks;
}

/** The fields of an INIT ACK that matter here. */
interface Accepted {
  readonly tag: number;
  readonly initialTsn: number;
  readonly cookie: Buffer;
}

function readInitAck({ value }: RawChunk): Accepted {
  for (let at = 16; at + 4 <= value.length; at += (value.readUInt16BE(at + 2) + 3) & ~3) {
    if (value.readUInt16BE(at) !== cookieParameter) continue;
    const cookie = value.subarray(at + 4, at + value.readUInt16BE(at + 2));
    return { tag: value.readUInt32BE(0), initialTsn: value.readUInt32BE(12), cookie: Buffer.from(cookie) };
  }
  throw new Error('an INIT ACK without a cookie');
}

export class RawSctp {
  readonly port: number;
  readonly #socket: Socket;
  readonly #remotePort: number;
  readonly #received: RawPacket[] = [];
  #more: () => void = () => {};
  /** Our tag, which the other end must put into its packets. */
  #ourTag = 0;
  #theirTag = 0;
  #cookie: Buffer = Buffer.alloc(0);
  #tsn = 1;
  #ssn = 0;
  /** The highest TSN of the other end, which begins with any number. */
  #theirTsn = 0;

  /** Over loopback, from a UDP port that is the SCTP port as well. It is closed with the test at the latest. */
  static async open(remotePort: number): Promise<RawSctp> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new RawSctp(socket, remotePort);
  }

  private constructor(socket: Socket, remotePort: number) {
    this.#socket = socket;
    this.#remotePort = remotePort;
    this.port = socket.address().port;
    socket.on('message', (bytes) => this.#receive(bytes));
    // The other end's port may be closed.
    socket.on('error', () => undefined);
    onTestFinished(() => this.vanish());
  }

  /** Closes the UDP port: whatever comes there is answered by ICMP. */
  vanish(): void {
    try {
      this.#socket.close();
    } catch {
      // The socket is closed already.
    }
  }

  /** One packet of these chunks; under their tag unless another is given. */
  async send(chunks: readonly Uint8Array[], tag = this.#theirTag): Promise<void> {
    const header = Buffer.alloc(headerBytes);
    header.writeUInt16BE(this.port, 0);
    header.writeUInt16BE(this.#remotePort, 2);
    header.writeUInt32BE(tag >>> 0, 4);
    const packet = Buffer.concat([header, ...chunks]);
    packet.writeUInt32LE(crc32c(packet), 8);
    await new Promise<void>((resolve) => this.#socket.send(packet, this.#remotePort, '127.0.0.1', () => resolve()));
  }

  /** The next packet with a chunk of that type; others before it are dropped. */
  async next(type: number): Promise<RawChunk> {
    for (;;) {
      for (let packet = this.#received.shift(); packet !== undefined; packet = this.#received.shift()) {
        const found = packet.chunks.find((each) => each.type === type);
        if (found !== undefined) return found;
      }
      await new Promise<void>((resolve) => {
        this.#more = resolve;
      });
    }
  }

  /** An INIT, and the INIT ACK for it: the cookie is there now. Each has a tag of its own, so that a second one is a restart. */
  async init(window = ourWindow): Promise<void> {
    this.#ourTag += 0x1000_0001;
    const streams = (10 << 16) | 10;
    await this.send([chunk(chunkType.init, words(this.#ourTag, window, streams, this.#tsn))], 0);
    const accepted = readInitAck(await this.next(chunkType.initAck));
    this.#theirTag = accepted.tag;
    this.#cookie = accepted.cookie;
    this.#theirTsn = accepted.initialTsn - 1;
  }

  cookieEcho(): Buffer {
    return chunk(chunkType.cookieEcho, this.#cookie);
  }

  /** A whole message, on a stream, ordered. */
  data(payload: Uint8Array | string, { ppid = 0, stream = 0 } = {}): Buffer {
    const bytes = Buffer.from(payload as Uint8Array);
    const value = Buffer.concat([words(this.#tsn, (stream << 16) | this.#ssn, ppid), bytes]);
    this.#tsn += 1;
    this.#ssn += 1;
    return chunk(chunkType.data, value, 3);
  }

  /** Acknowledges what has come, and opens a window of so many bytes. */
  sack(window = ourWindow): Buffer {
    return chunk(chunkType.sack, words(this.#theirTsn, window, 0));
  }

  shutdown(): Buffer {
    return chunk(chunkType.shutdown, words(this.#theirTsn));
  }

  /** The whole handshake. */
  async associate(window?: number): Promise<void> {
    await this.init(window);
    await this.send([this.cookieEcho()]);
    await this.next(chunkType.cookieAck);
  }

  #receive(bytes: Buffer): void {
    const chunks = readChunks(bytes);
    for (const { type, value } of chunks) if (type === chunkType.data) this.#theirTsn = value.readUInt32BE(0);
    this.#received.push({ tag: bytes.readUInt32BE(4), chunks });
    this.#more();
  }
}
