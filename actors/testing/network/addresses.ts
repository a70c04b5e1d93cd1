/** Addresses of simulated hosts: in one spelling each, and as the words of a record. */
import { isIPv6, SocketAddress } from 'node:net';
import { BadArg } from '../../../runtime/index.js';
import { familyOf } from '../../socket/index.js';

/** What `sockaddr_un` has room for, less the 0 at the end. */
const mostPathBytes = 107;
const mapped = '::ffff:';

/** The address in the spelling in which it is compared. An IPv4-mapped one is its IPv4 address. */
export function plainAddress(address: string): string {
  if (!isIPv6(address)) return address;
  const plain = new SocketAddress({ address: address.replace(/%.*$/, ''), family: 'ipv6' }).address;
  return plain.startsWith(mapped) && plain.includes('.') ? plain.slice(mapped.length) : plain;
}

/** The address as sockets of the family see it. */
export function addressFor(family: number, address: string): string {
  return family === 6 && familyOf(address) === 4 ? mapped + address : address;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

export function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** 224.0.0.0/4 and ff00::/8. */
export function isMulticast(address: string): boolean {
  const first = Number.parseInt(address, 10);
  return address.includes(':') ? address.toLowerCase().startsWith('ff') : first >= 224 && first < 240;
}

/** Whether a socket may have that path, one character for each byte: 107 bytes of a file's name, or an abstract name of 107 behind its '\\0'. */
export function isPath(path: string): boolean {
  return path.startsWith('\0') ? path.length <= mostPathBytes + 1 : path.length <= mostPathBytes && !path.includes('\0');
}

/** @throws BadArg unless it is the literal of one host */
export function checkHostAddress(value: unknown, argument: string): string {
  if (typeof value !== 'string' || familyOf(value) === 0) throw new BadArg(argument, 'must be an IPv4 or IPv6 address');
  const address = plainAddress(value);
  if (isAny(address) || isMulticast(address)) throw new BadArg(argument, 'must be the address of one host');
  return address;
}

/** The words of an address, highest first: one of IPv4, four of IPv6. */
export function wordsOf(address: string): number[] {
  if (familyOf(address) === 4) return [wordOf(address)];
  const [before = '', after] = addressFor(6, address).replace(/%.*$/, '').split('::');
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  const groups = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return [0, 2, 4, 6].map((index) => ((groups[index]! << 16) | groups[index + 1]!) >>> 0);
}

function wordOf(quad: string): number {
  return quad.split('.').reduce((word, byte) => ((word << 8) | Number(byte)) >>> 0, 0);
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const word = wordOf(group);
    return [word >>> 16, word & 0xffff];
  });
}
