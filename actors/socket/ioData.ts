/** Payload as users write it: Erlang's iolist, which becomes bytes here. */
import { types } from 'node:util';
import { BadArg } from '../../runtime/index.js';

const { isUint8Array } = types;

/** Erlang's iolist: text (sent as UTF-8), bytes, and lists of these and of integers in 0..255. */
export type IoData = string | Uint8Array | IoList;
export interface IoList extends ReadonlyArray<IoData | number> {}

/** How deep lists may be nested. */
const maxNesting = 1000;

/**
 * A Uint8Array of another realm is one, too, as `vm` and test runners have them. An object that only looks like one, such as a Proxy, has no memory to send.
 *
 * @throws BadArg if `data` is no iolist (SD-4, TS-1), or bytes whose memory has gone
 */
export function toBytes(data: unknown, argument = 'data'): Uint8Array {
  if (isUint8Array(data)) {
    if (data.length === 0) checkMemory(data, argument);
    return data;
  }
  if (typeof data === 'string') return Buffer.from(data);
  if (!Array.isArray(data)) throw new BadArg(argument, 'must be a string, a Uint8Array or a list of these');
  const parts: Uint8Array[] = [];
  flatten(data, parts, argument, 0);
  return Buffer.concat(parts);
}

function flatten(list: readonly unknown[], parts: Uint8Array[], argument: string, depth: number): void {
  if (depth > maxNesting) throw new BadArg(argument, `is nested more than ${maxNesting} deep`);
  let bytes: number[] = [];
  for (const item of list) {
    if (typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 255) {
      bytes.push(item);
      continue;
    }
    if (bytes.length > 0) parts.push(Uint8Array.from(bytes));
    bytes = [];
    if (Array.isArray(item)) flatten(item, parts, argument, depth + 1);
    else if (typeof item === 'string' || isUint8Array(item)) parts.push(toBytes(item, argument));
    else throw new BadArg(argument, 'holds something that is neither text, nor bytes, nor an integer in 0..255');
  }
  if (bytes.length > 0) parts.push(Uint8Array.from(bytes));
}

/** Bytes that were given away have length 0: nothing would be sent, and nobody told. */
function checkMemory(bytes: Uint8Array, argument: string): void {
  try {
    bytes.at(0);
  } catch {
    throw new BadArg(
      argument,
      'holds bytes whose memory has gone: it was transferred to another thread, or its ArrayBuffer has shrunk',
    );
  }
}
