/** Calls of scripts as requests to Erlang: the functions of gen_sctp, and their records. Counterpart of mailportCalls.ts. */
import type { ErlangCalls } from '../harness/erlangSide.js';
import type { AnyCall, Argument, Data, Options } from '../harness/script.js';
import {
  apply,
  atom,
  data,
  host,
  isObject,
  list,
  named,
  opening,
  option,
  options,
  type Requests,
  sharedRequests,
  snake,
  term,
  time,
  tuple,
} from '../harness/terms.js';
import { isArray, isRecord, type Value } from '../harness/value.js';
import type { Assoc } from './script.js';
import { sctpTransport } from './transport.js';

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

function record(name: string, fields: { readonly [field: string]: Argument | undefined }): string {
  const pairs = Object.entries(fields).map(([field, value]) => {
    const isList = field === 'flags' && Array.isArray(value);
    return tuple(atom(snake(field)), isList ? list(value.map(term)) : term(value));
  });
  return tuple(atom('$record'), atom(name), list(pairs));
}

function sctpOption(name: string, value: Argument | undefined): string {
  const recordName = optionRecords[name];
  if (recordName === undefined || !isObject(value)) return option(name, value);
  return tuple(atom(snake(name)), record(recordName, value));
}

const sctpOptions = (given: Options | undefined): string => options(given, sctpOption);

const assoc = (given: Assoc | Argument | undefined): string =>
  isObject(given) && 'change' in given ? record('sctp_assoc_change', { assocId: given.change }) : term(given as Argument);

const sctp = (name: string, ...args: readonly string[]): string => apply('gen_sctp', name, ...args);

const requests: Requests = {
  ...sharedRequests('gen_sctp', sctpOption),
  open: (socket: string, given: Options) => opening(socket, sctp('open', sctpOptions(given))),
  listen: (socket: string, backlog: Argument) => sctp('listen', named(socket), term(backlog)),
  connect: (socket: string, to: Argument, port: Argument, given?: Options, ms?: Argument) =>
    sctp('connect', named(socket), host(to), term(port), sctpOptions(given), time(ms)),
  connectInit: (socket: string, to: Argument, port: Argument, given?: Options, ms?: Argument) =>
    sctp('connect_init', named(socket), host(to), term(port), sctpOptions(given), time(ms)),
  connectTo: (socket: string, to: Argument, given?: Options) => sctp('connect', named(socket), term(to), sctpOptions(given)),
  connectxInitTo: (socket: string, to: Argument, given?: Options) =>
    sctp('connectx_init', named(socket), Array.isArray(to) ? list(to.map(term)) : term(to), sctpOptions(given)),
  connectxInit: (socket: string, to: Argument, port: Argument, given?: Options) =>
    sctp('connectx_init', named(socket), Array.isArray(to) ? list(to.map(host)) : host(to), term(port), sctpOptions(given)),
  send: (socket: string, to: Assoc, stream: Argument, payload: Data) =>
    sctp('send', named(socket), assoc(to), term(stream), data(payload)),
  sendInfo: (socket: string, info: Argument, payload: Data) =>
    sctp('send', named(socket), isObject(info) ? record('sctp_sndrcvinfo', info) : term(info), data(payload)),
  recv: (socket: string, ms?: Argument) => sctp('recv', named(socket), time(ms)),
  eof: (socket: string, of: Assoc) => sctp('eof', named(socket), assoc(of)),
  abort: (socket: string, of: Assoc) => sctp('abort', named(socket), assoc(of)),
  peeloff: (socket: string, of: Assoc, peeled: string) => opening(peeled, sctp('peeloff', named(socket), assoc(of))),
  socknames: (socket: string, of?: Assoc) => apply('inet', 'socknames', named(socket), ...(of === undefined ? [] : [assoc(of)])),
  peernames: (socket: string, of?: Assoc) => apply('inet', 'peernames', named(socket), ...(of === undefined ? [] : [assoc(of)])),
  errorString: (code: Argument) => sctp('error_string', term(code)),
};

function answer([name]: AnyCall, given: Value): Value | undefined {
  // connectx_init gives an id.
  if (typeof given === 'number' && name.startsWith('connectx')) return { record: 'id', fields: { assocId: given } };
  if (!isArray(given)) return undefined;
  if (name === 'errorString' && given.every((part) => typeof part === 'number'))
    return String.fromCharCode(...(given as number[]));
  const [tag, reason] = given;
  if (tag !== 'error' || !isArray(reason)) return undefined;
  // Erlang describes an ill-typed value by the bytes that the driver would have been given.
  if (reason[0] === 'type') return ['error', 'type'];
  // The bytes of the address are those of the machine.
  return isRecord(reason[2]) ? ['error', ['address', ...reason.slice(1)]] : undefined;
}

export const sctpOnErlang: ErlangCalls = { requests, opens: sctpTransport().opens, answer, quietMs: 30 };
