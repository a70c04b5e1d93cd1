/** Arguments of scripts as Erlang terms, and the requests that make the calls of all transports. script_actor.erl performs requests. */
import type { AnyCall, Argument, Data, Names, Options } from './script.js';

export const atom = (name: string): string => `'${name.replace(/['\\]/g, '\\$&')}'`;
export const tuple = (...parts: readonly string[]): string => `{${parts.join(',')}}`;
export const list = (parts: readonly string[]): string => `[${parts.join(',')}]`;
export const text = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
export const named = (name: string): string => tuple(atom('$named'), atom(name));
export const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** A text of Latin-1 as a binary. */
export const binary = (value: string): string => `<<${[...Buffer.from(value, 'latin1')].join(',')}>>`;

export const isObject = (value: unknown): value is { readonly [field: string]: Argument } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value: objects are sockaddr maps, local paths or host names, arrays tuples, strings atoms or addresses. */
export function term(value: Argument | undefined): string {
  if (typeof value === 'string') return address(value);
  if (Array.isArray(value)) return tuple(...value.map(term));
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'infinity';
  if (!isObject(value)) return String(value);
  if (typeof value.local === 'string') return tuple('local', binary(value.local));
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `#{${fields.map(([name, field]) => `${atom(snake(name))} => ${term(field)}`).join(',')}}`;
}

/** An address in numbers becomes its tuple, other strings are atoms; host names are given as { host }. */
function address(value: string): string {
  return /^[\d.]+$|:/.test(value) ? tuple(atom('$ip'), text(value)) : atom(value);
}

/** A host in a connect: an address, a name as text, or a sockaddr map. */
export const host = (value: Argument): string => (isObject(value) && 'host' in value ? text(String(value.host)) : term(value));

export type OptionTerm = (name: string, value: Argument | undefined) => string;

export function option(name: string, value: Argument | undefined): string {
  if (name === 'netns') return tuple('netns', text(String(value)));
  if (name === 'bindToDevice') return tuple('bind_to_device', `<<${text(String(value))}>>`);
  // A raw option is [level, number, bytes].
  if (name === 'raw' && Array.isArray(value)) {
    const [level, number, bytes] = value as [number, number, readonly number[] | number];
    return tuple('raw', String(level), String(number), Array.isArray(bytes) ? `<<${bytes.join(',')}>>` : String(bytes));
  }
  return tuple(atom(snake(name)), term(value));
}

export function options(given: Options | undefined, asTerm: OptionTerm = option): string {
  if (given === undefined) return '[]';
  const pairs = Array.isArray(given) ? given : Object.entries(given);
  return list(pairs.map((pair: unknown) => (Array.isArray(pair) ? asTerm(pair[0], pair[1]) : atom(String(pair)))));
}

export function data(given: Data): string {
  if (typeof given === 'string') return binary(given);
  if (Array.isArray(given)) return list(given.map(data));
  if (typeof given === 'number') return String(given);
  const { bytes, seed = 0, not } = given as { bytes?: number; seed?: number; not?: string };
  return not === undefined ? tuple(atom('$bytes'), String(bytes), String(seed)) : atom(not);
}

export const time = (value: Argument | undefined): string => (value === undefined ? 'infinity' : term(value));

export const apply = (module: string, name: string, ...args: readonly string[]): string =>
  tuple('apply', module, name, list(args));

/** A call that gives a new socket, which gets a name. */
export const opening = (name: string, made: string): string => tuple('opening', atom(name), made);

/** By the name of a call, the request that makes it. */
export type Requests = Readonly<Record<string, (...args: never[]) => string>>;

/** The requests of all transports. `module` is that of close and controlling_process. */
export function sharedRequests(module: string, asTerm: OptionTerm = option): Requests {
  const inet = (name: string, ...args: readonly string[]): string => apply('inet', name, ...args);
  return {
    close: (socket: string) => apply(module, 'close', named(socket)),
    controllingProcess: (socket: string, owner: Argument) =>
      apply(module, 'controlling_process', named(socket), typeof owner === 'string' ? named(owner) : term(owner)),
    setopts: (socket: string, given: Options) => inet('setopts', named(socket), options(given, asTerm)),
    getopts: (socket: string, names: Names) =>
      inet('getopts', named(socket), list(names.map((name) => optionName(name, asTerm)))),
    sockname: (socket: string) => inet('sockname', named(socket)),
    peername: (socket: string) => inet('peername', named(socket)),
    port: (socket: string) => inet('port', named(socket)),
    owner: (socket: string) => tuple('owner', named(socket)),
    isOpen: (socket: string) => tuple('is_open', named(socket)),
    getstat: (socket: string, names: readonly string[]) =>
      inet('getstat', named(socket), list(names.map((name) => atom(snake(name))))),
    monitor: (socket: string, ref: string) => tuple('monitor', named(socket), atom(ref)),
    awaitClosed: (socket: string) => tuple('closed', atom(socket)),
    demonitor: (ref: string) => tuple('demonitor', named(ref)),
    trapExit: (trap: boolean) => tuple('trap_exit', String(trap)),
    tell: (actor: string, message: string) => tuple('tell', named(actor), atom(message)),
    receive: (count = 1) => tuple(atom('receive'), String(count)),
    awaitMessages: (count: number) => tuple('await_messages', String(count)),
    mailbox: () => 'mailbox',
    exit: (reason: string) => tuple('exit', atom(reason)),
    exitOther: (actor: string, reason: string) => tuple('exit_other', named(actor), atom(reason)),
    awaitEnd: (actor: string) => tuple('ended', atom(actor)),
  };
}

function optionName(name: Names[number] | null, asTerm: OptionTerm): string {
  if (name === null || typeof name === 'string') return name === null ? 'null' : atom(snake(name));
  const [of, ...key] = name;
  return asTerm(of, key.length === 1 ? key[0] : key);
}

/** The request that makes a call. */
export function requestOf(requests: Requests, [name, ...args]: AnyCall): string {
  const request = requests[name] as ((...args: unknown[]) => string) | undefined;
  if (request === undefined) throw new Error(`Erlang has no request for ${name}`);
  return request(...args);
}
