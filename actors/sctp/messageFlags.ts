/** The flags of a message, by name and as bits of a word. */
import { flag } from '../../native/contract/sctp.js';
import type { MessageFlag } from './events.js';

const flagNames: readonly (readonly [MessageFlag, number])[] = [
  ['unordered', flag.unordered],
  ['addr_over', flag.addrOver],
  ['abort', flag.abort],
  ['eof', flag.eof],
];

/** All combinations of flags, shared by every message that has them. */
const flagSets: readonly (readonly MessageFlag[])[] = Array.from({ length: 16 }, (_, bits) =>
  Object.freeze(flagNames.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name)),
);

/** The names of message flags in a word. */
export function flagsOf(bits: number): readonly MessageFlag[] {
  return flagSets[bits & 15]!;
}

/** The word of message flags by name; undefined if one is unknown. */
export function flagBits(names: readonly unknown[]): number | undefined {
  let bits = 0;
  for (const name of names) {
    const found = flagNames.find(([known]) => known === name);
    if (found === undefined) return undefined;
    bits |= found[1];
  }
  return bits;
}
