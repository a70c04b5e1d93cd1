/** What the sockets of one SCTP stack share in one JavaScript environment: the stack, the reader of its records, the memory of sends that go down together. */
import type { SctpStack } from '../../native/contract/sctp.js';
import { type BatchTaker, Demultiplexer } from '../socket/index.js';
import type { PacketTaker } from './packetTaker.js';
import { RecordReader } from './recordReader.js';
import { SendBatch } from './sendBatch.js';
import type { StackOpener } from './stacks.js';

export class SctpEnvironment<Taker extends BatchTaker> {
  readonly stack: SctpStack;
  readonly reader: RecordReader;
  readonly sendBatch: SendBatch;
  /** The sockets and the carriers that are open. */
  readonly sockets: Demultiplexer<Taker | PacketTaker>;

  constructor(opener: StackOpener) {
    this.stack = opener((records) => this.sockets.take(records));
    this.reader = new RecordReader(this.stack);
    this.sendBatch = new SendBatch(this.stack);
    this.sockets = new Demultiplexer(this.stack, this.reader.payloads);
  }
}
