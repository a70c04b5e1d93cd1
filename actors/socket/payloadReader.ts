/** Payloads in batches, copied into memory that outlives the batch and that a small message, kept for long, does not pin much of. */
import { type BatchSource, batchRecord, where } from '../../native/contract/batch.js';

/** Up to here a payload goes into Node's own pool, which a message that is kept pins 8 KiB of at most. */
const smallBytes = 512;
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

  constructor(source: BatchSource) {
    this.#source = source;
  }

  /** The payload of the record at word `base` of `meta`, in a copy that outlives the batch. */
  read(meta: Uint32Array, base: number): Buffer {
    const offset = meta[base + batchRecord.offset]!;
    const length = meta[base + batchRecord.length]!;
    if (meta[base + batchRecord.where] === where.large) {
      const large = this.#source.large[offset]!;
      return Buffer.from(large.buffer, large.byteOffset, large.byteLength);
    }
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
