/**
 * What an option is that the stack keeps: its words (native/src/sctp/engine.h), the checks of what users give for it, and what it belongs to. The options
 * themselves are in stackOptions.ts and peerOptions.ts.
 */
import { BadArg } from '../../runtime/index.js';
import { unknownKey } from '../../runtime/ports.js';
import { familyOf } from '../socket/index.js';
import type { SockAddress } from './names.js';
import { assocIdOf, isU32 } from './sending.js';

export type Words = readonly number[];
type Fields = { readonly [field: string]: unknown };

/** What an option belongs to: the endpoint and its future associations (0), an association, one address of a peer. */
export interface OptionKey {
  readonly assocId: number;
  readonly address: SockAddress | undefined;
}

/** One option that is kept by the stack. */
export interface StackOption {
  readonly number: number;
  /** Whether `assocId` in the record chooses an association; 'required': 0 will not do (SO-7). */
  readonly keyed: boolean | 'required';
  /** The field that holds a peer's address, if there is one. */
  readonly addressField?: 'address' | 'addr';
  /** It cannot be read, so it cannot be put back either. */
  readonly writeOnly?: true;
  /** Words to set: `value` over what is in force. @throws BadArg naming the field */
  encode(value: unknown, present: Words, argument: string): Words;
  decode(words: Words, key: OptionKey): unknown;
  /** What to set, in order, for `before` to be in force again; without, `before` itself. */
  undo?(before: Words): readonly Words[];
}

export const u16 = 0xffff;
export const u32 = 0xffffffff;
const maxByte = 0xff;
export const maxInteger = 0x7fffffff;

/** A field that is an integer in 0..max. */
export const integer =
  (max: number) =>
  (value: unknown, argument: string): number => {
    if (isU32(value) && value <= max) return value;
    throw new BadArg(argument, `must be an integer in 0..${max}`);
  };

export const boolean = (value: unknown, argument: string): number => {
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw new BadArg(argument, 'must be a boolean');
};

/** A field that is one of `names`, whose numbers are their places. */
export const oneOf =
  (names: readonly string[]) =>
  (value: unknown, argument: string): number => {
    const index = names.indexOf(value as string);
    if (index >= 0) return index;
    throw new BadArg(argument, `must be one of ${names.join(', ')}`);
  };

/** A field that is a list of `names`, whose bits are their places. */
export const listOf =
  (names: readonly string[]) =>
  (value: unknown, argument: string): number => {
    if (!Array.isArray(value)) throw new BadArg(argument, `must be a list of ${names.join(', ')}`);
    return value.reduce((bits: number, name: unknown) => bits | (1 << oneOf(names)(name, argument)), 0);
  };

/** The way back. */
export const namesIn = (names: readonly string[], bits: number): string[] =>
  names.filter((_, index) => (bits & (1 << index)) !== 0);

const sameNumber = (word: number): unknown => word;
export const isSet = (word: number): unknown => word !== 0;

/** A field of a record, in one word. `present`: what is in force. */
export interface Field {
  readonly name: string;
  readonly encode: (value: unknown, argument: string, present: number) => number;
  readonly decode: (word: number) => unknown;
}

export const numberField = (name: string, max: number): Field => ({ name, encode: integer(max), decode: sameNumber });

interface RecordShape {
  readonly number: number;
  readonly type: string;
  readonly keyed?: boolean;
  /** Given, the record may be about one address of a peer, in the field `address`. */
  readonly addressed?: boolean;
  readonly fields: readonly Field[];
}

/** An option whose words are its fields, in order. */
export function recordOption({ number, type, keyed = false, addressed = false, fields }: RecordShape): StackOption {
  const keys = [...(keyed ? ['assocId'] : []), ...(addressed ? ['address'] : [])];
  const known = new Set([...fields.map(({ name }) => name), ...keys]);
  return {
    number,
    keyed,
    ...(addressed ? { addressField: 'address' as const } : {}),
    encode: (value, present, argument) => {
      const given = checkFields(value, type, known, argument);
      return fields.map(({ name, encode }, index) => {
        const word = present[index] ?? 0;
        return given[name] === undefined ? word : encode(given[name], `${argument}.${name}`, word);
      });
    },
    decode: (words, key) => ({
      type,
      ...(keyed ? { assocId: key.assocId } : {}),
      ...(addressed ? { address: key.address ?? anyAddress } : {}),
      ...Object.fromEntries(fields.map(({ name, decode }, index) => [name, decode(words[index] ?? 0)])),
    }),
  };
}

/** The fields of a record. @throws BadArg naming one that is not among `known`, or that the record is none of that type */
export function checkFields(value: unknown, type: string, known: ReadonlySet<string>, argument: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadArg(argument, 'must be a record');
  const given: Fields = { ...value };
  for (const name of Object.keys(given)) {
    if (known.has(name) || (name === 'type' && given[name] === type)) continue;
    throw unknownKey(argument, name, known, 'is no field of this option');
  }
  return given;
}

/** An option that is one value. */
function plainOption(number: number, encode: (value: unknown, argument: string) => number, decode: Field['decode']): StackOption {
  return {
    number,
    keyed: false,
    encode: (value, _present, argument) => [encode(value, argument)],
    decode: (words) => decode(words[0] ?? 0),
  };
}

export const booleanOption = (number: number): StackOption => plainOption(number, boolean, isSet);
export const numberOption = (number: number, max: number): StackOption => plainOption(number, integer(max), sameNumber);
export const byteOption = (number: number): StackOption => numberOption(number, maxByte);

/** An option that can be read only. */
export function readOption(number: number, addressed: boolean, decode: StackOption['decode']): StackOption {
  return {
    number,
    keyed: true,
    ...(addressed ? { addressField: 'address' as const } : {}),
    encode: (_value, _present, argument) => {
      throw new BadArg(argument, 'can only be read');
    },
    decode,
  };
}

/** The address that stands for all of a peer's. */
export const anyAddress: SockAddress = ['0.0.0.0', 0];

/** @throws BadArg unless `value` is [address, port], the address numeric or 'any' */
export function checkSockAddress(value: unknown, argument: string): SockAddress {
  if (Array.isArray(value) && value.length === 2) {
    const [ip, port]: readonly unknown[] = value;
    const numeric = ip === 'any' ? anyAddress[0] : ip;
    if (typeof numeric === 'string' && familyOf(numeric) !== 0 && isU32(port) && port <= u16) return [numeric, port];
  }
  throw new BadArg(argument, 'must be [address, port] with a numeric address');
}

/** What a record is about. Without an id it is the endpoint; an id that is required must be there (SO-7). @throws BadArg naming the field */
export function keyOf(option: StackOption, value: unknown, argument: string): OptionKey {
  if (option.keyed === false) return { assocId: 0, address: undefined };
  const fields = value as Fields;
  const assocId = assocIdOf(option.keyed === 'required' ? fields.assocId : (fields.assocId ?? 0), `${argument}.assocId`);
  const { addressField } = option;
  const address = addressField === undefined ? undefined : fields[addressField];
  return { assocId, address: address === undefined ? undefined : checkSockAddress(address, `${argument}.${addressField}`) };
}
