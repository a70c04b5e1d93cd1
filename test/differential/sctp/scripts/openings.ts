/** How most scripts begin: sockets on loopback, and an association between two of them. Also the outcomes that scripts often have. */
import { payload, shownBytes } from '../../harness/bytes.js';
import type { Step as StepOf } from '../../harness/script.js';
import { at, type Call, type Options, type Outcome } from '../script.js';

type Step = StepOf<Call>;

/**
 * Options that keep waiting out of the scripts, and buffer sizes out of the comparison: no waiting for acknowledgements, and room for every burst, for which Erlang's
 * default has none (FC-36).
 */
export const quick = { ip: 'here', recbuf: 262_144, sndbuf: 262_144, sctpNodelay: true };

export type Fields = Exclude<Options, readonly unknown[]>;

/** The options given come first, which in Erlang is last: a receive buffer that is set after `buffer` raises it (OPN-9). */
export function open(actor: string, socket: string, options: Fields = {}): Step {
  return at(actor, ['open', socket, { ...options, ...quick, ...options }]);
}

/** Actor p opens the socket l, which listens. */
export function listening(options: Fields = {}): Step[] {
  return [open('p', 'l', options), at('p', ['listen', 'l', true])];
}

/** Actor q connects its socket c, which is passive, to the passive l of p. '#1' is the association at c, '#2' at l. */
export function pair(options: Fields = {}, ofC: Fields = options): Step[] {
  return [...listening(options), open('q', 'c', ofC), ...connected('c', '#1', '#2')];
}

/** Connects another socket of q, which has been opened. */
export function connected(socket: string, here: string, there: string): Step[] {
  return [at('q', ['connect', socket, 'there', '@l'], comesUp(here)), at('p', ['recv', 'l'], `<${socket}: ${comesUp(there)}`)];
}

/** `sctpEvents` that turn all on that gen_sctp turns on itself, and nothing else. */
export const everyEvent = {
  dataIoEvent: true,
  associationEvent: true,
  addressEvent: true,
  sendFailureEvent: true,
  peerErrorEvent: true,
  shutdownEvent: true,
  partialDeliveryEvent: true,
  adaptationLayerEvent: false,
};

/** An association whose ends, l and c, each indicate a number to the other, and what is seen of the two. */
export function indications([ofL, ofC]: readonly [number, number], [seenOfL, seenOfC]: readonly [number, number]): Step[] {
  const indicating = (adaptationInd: number): Fields => ({
    sctpEvents: { ...everyEvent, adaptationLayerEvent: true },
    sctpAdaptationLayer: { adaptationInd },
  });
  return [
    ...listening(indicating(ofL)),
    open('q', 'c', indicating(ofC)),
    at('q', ['connect', 'c', 'there', '@l'], comesUp('#1')),
    at('q', ['recv', 'c'], `<l: adaptation_event{#1 ind=${seenOfL}}`),
    at('p', ['recv', 'l'], `<c: ${comesUp('#2')}`),
    at('p', ['recv', 'l'], `<c: adaptation_event{#2 ind=${seenOfC}}`),
  ];
}

export const comesUp = (assoc: string): string => `comm_up{${assoc} in=10 out=10}`;
/** Other changes say nothing of streams. */
export const goes = (state: string, assoc: string): string => `${state}{${assoc}}`;

/** Refused: in Erlang the change names no association. */
export const refused = (assoc: string, before = 'error '): Outcome => ({
  rule: 'CN-14',
  mailport: `${before}cant_assoc{${assoc}}`,
  erlang: `${before}cant_assoc{#0}`,
});

/** An abort: the cause has its bytes swapped in Erlang. */
export function aborted(assoc: string, before = ''): Outcome {
  return {
    rule: 'EV-17',
    mailport: `${before}comm_lost{${assoc} error=12}`,
    erlang: `${before}comm_lost{${assoc} error=3072}`,
  };
}

/** A caller's mistake, which in Erlang is einval. */
export const einval = (rule: string): Outcome => ({ rule, mailport: 'raises badarg', erlang: 'error einval' });

/** Actor q sends these over '#1', on stream 0. */
export function sends(...texts: readonly string[]): Step[] {
  return texts.map((text) => at('q', ['send', 'c', '#1', 0, text]));
}

/** What socket l gets for a sent text: a message, or with an empty `socket` the result of recv. */
export function got(text: string, ssn: number, socket = 'l', assoc = '#2'): string {
  return `${socket}<c: "${text}" ${infoOf(assoc, ssn)}`;
}

/** The same for payload that is only bytes. */
export function gotBytes(bytes: number, seed: number, ssn: number, socket = 'l', assoc = '#2'): string {
  return `${socket}<c: <${bytes} bytes ${shownBytes(payload(bytes, seed)).crc}> ${infoOf(assoc, ssn)}`;
}

function infoOf(assoc: string, ssn: number): string {
  return `{${assoc}${ssn === 0 ? '' : ` ssn=${ssn}`}}`;
}

export const isPassive = (socket: string): string => `[sctp_passive ${socket}]`;

/** Several messages. */
export const all = (...messages: readonly string[]): string => messages.join(' | ');
