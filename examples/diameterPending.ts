/** Requests that have no answer yet. They outlive their association: a request that is sent again says so, and keeps its end-to-end identifier (RFC 6733 §5.5.4). */
import { randomInt } from 'node:crypto';
import { type From, replyTo } from 'mailport';
import type { DiameterMessage } from './diameterCodec.js';

const u32 = 2 ** 32;

export class Pending {
  readonly #requests = new Map<number, { readonly message: DiameterMessage; readonly from: From<DiameterMessage> }>();
  #hopByHop = randomInt(u32);
  /** §3: the low bits of the time, then a number, so that identifiers differ after a restart. */
  #endToEnd = ((Math.floor(Date.now() / 1000) & 0xfff) * 2 ** 20 + randomInt(2 ** 20)) % u32;

  /** The message with identifiers of its own. */
  numbered(message: DiameterMessage): DiameterMessage {
    this.#endToEnd = (this.#endToEnd + 1) % u32;
    return { ...message, hopByHop: this.#nextHop(), endToEnd: this.#endToEnd };
  }

  /** Numbers a request, and remembers the caller that is to have the answer. */
  add(message: DiameterMessage, from: From<DiameterMessage>): DiameterMessage {
    const numbered = this.numbered(message);
    this.#requests.set(numbered.hopByHop, { message: numbered, from });
    return numbered;
  }

  /** Gives an answer to the caller that waits for it. If no caller waits, the answer is dropped. */
  answered(message: DiameterMessage): void {
    const request = this.#requests.get(message.hopByHop);
    if (request === undefined || request.message.endToEnd !== message.endToEnd) return;
    this.#requests.delete(message.hopByHop);
    replyTo(request.from, message);
  }

  /** All requests that wait, to be sent again over another association. */
  again(): DiameterMessage[] {
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    return requests.map(({ message, from }) => {
      const repeated = { ...message, isRetransmitted: true, hopByHop: this.#nextHop() };
      this.#requests.set(repeated.hopByHop, { message: repeated, from });
      return repeated;
    });
  }

  #nextHop(): number {
    this.#hopByHop = (this.#hopByHop + 1) % u32;
    return this.#hopByHop;
  }
}
