/**
 * The SCTP stack of one JavaScript environment and the sockets that live on it: hands each record of a batch to its socket. A batch is consumed
 * whole before the stack is called again, as its memory is used again; what a record gives reason to do is done in `settle`, afterwards.
 */
import { type Handle, record, type SctpStack } from '../../native/contract.js';
import { RecordReader } from './decode.js';
import type { StackOpener } from './port.js';

/** A socket as seen from its stack. */
export interface RecordSink {
  /** Takes the record at word `base` of `meta`. Must not call the stack. */
  acceptRecord(base: number): void;
  /** The batch is over. */
  settleBatch(): void;
}

export class SctpEnvironment {
  readonly stack: SctpStack;
  readonly reader: RecordReader;
  readonly #sinks = new Map<Handle, RecordSink>();
  #touched: RecordSink[] = [];

  constructor(opener: StackOpener) {
    this.stack = opener((records) => {
      this.consume(records);
      this.settle();
    });
    this.reader = new RecordReader(this.stack);
  }

  get sockets(): number {
    return this.#sinks.size;
  }

  register(handle: Handle, sink: RecordSink): void {
    this.#sinks.set(handle, sink);
  }

  forget(handle: Handle): void {
    this.#sinks.delete(handle);
  }

  /** Takes at once what the socket has and may deliver. */
  drain(handle: Handle): void {
    for (let records = this.stack.drain(handle); records > 0; records = this.stack.drain(handle)) this.consume(records);
    this.settle();
  }

  private consume(records: number): void {
    const { meta } = this.stack;
    let handle = -1;
    let sink: RecordSink | undefined;
    const end = records * record.words;
    for (let base = 0; base < end; base += record.words) {
      const next = meta[base + record.socket]!;
      if (next !== handle) {
        handle = next;
        // None: it was closed while this was under way.
        sink = this.#sinks.get(handle);
        if (sink !== undefined) this.#touched.push(sink);
      }
      sink?.acceptRecord(base);
    }
  }

  private settle(): void {
    const touched = this.#touched;
    if (touched.length === 0) return;
    this.#touched = [];
    for (const sink of touched) sink.settleBatch();
  }
}
