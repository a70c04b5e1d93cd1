/** The options of authenticated chunks (RFC 4895, RFC 6458 section 8.3), the event about their keys, and whether changes of addresses (RFC 5061), which need them, are offered. */
import { Buffer } from 'node:buffer';
import { authIndications, option, record } from '../../native/contract/sctp.js';
import { BadArg } from '../../runtime/index.js';
import { boolean, checkFields, isSet, isU32, numberField, u16 } from '../socket/index.js';
import type { SctpAuthenticationEvent } from './events.js';
import { type ChunkType, chunkTypes, hmacIdents, type SctpAuthchunks } from './optionRecords.js';
import { readOption, recordOption, type StackOption } from './stackOption.js';

/** Chunks that nobody can ask to be authenticated: INIT, INIT ACK, SHUTDOWN COMPLETE, AUTH (RFC 4895 section 3.2). */
const neverAuthenticated: readonly number[] = [1, 2, 14, 15];
const maxKeyBytes = 1024;
const names = new Map<number, ChunkType>(Object.entries(chunkTypes).map(([name, type]) => [type, name as ChunkType]));

function chunkNumber(value: unknown, argument: string): number {
  const type =
    typeof value === 'string' && Object.hasOwn(chunkTypes, value) ? chunkTypes[value as keyof typeof chunkTypes] : value;
  if (isU32(type) && type <= 0xff && !neverAuthenticated.includes(type)) return type;
  throw new BadArg(
    argument,
    `must be a chunk type that can be authenticated: one of ${Object.keys(chunkTypes).join(', ')}, or another number up to 255`,
  );
}

function listOfAtLeastOne(value: unknown, argument: string, what: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw new BadArg(argument, `must be a list of ${what}, one at least`);
}

/** The bytes of a key, four a word, the first byte highest, filled up with 0. */
function keyWords(value: unknown, argument: string): number[] {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length === 0 || bytes.length > maxKeyBytes) {
    throw new BadArg(argument, `must be a string or bytes, 1 to ${maxKeyBytes} of them`);
  }
  const padded = Buffer.alloc((bytes.length + 3) & ~3);
  padded.set(bytes);
  return [bytes.length, ...Array.from({ length: padded.length / 4 }, (_, word) => padded.readUInt32BE(4 * word))];
}

/** Settings that go together are applied in this order, whatever their order is in `setopts`. */
const [rankOfOffer, rankOfActive, rankOfLast] = [-1, 2, 3];

const keyNumberOption = (number: number): StackOption =>
  recordOption({ number, type: 'sctp_authkeyid', keyed: true, fields: [numberField('keyNumber', u16)] });

/** A key that must be named: there is nothing in force that could be kept. */
function keyChangeOption(number: number): StackOption {
  const known = keyNumberOption(number);
  return {
    ...known,
    writeOnly: true,
    rank: rankOfLast,
    encode: (value, present, argument) => {
      const words = known.encode(value, present, argument);
      if ((value as { keyNumber?: unknown }).keyNumber === undefined) {
        throw new BadArg(`${argument}.keyNumber`, 'must be the number of a key, an integer in 0..65535');
      }
      return words;
    },
  };
}

const keyFields = new Set(['assocId', 'keyNumber', 'key']);
const authKey: StackOption = {
  number: option.authKey,
  keyed: true,
  writeOnly: true,
  encode: (value, _present, argument) => {
    const given = checkFields(value, 'sctp_authkey', keyFields, argument);
    return [
      numberField('keyNumber', u16).encode(given.keyNumber, `${argument}.keyNumber`, 0),
      ...keyWords(given.key, `${argument}.key`),
    ];
  },
  decode: () => undefined,
};

const hmacIds: readonly number[] = Object.values(hmacIdents);
const hmacIdent: StackOption = {
  number: option.hmacIdent,
  encode: (value, _present, argument) => {
    const given = listOfAtLeastOne(value, argument, "'sha256' and 'sha1'");
    if (
      !given.includes('sha1') ||
      new Set(given).size !== given.length ||
      given.some((each) => !Object.hasOwn(hmacIdents, String(each)))
    ) {
      throw new BadArg(
        argument,
        "must be a list of 'sha256' and 'sha1', the preferred one first and each once, with 'sha1' among them",
      );
    }
    return given.map((each) => hmacIdents[each as keyof typeof hmacIdents]);
  },
  decode: (words) => words.flatMap((id) => Object.keys(hmacIdents)[hmacIds.indexOf(id)] ?? []),
};

const authChunk: StackOption = {
  number: option.authChunk,
  writeOnly: true,
  encode: (value, _present, argument) =>
    listOfAtLeastOne(value, argument, 'chunk types').map((each, index) => chunkNumber(each, `${argument}[${index}]`)),
  decode: () => undefined,
};

const chunksOption = (number: number): StackOption =>
  readOption(
    number,
    false,
    (words, { assocId }): SctpAuthchunks => ({
      type: 'sctp_authchunks',
      assocId,
      chunks: words.map((type) => names.get(type) ?? type),
    }),
  );

const offerOption = (number: number): StackOption => ({
  ...recordOption({
    number,
    type: 'sctp_assoc_value',
    keyed: true,
    fields: [{ name: 'assocValue', encode: boolean, decode: isSet }],
  }),
  rank: rankOfOffer,
});

export const authOptions = {
  sctpAsconfSupported: offerOption(option.asconfSupported),
  sctpAuthSupported: offerOption(option.authSupported),
  sctpAuthChunk: authChunk,
  sctpHmacIdent: hmacIdent,
  sctpAuthKey: authKey,
  sctpAuthActiveKey: { ...keyNumberOption(option.authActiveKey), rank: rankOfActive },
  sctpAuthDeleteKey: keyChangeOption(option.authDeleteKey),
  sctpAuthDeactivateKey: keyChangeOption(option.authDeactivateKey),
  sctpPeerAuthChunks: chunksOption(option.peerAuthChunks),
  sctpLocalAuthChunks: chunksOption(option.localAuthChunks),
} satisfies { readonly [name: string]: StackOption };

/** The event that a record of kind `authentication` is. */
export function authenticationEvent(meta: Uint32Array, base: number): SctpAuthenticationEvent {
  return {
    type: 'sctp_authentication_event',
    indication: authIndications[meta[base + record.state]!] ?? 'no_auth',
    keyNumber: meta[base + record.keyNumber]!,
    assocId: meta[base + record.assocId]!,
  };
}
