/** The options that only opening takes: the address and port, the family, a descriptor to adopt, the network namespace (TL-1, TL-2, TL-11, TL-12, TL-15). */
import { type InetFamily, type InetOpenParams, inetFamily } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';
import { familyOf } from './addresses.js';
import { checkInetAddress, type InetAddress, isLocalName } from './inetNames.js';
import { isCount, type Pair, pairsOf } from './optionPairs.js';
import { checkedPortNumber } from './services.js';
import { checkSockAddr, isSockAddr, type SockAddr } from './sockAddr.js';

/** The options that only opening takes. */
export interface InetOpeningOptions {
  /** 0 (default): any; or the name of a service. */
  readonly port?: number | string;
  /** Local address or name, 'any' (default), 'loopback', or the path of a Unix-domain socket. Of several `ip` and `ifaddr` the last one counts (TL-11). */
  readonly ip?: InetAddress;
  /** The same as `ip`; also an address with its port. */
  readonly ifaddr?: InetAddress | SockAddr;
  /** By default that of the address, else 'inet'. */
  readonly family?: 'inet' | 'inet6' | 'local';
  readonly inet?: boolean;
  readonly inet6?: boolean;
  readonly local?: boolean;
  /** A descriptor of a socket that is open already, to be taken over. It is bound only if an address or a port is given. */
  readonly fd?: number;
  /** File that stands for the network namespace of the socket, such as /run/netns/NAME. Takes privileges (CAP_SYS_ADMIN). Linux. */
  readonly netns?: string;
}

/** Where and of what kind a socket is to be. */
export interface InetOpening {
  readonly family: InetFamily;
  /** 'any' if none was given. */
  readonly address: InetAddress;
  readonly port: number;
  /** Whether an address or a port was given: without, a descriptor that is adopted and a socket that connects are not bound. */
  readonly isPlaced: boolean;
  readonly fd: number | undefined;
  readonly netns: string | undefined;
  /** The other options, in order. */
  readonly rest: readonly Pair[];
}

/** PATH_MAX of Linux, less its end. */
const maxPathBytes = 4095;
const families = { inet: inetFamily.ipv4, inet6: inetFamily.ipv6, local: inetFamily.local } as const;

/**
 * Takes the options of opening out of the others. Of `port`, `ip` and `ifaddr` the last one counts, and of what tells the family the first one.
 *
 * @param port the argument, which stands before all options (TL-1); undefined if there is none
 * @param of the family of an address that the socket is to connect to, if that tells (TN-12)
 * @throws BadArg naming the option; an address of another family than the socket's among them (TL-12)
 */
export function planOpening(port: unknown, options: unknown, protocol: 'tcp' | 'udp', of?: InetFamily): InetOpening {
  const pairs = pairsOf(options, 'options');
  const found: { family?: InetFamily; address?: InetAddress; port?: number; fd?: number; netns?: string } = {};
  if (port !== undefined) found.port = checkedPortNumber(port, protocol, 'port');
  const rest: Pair[] = [];
  for (const [name, value] of pairs) {
    const argument = `options.${name}`;
    if (name === 'port') found.port = checkedPortNumber(value, protocol, argument);
    else if (name === 'ip' || name === 'ifaddr') {
      const place = placeOf(name, value, argument);
      found.address = place.address;
      if (place.port !== 0) found.port = place.port;
    } else if (name === 'fd') {
      if (!isCount(value, 0)) throw new BadArg(argument, 'must be a file descriptor, an integer from 0');
      found.fd = value;
    } else if (name === 'netns') found.netns = checkPath(value, argument);
    else if (name === 'family' || Object.hasOwn(families, name)) {
      const family = namedFamily(name, value, argument);
      if (family !== undefined) found.family ??= family;
    } else rest.push([name, value]);
  }
  const ofAddress = found.address === undefined ? undefined : familyOfAddress(found.address);
  const family = found.family ?? ofAddress ?? of ?? inetFamily.ipv4;
  if (ofAddress !== undefined && ofAddress !== family) {
    throw new BadArg('options.ip', "is of another family than the socket: leave out 'family', or give an address of that family");
  }
  const local = family === inetFamily.local;
  if (local && (found.port ?? 0) !== 0) throw new BadArg('port', 'must be 0, as a path has no ports');
  return {
    family,
    address: found.address ?? (local ? { local: '' } : 'any'),
    port: found.port ?? 0,
    isPlaced: found.address !== undefined || (found.port ?? 0) !== 0,
    fd: found.fd,
    netns: found.netns,
    rest,
  };
}

/** The same as a stack takes it. */
export function openParamsOf({ family, netns, fd }: InetOpening): InetOpenParams {
  return { family, ...(netns === undefined ? {} : { netns }), ...(fd === undefined ? {} : { fd }) };
}

/** The family that an address tells, undefined for 'any', 'loopback' and names. */
export function familyOfAddress(address: InetAddress): InetFamily | undefined {
  if (typeof address !== 'string') return inetFamily.local;
  return familyOf(address) || undefined;
}

function placeOf(
  name: 'ip' | 'ifaddr',
  value: unknown,
  argument: string,
): { readonly address: InetAddress; readonly port: number } {
  if (name === 'ifaddr' && isSockAddr(value) && !isLocalName(value)) {
    const { address, port } = checkSockAddr(value, argument);
    return { address, port };
  }
  const address = checkInetAddress(value, argument);
  if (address === '') throw new BadArg(argument, "must be an address, a host name, 'any', 'loopback', or { local: path }");
  return { address, port: 0 };
}

function namedFamily(name: string, value: unknown, argument: string): InetFamily | undefined {
  if (name === 'family') {
    if (typeof value === 'string' && Object.hasOwn(families, value)) return families[value as keyof typeof families];
    throw new BadArg(argument, "must be 'inet', 'inet6' or 'local'");
  }
  if (typeof value !== 'boolean') throw new BadArg(argument, 'must be a boolean');
  return value ? families[name as keyof typeof families] : undefined;
}

function checkPath(value: unknown, argument: string): string {
  const fits = typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxPathBytes && !value.includes('\0');
  if (fits) return value;
  throw new BadArg(argument, 'must be the path of a file');
}
