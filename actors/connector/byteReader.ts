/** Bytes out of pieces: reads of a transport give pieces of any length, and a `read` wants so many bytes. What is over stays for the next one. */
import { ByteQueue, type WaitOptions } from '../socket/index.js';

/** Stands for the end of what the peer sends. */
export const none: Buffer = Buffer.alloc(0);

/** A socket of a transport is one: most sockets are read piece by piece, and hold nothing. */
export abstract class ByteReader {
  /** Made when a piece is longer than was wanted, or shorter. */
  #held: ByteQueue | undefined;
  #hasEnded = false;

  /** Gives `none` at the peer's end, each time; a piece has one byte or more. */
  protected abstract nextPiece(wait: WaitOptions | undefined): Promise<Buffer>;

  /** As `read` of a ByteSocket. */
  read(count: number, wait: WaitOptions | undefined): Promise<Buffer> {
    // What comes is given as it is: this is the hot path.
    if (count === 0 && this.heldBytes === 0 && !this.#hasEnded) return this.nextPiece(wait);
    return this.#collect(count, wait);
  }

  /** Adds a piece to what is held. */
  protected hold(piece: Buffer): void {
    this.#held ??= new ByteQueue();
    this.#held.push(piece);
  }

  /** Nothing more comes than what is held. */
  protected end(): void {
    this.#hasEnded = true;
  }

  protected get heldBytes(): number {
    return this.#held?.length ?? 0;
  }

  /** So many of the bytes that are held. */
  protected take(count: number): Buffer {
    if (count === 0) return none;
    const bytes = Buffer.allocUnsafe(count);
    this.#held!.take(count, bytes, 0);
    this.#held!.trim();
    return bytes;
  }

  async #collect(count: number, wait: WaitOptions | undefined): Promise<Buffer> {
    while (!this.#hasEnded && this.heldBytes < (count || 1)) {
      const piece = await this.nextPiece(wait);
      if (piece.length === 0) this.#hasEnded = true;
      else if (this.heldBytes === 0 && count === piece.length) return piece;
      else this.hold(piece);
    }
    return this.take(count === 0 ? this.heldBytes : Math.min(count, this.heldBytes));
  }
}
