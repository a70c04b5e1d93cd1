/** What a transport may still offer of a socket: so many items, of so many bytes of payload together. The transport is told only when that differs enough. */
import { unlimited, type Watermarks } from './mailboxRoom.js';
import type { Source } from './source.js';

export class Credit {
  readonly #source: Source;
  #items = 0;
  #bytes = unlimited;

  constructor(source: Source) {
    this.#source = source;
  }

  get isLeft(): boolean {
    return this.#items > 0;
  }

  get isUsedUp(): boolean {
    return this.#items <= 0 || this.#bytes <= 0;
  }

  /** An item has come. It may have left the transport before the credit fell. */
  spend(bytes: number): void {
    if (this.#items > 0) this.#items -= 1;
    this.#bytes -= bytes;
  }

  /** More than half of what the marks allow is left. */
  isAmple({ highMsgqWatermark, highMsgqWatermarkBytes }: Watermarks): boolean {
    return this.#items * 2 > highMsgqWatermark && this.#bytes * this.#source.payloadWeight * 2 > highMsgqWatermarkBytes;
  }

  /** From now on there is this much. True if it is more than before. */
  grant(items: number, bytes: number): boolean {
    const raised = items > this.#items || (items > 0 && this.#bytes <= 0);
    if (items === this.#items && (items === 0 || this.#isNear(bytes))) return false;
    this.#items = items;
    this.#bytes = bytes;
    this.#source.setCredit(items, bytes);
    return raised;
  }

  /** Bytes alone are brought in line when half of them are used, or when others have filled the mailbox. */
  #isNear(bytes: number): boolean {
    return this.#bytes === bytes || (this.#bytes < bytes && this.#bytes * 2 > bytes);
  }
}
