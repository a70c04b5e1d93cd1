/** Datagrams of one socket that go down to the stack in one call: their words, in memory that all sockets of an environment share. Nothing is kept between two calls. */
import type { Handle, UdpStack } from '../../native/contract/udp.js';
import { udpSend } from '../../native/contract/udp.js';
import { SendQueue } from '../socket/index.js';
import type { Destination } from './destinations.js';
import type { AncWords } from './sendAnc.js';

/** A datagram that is to be sent. */
export interface Datagram {
  /** Undefined: the connected peer. */
  readonly to: Destination | undefined;
  readonly port: number;
  readonly data: Uint8Array;
  readonly anc: AncWords | undefined;
}

const nothing = new Uint8Array(0);

export class SendBatch {
  /** Most datagrams in one call: so many that the call costs little beside them, and so few that the memory does not matter. */
  static readonly most: number = SendQueue.longestRun;
  readonly #stack: UdpStack;
  readonly #words = new Uint32Array(SendBatch.most * udpSend.words);
  readonly #payload: [Uint8Array] = [nothing];
  readonly #path: [string] = [''];

  constructor(stack: UdpStack) {
    this.#stack = stack;
  }

  /** Sends one datagram. 0, or a negative errno. */
  sendOne(handle: Handle, to: Destination | undefined, port: number, data: Uint8Array, anc: AncWords | undefined): number {
    const words = this.#words;
    this.#payload[0] = data;
    write(words, 0, to, port, anc);
    const path = to?.path;
    let taken: number;
    if (path === undefined || path === '') taken = this.#stack.sendMany(handle, words, this.#payload);
    else {
      this.#path[0] = path;
      taken = this.#stack.sendMany(handle, words, this.#payload, this.#path);
    }
    // The caller's bytes are not kept alive. Emptying the array would cost more than the rest of this.
    this.#payload[0] = nothing;
    if (taken === 1) return 0;
    return taken < 0 ? taken : -words[udpSend.error]!;
  }

  /**
   * Sends `datagrams`, at most `most`, in order.
   *
   * @returns how many the stack took; then 0, or the negative errno of the one at which it stopped
   */
  send(handle: Handle, datagrams: readonly Datagram[]): { readonly taken: number; readonly result: number } {
    const words = this.#words;
    const count = datagrams.length;
    const payloads = new Array<Uint8Array>(count);
    let hasPaths = false;
    for (let index = 0; index < count; index += 1) {
      const { to, port, data, anc } = datagrams[index]!;
      write(words, index * udpSend.words, to, port, anc);
      payloads[index] = data;
      hasPaths ||= to !== undefined && to.path !== '';
    }
    const taken = hasPaths
      ? this.#stack.sendMany(
          handle,
          words,
          payloads,
          datagrams.map(({ to }) => to?.path ?? ''),
        )
      : this.#stack.sendMany(handle, words, payloads);
    if (taken < 0) return { taken: 0, result: taken };
    return { taken, result: taken === count ? 0 : -words[taken * udpSend.words + udpSend.error]! };
  }
}

function write(words: Uint32Array, base: number, to: Destination | undefined, port: number, anc: AncWords | undefined): void {
  if (to === undefined) words[base + udpSend.family] = 0;
  else {
    words[base + udpSend.family] = to.family;
    words[base + udpSend.address] = to.word0;
    words[base + udpSend.address + 1] = to.word1;
    words[base + udpSend.address + 2] = to.word2;
    words[base + udpSend.address + 3] = to.word3;
    words[base + udpSend.scopeId] = to.scopeId;
    words[base + udpSend.port] = port;
  }
  if (anc === undefined) words[base + udpSend.flags] = 0;
  else {
    words[base + udpSend.flags] = anc.flags;
    words[base + udpSend.tos] = anc.tos;
    words[base + udpSend.ttl] = anc.ttl;
    words[base + udpSend.tclass] = anc.tclass;
  }
}
