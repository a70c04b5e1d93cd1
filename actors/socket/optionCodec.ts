/**
 * Options that a stack keeps, between the values that users give and the words that stacks take: the checks of a value, its encoding over what is in force, and
 * the way back. Options of one value are here; a transport adds its own records, and says by its `Key` what an option may belong to besides the socket.
 */
import { BadArg } from '../../runtime/index.js';
import { unknownKey } from '../../runtime/ports.js';

export type Words = readonly number[];
export type Fields = { readonly [field: string]: unknown };

/** One option that is kept by the stack. */
export interface OptionCodec<Key> {
  readonly number: number;
  /** It cannot be read, so it cannot be put back either. */
  readonly writeOnly?: true;
  /** Words to set: `value` over what is in force. @throws BadArg naming the field */
  encode(value: unknown, present: Words, argument: string): Words;
  decode(words: Words, key: Key): unknown;
  /** What to set, in order, for `before` to be in force again; without, `before` itself. */
  undo?(before: Words): readonly Words[];
}

export const u16 = 0xffff;
export const u32 = 0xffffffff;
const maxByte = 0xff;
export const maxInteger = 0x7fffffff;
/** Of `busyPollUs`: a second. */
export const maxBusyPollUs = 1_000_000;

export function isU32(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= u32;
}

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
function plainOption(
  number: number,
  encode: (value: unknown, argument: string) => number,
  decode: Field['decode'],
): OptionCodec<unknown> {
  return {
    number,
    encode: (value, _present, argument) => [encode(value, argument)],
    decode: (words) => decode(words[0] ?? 0),
  };
}

export const booleanOption = (number: number): OptionCodec<unknown> => plainOption(number, boolean, isSet);
export const numberOption = (number: number, max: number): OptionCodec<unknown> => plainOption(number, integer(max), sameNumber);
export const byteOption = (number: number): OptionCodec<unknown> => numberOption(number, maxByte);

/** Whether, and for how many seconds, what was sent outlives `close`. */
export const lingerOption = (number: number): OptionCodec<unknown> => ({
  number,
  encode: (value, _present, argument) => {
    if (!Array.isArray(value) || value.length !== 2) throw new BadArg(argument, 'must be [boolean, seconds]');
    return [boolean(value[0], `${argument}[0]`), integer(u16)(value[1], `${argument}[1]`)];
  },
  decode: (words) => [words[0] !== 0, words[1] ?? 0],
});

/** Bytes that the name of a device has at most, with the zeros that fill it up. */
const deviceBytes = 16;

/** The complaint about the name of a network device, if there is one; '' stands for any device. */
export function deviceProblem(value: unknown): string | undefined {
  const fits = typeof value === 'string' && Buffer.byteLength(value) < deviceBytes && !value.includes('\0');
  return fits ? undefined : `must be the name of a network device, of at most ${deviceBytes - 1} bytes`;
}

/** The name of a network device, four bytes in each word. */
export const deviceOption = (number: number): OptionCodec<unknown> => ({
  number,
  encode: (value, _present, argument) => {
    const problem = deviceProblem(value);
    if (problem !== undefined) throw new BadArg(argument, problem);
    const bytes = Buffer.alloc(deviceBytes);
    bytes.write(value as string);
    return [0, 4, 8, 12].map((at) => bytes.readUInt32BE(at));
  },
  decode: (words) => {
    const bytes = Buffer.alloc(deviceBytes);
    for (const [index, word] of words.slice(0, 4).entries()) bytes.writeUInt32BE(word, index * 4);
    return bytes.subarray(0, bytes.indexOf(0) < 0 ? deviceBytes : bytes.indexOf(0)).toString();
  },
});
