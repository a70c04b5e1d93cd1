/**
 * Gives the records of a batch to the sockets that they are for. A batch is consumed whole before the stack is called again, as its memory is used again; a
 * socket acts on what its records have told it in `settleBatch`, afterwards.
 */
import { type BatchSource, batchRecord, type Handle } from '../../native/contract/batch.js';
import type { PayloadReader } from './payloadReader.js';

/** The reading side of a socket. */
export interface BatchTaker {
  /** Takes the record at word `base` of the batch. Must not call the stack. */
  takeRecord(base: number): void;
  /** The batch is over: the stack may be called again. */
  settleBatch(): void;
}

export class Demultiplexer<Taker extends BatchTaker> {
  readonly #source: BatchSource;
  readonly #payloads: Pick<PayloadReader, 'begin'> | undefined;
  readonly #takers = new Map<Handle, Taker>();
  #touched: Taker[] = [];

  /** @param payloads reads the payload of the records; is told of each batch */
  constructor(source: BatchSource, payloads?: Pick<PayloadReader, 'begin'>) {
    this.#source = source;
    this.#payloads = payloads;
  }

  /** Every socket that is registered. */
  takers(): Taker[] {
    return [...this.#takers.values()];
  }

  register(handle: Handle, taker: Taker): void {
    this.#takers.set(handle, taker);
  }

  forget(handle: Handle): void {
    this.#takers.delete(handle);
  }

  /** A batch has come, of so many records. */
  take(records: number): void {
    this.#consume(records);
    this.#settle();
  }

  /** Takes at once what the socket has and may deliver. */
  drain(handle: Handle): void {
    const source = this.#source;
    for (let records = source.drain(handle); records > 0; records = source.drain(handle)) this.#consume(records);
    this.#settle();
  }

  #consume(records: number): void {
    const { meta } = this.#source;
    this.#payloads?.begin(records);
    let handle = -1;
    let taker: Taker | undefined;
    const end = records * batchRecord.words;
    for (let base = 0; base < end; base += batchRecord.words) {
      const next = meta[base + batchRecord.socket]!;
      if (next !== handle) {
        handle = next;
        // None: its socket was closed while the batch was under way.
        taker = this.#takers.get(handle);
        if (taker !== undefined) this.#touched.push(taker);
      }
      taker?.takeRecord(base);
    }
  }

  #settle(): void {
    const touched = this.#touched;
    if (touched.length === 0) return;
    this.#touched = [];
    for (const taker of touched) taker.settleBatch();
  }
}
