/** How messages become bytes, and bytes become messages. The two ends of a connection must agree on the codec; nothing on the wire says which it is. */
import { isUtf8 } from 'node:buffer';
import { checkKeys } from '../../runtime/behaviour.js';
import { BadArg } from '../../runtime/index.js';

/**
 * Turns messages of one kind into bytes and back.
 *
 * `encode` throws if the message cannot be sent; the caller of `send` gets a `BadArg`. `decode` throws if the bytes are no message; then the connection ends with
 * 'ebadmsg', as everything that a peer has sent is judged here. A message must not be a promise, nor have a method `then`.
 */
export interface Codec<T> {
  encode(message: T): Uint8Array;
  decode(bytes: Buffer): T;
}

/** Options of `json`. */
export interface JsonOptions<T> {
  /** How deep arrays and objects of a message may be nested, from 1 on. 64 unless given. */
  readonly maxDepth?: number;
  /** Looks at what a peer has sent: gives the message, or throws. Without it the type of a message is what the program says, and nobody checks. */
  readonly check?: (value: unknown) => T;
}

const defaultDepth = 64;
const keys: ReadonlySet<string> = new Set(['maxDepth', 'check'] satisfies (keyof JsonOptions<unknown>)[]);

/**
 * Messages as JSON, in UTF-8. Numbers, text, booleans, null, arrays and plain objects arrive as they were sent; what else there is follows `JSON.stringify`. A message
 * that JSON has no word for (undefined, a function, a bigint, an object that holds itself) is a `BadArg` of `send`.
 *
 * @throws BadArg naming the option
 * @example Server.start(self, { transport: tcp, requests: json({ check: requestOf }) })
 */
export function json<T = unknown>(options: JsonOptions<T> = {}): Codec<T> {
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, keys);
  const { maxDepth = defaultDepth, check } = options;
  if (!Number.isInteger(maxDepth) || maxDepth < 1) throw new BadArg('options.maxDepth', 'must be an integer of 1 or more');
  if (check !== undefined && typeof check !== 'function') throw new BadArg('options.check', 'must be a function');
  return {
    encode: (message) => {
      const text = JSON.stringify(message);
      if (text === undefined) throw new TypeError('JSON has no word for it');
      const bytes = Buffer.from(text);
      checkDepth(bytes, maxDepth);
      return bytes;
    },
    decode: (bytes) => {
      checkDepth(bytes, maxDepth);
      if (!isUtf8(bytes)) throw new SyntaxError('the text is not UTF-8');
      const value: unknown = JSON.parse(bytes.toString());
      return check === undefined ? (value as T) : check(value);
    },
  };
}

/** Messages that are bytes already: each arrives as a Buffer of its own. */
export const bytes: Codec<Uint8Array> = {
  encode: (message) => {
    if (message instanceof Uint8Array) return message;
    throw new TypeError('it is no Uint8Array');
  },
  decode: (received) => received,
};

const [quote, backslash, array, object, arrayEnd, objectEnd] = [...'"\\[{]}'].map((character) => character.charCodeAt(0));

/** A text so short that it cannot be nested too deep is not looked at: each level takes two bytes. @throws SyntaxError */
function checkDepth(text: Uint8Array, maxDepth: number): void {
  if (text.length <= 2 * maxDepth) return;
  let depth = 0;
  let isText = false;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index];
    if (isText) {
      if (byte === backslash) index += 1;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === array || byte === object) {
      depth += 1;
      if (depth > maxDepth) throw new SyntaxError(`it is nested more than ${maxDepth} deep`);
    } else if (byte === arrayEnd || byte === objectEnd) depth -= 1;
  }
}

/** @throws BadArg unless it has both functions */
export function checkCodec<T>(codec: Codec<T>, argument: string): Codec<T> {
  const given = codec as Partial<Codec<T>> | null;
  if (typeof given === 'object' && typeof given?.encode === 'function' && typeof given.decode === 'function') return codec;
  throw new BadArg(argument, 'must be a codec: an object with `encode` and `decode`, such as json() or bytes');
}
