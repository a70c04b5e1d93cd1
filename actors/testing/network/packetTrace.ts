/**
 * A trace of a network's datagrams, as a file that Wireshark and tshark read (pcap, link type raw IP). SCTP stands in it right above IP, without the UDP of RFC 6951, as
 * these programs know SCTP over UDP by one port alone.
 */
import { appendFileSync, writeFileSync } from 'node:fs';
import { wordsOf } from './addresses.js';

export const protocolUdp = 17;
export const protocolSctp = 132;

/** LINKTYPE_RAW: each packet begins with the header of IP. */
const rawIp = 101;
const longestPacket = 262_144;
const udpHeaderBytes = 8;

export interface TracedEnd {
  readonly address: string;
  readonly port: number;
}

export class PacketTrace {
  readonly #file: string;
  #hasFailed = false;

  /** Begins the file anew. @throws Error if it cannot be written */
  constructor(file: string) {
    this.#file = file;
    const header = Buffer.alloc(24);
    header.writeUInt32LE(0xa1b2c3d4, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(longestPacket, 16);
    header.writeUInt32LE(rawIp, 20);
    writeFileSync(file, header);
  }

  /** A datagram leaves. If the file cannot be written any more, the trace ends with a warning, and the network goes on. */
  add(nowMs: number, protocol: number, from: TracedEnd, to: TracedEnd, payload: Uint8Array): void {
    if (this.#hasFailed) return;
    const content = protocol === protocolUdp ? Buffer.concat([udpHeader(from, to, payload), payload]) : payload;
    const ip = ipHeader(protocol, from.address, to.address, content.length);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(Math.floor(nowMs / 1000), 0);
    record.writeUInt32LE(Math.floor((nowMs % 1000) * 1000), 4);
    record.writeUInt32LE(ip.length + content.length, 8);
    record.writeUInt32LE(ip.length + content.length, 12);
    try {
      appendFileSync(this.#file, Buffer.concat([record, ip, content]));
    } catch (error) {
      this.#hasFailed = true;
      process.emitWarning(`the trace of a simulated network has ended: ${(error as Error).message}`, { code: 'MAILPORT_PCAP' });
    }
  }
}

/** Without a checksum, which IPv4 allows. */
function udpHeader(from: TracedEnd, to: TracedEnd, payload: Uint8Array): Buffer {
  const header = Buffer.alloc(udpHeaderBytes);
  header.writeUInt16BE(from.port, 0);
  header.writeUInt16BE(to.port, 2);
  header.writeUInt16BE(Math.min(udpHeaderBytes + payload.length, 0xffff), 4);
  return header;
}

function ipHeader(protocol: number, from: string, to: string, bytes: number): Buffer {
  if (from.includes(':') || to.includes(':')) {
    const header = Buffer.alloc(40);
    header[0] = 0x60;
    header.writeUInt16BE(Math.min(bytes, 0xffff), 4);
    header[6] = protocol;
    header[7] = 64;
    for (const [index, word] of [...wordsOf6(from), ...wordsOf6(to)].entries()) header.writeUInt32BE(word, 8 + 4 * index);
    return header;
  }
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(Math.min(20 + bytes, 0xffff), 2);
  header.writeUInt16BE(0x4000, 6); // Don't fragment.
  header[8] = 64;
  header[9] = protocol;
  header.writeUInt32BE(wordsOf(from)[0]!, 12);
  header.writeUInt32BE(wordsOf(to)[0]!, 16);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header.writeUInt16BE(~sum & 0xffff, 10);
  return header;
}

function wordsOf6(address: string): number[] {
  const words = wordsOf(address);
  return words.length === 4 ? words : [0, 0, 0xffff, words[0]!];
}
