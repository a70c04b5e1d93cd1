/** Payloads in batches, copied into memory that outlives the batch and that a small message, kept for long, does not pin much of. */
import { type BatchSource, batchRecord, where } from '../../native/contract/batch.js';

/** Up to here a payload goes into Node's own pool, which a message that is kept pins 8 KiB of at most. */
const smallBytes = 512;
/** What small messages share that are copied together. A message that is kept pins no more of it than of Node's pool. */
const smallWindowBytes = 8 * 1024;
/** Up to here it shares a pool of ours, above it has memory of its own. */
const pooledBytes = 16 * 1024;
const poolBytes = 64 * 1024;
/** Below this a loop beats the view that `set` needs. */
const loopBytes = 24;
/** Beyond so many places V8 keeps an array of a given length as a dictionary. */
const mostPlaces = 32 * 1024 * 1024;

export class PayloadReader {
  readonly #source: BatchSource;
  #pool = Buffer.allocUnsafeSlow(poolBytes);
  #poolUsed = 0;
  /** Up to there the slab has payload of this batch; 0 if only one record has any. */
  #batchEnd = 0;
  /** A piece of the slab that has been copied as a whole, for the payloads that lie in it. */
  #window = new ArrayBuffer(0);
  #windowStart = 0;
  #windowEnd = 0;
  #isWindowSmall = false;

  constructor(source: BatchSource) {
    this.#source = source;
  }

  /** A batch of so many records has come. What was read before is not looked at again. */
  begin(records: number): void {
    this.#windowEnd = 0;
    this.#batchEnd = records > 1 ? this.#endOf(records) : 0;
  }

  /** The payload of the record at word `base` of `meta`, in a copy that outlives the batch. */
  read(meta: Uint32Array, base: number): Buffer {
    const offset = meta[base + batchRecord.offset]!;
    const length = meta[base + batchRecord.length]!;
    if (meta[base + batchRecord.where] === where.large) {
      const large = this.#source.large[offset]!;
      return Buffer.from(large.buffer, large.byteOffset, large.byteLength);
    }
    const start = this.#windowStart;
    if (offset >= start && offset + length <= this.#windowEnd && (length > smallBytes || this.#isWindowSmall)) {
      return Buffer.from(this.#window, offset - start, length);
    }
    return this.#opensWindow(offset, length) ? Buffer.from(this.#window, 0, length) : this.#copy(offset, length);
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

  /** Copies a payload together with those behind it, if there are any: one copy for many, and one view for each. */
  #opensWindow(offset: number, length: number): boolean {
    const isSmall = length <= smallBytes;
    const bytes = Math.min(this.#batchEnd - offset, isSmall ? smallWindowBytes : poolBytes);
    if (bytes < 2 * length || length === 0) return false;
    const window = Buffer.allocUnsafeSlow(bytes);
    window.set(this.#source.slab.subarray(offset, offset + bytes));
    // A view is made of the memory itself in less time than of a Buffer over it.
    this.#window = window.buffer;
    this.#windowStart = offset;
    this.#windowEnd = offset + bytes;
    this.#isWindowSmall = isSmall;
    return true;
  }

  #copy(offset: number, length: number): Buffer {
    const target = this.#room(length);
    const slab = this.#source.slab;
    if (length > loopBytes) target.set(slab.subarray(offset, offset + length));
    else for (let index = 0; index < length; index += 1) target[index] = slab[offset + index]!;
    return target;
  }

  #room(length: number): Buffer {
    if (length <= smallBytes) return Buffer.allocUnsafe(length);
    if (length > pooledBytes) return Buffer.allocUnsafeSlow(length);
    if (this.#poolUsed + length > poolBytes) {
      this.#pool = Buffer.allocUnsafeSlow(poolBytes);
      this.#poolUsed = 0;
    }
    const room = this.#pool.subarray(this.#poolUsed, this.#poolUsed + length);
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
