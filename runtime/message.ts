/**
 * The messages that the runtime itself sends, and the guards that pick messages out of a mailbox without a scan. Messages are tuples whose first element
 * is a tag, as in Erlang.
 */
import { inspect } from 'node:util';
import { BadArg } from './errors.js';
import type { Pid } from './pid.js';
import { Ref } from './pid.js';
import type { Port } from './port.js';

/** To an actor that traps exits: an actor or port that it is linked to has ended, or it has been sent an exit signal. */
export type ExitMessage = readonly [tag: 'EXIT', from: Pid | Port, reason: unknown];

/** Whether a message is an `ExitMessage`, and comes from `from` if that is given. */
export function isExit(message: unknown, from?: Pid | Port): message is ExitMessage {
  return Array.isArray(message) && message[0] === 'EXIT' && (from === undefined || message[1] === from);
}

/**
 * To an actor that monitors another actor or a port: the target has ended, or was not there to begin with (reason 'noproc'). At most one comes for each
 * monitor. `who` is the name if the monitor was set up by name.
 */
export type DownMessage =
  | readonly [tag: 'DOWN', ref: Ref, kind: 'process', who: Pid | string, reason: unknown]
  | readonly [tag: 'DOWN', ref: Ref, kind: 'port', port: Port, reason: unknown];

/**
 * The messages that sockets send to their owners, a member for each transport. A transport adds its messages by declaration merging, so that a message from
 * `self.receive()` narrows on `message[0]` without type arguments.
 */
// biome-ignore lint/suspicious/noEmptyInterface: transports merge their members into it
export interface PortMessages {}

/** Every message that the runtime and sockets may send to an actor: the type of a mailbox unless another is given. */
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

/** Both kinds of indexed guard at run time. */
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
 * A guard that picks messages by tag, their first element: `await self.receive(tag('sctp_passive'))`. It costs the same however many other messages wait.
 */
export function tag<K extends string>(key: K): TagGuard<K> {
  if (typeof key !== 'string') throw new BadArg('key', 'must be a string, the tag of the messages that are wanted');
  return new KeyGuard(key) as KeyGuard & TagGuard<K>;
}

/**
 * A guard that picks messages with the reference `ref` as their first or second element: `[ref, answer]`, `['reply', ref, answer]`, and also
 * `['DOWN', ref, ...]`. So a caller that uses the reference of a monitor of its server never waits for a dead server. It costs the same however many other
 * messages wait.
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
