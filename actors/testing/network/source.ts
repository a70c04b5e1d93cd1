/** The reading side of a simulated stack: its sockets by number, their credit, and the batches that they fill. */
import { type BatchCallback, type BatchSource, type Handle, unlimitedCredit } from '../../../native/contract/batch.js';
import { BatchWriter } from '../../socket/index.js';
import type { Wire } from './wire.js';

/** What a simulated socket may still deliver, as `BatchSource.setCredit` says. */
export class Credit {
  #items = 0;
  #bytes = unlimitedCredit;

  get isOpen(): boolean {
    return this.#items > 0 && this.#bytes > 0;
  }

  set(items: number, bytes: number): void {
    this.#items = items;
    this.#bytes = bytes;
  }

  /** An item with so much payload has been delivered. */
  use(bytes: number): void {
    if (this.#items !== unlimitedCredit) this.#items -= 1;
    if (this.#bytes !== unlimitedCredit) this.#bytes = Math.max(0, this.#bytes - bytes);
  }
}

/** A socket, as its source knows it. */
export interface Reader {
  readonly credit: Credit;
  /** Writes what there is and the credit allows into the batch. False if the batch is full. */
  fill(handle: Handle, batch: BatchWriter): boolean;
}

export class SimulatedSource<Socket extends Reader> implements BatchSource {
  readonly #batch = new BatchWriter();
  readonly meta = this.#batch.meta;
  readonly slab = this.#batch.slab;
  readonly large = this.#batch.large;
  protected readonly wire: Wire;
  protected readonly sockets = new Map<Handle, Socket>();
  readonly #onBatch: BatchCallback;
  readonly #handles = new Map<Socket, Handle>();
  readonly #ready = new Set<Socket>();
  #lastHandle = 0;
  #isWoken = false;
  #isHandingOver = false;
  readonly #step = { run: (): void => this.#run() };

  constructor(wire: Wire, onBatch: BatchCallback) {
    this.wire = wire;
    this.#onBatch = onBatch;
  }

  setCredit(handle: Handle, items: number, bytes: number): void {
    const socket = this.sockets.get(handle);
    if (socket === undefined) return;
    socket.credit.set(items, bytes);
    if (socket.credit.isOpen) this.ready(socket);
  }

  drain(handle: Handle): number {
    // As in the addon: what is there comes as the next batch of this turn.
    if (this.#isHandingOver) return 0;
    this.#batch.clear();
    this.sockets.get(handle)?.fill(handle, this.#batch);
    return this.#batch.count;
  }

  protected add(socket: Socket): Handle {
    this.#lastHandle += 1;
    this.sockets.set(this.#lastHandle, socket);
    this.#handles.set(socket, this.#lastHandle);
    return this.#lastHandle;
  }

  protected forget(handle: Handle): void {
    const socket = this.sockets.get(handle);
    if (socket === undefined) return;
    this.sockets.delete(handle);
    this.#handles.delete(socket);
    this.#ready.delete(socket);
  }

  /** The socket may have something to deliver. */
  protected ready(socket: Socket): void {
    if (!this.#handles.has(socket)) return;
    this.#ready.add(socket);
    if (this.#isWoken) return;
    this.#isWoken = true;
    this.wire.soon(this.#step);
  }

  #run(): void {
    this.#isWoken = false;
    while (this.#ready.size > 0) {
      this.#batch.clear();
      for (const socket of this.#ready) {
        const handle = this.#handles.get(socket)!;
        if (!socket.fill(handle, this.#batch)) break;
        this.#ready.delete(socket);
      }
      if (this.#batch.count === 0) continue;
      this.#isHandingOver = true;
      try {
        this.#onBatch(this.#batch.count);
      } finally {
        this.#isHandingOver = false;
      }
    }
  }
}
