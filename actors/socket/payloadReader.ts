/**
 * Payloads in batches, in memory that outlives the batch and that a small message, kept for long, does not pin much of: a copy, or the page of the batch itself, if
 * that is well filled.
 */
import { type BatchSource, batchRecord, where } from '../../native/contract/batch.js';

/** Up to here a payload goes into Node's own pool, which a message that is kept pins 8 KiB of at most. */
const smallBytes = 512;
/** What small messages share that are copied together. A message that is kept pins no more of it than of Node's pool. */
const smallWindowBytes = 8 * 1024;
/** Up to here it shares a pool of ours, above it has memory of its own. */
const pooledBytes = 16 * 1024;
const poolBytes = 64 * 1024;
const lookAtBytes = 1024 * 1024;
/** Below this a loop beats the view that `set` needs. */
const loopBytes = 24;
/** Beyond so many places V8 keeps an array of a given length as a dictionary. */
const mostPlaces = 32 * 1024 * 1024;

/**
 * The class that Buffer's own slices are made of. It makes a true Buffer of memory in a little over half the time of `Buffer.from`, which first
 * looks at what it has been given.
 */
const View = (Buffer as unknown as Record<symbol, new (memory: ArrayBufferLike, offset: number, length: number) => Buffer>)[
  Symbol.species
]!;

export class PayloadReader {
  readonly #source: BatchSource;
  /** Where payloads lie: the source's pages, or its slab as the only one. */
  readonly #pages: readonly Uint8Array[];
  readonly #pageBytes: number;
  /** Pages of this batch that are ours. */
  #kept: (Uint8Array | undefined)[] = [];
  #pool = Buffer.allocUnsafeSlow(poolBytes);
  #poolUsed = 0;
  /** Up to there the pages have payload of this batch; 0 if only one record has any. */
  #batchEnd = 0;
  /** A piece of a page that has been copied as a whole, or a page that is ours, for the payloads that lie in it. */
  #window: ArrayBufferLike = new ArrayBuffer(0);
  #windowStart = 0;
  #windowEnd = 0;
  #isWindowSmall = false;
  /** Of large payloads, since V8 was last made to look at them. */
  #largeBytes = 0;

  constructor(source: BatchSource) {
    this.#source = source;
    this.#pages = source.pages ?? [source.slab ?? new Uint8Array(0)];
    this.#pageBytes = this.#pages[0]!.length;
  }

  /** A batch of so many records has come. What was read before is not looked at again. */
  begin(records: number): void {
    this.#windowEnd = 0;
    if (this.#kept.length > 0) this.#kept = [];
    this.#batchEnd = records > 1 ? this.#endOf(records) : 0;
  }

  /** The payload of the record at word `base` of `meta`, in memory that outlives the batch. */
  read(meta: Uint32Array, base: number): Buffer {
    const offset = meta[base + batchRecord.offset]!;
    const length = meta[base + batchRecord.length]!;
    if (meta[base + batchRecord.where] === where.large) {
      const large = this.#source.large[offset]!;
      this.#noteLarge(length);
      return new View(large.buffer, large.byteOffset, large.byteLength);
    }
    const start = this.#windowStart;
    if (offset >= start && offset + length <= this.#windowEnd && (length > smallBytes || this.#isWindowSmall)) {
      return new View(this.#window, offset - start, length);
    }
    return this.#opensWindow(offset, length)
      ? new View(this.#window, offset - this.#windowStart, length)
      : this.#copy(offset, length);
  }

  /**
   * V8 collects young buffers before they fill 16 MiB, but only looks at them when it makes one itself. Ours are made elsewhere, so without this they wait for a
   * collection of everything, which took a quarter of the time at 64 KiB a message.
   */
  #noteLarge(bytes: number): void {
    this.#largeBytes += bytes;
    if (this.#largeBytes < lookAtBytes) return;
    this.#largeBytes = 0;
    this.#window = new ArrayBuffer(1);
    this.#windowEnd = 0;
  }

  /** Where the payload of the last record that has any ends. */
  #endOf(records: number): number {
    const { meta } = this.#source;
    for (let base = (records - 1) * batchRecord.words; base > 0; base -= batchRecord.words) {
      const length = meta[base + batchRecord.length]!;
      if (length > 0 && meta[base + batchRecord.where] === where.slab) return meta[base + batchRecord.offset]! + length;
    }
    return 0;
  }

  /** Copies a payload together with those behind it, if there are any: one copy for many, and one view for each. Or keeps all of its page. */
  #opensWindow(offset: number, length: number): boolean {
    if (length === 0) return false;
    const index = Math.floor(offset / this.#pageBytes);
    const pageStart = index * this.#pageBytes;
    const end = Math.min(Math.max(this.#batchEnd, offset + length), pageStart + this.#pageBytes);
    const isSmall = length <= smallBytes;
    if (!isSmall && this.#keeps(index, end - pageStart)) {
      this.#windowAt(this.#page(index).buffer, pageStart, end, false);
      return true;
    }
    const bytes = Math.min(end - offset, isSmall ? smallWindowBytes : poolBytes);
    if (bytes < 2 * length) return false;
    const window = Buffer.allocUnsafeSlow(bytes);
    window.set(this.#page(index).subarray(offset - pageStart, offset - pageStart + bytes));
    this.#windowAt(window.buffer, offset, offset + bytes, isSmall);
    return true;
  }

  #windowAt(memory: ArrayBufferLike, start: number, end: number, isSmall: boolean): void {
    this.#window = memory;
    this.#windowStart = start;
    this.#windowEnd = end;
    this.#isWindowSmall = isSmall;
  }

  /** Whether a page of which so much is used at most is ours, or becomes it. */
  #keeps(index: number, usedBytes: number): boolean {
    if (this.#kept[index] !== undefined) return true;
    if (usedBytes * 2 < this.#pageBytes) return false;
    const page = this.#pages[index]!;
    if (this.#source.keepPage?.(index) !== true) return false;
    this.#kept[index] = page;
    return true;
  }

  #page(index: number): Uint8Array {
    return this.#kept[index] ?? this.#pages[index]!;
  }

  #copy(offset: number, length: number): Buffer {
    const target = this.#room(length);
    const index = Math.floor(offset / this.#pageBytes);
    const page = this.#page(index);
    const start = offset - index * this.#pageBytes;
    if (length > loopBytes) target.set(page.subarray(start, start + length));
    else for (let at = 0; at < length; at += 1) target[at] = page[start + at]!;
    return target;
  }

  #room(length: number): Buffer {
    if (length <= smallBytes) return Buffer.allocUnsafe(length);
    if (length > pooledBytes) return Buffer.allocUnsafeSlow(length);
    if (this.#poolUsed + length > poolBytes) {
      this.#pool = Buffer.allocUnsafeSlow(poolBytes);
      this.#poolUsed = 0;
    }
    const room = new View(this.#pool.buffer, this.#poolUsed, length);
    this.#poolUsed += length;
    return room;
  }
}

/** An array made to measure: what grows as it is filled keeps up to half of its room empty. */
export function listOfBytes(payload: Buffer): number[] {
  const { length } = payload;
  if (length > mostPlaces) return Array.from(payload);
  const bytes = new Array<number>(length);
  for (let index = 0; index < length; index += 1) bytes[index] = payload[index]!;
  return bytes;
}
