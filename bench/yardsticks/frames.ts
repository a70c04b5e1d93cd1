/** Messages with a header of 4 bytes over node:net, as programs of Node do it by hand: packet 4 in JavaScript. A message that lies in one chunk is not copied. */

const headerBytes = 4;
/** A message that is shorter than this is copied behind its header. A longer one is written from where it lies. */
const copiedBytes = 8 * 1024;

/** Gives `take` each message of a stream, whose chunks are to be `push`ed. */
export class Frames {
  readonly #take: (message: Buffer) => void;
  /** Chunks of a message that is not complete. They are joined once, when it is. */
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = headerBytes;

  constructor(take: (message: Buffer) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    const whole = this.#heldBytes === 0 ? chunk : this.#joined(chunk);
    if (whole !== undefined) this.#cut(whole);
  }

  /** What is held and `chunk`, if the message is complete. */
  #joined(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#neededBytes) return undefined;
    const whole = Buffer.concat(this.#chunks, this.#heldBytes);
    this.#chunks = [];
    this.#heldBytes = 0;
    return whole;
  }

  #cut(data: Buffer): void {
    let at = 0;
    this.#neededBytes = headerBytes;
    while (data.length - at >= headerBytes) {
      const end = at + headerBytes + data.readUInt32BE(at);
      if (end > data.length) {
        this.#neededBytes = end - at;
        break;
      }
      this.#take(data.subarray(at + headerBytes, end));
      at = end;
    }
    if (at === data.length) return;
    this.#chunks.push(at === 0 ? data : data.subarray(at));
    this.#heldBytes = data.length - at;
  }
}

/** What a program writes for a message: one buffer, or two. */
export function framed(message: Buffer): readonly Buffer[] {
  const isCopied = message.length < copiedBytes;
  const header = Buffer.allocUnsafe(isCopied ? headerBytes + message.length : headerBytes);
  header.writeUInt32BE(message.length, 0);
  if (!isCopied) return [header, message];
  message.copy(header, headerBytes);
  return [header];
}
