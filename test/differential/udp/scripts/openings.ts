/** How most scripts begin: two sockets on loopback. Also the outcomes that scripts often have. */
import { payload, shownBytes } from '../../harness/bytes.js';
import { at, differs, type Options, type Outcome, type Step } from '../script.js';

export type Fields = Exclude<Options, readonly unknown[]>;

/** Of every socket: on the host's own address, data as bytes, and passive unless the script says otherwise. */
export const plain = { ip: 'here', mode: 'binary', active: false };

export const open = (actor: string, socket: string, options: Fields = {}): Step =>
  at(actor, ['open', socket, 0, { ...plain, ...options }]);

/** Actor p opens s, and q opens c. */
export const pair = (options: Fields = {}, ofC: Fields = {}): Step[] => [open('p', 's', options), open('q', 'c', ofC)];

/** Actor q sends each of these to s as a datagram. */
export const sends = (...texts: readonly string[]): Step[] => texts.map((text) => at('q', ['sendTo', 'c', 'there', '@s', text]));

export const set = (actor: string, socket: string, active: string | number | boolean, gives: Outcome = 'ok'): Step =>
  at(actor, ['setopts', socket, { active }], gives);
export const reads = (actor: string, socket: string, active: string | number | boolean): Step =>
  at(actor, ['getopts', socket, ['active']], `active=${active}`);

/** What recv gives of c's. */
export const from = (text: string, client = 'c'): string => `<${client}: ${JSON.stringify(text)}`;
/** The message. */
export const got = (text: string, socket = 's', client = 'c'): string => `${socket}<${client}: ${JSON.stringify(text)}`;
export const bytes = (count: number, seed = 0): string => `<${count} bytes ${shownBytes(payload(count, seed)).crc}>`;
export const part = (count: number, end: number): string =>
  `<${end} bytes ${shownBytes(payload(count, 0).subarray(0, end)).crc}>`;

export const badarg = (rule: string, erlang: string): Outcome => differs(rule, 'raises badarg', erlang);

export const all = (...messages: readonly string[]): string => messages.join(' | ');
