/**
 * Writes batches as native/contract/batch.ts lays them out, for stacks that are written in TypeScript. A batch is for one reader at a time: `clear` begins the next
 * one. Payloads that fill more than a quarter of the slab get memory of their own, so that their readers need not copy them.
 */
import { batchRecord, type Handle, where } from '../../native/contract/batch.js';

const maxRecords = 256;
const slabBytes = 64 * 1024;
const largeBytes = slabBytes / 4;

export class BatchWriter {
  readonly meta: Uint32Array = new Uint32Array(maxRecords * batchRecord.words);
  readonly slab: Uint8Array = new Uint8Array(slabBytes);
  readonly large: Uint8Array[] = [];
  /** Where the payload of the last record is to be written, and from where on. */
  target: Uint8Array = this.slab;
  at = 0;
  #count = 0;
  #used = 0;

  /** Records in the batch. */
  get count(): number {
    return this.#count;
  }

  /** Whether there is no room even for a record without payload. */
  get isFull(): boolean {
    return this.#count === maxRecords;
  }

  /** Begins a batch. */
  clear(): void {
    this.#count = 0;
    this.#used = 0;
    this.large.length = 0;
  }

  /**
   * Adds a record with room for a payload of so many bytes, to be written to `target` from `at` on. All words that every transport has, but the address, are set;
   * the others are 0.
   *
   * @returns the record's first word in `meta`, or -1 if there is no room in this batch
   */
  add(socket: Handle, kind: number, payloadBytes: number): number {
    const isLarge = payloadBytes > largeBytes;
    if (this.#count === maxRecords || (!isLarge && this.#used + payloadBytes > slabBytes)) return -1;
    const { meta } = this;
    const base = this.#count * batchRecord.words;
    this.#count += 1;
    meta.fill(0, base, base + batchRecord.words);
    meta[base + batchRecord.socket] = socket;
    meta[base + batchRecord.kind] = kind;
    meta[base + batchRecord.length] = payloadBytes;
    meta[base + batchRecord.where] = isLarge ? where.large : where.slab;
    meta[base + batchRecord.offset] = isLarge ? this.large.length : this.#used;
    this.target = isLarge ? new Uint8Array(payloadBytes) : this.slab;
    this.at = isLarge ? 0 : this.#used;
    if (isLarge) this.large.push(this.target);
    else this.#used += payloadBytes;
    return base;
  }
}
