/** What the words of a send of UDP, and of an option of multicast, say. */
import { inetOption } from '../../../native/contract/inet.js';
import { udpFlag, udpSend } from '../../../native/contract/udp.js';
import { formatV4, formatV6 } from '../../socket/index.js';
import { isMulticast } from './addresses.js';
import { concrete } from './host.js';
import type { Name } from './inetSource.js';
import type { UdpEnd } from './udpEnd.js';

/** What is said of one datagram alone (US-8). */
interface Ancillary {
  readonly ttl: number;
  readonly tos: number;
}

export function destinationOf(words: Uint32Array, base: number): Name {
  const at = base + udpSend.address;
  const isV4 = words[base + udpSend.family] === 4;
  const text = isV4 ? formatV4(words[at]!) : formatV6([words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!], 0);
  return { address: concrete(text), port: words[base + udpSend.port]! };
}

/** The group of a membership. */
export function groupOf([, , a = 0, b = 0, c = 0, d = 0]: readonly number[]): string {
  return textOf(a, b, c, d);
}

/** The source of a membership that has one. */
export function sourceOf(values: readonly number[]): string | undefined {
  const [a, b = 0, c = 0, d = 0] = values.slice(6);
  return a === undefined || (a | b | c | d) === 0 ? undefined : textOf(a, b, c, d);
}

function textOf(a: number, b: number, c: number, d: number): string {
  return b === 0 && c === 0 && d === 0 ? formatV4(a) : formatV6([a, b, c, d], 0);
}

/** `tos` and `ttl`, from 1 on, are of IPv4, and `tclass` is of IPv6 (US-8). */
export function refusesAncillary(to: Name, words: Uint32Array, base: number): boolean {
  const flags = words[base + udpSend.flags]!;
  if (to.address.includes(':')) return (flags & (udpFlag.tos | udpFlag.ttl)) !== 0;
  return (flags & udpFlag.tclass) !== 0 || ((flags & udpFlag.ttl) !== 0 && words[base + udpSend.ttl] === 0);
}

export function ancillaryOf(end: UdpEnd, to: Name, words: Uint32Array, base: number): Ancillary {
  const flags = words[base + udpSend.flags]!;
  const { options } = end;
  const isV6 = to.address.includes(':');
  const ttl = isMulticast(to.address) ? options.word(inetOption.multicastTtl) : options.word(inetOption.ttl);
  const tos = options.word(isV6 ? inetOption.tclass : inetOption.tos);
  const given = isV6 ? udpFlag.tclass : udpFlag.tos;
  return {
    ttl: (flags & udpFlag.ttl) !== 0 ? words[base + udpSend.ttl]! : ttl,
    tos: (flags & given) !== 0 ? words[base + (isV6 ? udpSend.tclass : udpSend.tos)]! : tos,
  };
}
