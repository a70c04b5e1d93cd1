/** Results of mailport's calls, and its messages, in the form that both systems share (value.ts). */
import { BadArg, isPid, Ref } from 'mailport';
import { SocketError, SocketPort } from '../../../actors/socket/index.js';
import { shownBytes } from './bytes.js';
import { isLocal, type Value } from './value.js';

/** Gives the name that a script has for a socket, an actor or a reference. */
export interface Namer {
  nameOf(value: unknown): string | undefined;
}

/** The value in that form. `undefined`, the result of a call that can only succeed, is 'ok'. */
export function shownValue(value: unknown, namer: Namer): Value {
  if (value === undefined) return 'ok';
  if (value === Number.POSITIVE_INFINITY) return 'infinity';
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return shownBytes(value);
  if (Array.isArray(value)) return value.map((part) => shownValue(part, namer));
  if (value instanceof SocketPort || value instanceof Ref || isPid(value)) return { named: namer.nameOf(value) ?? 'somebody' };
  if (isLocal(value as Value)) return value as Value;
  if (isSockName(value)) return [value.address, value.port];
  const { type, ...fields } = value as { readonly type?: string };
  if (type === undefined)
    return { options: Object.entries(fields).map(([name, field]) => [name, shownOption(name, field, namer)]) };
  return {
    record: type,
    fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, shownValue(field, namer)])),
  };
}

/** Raw options come in a list, and scripts read one at a time. */
function shownOption(name: string, value: unknown, namer: Namer): Value {
  return shownValue(name === 'raw' && Array.isArray(value) ? value[0] : value, namer);
}

/** A name of a socket of TCP or UDP, in Erlang a pair. */
function isSockName(value: object): value is { readonly address: string; readonly port: number } {
  return Object.keys(value).join(' ') === 'address port';
}

/** A failure as Erlang would give it. BadArg is an exception, and a failure that an event told is the event (CN-6, RV-16). Undefined for any other error. */
export function shownFailure(error: unknown, namer: Namer): Value | undefined {
  if (error instanceof BadArg) return ['raises', 'badarg'];
  if (!(error instanceof SocketError)) return undefined;
  return ['error', error.event === undefined ? error.reason : shownValue(error.event, namer)];
}
