/** What the sockets of one stack share in one JavaScript environment: the stack, the reader of its payload, the tags of messages, the class of sockets. */
import type { BatchCallback, Handle, TcpStack } from '../../native/contract/tcp.js';
import { type BatchTaker, Demultiplexer, PayloadReader } from '../socket/index.js';
import type { StreamTags } from './received.js';

/** Opens a stack; `onBatch` is called with everything that arrives. */
export type TcpOpener = (onBatch: BatchCallback) => TcpStack;

export class TcpEnvironment {
  readonly stack: TcpStack;
  readonly tags: StreamTags;
  readonly reader: PayloadReader;
  /** Who takes the records of a handle: a socket, a connect that waits, a closed socket that goes on sending. */
  readonly takers: Demultiplexer<BatchTaker>;

  constructor(opener: TcpOpener, tags: StreamTags) {
    this.tags = tags;
    this.stack = opener((records) => this.takers.take(records));
    this.reader = new PayloadReader(this.stack);
    this.takers = new Demultiplexer(this.stack, this.reader);
  }
}

/** Stands for the handle of a socket whose connection has been let go of. No socket of a stack has it. */
export const noHandle: Handle = 0;
