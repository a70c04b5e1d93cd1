/** Calls of scripts as requests to Erlang: the functions of gen_tcp. Counterpart of mailportCalls.ts. */
import type { ErlangCalls } from '../harness/erlangSide.js';
import type { Argument, Data, Options } from '../harness/script.js';
import {
  apply,
  data,
  host,
  named,
  opening,
  options,
  type Requests,
  sharedRequests,
  term,
  time,
  tuple,
} from '../harness/terms.js';
import { tcpTransport } from './transport.js';

const tcp = (name: string, ...args: readonly string[]): string => apply('gen_tcp', name, ...args);

const requests: Requests = {
  ...sharedRequests('gen_tcp'),
  listen: (socket: string, port: Argument, given: Options) => opening(socket, tcp('listen', term(port), options(given))),
  accept: (listener: string, socket: string, ms?: Argument) => opening(socket, tcp('accept', named(listener), time(ms))),
  connect: (socket: string, to: Argument, port: Argument, given?: Options, ms?: Argument) =>
    opening(socket, tcp('connect', host(to), term(port), options(given), time(ms))),
  send: (socket: string, payload: Data) => tcp('send', named(socket), data(payload)),
  recv: (socket: string, length: Argument = 0, ms?: Argument) => tcp('recv', named(socket), term(length), time(ms)),
  unrecv: (socket: string, payload: Data) => tcp('unrecv', named(socket), data(payload)),
  shutdown: (socket: string, how: Argument) => tcp('shutdown', named(socket), term(how)),
  receiveBytes: (socket: string, bytes: number) => tuple('receive_bytes', named(socket), String(bytes)),
};

export const tcpOnErlang: ErlangCalls = { requests, opens: tcpTransport.opens };
