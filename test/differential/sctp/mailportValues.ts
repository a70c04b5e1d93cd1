/** Results of mailport's calls, and its messages, in the form that both systems share (value.ts). */
import { BadArg, isPid, Ref } from 'mailport';
import { SctpSocket, SocketError } from 'mailport/sctp';
import { shownBytes } from './bytes.js';
import type { Value } from './value.js';

/** Gives the name that a script has for a socket, an actor or a reference. */
export interface Namer {
  nameOf(value: unknown): string | undefined;
}

/** The value in that form. `undefined`, the result of a call that can only succeed, is 'ok'. */
export function shownValue(value: unknown, namer: Namer): Value {
  if (value === undefined) return 'ok';
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return shownBytes(value);
  if (Array.isArray(value)) return value.map((part) => shownValue(part, namer));
  if (value instanceof SctpSocket || value instanceof Ref || isPid(value)) return { named: namer.nameOf(value) ?? 'somebody' };
  const { type, ...fields } = value as { readonly type?: string };
  if (type === undefined) return { options: Object.entries(fields).map(([name, field]) => [name, shownValue(field, namer)]) };
  return {
    record: type,
    fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shownValue(field, namer)])),
  };
}

/** A failure as Erlang would give it. BadArg is an exception, and a failure that an event told is the event (CN-6, RV-16). Undefined for any other error. */
export function shownFailure(error: unknown, namer: Namer): Value | undefined {
  if (error instanceof BadArg) return ['raises', 'badarg'];
  if (!(error instanceof SocketError)) return undefined;
  return ['error', error.event === undefined ? error.reason : shownValue(error.event, namer)];
}
