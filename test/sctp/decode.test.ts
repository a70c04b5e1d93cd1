/** Records of a batch become items: every kind of record, addresses in canonical form, payloads that outlive the batch. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flagBits, flagsOf } from '../../actors/sctp/messageFlags.js';
import { RecordReader } from '../../actors/sctp/recordReader.js';
import { formatV4, formatV6 } from '../../actors/socket/index.js';
import { flag, kind, record } from '../../native/contract/sctp.js';
import { SimBatch } from '../sim/simBatch.js';
import { SimStack } from '../sim/simStack.js';

/** A reader over a batch written by hand. */
function reading(batch: SimBatch): RecordReader {
  const stack = new SimStack(() => {});
  return new RecordReader(
    Object.assign(Object.create(stack) as SimStack, { meta: batch.meta, slab: batch.slab, large: batch.large }),
  );
}

describe('addresses', () => {
  test.each([
    [0x7f000001, '127.0.0.1'],
    [0, '0.0.0.0'],
    [0xffffffff, '255.255.255.255'],
    [0xc0a80164, '192.168.1.100'],
  ])('%i is %s', (wordOfAddress, text) => {
    expect(formatV4(wordOfAddress)).toBe(text);
  });

  // RFC 5952 section 4.
  test.each<[[number, number, number, number], number, string]>([
    [[0, 0, 0, 0], 0, '::'],
    [[0, 0, 0, 1], 0, '::1'],
    [[0x20010db8, 0, 0, 1], 0, '2001:db8::1'],
    [[0x20010db8, 0, 0x00010000, 1], 0, '2001:db8::1:0:0:1'],
    [[0x20010db8, 0x00000001, 0x00010001, 0x00010001], 0, '2001:db8:0:1:1:1:1:1'],
    [[0xfe800000, 0, 0, 1], 3, 'fe80::1%3'],
    [[0, 0, 0xffff, 0x7f000001], 0, '::ffff:127.0.0.1'],
    [[1, 0, 0xffff, 0x7f000001], 0, '0:1::ffff:7f00:1'],
    [[0, 1, 0xffff, 0x7f000001], 0, '::1:0:ffff:7f00:1'],
    [[0, 0, 0xfffe, 0x7f000001], 0, '::fffe:7f00:1'],
    [[0, 0, 0x1ffff, 0x7f000001], 0, '::1:ffff:7f00:1'],
    [[0x00010002, 0x00030004, 0x00050006, 0x00070008], 4294967295, '1:2:3:4:5:6:7:8%4294967295'],
    [[0x00010000, 0x00020000, 0, 0x00030000], 0, '1:0:2::3:0'],
    [[0x20010db8, 0x00010002, 0x00030004, 0], 0, '2001:db8:1:2:3:4::'],
  ])('%j with scope %i is %s', (words, scopeId, text) => {
    expect(formatV6(words, scopeId)).toBe(text);
  });
});

test('flags by name and by bit', () => {
  for (let bits = 0; bits < 16; bits += 1) expect(flagBits(flagsOf(bits))).toBe(bits);
  expect(flagsOf(flag.unordered | flag.eof)).toEqual(['unordered', 'eof']);
  expect(flagBits(['loud'])).toBeUndefined();
});

test('payloads of any size are copies that the next batch does not change, and small ones pin little', () => {
  const sizes = fc.array(
    fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 600 }), fc.nat({ max: 20_000 }), fc.constantFrom(512, 513, 16_384, 16_385)),
    {
      minLength: 1,
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(sizes, fc.boolean(), (lengths, asList) => {
      const batch = new SimBatch();
      const reader = reading(batch);
      const kept: { copy: Buffer | number[]; original: Buffer }[] = [];
      for (const [index, length] of lengths.entries()) {
        const original = Buffer.alloc(length, index + 1);
        const item = { kind: kind.data, assocId: 3, address: '127.0.0.1', port: 9, payload: original };
        if (!batch.add(1, item)) {
          batch.clear();
          batch.add(1, item);
        }
        reader.readData((batch.count - 1) * 24, asList, true);
        kept.push({ copy: reader.content as Buffer, original });
      }
      batch.clear();
      for (const { copy, original } of kept) {
        expect(Array.isArray(copy)).toBe(asList);
        expect(Buffer.from(copy as Buffer).equals(original)).toBe(true);
        if (Array.isArray(copy)) continue;
        // Node's pool below, ours in between, memory of its own above.
        const pinned = copy.buffer.byteLength;
        if (copy.length <= 512) expect(pinned).toBeLessThanOrEqual(8192);
        else expect(pinned).toBeLessThanOrEqual(Math.max(65_536, copy.length));
      }
    }),
  );
});

test('sources follow each other without being mixed up', () => {
  const batch = new SimBatch();
  const reader = reading(batch);
  const addresses = ['127.0.0.1', '::1', '10.0.0.1', '10.0.0.1', '::1', '127.0.0.1'];
  for (const [index, address] of addresses.entries())
    batch.add(1, { kind: kind.shutdownEvent, assocId: 3, address, port: index });
  const seen = addresses.map((_, index) => {
    reader.readEvent(index * 24);
    return [reader.ip, reader.port];
  });
  expect(seen).toEqual(addresses.map((address, index) => [address, index]));
});

test('sources that differ in one place are told apart, whichever it is', () => {
  const first = [0x20010db8, 0x00010002, 0x00030004, 0x00050006, 0];
  const others = first.map((_, place) => first.with(place, first[place]! + 1));
  const sources = [first, ...others.flatMap((other) => [other, first])];
  const batch = new SimBatch();
  const reader = reading(batch);
  for (const [index, words] of sources.entries()) {
    batch.add(1, { kind: kind.shutdownEvent, assocId: 3, address: '::1', port: 9 });
    const base = index * record.words;
    batch.meta.set(words.slice(0, 4), base + record.address);
    batch.meta[base + record.scopeId] = words[4]!;
  }
  const seen = sources.map((_, index) => {
    reader.readEvent(index * record.words);
    return reader.ip;
  });
  const expected = sources.map(([a, b, c, d, scope]) => formatV6([a!, b!, c!, d!], scope!));
  expect(seen).toEqual(expected);
  expect(new Set(expected).size).toBe(6);
});

test('causes of a remote error are read as far as they are whole', () => {
  const causes = (bytes: number[]) => {
    const batch = new SimBatch();
    const reader = reading(batch);
    batch.add(1, { kind: kind.remoteError, assocId: 3, address: '127.0.0.1', port: 9, payload: Uint8Array.from(bytes) });
    reader.readEvent(0);
    return 'data' in reader.content ? reader.content.data : undefined;
  };
  expect(causes([])).toEqual([]);
  expect(causes([0, 1])).toEqual([]);
  expect(causes([0, 1, 0, 0])).toEqual([1]);
  expect(causes([0, 1, 0, 6, 9, 9, 0, 0, 0, 13, 0, 4])).toEqual([1, 13]);
  expect(causes([0, 1, 255, 255, 0, 13, 0, 4])).toEqual([1]);
});

test('a record of no known kind is a broken invariant', () => {
  const batch = new SimBatch();
  const reader = reading(batch);
  batch.add(1, { kind: 77, assocId: 3, address: '127.0.0.1', port: 9 });
  expect(() => reader.readEvent(0)).toThrow('unknown kind 77');
});
