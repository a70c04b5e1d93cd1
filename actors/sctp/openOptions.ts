/** The options that only `open` takes: where a socket is bound, of what kind it is, on which stack. */
import { BadArg } from '../../runtime/index.js';
import { checkPort, type Family, familyOf } from '../socket/index.js';
import { isCount, type OptionPlan, type Pair, pairsOf, plan, type SctpOptions } from './options.js';
import type { StackName } from './port.js';
import { deviceProblem } from './stackOptions.js';

/** What `open` takes besides. */
export interface SctpOpenOptions extends SctpOptions {
  /** SCTP port, 0 (default): any. */
  readonly port?: number;
  /** Local address or name, 'any' (default) or 'loopback'. A list, on the kernel stack, which is multi-homed. */
  readonly ip?: string | readonly string[];
  /** The same as `ip`. */
  readonly ifaddr?: string | readonly string[];
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
}

/** What `open` has to know before there is a socket. */
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
  /** What counts only if it is set before binding (LS-7). */
  readonly reuseaddr: boolean;
  readonly bindToDevice: string;
  readonly netns: string | undefined;
  /** Undefined: whichever `chooseStack` takes. */
  readonly stack: StackName | undefined;
}

/** Bytes. What a fast sender fills in a round trip fits (FC-36: Erlang's 1024 stalls). Where the kernel gives a UDP socket less, the window is that. */
const defaultRecbuf = 512 * 1024;

/** PATH_MAX of Linux, less its end. */
const maxPathBytes = 4095;

/** Checks the options of `open`. Of an option written twice the last counts (FC-11); `ip` and `ifaddr` add up (MH-1). @throws BadArg */
export function planOpen(port: number | undefined, options: unknown): OpenPlan {
  const pairs = pairsOf(options, 'options');
  if (port !== undefined) pairs.unshift(['port', checkPort(port)]);
  const addresses: string[] = [];
  const opening = new Map<string, unknown>();
  const rest: Pair[] = [];
  for (const [name, value] of pairs) {
    if (name === 'ip' || name === 'ifaddr') addresses.push(...checkAddresses(value, `options.${name}`));
    else if (openChecks.has(name)) {
      const problem = openChecks.get(name)!(value);
      if (problem !== undefined) throw new BadArg(name === 'port' ? 'port' : `options.${name}`, problem);
      // The first of these decides the family (MH-5).
      const decidesFamily = name === 'inet' || name === 'inet6' || name === 'family';
      if (!decidesFamily) opening.set(name, value);
      else if (value !== false && !opening.has('family')) opening.set('family', name === 'family' ? value : name);
    } else rest.push([name, value]);
  }
  const planned = plan(rest, 'options', 'last');
  const number = (name: string): number => (opening.get(name) as number | undefined) ?? 0;
  return {
    options: planned,
    port: number('port'),
    addresses: addresses.length > 0 ? addresses : ['any'],
    family: chooseFamily(opening.get('family'), addresses),
    oneToOne: opening.get('type') === 'stream',
    ipv6Only: opening.get('ipv6V6only') === true,
    encapsPort: number('encapsPort'),
    remoteEncapsPort: number('remoteEncapsPort'),
    recbuf: planned.recbuf ?? defaultRecbuf,
    reuseaddr: opening.get('reuseaddr') === true,
    bindToDevice: (opening.get('bindToDevice') as string | undefined) ?? '',
    netns: opening.get('netns') as string | undefined,
    stack: opening.get('stack') as StackName | undefined,
  };
}

const openChecks = new Map<string, (value: unknown) => string | undefined>([
  ['port', (value) => portProblem(value)],
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
  ['stack', (value) => (value === 'embedded' || value === 'kernel' ? undefined : "must be 'embedded' or 'kernel'")],
]);

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

function chooseFamily(given: unknown, addresses: readonly string[]): Family {
  if (given === 'inet6') return 6;
  if (given === 'inet') return 4;
  return familyOf(addresses.at(-1) ?? '') === 6 ? 6 : 4;
}

function checkAddresses(value: unknown, argument: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > 0 && list.every((address) => typeof address === 'string' && address !== '')) return list as string[];
  throw new BadArg(argument, 'must be an address or a list of addresses');
}
