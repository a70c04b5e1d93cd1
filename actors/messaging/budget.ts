/** What may wait in the queues of all connections of a server together. */

/** What a message takes beside its bytes: a Buffer, and its place in a queue. Measured with one-byte messages. */
const messageOverheadBytes = 128;

export class Budget {
  readonly #limitBytes: number;
  #usedBytes = 0;
  #messages = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The bytes of all messages that wait. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether nothing more should be read of connections of which something waits. */
  get isUsedUp(): boolean {
    return this.#usedBytes + this.#messages * messageOverheadBytes >= this.#limitBytes;
  }

  take(bytes: number): void {
    this.#usedBytes += bytes;
    this.#messages += 1;
  }

  give(bytes: number, messages: number): void {
    this.#usedBytes -= bytes;
    this.#messages -= messages;
  }
}
