/** A closed socket that goes on sending what its stack has queued, until all has left or the stack gives up (TC-12, TC-13, TC-19). */
import { batchRecord, type Handle } from '../../native/contract/batch.js';
import { tcpKind } from '../../native/contract/tcp.js';
import type { BatchTaker } from '../socket/index.js';
import type { TcpEnvironment } from './environment.js';

export class Flushing implements BatchTaker {
  readonly over: Promise<void>;
  readonly #environment: TcpEnvironment;
  readonly #handle: Handle;
  #resolve!: () => void;
  #isOver = false;

  constructor(environment: TcpEnvironment, handle: Handle) {
    this.#environment = environment;
    this.#handle = handle;
    this.over = new Promise((resolve) => (this.#resolve = resolve));
    environment.takers.register(handle, this);
  }

  takeRecord(base: number): void {
    this.#isOver ||= this.#environment.stack.meta[base + batchRecord.kind] === tcpKind.flushed;
  }

  settleBatch(): void {
    if (!this.#isOver) return;
    this.#environment.takers.forget(this.#handle);
    this.#resolve();
  }
}
