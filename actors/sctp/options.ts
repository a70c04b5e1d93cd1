/**
 * The options of SCTP sockets: their names and types, the two ways to write them (an object, or Erlang's list of pairs), and the checks that turn
 * them into a plan before anything is done.
 */
import { BadArg } from '../../runtime/index.js';
import { didYouMean, unknownKey } from '../../runtime/ports.js';
import { isCount, type KeptPlan, KeptPlanner, type Pair, pairsOf, type SockAddress } from '../socket/index.js';
import type { AssocId, StreamId } from './events.js';
import type { SctpReadableOptions } from './optionTypes.js';
import { assocIdOf } from './sending.js';
import { checkSockAddress, keyOf, type OptionKey, type StackOption, streamIdOf } from './stackOption.js';
import { isStackOption, stackOptions } from './stackOptions.js';

export type { SctpOptions, SctpReadableOptions } from './optionTypes.js';

/** Erlang's way to write options; names may repeat, and 'list' and 'binary' stand alone for a mode (SO-12). */
export type OptionList<Options> = readonly (
  | readonly [name: keyof Options, value: unknown]
  | 'list'
  | 'binary'
  | 'inet'
  | 'inet6'
)[];

/** One option for the stack. */
export interface StackSetting {
  readonly name: string;
  readonly option: StackOption;
  readonly value: unknown;
  readonly key: OptionKey;
}

/** Options that have been checked. `active` and `stack` are in the order written; of any other option the value that counts is here. */
export interface OptionPlan extends KeptPlan {
  readonly stack: readonly StackSetting[];
  readonly buffer: number | undefined;
  /** The `recbuf` that will be in force; it is among `stack`, too (OPN-9). */
  readonly recbuf: number | undefined;
  readonly nonBlockSend: boolean | undefined;
}

/** Options that only `open` takes. */
const openOnly = new Set('port ip ifaddr family inet inet6 ipv6V6only type encapsPort remoteEncapsPort netns stack'.split(' '));

const checkers = {
  buffer: (value: unknown) => isCount(value, 0) || 'must be an integer from 0',
  nonBlockSend: (value: unknown) => typeof value === 'boolean' || 'must be a boolean',
} as const;

type LocalOption = keyof typeof checkers;

/**
 * Says to what an option belongs that is read: an association, one of its streams, or one address of a peer. The association of an address is found if it is not
 * named (SO-16), and so is the one of a one-to-one socket.
 */
export type OptionKeyRecord =
  | { readonly assocId: AssocId; readonly address?: SockAddress }
  | { readonly assocId?: AssocId; readonly address: SockAddress }
  | { readonly assocId?: AssocId; readonly streamId: StreamId };

/** The argument of `getopts`: names, and for an option that belongs to an association its name with a record that says to which (SO-3). */
export type OptionNames<Name extends keyof SctpReadableOptions> = readonly (Name | readonly [name: Name, key: OptionKeyRecord])[];

/** One option to be read. */
export interface AskedOption {
  readonly name: keyof SctpReadableOptions;
  readonly key: OptionKey;
}

/** @throws BadArg naming what cannot be read */
export function checkOptionNames(names: unknown): AskedOption[] {
  if (!Array.isArray(names)) throw new BadArg('names', 'must be a list of option names');
  return names.map((item: unknown, index) => {
    const [name, key]: readonly unknown[] = Array.isArray(item) ? item : [item];
    if (typeof name !== 'string' || !isReadable(name))
      throw new BadArg(`names[${index}]`, `is no option that can be read${didYouMean(String(name), optionNames)}`);
    return { name, key: key === undefined ? wholeSocket : askedKey(name, key, `names[${index}]`) };
  });
}

const wholeSocket: OptionKey = { assocId: 0, address: undefined };

/** The key in a record, which may be an event: its other fields do not count. */
function askedKey(name: string, key: unknown, argument: string): OptionKey {
  const known: Partial<StackOption> = isStackOption(name) ? stackOptions[name] : {};
  if (known.ofStream && typeof key === 'object' && key !== null) {
    const assocId = assocIdOf((key as { readonly assocId?: unknown }).assocId ?? 0, `${argument}.assocId`);
    return { assocId, address: undefined, streamId: streamIdOf(key, argument) };
  }
  const given = typeof key === 'object' && key !== null && 'address' in key ? key.address : undefined;
  if (given === undefined) return { assocId: assocIdOf(key, `${argument}.assocId`), address: undefined };
  const { addressField } = known;
  if (addressField !== 'address') throw new BadArg(`${argument}.address`, `is no field of ${name}`);
  const assocId = assocIdOf((key as { readonly assocId?: unknown }).assocId ?? 0, `${argument}.assocId`);
  return { assocId, address: checkSockAddress(given, `${argument}.address`) };
}

function isReadable(name: string): name is keyof SctpReadableOptions {
  return KeptPlanner.names.includes(name) || name === 'netns' || isLocal(name) || isStackOption(name);
}

/**
 * Checks options for `setopts` and connects (CN-1).
 *
 * @throws BadArg naming an option that is unknown, cannot be set any more or is ill-typed
 */
export function planOptions(options: unknown, argument = 'options'): OptionPlan {
  // Of an option written twice the first counts, as they are applied from the last to the first (FC-12).
  return plan(pairsOf(options, argument), argument, 'first');
}

/**
 * Checks pairs, and brings them into the order in which the stack is to get them.
 *
 * @param counts the one that counts of an option written twice
 * @throws BadArg
 */
export function plan(pairs: readonly Pair[], argument: string, counts: 'first' | 'last'): OptionPlan {
  const kept = new KeptPlanner(counts);
  const stack: StackSetting[] = [];
  const local = new Map<LocalOption, unknown>();
  for (const [name, value] of pairs) {
    const path = `${argument}.${name}`;
    if (kept.take([name, value], path)) continue;
    if (isLocal(name)) {
      const verdict = checkers[name](value);
      if (verdict !== true) throw new BadArg(path, String(verdict));
      if (counts === 'last' || !local.has(name)) local.set(name, value);
    } else stack.push(planStackOption(argument, name, value));
  }
  // Options are applied from the last to the first, so the first of two is the one that stays.
  if (counts === 'last') stack.reverse();
  return {
    active: kept.active,
    mode: kept.mode,
    marks: kept.marks,
    stack,
    recbuf: stack.find(({ name }) => name === 'recbuf')?.value as number | undefined,
    buffer: local.get('buffer') as number | undefined,
    nonBlockSend: local.get('nonBlockSend') as boolean | undefined,
  };
}

function isLocal(name: string): name is LocalOption {
  return Object.hasOwn(checkers, name);
}

/** The names of all options. */
const optionNames: ReadonlySet<string> = new Set([
  ...KeptPlanner.names,
  ...openOnly,
  ...Object.keys(checkers),
  ...Object.keys(stackOptions),
]);

function planStackOption(argument: string, name: string, value: unknown): StackSetting {
  const path = `${argument}.${name}`;
  if (openOnly.has(name)) throw new BadArg(path, 'can only be given to open');
  if (!isStackOption(name)) throw unknownKey(argument, name, optionNames, 'is no option of an SCTP socket');
  const option: StackOption = stackOptions[name];
  const own = snapshot(value, path);
  // Encoded once for the check alone: a value of a wrong type is found before anything is done (FC-13).
  option.encode(own, [], path);
  return { name, option, value: own, key: keyOf(option, own, path) };
}

/** A copy, so that a change of the caller's object between check and setting has no effect. */
function snapshot(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  try {
    return structuredClone(value);
  } catch (cause) {
    throw new BadArg(path, `must be plain data (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}
