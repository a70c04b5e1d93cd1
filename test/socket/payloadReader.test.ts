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

const pageBytes = 64 * 1024;

/** A source whose batches lie in four pages, of which its reader may keep those that are half full. `kept` counts them. */
function pagedSource() {
  const meta = new Uint32Array(512 * batchRecord.words);
  const pages = Array.from({ length: 4 }, () => new Uint8Array(pageBytes));
  const used = [0, 0, 0, 0];
  const counts = { kept: 0, asked: 0 };
  const keepPage = (index: number): boolean => {
    counts.asked += 1;
    if ((used[index] ?? 0) * 2 < pageBytes) return false;
    counts.kept += 1;
    pages[index] = new Uint8Array(pageBytes);
    used[index] = 0;
    return true;
  };
  const fill = (payloads: readonly { readonly bytes: Buffer; readonly gap: number }[]): number => {
    for (const page of pages) page.fill(0xee);
    used.fill(0);
    let at = 0;
    for (const [index, { bytes, gap }] of payloads.entries()) {
      at += gap;
      if ((at % pageBytes) + bytes.length > pageBytes) at += pageBytes - (at % pageBytes);
      const page = Math.floor(at / pageBytes);
      pages[page]?.set(bytes, at % pageBytes);
      meta[index * batchRecord.words + batchRecord.offset] = at;
      meta[index * batchRecord.words + batchRecord.length] = bytes.length;
      meta[index * batchRecord.words + batchRecord.where] = where.slab;
      at += bytes.length;
      used[page] = at - page * pageBytes;
    }
    return payloads.length;
  };
  const batches = { meta, pages, large: [], setCredit: () => undefined, drain: () => 0, keepPage } satisfies BatchSource;
  return { batches, fill, counts };
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

test('in pages, too, each payload stays what it was, and one that is kept pins no more than it may', () => {
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 3 }), (all) => {
      const { batches, fill } = pagedSource();
      const reader = new PayloadReader(batches);
      const kept: { view: Buffer; original: Buffer }[] = [];
      for (const [round, whole] of all.entries()) {
        // What a page does not take goes into the next one, so four pages take a little less than a slab.
        const payloads = whole.slice(0, 8 + (whole.length >> 1)).filter(({ length }) => length <= 16_000);
        const originals = payloads.map(({ length }, index) => Buffer.alloc(length, round * 60 + index + 1));
        reader.begin(fill(originals.map((bytes, index) => ({ bytes, gap: payloads[index]!.gap }))));
        for (const [index, original] of originals.entries()) {
          kept.push({ view: reader.read(batches.meta, index * batchRecord.words), original });
        }
      }
      fill([]);
      for (const { view, original } of kept) {
        expect(view.equals(original)).toBe(true);
        expect(view.buffer.byteLength).toBeLessThanOrEqual(view.length <= 512 ? 8192 : 65_536);
      }
    }),
  );
});

test('messages of a page that is half full are handed out where they lie', () => {
  const { batches, fill, counts } = pagedSource();
  const reader = new PayloadReader(batches);
  const first = [...batches.pages];
  reader.begin(fill(Array.from({ length: 100 }, (_, index) => ({ bytes: Buffer.alloc(1000, index), gap: 4 }))));
  const views = Array.from({ length: 100 }, (_, index) => reader.read(batches.meta, index * batchRecord.words));
  expect(new Set(views.map((view) => view.buffer))).toEqual(new Set([first[0]!.buffer, first[1]!.buffer]));
  expect(counts).toEqual({ kept: 2, asked: 2 });
});

test('so is a single long one, and what shares its page with small ones, which are copied', () => {
  const { batches, fill } = pagedSource();
  const reader = new PayloadReader(batches);
  const [page] = batches.pages;
  reader.begin(fill([{ bytes: Buffer.alloc(40_000, 1), gap: 0 }]));
  expect(reader.read(batches.meta, 0).buffer).toBe(page!.buffer);
  const [other] = batches.pages;
  const mixed = [600, 100, 40_000, 600, 100].map((length, index) => ({ bytes: Buffer.alloc(length, index), gap: 4 }));
  reader.begin(fill(mixed));
  const read = mixed.map((_, index) => reader.read(batches.meta, index * batchRecord.words));
  expect(read.map(({ buffer }) => buffer === other!.buffer)).toEqual([true, false, true, true, false]);
  for (const [index, { bytes }] of mixed.entries()) expect(read[index]!.equals(bytes)).toBe(true);
});

test('a page that is mostly empty is not asked for: a message that is kept pins no more than twice what came with it', () => {
  const { batches, fill, counts } = pagedSource();
  const reader = new PayloadReader(batches);
  const kept = new Set<ArrayBufferLike>();
  let bytes = 0;
  for (let round = 0; round < 200; round += 1) {
    const count = 1 + (round % 32);
    reader.begin(fill(Array.from({ length: count }, (_, index) => ({ bytes: Buffer.alloc(1000, index), gap: 4 }))));
    for (let index = 0; index < count; index += 1) kept.add(reader.read(batches.meta, index * batchRecord.words).buffer);
    bytes += count * 1000;
  }
  expect(counts).toEqual({ kept: 0, asked: 0 });
  expect([...kept].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(2 * bytes);
});

test('a page that the source does not give away is copied from', () => {
  const { batches, fill } = pagedSource();
  const reader = new PayloadReader({ ...batches, keepPage: () => false });
  reader.begin(fill(Array.from({ length: 60 }, (_, index) => ({ bytes: Buffer.alloc(1000, index), gap: 4 }))));
  const copies = Array.from({ length: 60 }, (_, index) => reader.read(batches.meta, index * batchRecord.words));
  fill([]);
  for (const [index, copy] of copies.entries()) expect(copy.equals(Buffer.alloc(1000, index))).toBe(true);
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
