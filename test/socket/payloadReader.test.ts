/** Payloads are copies that outlive their batch, and that pin little memory, however many of them were copied together. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PayloadReader } from '../../actors/socket/index.js';
import { type BatchSource, batchRecord, where } from '../../native/contract/batch.js';

const slabBytes = 256 * 1024;

/** A source whose batches lie in its slab one behind the other, some of them after a gap. */
function source() {
  const meta = new Uint32Array(512 * batchRecord.words);
  const slab = new Uint8Array(slabBytes);
  const fill = (payloads: readonly { readonly bytes: Buffer; readonly gap: number }[]): number => {
    let at = 0;
    for (const [index, { bytes, gap }] of payloads.entries()) {
      at += gap;
      slab.set(bytes, at);
      meta[index * batchRecord.words + batchRecord.offset] = at;
      meta[index * batchRecord.words + batchRecord.length] = bytes.length;
      meta[index * batchRecord.words + batchRecord.where] = where.slab;
      at += bytes.length;
    }
    return payloads.length;
  };
  const batches = { meta, slab, large: [], setCredit: () => undefined, drain: () => 0 } satisfies BatchSource;
  return { batches, fill };
}

const length = fc.oneof(fc.nat(64), fc.nat(600), fc.nat(1500), fc.nat(20_000));
const batch = fc.array(fc.record({ length, gap: fc.nat(8) }), { minLength: 1, maxLength: 60 }).filter((payloads) => {
  return payloads.reduce((sum, payload) => sum + payload.length + payload.gap, 0) < slabBytes;
});

test('whatever the sizes, each payload is a copy of its own bytes, and one that is kept pins no more than it may', () => {
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 3 }), (all) => {
      const { batches, fill } = source();
      const reader = new PayloadReader(batches);
      const kept: { copy: Buffer; original: Buffer }[] = [];
      for (const [round, payloads] of all.entries()) {
        const originals = payloads.map(({ length }, index) => Buffer.alloc(length, round * 60 + index + 1));
        reader.begin(fill(originals.map((bytes, index) => ({ bytes, gap: payloads[index]!.gap }))));
        for (const [index, original] of originals.entries()) {
          kept.push({ copy: reader.read(batches.meta, index * batchRecord.words), original });
        }
        batches.slab.fill(0);
      }
      for (const { copy, original } of kept) {
        expect(copy.equals(original)).toBe(true);
        expect(copy.buffer.byteLength).toBeLessThanOrEqual(copy.length <= 512 ? 8192 : Math.max(65_536, copy.length));
      }
    }),
  );
});

test('small messages that come together are copied together', () => {
  const { batches, fill } = source();
  const reader = new PayloadReader(batches);
  reader.begin(fill(Array.from({ length: 100 }, (_, index) => ({ bytes: Buffer.alloc(64, index), gap: 4 }))));
  const copies = Array.from({ length: 100 }, (_, index) => reader.read(batches.meta, index * batchRecord.words));
  expect(new Set(copies.map((copy) => copy.buffer)).size).toBe(1);
  // Changing one changes no other.
  copies[1]!.fill(0xff);
  expect(copies[0]!.equals(Buffer.alloc(64, 0))).toBe(true);
  expect(copies[2]!.equals(Buffer.alloc(64, 2))).toBe(true);
});
