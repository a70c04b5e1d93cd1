/**
 * Options of SCTP may belong to an association or to one address of a peer instead of the whole socket. Here are such keys, and the records that have one. The
 * options themselves are in stackOptions.ts and peerOptions.ts.
 */
import { BadArg } from '../../runtime/index.js';
import {
  checkFields,
  type Field,
  type Fields,
  familyOf,
  isU32,
  type OptionCodec,
  type SockAddress,
  u16,
} from '../socket/index.js';
import { assocIdOf } from './sending.js';

/** The endpoint and its future associations (0), an association or one of its streams, or one address of a peer: an option belongs to one of these. */
export interface OptionKey {
  readonly assocId: number;
  readonly address: SockAddress | undefined;
  readonly streamId?: number;
}

/** One option that is kept by the stack. Its words are listed in native/src/sctp/option.h. */
export interface StackOption extends OptionCodec<OptionKey> {
  /** Whether `assocId` in the record chooses an association; 'required': it must, 0 is refused (SO-7). Without, the option belongs to the endpoint. */
  readonly keyed?: boolean | 'required';
  /** The field that holds a peer's address, if there is one. */
  readonly addressField?: 'address' | 'addr';
  /** Of several options, one of a lower rank is set first. Without, 0; of one that is write-only, 1. */
  readonly rank?: number;
  /** Whether `streamId` in the record, which has to be there, chooses a stream. */
  readonly ofStream?: true;
}

interface RecordShape {
  readonly number: number;
  readonly type: string;
  readonly keyed?: boolean;
  /** Whether the record may be about one address of a peer, in the field `address`. */
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

/** The stream that a record names. @throws BadArg naming the field */
export function streamIdOf(record: object, argument: string): number {
  const streamId: unknown = 'streamId' in record ? record.streamId : undefined;
  if (isU32(streamId) && streamId <= u16) return streamId;
  throw new BadArg(`${argument}.streamId`, 'must be the number of a stream, an integer in 0..65535');
}

/** The key in a record. Without an id it is the endpoint; a required id must be there (SO-7). @throws BadArg naming the field */
export function keyOf(option: StackOption, value: unknown, argument: string): OptionKey {
  if (option.keyed !== true && option.keyed !== 'required') return { assocId: 0, address: undefined };
  const fields = value as Fields;
  const assocId = assocIdOf(option.keyed === 'required' ? fields.assocId : (fields.assocId ?? 0), `${argument}.assocId`);
  if (option.ofStream) return { assocId, address: undefined, streamId: streamIdOf(fields, argument) };
  const { addressField } = option;
  const address = addressField === undefined ? undefined : fields[addressField];
  return { assocId, address: address === undefined ? undefined : checkSockAddress(address, `${argument}.${addressField}`) };
}
