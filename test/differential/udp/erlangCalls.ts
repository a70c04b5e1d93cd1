/** Calls of scripts as requests to Erlang: the functions of gen_udp. Counterpart of mailportCalls.ts. */
import type { ErlangCalls } from '../harness/erlangSide.js';
import type { Argument, Data, Options } from '../harness/script.js';
import {
  apply,
  data,
  host,
  isObject,
  list,
  named,
  opening,
  options,
  type Requests,
  sharedRequests,
  snake,
  term,
  time,
  tuple,
} from '../harness/terms.js';
import { udpTransport } from './transport.js';

const udp = (name: string, ...args: readonly string[]): string => apply('gen_udp', name, ...args);

const requests: Requests = {
  ...sharedRequests('gen_udp'),
  open: (socket: string, port: Argument, given?: Options) => opening(socket, udp('open', term(port), options(given))),
  connect: (socket: string, to: Argument, port: Argument) => udp('connect', named(socket), host(to), term(port)),
  // gen_udp has no disconnect. This is its way to do it.
  disconnect: (socket: string) => udp('connect', named(socket), '{0,0,0,0}', '0'),
  send: (socket: string, payload: Data) => udp('send', named(socket), data(payload)),
  sendTo: (socket: string, to: Argument, port: Argument, payload: Data, anc?: Argument) =>
    udp('send', named(socket), host(to), term(port), ...(anc === undefined ? [] : [ancillary(anc)]), data(payload)),
  recv: (socket: string, ms?: Argument) => udp('recv', named(socket), '0', time(ms)),
};

function ancillary(anc: Argument): string {
  if (!isObject(anc)) return term(anc);
  return list(Object.entries(anc).map(([name, value]) => tuple(snake(name), term(value))));
}

export const udpOnErlang: ErlangCalls = { requests, opens: udpTransport.opens };
