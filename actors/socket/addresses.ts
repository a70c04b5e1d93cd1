/**
 * Addresses and ports as callers write them: literals, names to look up, `'any'`, `'loopback'`, and the checks of their shape.
 */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { BadArg, realClock, type Timer } from '../../runtime/index.js';
import { SocketError } from './errors.js';
import { explain } from './explanations.js';

export type Family = 4 | 6;

const anyAddress = { 4: '0.0.0.0', 6: '::' } as const;
const loopbackAddress = { 4: '127.0.0.1', 6: '::1' } as const;

/** @throws BadArg unless `port` is an integer in 0..65535 */
export function checkPort(port: unknown, argument = 'port'): number {
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new BadArg(argument, 'must be an integer in 0..65535');
}

/** @throws BadArg unless `timeoutMs` is Infinity or an integer in 0..4294967294 (RV-3) */
export function checkTimeout(timeoutMs: unknown, argument = 'timeoutMs'): number {
  if (timeoutMs === Number.POSITIVE_INFINITY) return timeoutMs;
  if (typeof timeoutMs === 'number' && Number.isInteger(timeoutMs) && timeoutMs >= 0 && timeoutMs <= 0xfffffffe) return timeoutMs;
  throw new BadArg(argument, 'must be Infinity or an integer in 0..4294967294');
}

/** @throws BadArg unless `address` is a string */
export function checkAddress(address: unknown, argument = 'address'): string {
  if (typeof address === 'string') return address;
  throw new BadArg(argument, 'must be an address or a host name');
}

/** The family that a literal address is of, 0 for a name. */
export function familyOf(address: string): Family | 0 {
  const version = isIP(address);
  return version === 4 || version === 6 ? version : 0;
}

/**
 * The literal that `address` stands for, if that can be told without asking anybody: literals, 'any', 'loopback', 'localhost'. Otherwise
 * undefined, and `resolveAddress` looks it up.
 *
 * @throws SocketError 'eafnosupport' for an IPv6 literal where IPv4 is wanted (CN-4)
 */
export function literalAddress(address: string, family: Family, syscall: string): string | undefined {
  if (address === 'any') return anyAddress[family];
  if (address === 'loopback' || address === 'localhost') return loopbackAddress[family];
  const given = familyOf(address);
  if (given === 0) return undefined;
  if (given === 6 && family === 4) throw new SocketError('eafnosupport', syscall, { address });
  return address;
}

/**
 * Looks a host name up.
 *
 * @throws SocketError 'nxdomain' if it stands for no address of the family
 */
export async function resolveAddress(address: string, family: Family, syscall: string): Promise<string> {
  const [first] = await resolveAddresses(address, family, syscall);
  return first!;
}

/** As `resolveAddress`: all addresses that it stands for, at least one, in the order of the resolver (TN-7). */
export async function resolveAddresses(address: string, family: Family, syscall: string): Promise<readonly string[]> {
  const literal = literalAddress(address, family, syscall);
  if (literal !== undefined) return [literal];
  // The resolver is not asked about these: some answer with the machine's own address.
  if (address === '' || address === '.' || address.includes('\0')) throw new SocketError('nxdomain', syscall, { address });
  try {
    return (await lookup(address, { family, all: true })).map((found) => found.address);
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message}` : '';
    throw new SocketError('nxdomain', syscall, { address, detail: `${explain(syscall, 'nxdomain')}${why}` });
  }
}

/**
 * Looks addresses up, with a limit of time for all of them together, which a look-up itself does not have (CN-21).
 *
 * @throws SocketError 'timeout', 'nxdomain', 'eafnosupport'
 */
export function resolveWithin(
  addresses: readonly string[],
  family: Family,
  timeoutMs: number,
  syscall: string,
): Promise<readonly string[]> {
  const looked = Promise.all(addresses.map((address) => resolveAddress(address, family, syscall)));
  if (timeoutMs === Number.POSITIVE_INFINITY) return looked;
  let timer: Timer;
  const late = new Promise<never>((_, reject) => {
    const detail = 'the address was not looked up in the time given; nothing has happened';
    const expire = (): void => reject(new SocketError('timeout', syscall, { address: addresses.join(), detail }));
    timer = realClock.setTimer(timeoutMs, expire);
  });
  return Promise.race([looked, late]).finally(() => realClock.clearTimer(timer));
}
