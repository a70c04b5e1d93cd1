/** A first in, first out queue of received messages, as bytes. It counts the bytes, and takes from its head without moving the rest. */

/** Slots that are left behind the head before the queue is packed. */
const slack = 64;

export class MessageQueue {
  #items: (Buffer | undefined)[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Of all messages together. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The oldest message, which stays. */
  get first(): Buffer | undefined {
    return this.#items[this.#head];
  }

  /** All messages, the oldest first. */
  get all(): readonly Buffer[] {
    return this.#items.slice(this.#head) as Buffer[];
  }

  append(message: Buffer): void {
    this.#items.push(message);
    this.#bytes += message.length;
  }

  /** Takes the oldest message away. There must be one. */
  removeFirst(): void {
    this.#bytes -= this.#items[this.#head]!.length;
    this.#items[this.#head] = undefined;
    this.#head += 1;
    if (this.#head === this.#items.length) {
      this.#items.length = 0;
      this.#head = 0;
    } else if (this.#head > slack && 2 * this.#head > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#bytes = 0;
  }
}
