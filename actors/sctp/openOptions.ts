/** The options that only `open` takes: where a socket is bound, of what kind it is, on which stack. */
import { BadArg } from '../../runtime/index.js';
import {
  checkPortOrService,
  checkSockAddr,
  deviceProblem,
  type Family,
  familyOf,
  isCount,
  isSockAddr,
  type Pair,
  pairsOf,
  portNumber,
  type SockAddr,
  SocketError,
} from '../socket/index.js';
import { SctpCarrier } from './carrier.js';
import { type OptionPlan, plan, type SctpOptions } from './options.js';
import type { StackName } from './stacks.js';

/** The options of `open`: those of `setopts`, and these. */
export interface SctpOpenOptions extends SctpOptions {
  /** SCTP port, 0 (default): any; or the name of a service. */
  readonly port?: number | string;
  /**
   * Local address or name, 'any' (default) or 'loopback'; with a port, too, which is then the socket's (MH-3). A list is for a stack that is multi-homed; in an
   * option list the addresses of all `ip` add up (MH-1).
   */
  readonly ip?: LocalAddress | readonly LocalAddress[];
  /** The same as `ip`, but an object replaces the addresses before it (MH-4). */
  readonly ifaddr?: LocalAddress | readonly LocalAddress[];
  readonly family?: 'inet' | 'inet6';
  readonly inet?: boolean;
  readonly inet6?: boolean;
  readonly ipv6V6only?: boolean;
  /** One-to-many (default) or one-to-one. */
  readonly type?: 'seqpacket' | 'stream';
  /** Local UDP port of RFC 6951, shared among sockets; by default the SCTP port's number. */
  readonly encapsPort?: number;
  /** UDP port of peers; by default their SCTP port's number. */
  readonly remoteEncapsPort?: number;
  /** File that stands for the network namespace of the socket, such as /run/netns/NAME. Takes privileges (CAP_SYS_ADMIN). Linux. */
  readonly netns?: string;
  readonly stack?: StackName;
  /** What is below the embedded stack: 'udp' (RFC 6951), the default, or 'ip' itself (protocol 132), which takes privileges (CAP_NET_RAW). Linux. */
  readonly over?: 'udp' | 'ip';
  /**
   * What carries the packets, in place of UDP sockets: made by `sctp.overDatagrams`. The socket has the carrier's address and family. Several carriers, with different
   * addresses, are as many addresses of the socket, and ways to its peers.
   */
  readonly carrier?: SctpCarrier | readonly SctpCarrier[];
}

/** Where a socket is bound. */
export type LocalAddress = string | SockAddr;

/** The facts that `open` needs before there is a socket. */
export interface OpenPlan {
  readonly options: OptionPlan;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly family: Family;
  readonly oneToOne: boolean;
  readonly ipv6Only: boolean;
  readonly encapsPort: number;
  readonly remoteEncapsPort: number;
  readonly recbuf: number;
  /** It counts only if it is set before binding (LS-7). */
  readonly reuseaddr: boolean;
  readonly bindToDevice: string;
  readonly netns: string | undefined;
  /** None: UDP sockets. */
  readonly carriers: readonly SctpCarrier[];
  readonly overIp: boolean;
  /** Undefined: `chooseStack` chooses. */
  readonly stack: StackName | undefined;
}

/** Bytes. A fast sender fills less than this in a round trip (FC-36: Erlang's 1024 stalls). Where the kernel gives a UDP socket less, that is the window. */
const defaultRecbuf = 512 * 1024;

/** PATH_MAX of Linux, less its end. */
const maxPathBytes = 4095;

/** Checks the options of `open`. Of an option written twice the last counts (FC-11); `ip` and `ifaddr` add up (MH-1). @throws BadArg */
export function planOpen(port: unknown, options: unknown): OpenPlan {
  const pairs = pairsOf(options, 'options');
  if (port !== undefined) pairs.unshift(['port', port]);
  const local = new LocalAddresses();
  const opening = new Map<string, unknown>();
  const rest: Pair[] = [];
  for (const [name, value] of pairs) {
    if (name === 'ip' || name === 'ifaddr') local.add(name, value);
    else if (name === 'port') local.port = portOf(value);
    else if (openChecks.has(name)) {
      const problem = openChecks.get(name)!(value);
      if (problem !== undefined) throw new BadArg(`options.${name}`, problem);
      // The first of these decides the family (MH-5).
      const decidesFamily = name === 'inet' || name === 'inet6' || name === 'family';
      if (!decidesFamily) opening.set(name, value);
      else if (value !== false && !opening.has('family')) opening.set('family', name === 'family' ? value : name);
    } else rest.push([name, value]);
  }
  const planned = plan(rest, 'options', 'last');
  const carriers = listOf(opening.get('carrier') as SctpOpenOptions['carrier']);
  if (carriers.length > 0) checkBeside(pairs);
  const family = familyOfCarriers(carriers) ?? chooseFamily(opening.get('family'), local.family);
  if (family === 4 && opening.has('ipv6V6only'))
    throw new BadArg('options.ipv6V6only', "is for IPv6 sockets: add family: 'inet6', or leave it out");
  if (opening.get('over') === 'ip') checkOverIp(opening);
  const number = (name: string): number => (opening.get(name) as number | undefined) ?? 0;
  return {
    options: planned,
    port: local.port,
    addresses: local.addresses.length > 0 ? local.addresses : ['any'],
    family,
    oneToOne: opening.get('type') === 'stream',
    ipv6Only: opening.get('ipv6V6only') === true,
    encapsPort: number('encapsPort'),
    remoteEncapsPort: number('remoteEncapsPort'),
    recbuf: planned.recbuf ?? defaultRecbuf,
    reuseaddr: opening.get('reuseaddr') === true,
    bindToDevice: (opening.get('bindToDevice') as string | undefined) ?? '',
    netns: opening.get('netns') as string | undefined,
    carriers,
    overIp: opening.get('over') === 'ip',
    stack: opening.get('stack') as StackName | undefined,
  };
}

