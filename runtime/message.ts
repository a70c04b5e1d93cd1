/**
 * The messages that the runtime itself sends, and the guards that pick messages out of a mailbox without scanning it. Tuples are labelled,
 * tag first, as Erlang's.
 */
import { inspect } from 'node:util';
import { BadArg } from './errors.js';
import type { Pid } from './pid.js';
import { Ref } from './pid.js';
import type { Port } from './port.js';

/** To an actor that traps exits: what it was linked to has ended, or somebody sent it an exit signal. */
export type ExitMessage = readonly [tag: 'EXIT', from: Pid | Port, reason: unknown];

/** Whether a message is one of those, from `from` if that is given. */
export function isExit(message: unknown, from?: Pid | Port): message is ExitMessage {
  return Array.isArray(message) && message[0] === 'EXIT' && (from === undefined || message[1] === from);
}

/**
 * To an actor that monitors: the actor or port has ended, or was not there ('noproc'). At most one for each reference. `who` is the name if the
 * monitor was asked for by name.
 */
export type DownMessage =
  | readonly [tag: 'DOWN', ref: Ref, kind: 'process', who: Pid | string, reason: unknown]
  | readonly [tag: 'DOWN', ref: Ref, kind: 'port', port: Port, reason: unknown];

/**
 * Messages that sockets send to their owners, one member per transport. A transport adds its own by declaration merging, so that
 * `self.receive()` narrows on `message[0]` without a type given.
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be merged into
export interface PortMessages {}

/** What any actor may be sent by the runtime and by sockets: the type of a mailbox when no other is given. */
export type Message = ExitMessage | DownMessage | PortMessages[keyof PortMessages];

/** Picks messages whose first element is `key`. Made by `tag`. */
export interface TagGuard<K extends string> {
  readonly key: K;
}

declare const replies: unique symbol;

/** Picks messages that carry the reference `key` as first or second element. Made by `reply`. */
export interface RefGuard<T> {
  readonly key: Ref;
  readonly [replies]: T;
}

/** What both kinds of indexed guard are at run time. */
export class KeyGuard {
  readonly key: string | Ref;

  constructor(key: string | Ref) {
    this.key = key;
  }

  [inspect.custom](): string {
    return typeof this.key === 'string' ? `tag('${this.key}')` : `reply(${this.key})`;
  }
}

/**
 * Picks tuples whose tag is `key`: `self.receive(tag('sctp_passive'))`. Costs the same however many other messages wait.
 */
export function tag<K extends string>(key: K): TagGuard<K> {
  if (typeof key !== 'string') throw new BadArg('key', 'must be a string, the tag of the messages that are wanted');
  return new KeyGuard(key) as KeyGuard & TagGuard<K>;
}

/**
 * Picks tuples that carry `ref` as first or second element: `[ref, answer]`, `['reply', ref, answer]`, and also `['DOWN', ref, ...]`, so that a
 * caller who monitors its server by the same reference never waits for a dead one. Costs the same however many other messages wait.
 */
export function reply<T = readonly unknown[]>(ref: Ref): RefGuard<T> {
  if (!(ref instanceof Ref)) throw noRef();
  return new KeyGuard(ref) as unknown as RefGuard<T>;
}

function noRef(): BadArg {
  return new BadArg('ref', 'must be a reference, such as monitor, makeRef or startTimer returned');
}

/** Whether a guard with this key picks the message. */
export function matchesKey(message: unknown, key: string | Ref): boolean {
  return Array.isArray(message) && (message[0] === key || (message[1] === key && key instanceof Ref));
}
