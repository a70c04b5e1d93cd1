/**
 * The end of what a connection receives, and what becomes of the socket then (TC-1, TC-3, TH-9..TH-14). It is told once: to the `recv` that meets it, or to the
 * owner of an active socket. With `exitOnClose` the one who is told of it gets a socket that is closed.
 */
import type { StreamEnd } from '../socket/index.js';
import type { TcpOwn } from './options.js';
import type { StreamTags } from './received.js';

/** What an end does to its socket. */
export interface EndedSocket {
  /** As messages name it. */
  readonly socket: object;
  readonly tags: StreamTags;
  readonly own: TcpOwn;
  /** The connection is let go of; the port stays until it is closed (TC-6). */
  letGo(): void;
  /** The port has ended: its owner has been told, and gets no 'EXIT' (TC-3). */
  end(): void;
}

export class TcpEnd implements StreamEnd {
  readonly #socket: EndedSocket;
  /** Undefined: the peer has ended the connection in good order. */
  readonly #error: string | undefined;
  readonly #isFinal: boolean;
  #recvKnows = false;
  #ownerKnows = false;
  #isLetGo = false;

  /** @param isFinal the socket cannot go on, whatever `exitOnClose` says */
  constructor(socket: EndedSocket, error: string | undefined, isFinal: boolean) {
    this.#socket = socket;
    this.#error = error;
    this.#isFinal = isFinal;
  }

  /** An error is told once, and after that the socket is closed (TR-9). */
  get reason(): string {
    return (this.#recvKnows || this.#ownerKnows ? undefined : this.#shownError) ?? 'closed';
  }

  /** A `recv` has been told: with `exitOnClose` that is all (TC-7), without it the owner still gets `tcp_closed` (TH-11). */
  get messages(): readonly (readonly unknown[])[] {
    if (this.#ownerKnows || this.#isLetGo) return [];
    const { tags, socket } = this.#socket;
    const closed = [tags.closed, socket];
    const error = this.#recvKnows ? undefined : this.#shownError;
    return error === undefined ? [closed] : [[tags.error, socket, error], closed];
  }

  told(whom: 'recv' | 'owner'): void {
    const closes = this.#isFinal || this.#socket.own.exitOnClose;
    if (whom === 'recv') this.#recvKnows = true;
    else this.#ownerKnows = true;
    if (!closes || this.#isLetGo) return;
    this.#isLetGo = true;
    if (whom === 'recv') this.#socket.letGo();
    else this.#socket.end();
  }

  get #shownError(): string | undefined {
    return this.#error === 'econnreset' && !this.#socket.own.showEconnreset ? undefined : this.#error;
  }
}