const openChecks = new Map<string, (value: unknown) => string | undefined>([
  ['encapsPort', (value) => portProblem(value)],
  ['remoteEncapsPort', (value) => portProblem(value)],
  ['inet', (value) => booleanProblem(value)],
  ['inet6', (value) => booleanProblem(value)],
  ['ipv6V6only', (value) => booleanProblem(value)],
  ['reuseaddr', (value) => booleanProblem(value)],
  ['bindToDevice', deviceProblem],
  ['netns', (value) => pathProblem(value)],
  ['family', (value) => (value === 'inet' || value === 'inet6' ? undefined : "must be 'inet' or 'inet6'")],
  ['type', (value) => (value === 'seqpacket' || value === 'stream' ? undefined : "must be 'seqpacket' or 'stream'")],
  ['over', (value) => (value === 'udp' || value === 'ip' ? undefined : "must be 'udp' or 'ip'")],
  ['carrier', (value) => carrierProblem(value)],
  ['stack', (value) => (value === 'embedded' || value === 'kernel' ? undefined : "must be 'embedded' or 'kernel'")],
]);

function carrierProblem(value: unknown): string | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const carriers = list.filter((one) => one instanceof SctpCarrier);
  if (carriers.length === 0 || carriers.length < list.length)
    return 'must be what sctp.overDatagrams returned, or a list of such carriers';
  const addresses = new Set(carriers.map(({ localAddress }) => localAddress));
  return addresses.size < carriers.length ? 'must be carriers whose localAddress differs' : undefined;
}

function listOf(carrier: SctpOpenOptions['carrier']): readonly SctpCarrier[] {
  if (carrier === undefined) return [];
  return carrier instanceof SctpCarrier ? [carrier] : [...carrier];
}

function familyOfCarriers(carriers: readonly SctpCarrier[]): Family | undefined {
  return carriers.some(({ family }) => family === 6) ? 6 : carriers[0]?.family;
}

/** What a carrier decides, or what belongs to a UDP socket. */
const notBesideCarrier = new Set([
  'ip',
  'ifaddr',
  'family',
  'inet',
  'inet6',
  'ipv6V6only',
  'encapsPort',
  'netns',
  'bindToDevice',
  'over',
]);

function checkBeside(pairs: readonly Pair[]): void {
  for (const [name, value] of pairs) {
    if (notBesideCarrier.has(name)) throw new BadArg(`options.${name}`, 'is for UDP sockets: leave it out beside `carrier`');
    if (name === 'stack' && value === 'kernel') throw new BadArg('options.stack', "must be 'embedded' beside `carrier`");
  }
}

function checkOverIp(opening: ReadonlyMap<string, unknown>): void {
  for (const name of ['encapsPort', 'remoteEncapsPort'])
    if (opening.has(name)) throw new BadArg(`options.${name}`, "is a port of UDP: leave it out beside over: 'ip'");
}

function portProblem(value: unknown): string | undefined {
  return isCount(value, 0) && value <= 65535 ? undefined : 'must be an integer in 0..65535';
}

function pathProblem(value: unknown): string | undefined {
  const fits = typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= maxPathBytes && !value.includes('\0');
  return fits ? undefined : 'must be the path of a file';
}

function booleanProblem(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'must be a boolean';
}

/** The family that the options say, else that of the last address (MH-5). */
function chooseFamily(given: unknown, ofAddress: Family | undefined): Family {
  if (given === 'inet6') return 6;
  if (given === 'inet') return 4;
  return ofAddress ?? 4;
}

/** The addresses and the port, gathered from the options one after the other. */
class LocalAddresses {
  addresses: string[] = [];
  port = 0;
  /** The family of the last address, if it tells. */
  family: Family | undefined;
  /** An object has been given: later addresses replace it (MH-4). */
  #isMap = false;

  add(name: string, value: unknown): void {
    const argument = `options.${name}`;
    const list: readonly unknown[] = Array.isArray(value) && !isPair(value) ? value : [value];
    if (list.length === 0) throw new BadArg(argument, 'must be an address or a list of addresses');
    for (const item of list) {
      const isMap = name === 'ifaddr' && !Array.isArray(item) && isSockAddr(item);
      if (isMap || this.#isMap) this.addresses = [];
      this.#isMap ||= isMap;
      this.#addOne(item, argument);
    }
  }

  #addOne(item: unknown, argument: string): void {
    if (typeof item === 'string' && item !== '') {
      this.addresses.push(item);
      this.family = familyOf(item) || undefined;
      return;
    }
    if (!isSockAddr(item)) throw new BadArg(argument, 'must be an address or a list of addresses');
    const { address, port, family } = checkSockAddr(item, argument);
    this.addresses.push(address);
    this.family = family;
    if (port !== 0) this.port = port;
  }
}

function isPair(value: readonly unknown[]): boolean {
  return value.length === 2 && typeof value[1] === 'number';
}

function portOf(value: unknown): number {
  try {
    return portNumber(checkPortOrService(value), 'sctp', 'open');
  } catch (error) {
    if (error instanceof SocketError) throw new BadArg('port', error.message);
    throw error;
  }
}
