/**
 * Addresses with their ports as callers write them: a pair, as `sockname` gives it, or Erlang's sockaddr map as an object; and the arguments of
 * connects, which take either an address and a port or one of these.
 */
import { BadArg } from '../../runtime/index.js';
import { unknownKey } from '../../runtime/ports.js';
import {
  checkAddress,
  checkPort,
  checkPortOrService,
  checkTimeout,
  type Family,
  familyOf,
  isU32,
  literalAddress,
  type PortOrService,
} from '../socket/index.js';
import type { SockAddress } from './names.js';

/** Erlang's sockaddr_in and sockaddr_in6. */
export interface SockAddrMap {
  readonly family?: 'inet' | 'inet6';
  /** An address or a name, 'any', 'loopback'. */
  readonly addr: string;
  /** 0 by default. */
  readonly port?: number;
  /** The interface of a link-local address, by index. */
  readonly scopeId?: number;
  /** Accepted, without effect. */
  readonly flowinfo?: number;
}

/** An address with its port. */
export type SockAddr = SockAddress | SockAddrMap;

/** The arguments of a connect: the peer, options, timeout. */
export interface Destination {
  readonly address: string;
  readonly port: PortOrService;
  readonly options: unknown;
  readonly timeoutMs: number;
}

const maxAddresses = 255;
const mapFields = new Set(['family', 'addr', 'port', 'scopeId', 'flowinfo']);

/** A `SockAddr` that has been checked. */
export interface CheckedAddr {
  readonly address: string;
  readonly port: number;
  /** The family of the address, or the one that the caller asks for; undefined: the one for which a name is looked up. */
  readonly family: Family | undefined;
}

/** @throws BadArg naming the field */
export function checkSockAddr(value: unknown, argument: string): CheckedAddr {
  if (Array.isArray(value)) {
    if (value.length !== 2) throw new BadArg(argument, 'must be a pair of address and port');
    const ip = checkAddress(value[0], `${argument}[0]`);
    return { address: ip, port: checkPort(value[1], `${argument}[1]`), family: familyOf(ip) || undefined };
  }
  if (!isSockAddr(value)) throw new BadArg(argument, 'must be a pair of address and port, or an object with addr and port');
  const map: { readonly [field: string]: unknown } = { ...value };
  for (const name in map) if (!mapFields.has(name)) throw unknownKey(argument, name, mapFields, 'is no field of an address');
  const { family, scopeId, flowinfo } = map;
  if (family !== undefined && family !== 'inet' && family !== 'inet6') {
    throw new BadArg(`${argument}.family`, "must be 'inet' or 'inet6'");
  }
  for (const [name, number] of Object.entries({ scopeId, flowinfo })) {
    if (number !== undefined && !isU32(number)) throw new BadArg(`${argument}.${name}`, `must be an integer in 0..${0xffffffff}`);
  }
  const address = checkAddress(map.addr, `${argument}.addr`);
  const literal = familyOf(address);
  const wanted = family === undefined ? literal || undefined : family === 'inet6' ? 6 : 4;
  if (literal === 6 && wanted === 4) throw new BadArg(`${argument}.addr`, 'is an IPv6 address');
  if (literal === 4 && wanted === 6) throw new BadArg(`${argument}.addr`, 'is an IPv4 address');
  const scoped = scopeId !== undefined && scopeId !== 0;
  if (scoped && literal !== 6) throw new BadArg(`${argument}.scopeId`, 'is for IPv6 addresses');
  const scope = scoped && !address.includes('%') ? `%${scopeId}` : '';
  // 'any' and 'loopback' stand for addresses of the family that the caller asks for, whatever the family of the socket.
  const named = wanted === undefined ? undefined : literalAddress(address, wanted, 'connect');
  return { address: (named ?? address) + scope, port: checkPort(map.port ?? 0, `${argument}.port`), family: wanted };
}

/** Whether `value` has the shape of a `SockAddr`, and so is none of the other kinds of argument. */
export function isSockAddr(value: unknown): value is SockAddr {
  return typeof value === 'object' && value !== null && (Array.isArray(value) || 'addr' in value);
}

/**
 * The arguments of `connect` and `connectInit`: address, port, options, timeout; or an address with its port, options, timeout.
 *
 * @throws BadArg
 */
export function destinationOf(args: readonly unknown[]): Destination {
  const [first, second, third, fourth] = args;
  if (typeof first === 'object' && first !== null) {
    return { ...checkSockAddr(first, 'sockAddr'), options: second, timeoutMs: timeoutOf(third) };
  }
  const address = checkAddress(first);
  const timeoutMs = timeoutOf(fourth);
  return { address, port: checkPortOrService(second), options: third, timeoutMs };
}

/**
 * The arguments of `connectxInit`: addresses, port, options, timeout; or addresses with their ports, options, timeout. Of these ports
 * the last one that is not 0 counts for all addresses (CN-31).
 *
 * @throws BadArg unless there are 1 to 255 addresses (CN-33), and a port
 */
export function destinationsOf(args: readonly unknown[]): Destination & { readonly addresses: readonly string[] } {
  const [first, second, third, fourth] = args;
  if (!Array.isArray(first)) throw new BadArg('addresses', 'must be a list');
  if (first.length === 0 || first.length > maxAddresses) throw new BadArg('addresses', `must be 1 to ${maxAddresses}`);
  if (typeof first[0] === 'string' || typeof second === 'number' || typeof second === 'string') {
    const addresses = first.map((address: unknown, index) => checkAddress(address, `addresses[${index}]`));
    const timeoutMs = timeoutOf(fourth);
    return { addresses, address: addresses[0]!, port: checkPortOrService(second), options: third, timeoutMs };
  }
  const pairs = first.map((sockAddr: unknown, index) => checkSockAddr(sockAddr, `sockAddrs[${index}]`));
  const port = pairs.findLast((pair) => pair.port !== 0)?.port;
  if (port === undefined) throw new BadArg('sockAddrs', 'must have a port that is not 0');
  const addresses = pairs.map(({ address }) => address);
  return { addresses, address: addresses[0]!, port, options: second, timeoutMs: timeoutOf(third) };
}

function timeoutOf(value: unknown): number {
  return value === undefined ? Number.POSITIVE_INFINITY : checkTimeout(value);
}
