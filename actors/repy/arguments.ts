/** The checks of what users give to the calls. Each throws a `BadArg` that names the argument, before anything has happened. */
import { checkKeys } from '../../runtime/behaviour.js';
import { BadArg } from '../../runtime/index.js';
import { addressWords, checkPort, checkTimeout, formatV6, type IoData, toBytes } from '../socket/index.js';
import type { Network } from './network.js';

/** Where a call says from which local end it speaks. */
export interface LocalEnd {
  /** An address of this machine; any of them unless given. */
  readonly localip?: string;
  /** A port; any that is free unless given, or for 0. */
  readonly localport?: number;
}

/** Options of `openconn`. */
export interface OpenconnOptions extends LocalEnd {
  /** How many milliseconds the look-up of the host and the connection may take together; Infinity unless given, when the system gives up after some minutes. */
  readonly timeout?: number;
}

/** Options of `sendmess`. */
export type SendmessOptions = LocalEnd;

export const anyIp = '0.0.0.0';
const loopbackIp = '127.0.0.1';

/** An address of this machine, as tables have it. */
export function checkIp(ip: unknown, argument: string): string {
  const literal = ip === 'any' ? anyIp : ip === 'loopback' ? loopbackIp : ip;
  if (typeof literal === 'string') {
    const plain = plainIp(literal);
    if (plain !== undefined) return plain;
  }
  throw new BadArg(argument, "must be an address of this machine, as '127.0.0.1' or '::1', or 'any' or 'loopback'");
}

/** An address in the one way of writing that tables have. Undefined for a name. */
export function plainIp(text: string): string | undefined {
  const found = addressWords(text);
  if (found === undefined) return undefined;
  return found.family === 4 ? text : formatV6(found.words, found.scopeId);
}

/** Whether it stands for every address of this machine. */
export function isAnyIp(ip: string): boolean {
  return ip === anyIp || ip === '::';
}

export function checkHost(host: unknown): string {
  if (typeof host === 'string' && host !== '') return host;
  throw new BadArg('host', 'must be a host name or an address');
}

/** A port to which something is sent. */
export function checkRemotePort(port: unknown): number {
  if (port === 0) throw new BadArg('port', 'must be an integer in 1..65535');
  return checkPort(port);
}

export function checkCallback<Callback>(callback: Callback): Callback {
  if (typeof callback === 'function') return callback;
  throw new BadArg('callback', 'must be a function');
}

export function checkCount(n: unknown): number {
  if (typeof n === 'number' && Number.isSafeInteger(n) && n > 0) return n;
  throw new BadArg('n', 'must be a number of bytes, an integer from 1');
}

export function checkMessage(data: IoData, argument: 'bytes' | 'message'): Uint8Array {
  return toBytes(data, argument);
}

/** A local end, as checked: undefined where any will do. */
export interface CheckedEnd {
  readonly localip: string | undefined;
  readonly localport: number | undefined;
}

const endKeys: ReadonlySet<string> = new Set(['localip', 'localport'] satisfies (keyof LocalEnd)[]);
const openconnKeys: ReadonlySet<string> = new Set([...endKeys, 'timeout']);

export function checkSendmess(options: unknown = {}): CheckedEnd {
  return checkEnd(options, endKeys);
}

export function checkOpenconn(options: unknown = {}): CheckedEnd & { readonly timeoutMs: number } {
  const end = checkEnd(options, openconnKeys);
  const { timeout = Number.POSITIVE_INFINITY } = options as OpenconnOptions;
  return { ...end, timeoutMs: checkTimeout(timeout, 'options.timeout') };
}

function checkEnd(options: unknown, keys: ReadonlySet<string>): CheckedEnd {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  const { localip, localport } = options as LocalEnd;
  return {
    localip: localip === undefined ? undefined : checkIp(localip, 'options.localip'),
    localport: localport === undefined ? undefined : checkPort(localport, 'options.localport') || undefined,
  };
}

/** Options of `createRepy`. */
export interface RepyOptions {
  /** How many events there are: one for each callback that runs, and one for the socket selector while anything is listened for. An integer from 0. */
  readonly events: number;
  /** How many connections there may be at a time, opened here or accepted. An integer from 0. Listeners and messages take none. */
  readonly sockets: number;
  /** The network: that of this machine unless given. A `SimulatedHost` of `mailport/testing` is one. */
  readonly network?: Network;
}

const optionKeys: ReadonlySet<string> = new Set(['events', 'sockets', 'network'] satisfies (keyof RepyOptions)[]);

export function checkOptions(options: RepyOptions): RepyOptions {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object with events and sockets');
  checkKeys('options', options, optionKeys);
  for (const name of ['events', 'sockets'] as const) {
    if (!Number.isSafeInteger(options[name]) || options[name] < 0)
      throw new BadArg(`options.${name}`, 'must be an integer from 0');
  }
  const { network } = options;
  const isNetwork = typeof network?.tcp?.connect === 'function' && typeof network.udp?.open === 'function';
  if (network !== undefined && !isNetwork) throw new BadArg('options.network', 'must have tcp and udp, as a SimulatedHost has');
  return options;
}
