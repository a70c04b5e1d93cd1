/** Addresses as text become words, as records and sends have them; and network interfaces by name become their index. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address in words: IPv4 in host order in the first one, or IPv6 in four. */
export interface AddressWords {
  readonly family: 4 | 6;
  readonly words: readonly [number, number, number, number];
  /** Of an IPv6 address with a scope: the index of the interface, else 0. */
  readonly scopeId: number;
}

/** The words of a literal address. Undefined for any other text, and for a scope that this host does not have. */
export function addressWords(text: string): AddressWords | undefined {
  const version = isIP(text);
  if (version === 4) return { family: 4, words: [wordOfV4(text), 0, 0, 0], scopeId: 0 };
  if (version !== 6) return undefined;
  const [address = '', zone] = text.split('%');
  const scopeId = zone === undefined ? 0 : interfaceIndex(zone);
  return scopeId === undefined ? undefined : { family: 6, words: wordsOfV6(address), scopeId };
}

/** @param text a dotted quad */
function wordOfV4(text: string): number {
  return text.split('.').reduce((word, part) => ((word << 8) | Number(part)) >>> 0, 0);
}

/** @param text an IPv6 address without scope */
function wordsOfV6(text: string): [number, number, number, number] {
  const [head = '', tail] = text.split('::');
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const groups = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  const word = (at: number): number => ((groups[at]! << 16) | groups[at + 1]!) >>> 0;
  return [word(0), word(2), word(4), word(6)];
}

/** Sixteen bits each; the last two may be written as a dotted quad. */
function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((part) => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)];
    const quad = wordOfV4(part);
    return [quad >>> 16, quad & 0xffff];
  });
}

/** The index of a network interface, given by number or by name. Undefined if this host has none of that name. */
export function interfaceIndex(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  if (!/^[^/\s]+$/.test(name)) return undefined;
  try {
    return Number(readFileSync(`/sys/class/net/${name}/ifindex`, 'utf8'));
  } catch {
    // Systems other than Linux tell the index with an address of the interface.
    return networkInterfaces()[name]?.find(({ family, scopeid }) => family === 'IPv6' && scopeid !== 0)?.scopeid;
  }
}
