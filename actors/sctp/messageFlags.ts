/** The flags of a message, by name and as bits of a word. */
import { flag } from '../../native/contract/sctp.js';
import type { MessageFlag } from './events.js';

const flagNames: readonly (readonly [MessageFlag, number])[] = [
  ['unordered', flag.unordered],
  ['addr_over', flag.addrOver],
  ['abort', flag.abort],
  ['eof', flag.eof],
  ['sack_immediately', flag.sackImmediately],
];

/** All combinations of flags, by place, shared by every message that has them. */
const flagSets: readonly (readonly MessageFlag[])[] = Array.from({ length: 2 ** flagNames.length }, (_, places) =>
  Object.freeze(flagNames.filter((_, place) => ((places >> place) & 1) !== 0).map(([name]) => name)),
);

/** The names of message flags in a word. */
export function flagsOf(bits: number): readonly MessageFlag[] {
  return flagSets[(bits & 15) | ((bits & flag.sackImmediately) >> 2)]!;
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
