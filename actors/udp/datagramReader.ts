/** Reads datagrams out of the records of a batch: who sent them, what is told of them, their payload. One reader serves all sockets of an environment. */
import { inetFamily } from '../../native/contract/inet.js';
import { type UdpStack, udpFlag, udpRecord } from '../../native/contract/udp.js';
import { AddressReader, formatV4, formatV6, type InetAddress, PayloadReader, pathOf } from '../socket/index.js';
import type { UdpAnc } from './received.js';

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };

export class DatagramReader {
  /** The sender of the record read last. */
  ip: InetAddress = '';
  port = 0;
  /** Its payload, in memory of its own. */
  payload: Buffer = Buffer.alloc(0);
  readonly #addresses = new AddressReader();
  readonly payloads: PayloadReader;

  constructor(stack: UdpStack) {
    this.payloads = new PayloadReader(stack);
  }

  /** Reads the record at word `base` of `meta`. */
  read(meta: Uint32Array, base: number): void {
    const payload = this.payloads.read(meta, base);
    if (meta[base + udpRecord.family] === inetFamily.local) {
      const length = meta[base + udpRecord.pathLength]!;
      this.ip = { local: pathOf(payload.toString('latin1', 0, length)) };
      this.port = 0;
      this.payload = payload.subarray(length);
      return;
    }
    this.ip = this.#addresses.read(meta, base);
    this.port = meta[base + udpRecord.port]!;
    this.payload = payload;
  }
}

/** What a record tells beside its payload; `flags` is not 0. */
export function ancOf(meta: Uint32Array, base: number, flags: number): UdpAnc {
  const anc: Writable<UdpAnc> = {};
  // The order of Erlang's list (UM-2).
  if ((flags & udpFlag.ttl) !== 0) anc.ttl = meta[base + udpRecord.ttl]!;
  if ((flags & udpFlag.tos) !== 0) anc.tos = meta[base + udpRecord.tos]!;
  if ((flags & udpFlag.tclass) !== 0) anc.tclass = meta[base + udpRecord.tclass]!;
  if ((flags & udpFlag.pktinfo) !== 0)
    anc.pktinfo = { address: destinationOf(meta, base), ifIndex: meta[base + udpRecord.ifIndex]! };
  if ((flags & udpFlag.truncated) !== 0) anc.truncated = true;
  return anc;
}

/** The address to which the datagram was sent. The scope of a link-local one is the interface, which is told beside it. */
function destinationOf(meta: Uint32Array, base: number): string {
  const at = base + udpRecord.destination;
  if (meta[base + udpRecord.family] === inetFamily.ipv4) return formatV4(meta[at]!);
  return formatV6([meta[at]!, meta[at + 1]!, meta[at + 2]!, meta[at + 3]!], 0);
}
