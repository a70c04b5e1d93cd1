/** One of the two systems that perform scripts, as the runner sees it. */
import type { AnyCall, Argument } from './script.js';
import type { Value } from './value.js';

/** The addresses of a side that shares its host with the other side. */
export const loopback: readonly string[] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

export type System = 'mailport' | 'erlang';

/** A call that has been made: whether it is over, and its result. */
export interface Begun {
  readonly isOver: () => boolean;
  readonly outcome: Promise<Value>;
}

export interface Side {
  readonly system: System;
  /** Sides with different keys have different counters of association ids. Sides that share a kernel share its counter. */
  readonly ids: string;
  /** Its addresses: 'here', 'here2', ... in its calls, 'there', 'there2', ... in those of the other side. */
  readonly homes: readonly string[];
  /** Starts an actor. */
  start(actor: string): Promise<void>;
  /** Makes a call, in which ids, ports and paths stand in place of '#1', '@s' and '$/name', and resolves with its result. */
  perform(actor: string, call: AnyCall): Promise<Value>;
  /** Makes a call; resolves when it is over or waits. */
  begin(actor: string, call: AnyCall): Promise<Begun>;
  /** The port of a socket that this side has opened. */
  port(socket: string): number | undefined;
  /** The messages that are left in the mailboxes of its actors when nothing happens any more. */
  leftovers(): Promise<Map<string, Value>>;
  /** Ends all actors, closes all sockets. */
  reset(): Promise<void>;
}

/** Replaces each string by the result of `replace`, at any depth. */
export function replaceStrings<T>(value: T, replace: (text: string) => Argument): T {
  const walk = (part: unknown): unknown => {
    if (typeof part === 'string') return replace(part);
    if (Array.isArray(part)) return part.map(walk);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([name, field]) => [name, walk(field)]));
  };
  return walk(value) as T;
}
