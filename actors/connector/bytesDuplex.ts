/** A Duplex of Node over a socket of a transport that has none of its own, and no half close: the end of one direction ends the other. */
import { Duplex } from 'node:stream';
import { whenEnded } from '../socket/index.js';
import type { ByteSocket } from './transport.js';

/** A socket, as this file needs it. */
export interface FinishingSocket extends Pick<ByteSocket, 'port' | 'read' | 'write' | 'close' | 'reset'> {
  /** Closes the socket: the peer is told the end behind everything written. What had come by then can still be read, and then the end. */
  finish(isReading: boolean): Promise<void>;
}

export class BytesDuplex extends Duplex {
  readonly #socket: FinishingSocket;
  #isReading = false;
  #isFinished = false;

  constructor(socket: FinishingSocket) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.port[whenEnded](() => {
      if (!this.#isFinished) this.destroy();
    });
  }

  override _read(): void {
    if (!this.#isReading) void this.#readOn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, undefined).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#isFinished = true;
    this.#socket.finish(this.#isReading).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (error === null) void this.#socket.close();
    else this.#socket.reset();
    done(error);
  }

  async #readOn(): Promise<void> {
    this.#isReading = true;
    try {
      for (let wantsMore = true; wantsMore; ) {
        const data = await this.#socket.read(0, undefined);
        if (data.length === 0) {
          this.push(null);
          return;
        }
        wantsMore = this.push(data);
      }
      this.#isReading = false;
    } catch (error) {
      if (this.#isFinished) this.push(null);
      else this.destroy(error as Error);
    }
  }
}
