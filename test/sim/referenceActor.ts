/** An actor of the reference model, and the way it looks for messages: from the front, one by one. */
import type { Guard, Role, Term } from './randomProgram.js';

/** A receive or a call under way. */
export interface Waiting {
  readonly guard: Guard;
  readonly afterMs: number;
  /** Undefined for a receive. */
  readonly call: Request | undefined;
  /** The guard is a function, and a message has come about which it has not been asked. */
  looking: boolean;
  /** The result, whatever comes now: the time is over, or there was no actor to call. */
  outcome: Term | undefined;
}

/** A call that has been made. */
export interface Request {
  readonly from: Actor;
  readonly to: Actor;
  /** The outcome: the answer of the server, or the reason for which the server ended. */
  result: Term | undefined;
  /** It has no result yet. */
  open: boolean;
}

export interface Actor {
  readonly who: number;
  readonly style: Role['style'];
  trapExit: boolean;
  alive: boolean;
  started: boolean;
  reason: Term;
  mailbox: Term[];
  waiting: Waiting | undefined;
  /** The exit reason of an actor that has returned or thrown. It ends as soon as the runtime hears of that. */
  leaving: Term | undefined;
  /** Calls that the actor has taken and not answered, each with its request. */
  readonly requests: (readonly [Request, Term])[];
  /** How many answers it has given. */
  answers: number;
}

export interface Timer {
  readonly ref: string;
  readonly atMs: number;
  readonly to: Actor | string;
  readonly message: Term;
  /** The receive whose time it is; undefined for a message. */
  readonly waiting: Waiting | undefined;
}

export function born(who: number, { style, trapExit }: Role): Actor {
  return {
    who,
    style,
    trapExit,
    alive: true,
    started: false,
    reason: 'none',
    mailbox: [],
    waiting: undefined,
    leaving: undefined,
    requests: [],
    answers: 0,
  };
}

export const show = (actor: Actor | undefined): string => (actor === undefined ? 'undefined' : `<${actor.who}>`);

/** The place of the first message that a receive with that guard takes. 'threw' if the guard throws before it finds one. */
export function find(mailbox: readonly Term[], guard: Guard): number | 'threw' | undefined {
  for (const [index, message] of mailbox.entries()) {
    if (guard.by === 'any') return index;
    if (guard.by === 'tag' && isTuple(message) && message[0] === guard.tag) return index;
    if (guard.by === 'ref' && carries(message, guard.ref)) return index;
    if (guard.by !== 'rest') continue;
    const last = isTuple(message) ? message[message.length - 1] : message;
    if (typeof last !== 'number') continue;
    if (last % 3 === guard.throwsAt) return 'threw';
    if (last % 3 === guard.rest) return index;
  }
  return undefined;
}

/** Whether the actor could go on, if it had its turn. */
export function hasWork({ mailbox, waiting }: Actor): boolean {
  if (waiting === undefined || waiting.outcome !== undefined || waiting.afterMs === 0) return true;
  const { call, guard } = waiting;
  return call === undefined ? find(mailbox, guard) !== undefined : call.result !== undefined;
}

export function carries(message: Term, ref: string): boolean {
  return isTuple(message) && (message[0] === ref || message[1] === ref);
}

export function isTuple(term: Term): term is readonly Term[] {
  return Array.isArray(term);
}
