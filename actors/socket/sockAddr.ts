/** Addresses with their ports as callers write them: a pair, as `sockname` gives it, or Erlang's sockaddr map as an object. */
import { BadArg } from '../../runtime/index.js';
import { unknownKey } from '../../runtime/ports.js';
import { checkAddress, checkPort, type Family, familyOf, literalAddress } from './addresses.js';
import { isU32 } from './optionCodec.js';

/** An address and its port. */
export type SockAddress = readonly [ip: string, port: number];

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
