/** Calls of scripts as Erlang terms, for script_actor.erl: the function of gen_sctp or inet, and its arguments as OTP wants them. */
import type { Argument, Assoc, Data, Options } from './script.js';
import type { SideCall } from './side.js';

export const atom = (name: string): string => `'${name.replace(/['\\]/g, '\\$&')}'`;
const tuple = (...parts: readonly string[]): string => `{${parts.join(',')}}`;
const list = (parts: readonly string[]): string => `[${parts.join(',')}]`;
const text = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
const named = (name: string): string => tuple(atom('$named'), atom(name));
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The record that an option takes. */
const optionRecords: Readonly<Record<string, string>> = {
  sctpRtoinfo: 'sctp_rtoinfo',
  sctpAssocinfo: 'sctp_assocparams',
  sctpInitmsg: 'sctp_initmsg',
  sctpEvents: 'sctp_event_subscribe',
  sctpAdaptationLayer: 'sctp_setadaptation',
  sctpDelayedAckTime: 'sctp_assoc_value',
  sctpPeerAddrParams: 'sctp_paddrparams',
  sctpDefaultSendParam: 'sctp_sndrcvinfo',
  sctpPrimaryAddr: 'sctp_prim',
  sctpSetPeerPrimaryAddr: 'sctp_setpeerprim',
  sctpStatus: 'sctp_status',
  sctpGetPeerAddrInfo: 'sctp_paddrinfo',
};

