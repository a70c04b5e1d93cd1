/** How most scripts begin: a listener, and a connection between two sockets on loopback. Also the outcomes that scripts often have. */
import { payload, shownBytes } from '../../harness/bytes.js';
import { at, differs, type Options, type Outcome, type Step } from '../script.js';

export type Fields = Exclude<Options, readonly unknown[]>;

/** Of every socket: on the host's own address, data as bytes, and passive unless the script says otherwise. */
export const plain = { ip: 'here', mode: 'binary', active: false };

/** Actor p opens the listener l. What it accepts has these options. */
export function listening(options: Fields = {}): Step {
  return at('p', ['listen', 'l', 0, { ...plain, ...options }]);
}

/** Actor q connects its socket c to l, and p accepts a. Options of a, which are those of l, and of c. */
export function pair(options: Fields = {}, ofC: Fields = {}): Step[] {
  return [listening(options), ...another('c', 'a', ofC)];
}

/** The same with another client of l. */
export function another(client: string, accepted: string, ofClient: Fields = {}): Step[] {
  return [at('q', ['connect', client, 'there', '@l', { ...plain, ...ofClient }]), at('p', ['accept', 'l', accepted])];
}

/** Actor q sends each of these in a call of its own. */
export const sends = (...texts: readonly string[]): Step[] => texts.map((text) => at('q', ['send', 'c', text]));

export const set = (actor: string, socket: string, active: string | number | boolean, gives: Outcome = 'ok'): Step =>
  at(actor, ['setopts', socket, { active }], gives);
export const reads = (actor: string, socket: string, active: string | number | boolean): Step =>
  at(actor, ['getopts', socket, ['active']], `active=${active}`);

/** Payload of that many bytes, as the outcome of a call. */
export const bytes = (count: number, seed = 0): string => `<${count} bytes ${shownBytes(payload(count, seed)).crc}>`;
/** The part of such a payload from one place to another. */
export const part = (count: number, from: number, to: number, seed = 0): string =>
  `<${to - from} bytes ${shownBytes(payload(count, seed).subarray(from, to)).crc}>`;
/** Several payloads, [bytes, seed], as one. */
export function joined(...parts: readonly (readonly [number, number])[]): string {
  const shown = shownBytes(Buffer.concat(parts.map(([count, seed]) => payload(count, seed))));
  return `<${shown.bytes} bytes ${shown.crc}>`;
}
/** A text as an outcome shows it. */
export function text(content: string): string {
  const shown = shownBytes(Buffer.from(content, 'latin1'));
  return shown.text === undefined ? `<${shown.bytes} bytes ${shown.crc}>` : JSON.stringify(shown.text);
}
/** A text as a list of bytes. */
export const codes = (text: string): string => `[${[...Buffer.from(text)].join(' ')}]`;

/** A caller's mistake that Erlang answers in another way. */
export const badarg = (rule: string, erlang: string): Outcome => differs(rule, 'raises badarg', erlang);

/** Several messages. */
export const all = (...messages: readonly string[]): string => messages.join(' | ');
