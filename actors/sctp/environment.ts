/**
 * The SCTP stack of one JavaScript environment and the sockets that live on it: hands each record of a batch to its socket. A batch is consumed
 * whole before the stack is called again, as its memory is used again; what a record gives reason to do is done in `settle`, afterwards.
 */
import { type Handle, record, type SctpStack } from '../../native/contract/sctp.js';
import { RecordReader } from './decode.js';
import { SendBatch } from './sendBatch.js';
import type { SctpSocket } from './socket.js';
import type { StackOpener } from './stacks.js';

export class SctpEnvironment {
  readonly stack: SctpStack;
  readonly reader: RecordReader;
  readonly sendBatch: SendBatch;
  readonly #sockets = new Map<Handle, SctpSocket>();
  #touched: SctpSocket[] = [];

  constructor(opener: StackOpener) {
    this.stack = opener((records) => {
      this.consume(records);
      this.settle();
    });
    this.reader = new RecordReader(this.stack);
    this.sendBatch = new SendBatch(this.stack);
  }

  sockets(): SctpSocket[] {
    return [...this.#sockets.values()];
  }

  register(handle: Handle, socket: SctpSocket): void {
    this.#sockets.set(handle, socket);
  }

  forget(handle: Handle): void {
    this.#sockets.delete(handle);
  }

  /** Takes at once what the socket has and may deliver. */
  drain(handle: Handle): void {
    for (let records = this.stack.drain(handle); records > 0; records = this.stack.drain(handle)) this.consume(records);
    this.settle();
  }

  private consume(records: number): void {
    const { meta } = this.stack;
    let handle = -1;
    let socket: SctpSocket | undefined;
    const end = records * record.words;
    for (let base = 0; base < end; base += record.words) {
      const next = meta[base + record.socket]!;
      if (next !== handle) {
        handle = next;
        // None: it was closed while this was under way.
        socket = this.#sockets.get(handle);
        if (socket !== undefined) this.#touched.push(socket);
      }
      socket?.acceptRecord(base);
    }
  }

  private settle(): void {
    const touched = this.#touched;
    if (touched.length === 0) return;
    this.#touched = [];
    for (const socket of touched) socket.settleBatch();
  }
}