/** A value: objects are sockaddr maps, arrays tuples, strings atoms or addresses. */
function term(value: Argument | undefined): string {
  if (typeof value === 'string') return address(value);
  if (Array.isArray(value)) return tuple(...value.map(term));
  if (typeof value !== 'object' || value === null) return String(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `#{${fields.map(([name, field]) => `${atom(snake(name))} => ${term(field)}`).join(',')}}`;
}

/** An address in numbers becomes its tuple, other strings are atoms; host names are given as { host }. */
function address(value: string): string {
  return /^[\d.]+$|:/.test(value) ? tuple(atom('$ip'), text(value)) : atom(value);
}

function record(name: string, fields: { readonly [field: string]: Argument | undefined }): string {
  const pairs = Object.entries(fields).map(([field, value]) => {
    const isList = field === 'flags' && Array.isArray(value);
    return tuple(atom(snake(field)), isList ? list(value.map(term)) : term(value));
  });
  return tuple(atom('$record'), atom(name), list(pairs));
}

const isObject = (value: unknown): value is { readonly [field: string]: Argument } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function option(name: string, value: Argument | undefined): string {
  if (name === 'netns') return tuple('netns', text(String(value)));
  if (name === 'bindToDevice') return tuple('bind_to_device', `<<${text(String(value))}>>`);
  const recordName = optionRecords[name];
  const isRecord = recordName !== undefined && isObject(value);
  return tuple(atom(snake(name)), isRecord ? record(recordName, value) : term(value));
}

function options(given: Options | undefined): string {
  if (given === undefined) return '[]';
  const pairs = Array.isArray(given) ? given : Object.entries(given);
  return list(pairs.map((pair: unknown) => (Array.isArray(pair) ? option(pair[0], pair[1]) : atom(String(pair)))));
}

function data(given: Data): string {
  if (typeof given === 'string') return `<<${text(given)}>>`;
  if (Array.isArray(given)) return list(given.map(data));
  const { bytes, seed = 0, not } = given as { bytes?: number; seed?: number; not?: string };
  return not === undefined ? tuple(atom('$bytes'), String(bytes), String(seed)) : atom(not);
}

/** A host in a connect: an address, a name as text, or a sockaddr map. */
const host = (value: Argument): string => (isObject(value) && 'host' in value ? text(String(value.host)) : term(value));

const assoc = (given: Assoc | Argument | undefined): string =>
  isObject(given) && 'change' in given ? record('sctp_assoc_change', { assocId: given.change }) : term(given as Argument);

const time = (value: Argument | undefined): string => (value === undefined ? 'infinity' : term(value));

const apply = (module: string, name: string, ...args: readonly string[]): string => tuple('apply', module, name, list(args));

type Translators = { readonly [Name in SideCall[0]]?: (...args: never[]) => string };

const sctp = (name: string, ...args: readonly string[]): string => apply('gen_sctp', name, ...args);

const translators: Translators = {
  open: (socket: string, given: Options) => tuple('open', atom(socket), options(given)),
  listen: (socket: string, backlog: Argument) => sctp('listen', named(socket), term(backlog)),
  connect: (socket: string, to: Argument, port: Argument, given?: Options, ms?: Argument) =>
    sctp('connect', named(socket), host(to), term(port), options(given), time(ms)),
  connectInit: (socket: string, to: Argument, port: Argument, given?: Options, ms?: Argument) =>
    sctp('connect_init', named(socket), host(to), term(port), options(given), time(ms)),
  connectTo: (socket: string, to: Argument, given?: Options) => sctp('connect', named(socket), term(to), options(given)),
  connectxInitTo: (socket: string, to: Argument, given?: Options) =>
    sctp('connectx_init', named(socket), Array.isArray(to) ? list(to.map(term)) : term(to), options(given)),
  connectxInit: (socket: string, to: Argument, port: Argument, given?: Options) =>
    sctp('connectx_init', named(socket), Array.isArray(to) ? list(to.map(host)) : host(to), term(port), options(given)),
  send: (socket: string, to: Assoc, stream: Argument, payload: Data) =>
    sctp('send', named(socket), assoc(to), term(stream), data(payload)),
  sendInfo: (socket: string, info: Argument, payload: Data) =>
    sctp('send', named(socket), isObject(info) ? record('sctp_sndrcvinfo', info) : term(info), data(payload)),
  recv: (socket: string, ms?: Argument) => sctp('recv', named(socket), time(ms)),
  eof: (socket: string, of: Assoc) => sctp('eof', named(socket), assoc(of)),
  abort: (socket: string, of: Assoc) => sctp('abort', named(socket), assoc(of)),
  close: (socket: string) => sctp('close', named(socket)),
  peeloff: (socket: string, of: Assoc, peeled: string) => tuple('peeloff', named(socket), assoc(of), atom(peeled)),
  controllingProcess: (socket: string, owner: Argument) =>
    sctp('controlling_process', named(socket), typeof owner === 'string' ? named(owner) : term(owner)),
  setopts: (socket: string, given: Options) => apply('inet', 'setopts', named(socket), options(given)),
  getopts: (socket: string, names: readonly (string | readonly [string, Argument])[]) =>
    apply(
      'inet',
      'getopts',
      named(socket),
      list(names.map((name) => (typeof name === 'string' ? atom(snake(name)) : option(...name)))),
    ),
  sockname: (socket: string) => apply('inet', 'sockname', named(socket)),
  socknames: (socket: string, of?: Assoc) => apply('inet', 'socknames', named(socket), ...(of === undefined ? [] : [assoc(of)])),
  peername: (socket: string) => apply('inet', 'peername', named(socket)),
  peernames: (socket: string, of?: Assoc) => apply('inet', 'peernames', named(socket), ...(of === undefined ? [] : [assoc(of)])),
  port: (socket: string) => apply('inet', 'port', named(socket)),
  owner: (socket: string) => tuple('owner', named(socket)),
  isOpen: (socket: string) => tuple('is_open', named(socket)),
  getstat: (socket: string, names: readonly string[]) =>
    apply('inet', 'getstat', named(socket), list(names.map((name) => atom(snake(name))))),
  errorString: (code: Argument) => sctp('error_string', term(code)),
  monitor: (socket: string, ref: string) => tuple('monitor', named(socket), atom(ref)),
  demonitor: (ref: string) => tuple('demonitor', named(ref)),
  trapExit: (trap: boolean) => tuple('trap_exit', String(trap)),
  tell: (actor: string, message: string) => tuple('tell', named(actor), atom(message)),
  receive: (count = 1) => tuple(atom('receive'), String(count)),
  awaitMessages: (count: number) => tuple('await_messages', String(count)),
  mailbox: () => 'mailbox',
  exit: (reason: string) => tuple('exit', atom(reason)),
  exitOther: (actor: string, reason: string) => tuple('exit_other', named(actor), atom(reason)),
  awaitEnd: (actor: string) => tuple('ended', atom(actor)),
  awaitClosed: (socket: string) => tuple('closed', atom(socket)),
};

/** The request that makes a call. */
export function erlangRequest([name, ...args]: SideCall): string {
  return (translators[name] as (...args: unknown[]) => string)(...args);
}
