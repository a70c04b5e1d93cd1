/** Addresses in records, as text. The address that came last is not formatted again, and IPv4 addresses are remembered. */
import { batchRecord } from '../../native/contract/batch.js';

/** So many IPv4 addresses are remembered before all are forgotten. */
const maxRememberedAddresses = 1024;

/** Formats addresses, and the one that came last for nothing. */
export class AddressReader {
  #family = 0;
  #word0 = 0;
  #word1 = 0;
  #word2 = 0;
  #word3 = 0;
  #scopeId = 0;
  #text = '';
  readonly #known = new Map<number, string>();

  read(meta: Uint32Array, base: number): string {
    const at = base + batchRecord.address;
    if (meta[base + batchRecord.family] === 4) return this.#readV4(meta[at]!);
    if (
      this.#family !== 6 ||
      this.#word3 !== meta[at + 3] ||
      this.#word2 !== meta[at + 2] ||
      this.#word1 !== meta[at + 1] ||
      this.#word0 !== meta[at] ||
      this.#scopeId !== meta[base + batchRecord.scopeId]
    ) {
      this.#family = 6;
      this.#word0 = meta[at]!;
      this.#word1 = meta[at + 1]!;
      this.#word2 = meta[at + 2]!;
      this.#word3 = meta[at + 3]!;
      this.#scopeId = meta[base + batchRecord.scopeId]!;
      this.#text = formatV6([this.#word0, this.#word1, this.#word2, this.#word3], this.#scopeId);
    }
    return this.#text;
  }

  #readV4(word: number): string {
    if (this.#family === 4 && this.#word0 === word) return this.#text;
    let text = this.#known.get(word);
    if (text === undefined) {
      text = formatV4(word);
      if (this.#known.size >= maxRememberedAddresses) this.#known.clear();
      this.#known.set(word, text);
    }
    this.#family = 4;
    this.#word0 = word;
    this.#text = text;
    return text;
  }
}

/** Dotted quad of an address in host order. */
export function formatV4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** As RFC 5952 wants it, with `%scope` if there is one; IPv4-mapped addresses show their dotted quad. */
export function formatV6(words: readonly [number, number, number, number], scopeId: number): string {
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return `::ffff:${formatV4(words[3])}`;
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let start = 0;
  let longest = 1;
  for (let from = 0; from < groups.length; from += 1) {
    let to = from;
    while (to < groups.length && groups[to] === 0) to += 1;
    if (to - from > longest) {
      start = from;
      longest = to - from;
    }
  }
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(':');
  const text = longest > 1 ? `${hex(groups.slice(0, start))}::${hex(groups.slice(start + longest))}` : hex(groups);
  return scopeId === 0 ? text : `${text}%${scopeId}`;
}
