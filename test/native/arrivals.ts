/** What batches of a stack have brought and a test has not taken. A test waits for the record that it means. */
import type { Handle } from '../../native/contract/batch.js';

export class Arrivals<Item extends { readonly socket: Handle; readonly kind: number }> {
  /** The records of batches that the test has not taken, in order. */
  readonly items: Item[] = [];
  /** Records of each batch. */
  readonly batches: number[] = [];
  /** Called inside the batch callback, after its records were read. */
  onBatch: () => void = () => {};
  #wake: () => void = () => {};

  /** Takes the first item of that socket and kind, waiting for it. */
  next(socket: Handle, wanted: number): Promise<Item> {
    return this.nextWhere((item) => item.socket === socket && item.kind === wanted);
  }

  /** Takes the first item that matches, waiting for it. */
  async nextWhere(matches: (item: Item) => boolean): Promise<Item> {
    for (;;) {
      const index = this.items.findIndex(matches);
      if (index >= 0) return this.items.splice(index, 1)[0]!;
      await new Promise<void>((resolve) => {
        const others = this.#wake;
        this.#wake = () => {
          this.#wake = () => {};
          others();
          resolve();
        };
      });
    }
  }

  /** A batch has come. */
  protected take(items: readonly Item[]): void {
    this.batches.push(items.length);
    this.items.push(...items);
    this.onBatch();
    this.#wake();
  }
}
