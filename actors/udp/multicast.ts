/** The options of multicast: groups that a socket joins and leaves, and how it sends to groups. Values of Erlang's inet, with interfaces by name or index, too. */
import { isIPv4 } from 'node:net';
import { inetOption } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';
import {
  addressWords,
  booleanOption,
  byteOption,
  formatV4,
  type InetCodec,
  interfaceIndex,
  isU32,
  type Words,
} from '../socket/index.js';

/** A network interface: one of its IPv4 addresses, its name, or its index; 'any' lets the system choose. IPv6 groups take a name, an index or 'any' (UG-1). */
export type UdpInterface = string | number;

/** A group, and the interface by which it is joined; with an IPv4 address of an interface and an index, too, the index counts, as in Erlang. */
export type UdpMembership =
  | readonly [group: string, via?: UdpInterface]
  | readonly [group: string, via: UdpInterface, index: number];

/** A group of which one sender alone is heard (RFC 4607), and the interface by which it is joined. Beyond OTP. */
export type UdpSourceMembership = readonly [group: string, source: string, via?: UdpInterface];

/** The options of multicast. Those of memberships can only be set. One membership, or a list of them. */
export interface UdpMulticastOptions {
  /** Joins groups: datagrams to a group and the port of the socket come, too (UG-1). */
  readonly addMembership?: UdpMembership | readonly UdpMembership[];
  readonly dropMembership?: UdpMembership | readonly UdpMembership[];
  readonly addSourceMembership?: UdpSourceMembership | readonly UdpSourceMembership[];
  readonly dropSourceMembership?: UdpSourceMembership | readonly UdpSourceMembership[];
  /** Hops of datagrams to groups, 0..255; 1 (UG-3). */
  readonly multicastTtl?: number;
  /** Whether sockets of this host get what this socket sends to groups; true. On IPv6 the sender's option counts as well (UG-3). */
  readonly multicastLoop?: boolean;
  /** The interface by which datagrams to groups leave. IPv4: an address of the interface; IPv6: its name or index. It reads as an address, or as an index (UG-4, UG-5). */
  readonly multicastIf?: UdpInterface;
}

/** The index and the IPv4 address of an interface, either may be 0. @throws BadArg */
function interfaceWords(value: unknown, isV4: boolean, argument: string): [index: number, address: number] {
  if (value === undefined || value === 'any') return [0, 0];
  if (isU32(value)) return [value, 0];
  if (typeof value === 'string') {
    if (isV4 && isIPv4(value)) return [0, addressWords(value)!.words[0]];
    const index = isIPv4(value) ? undefined : interfaceIndex(value);
    if (index !== undefined) return [index, 0];
  }
  const kinds = isV4 ? 'an IPv4 address of an interface, its name or index' : 'the name or index of an interface';
  throw new BadArg(argument, `must be ${kinds} of this host, or 'any'`);
}

function wordsOf(value: unknown, isV4: boolean, argument: string): readonly [number, ...number[]] {
  const found = typeof value === 'string' ? addressWords(value) : undefined;
  if (found?.family === (isV4 ? 4 : 6)) return found.words;
  throw new BadArg(argument, `must be an IPv${isV4 ? 4 : 6} address, as the socket is of that family`);
}

/** RFC 1112 §4, RFC 4291 §2.7. */
function groupWords(value: unknown, isV4: boolean, argument: string): readonly number[] {
  const words = wordsOf(value, isV4, argument);
  if (isV4 ? words[0] >>> 28 === 0xe : words[0] >>> 24 === 0xff) return words;
  throw new BadArg(
    argument,
    `${value} is no group: must be ${isV4 ? '224.0.0.0 to 239.255.255.255' : 'an address that begins with ff'}`,
  );
}

/** Several memberships are a list of lists. */
const each = (value: unknown): readonly unknown[] => (Array.isArray(value) && Array.isArray(value[0]) ? value : [value]);

function encodeMembership(value: unknown, isV4: boolean, argument: string): Words {
  if (!Array.isArray(value) || value.length < 1 || value.length > 3) throw new BadArg(argument, 'must be [group, interface]');
  const [group, via, index]: readonly unknown[] = value;
  const words = groupWords(group, isV4, `${argument}[0]`);
  const [ofName, address] = interfaceWords(via, isV4, `${argument}[1]`);
  if (index !== undefined && !isU32(index)) throw new BadArg(`${argument}[2]`, 'must be the index of an interface');
  return index === undefined || index === 0 ? [ofName, address, ...words] : [index, 0, ...words];
}

function encodeSource(value: unknown, isV4: boolean, argument: string): Words {
  if (!Array.isArray(value) || value.length < 2 || value.length > 3) {
    throw new BadArg(argument, 'must be [group, source, interface]');
  }
  const [group, source, via]: readonly unknown[] = value;
  const words = groupWords(group, isV4, `${argument}[0]`);
  const ofSource = wordsOf(source, isV4, `${argument}[1]`);
  return [...interfaceWords(via, isV4, `${argument}[2]`), ...words, ...ofSource];
}

/** @param isV4 of IPv4 sockets; false: of IPv6 ones */
export function multicastOptions(isV4: boolean): { readonly [name: string]: InetCodec } {
  const membership = (number: number, inverse: number, encode: typeof encodeMembership): InetCodec => ({
    number,
    inverse,
    each,
    writeOnly: true,
    tellsReason: true,
    encode: (value, _present, argument) => encode(value, isV4, argument),
    decode: () => undefined,
  });
  return {
    addMembership: membership(inetOption.addMembership, inetOption.dropMembership, encodeMembership),
    dropMembership: membership(inetOption.dropMembership, inetOption.addMembership, encodeMembership),
    addSourceMembership: membership(inetOption.addSourceMembership, inetOption.dropSourceMembership, encodeSource),
    dropSourceMembership: membership(inetOption.dropSourceMembership, inetOption.addSourceMembership, encodeSource),
    multicastTtl: byteOption(inetOption.multicastTtl),
    multicastLoop: booleanOption(inetOption.multicastLoop),
    multicastIf: multicastIf(isV4),
  };
}

/** IPv4 takes an address, IPv6 an index. */
function multicastIf(isV4: boolean): InetCodec {
  return {
    number: inetOption.multicastIf,
    tellsReason: true,
    encode: (value, _present, argument) => {
      if (!isV4) return [interfaceWords(value, isV4, argument)[0]];
      if (typeof value === 'string' && isIPv4(value)) return [addressWords(value)!.words[0]];
      throw new BadArg(argument, 'must be an IPv4 address of an interface; 0.0.0.0 lets the system choose');
    },
    decode: ([word = 0]) => (isV4 ? formatV4(word) : word),
  };
}
