/**
 * Addresses with their ports as callers write them: a pair, as `sockname` gives it, or Erlang's sockaddr map as an object; and the arguments of
 * connects, which take either an address and a port or one of these.
 */
import { BadArg } from '../../runtime/index.js';
import { checkAddress, checkPort, checkPortOrService, checkTimeout, type PortOrService } from '../socket/index.js';
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
  /** Taken, and without effect. */
  readonly flowinfo?: number;
}

/** An address with its port. */
export type SockAddr = SockAddress | SockAddrMap;

/** Where to, and what else a connect takes. */
export interface Destination {
  readonly address: string;
  readonly port: PortOrService;
  readonly options: unknown;
  readonly timeoutMs: number;
}

const maxAddresses = 255;
const mapFields = new Set(['family', 'addr', 'port', 'scopeId', 'flowinfo']);

/** @throws BadArg naming the field */
export function checkSockAddr(value: unknown, argument: string): { readonly address: string; readonly port: number } {
  if (Array.isArray(value)) {
    if (value.length !== 2) throw new BadArg(argument, 'must be a pair of address and port');
    return { address: checkAddress(value[0], `${argument}[0]`), port: checkPort(value[1], `${argument}[1]`) };
  }
  if (!isSockAddr(value)) throw new BadArg(argument, 'must be a pair of address and port, or an object with addr and port');
  const map: { readonly [field: string]: unknown } = { ...value };
  for (const name in map) if (!mapFields.has(name)) throw new BadArg(`${argument}.${name}`, 'is no field of an address');
  const { family, scopeId, flowinfo } = map;
  if (family !== undefined && family !== 'inet' && family !== 'inet6') {
    throw new BadArg(`${argument}.family`, "must be 'inet' or 'inet6'");
  }
  for (const [name, number] of Object.entries({ scopeId, flowinfo })) {
    if (number === undefined || (Number.isInteger(number) && (number as number) >= 0)) continue;
    throw new BadArg(`${argument}.${name}`, 'must be an integer from 0');
  }
  const address = checkAddress(map.addr, `${argument}.addr`);
  const scope = scopeId !== undefined && scopeId !== 0 && !address.includes('%') ? `%${scopeId}` : '';
  return { address: address + scope, port: checkPort(map.port ?? 0, `${argument}.port`) };
}

/** Whether `value` looks like one, so that it is none of the other things an argument may be. */
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
 * The arguments of `connectxInit`: addresses, port, options, timeout; or addresses with their ports, options, timeout. Ports that are 0 are those of
 * the others; of several the last counts (CN-31).
 *
 * @throws BadArg unless there are 1 to 255 addresses (CN-33), and a port
 */
export function destinationsOf(args: readonly unknown[]): Destination & { readonly addresses: readonly string[] } {
  const [first, second, third, fourth] = args;
  if (!Array.isArray(first)) throw new BadArg('addresses', 'must be a list');
  if (first.length === 0 || first.length > maxAddresses) throw new BadArg('addresses', `must be 1 to ${maxAddresses}`);
  if (typeof second === 'number' || typeof second === 'string') {
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
