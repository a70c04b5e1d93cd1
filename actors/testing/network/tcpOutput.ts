/**
 * The sending half of a simulated connection. What the user has sent waits until the window of the peer has room for it. As many bytes as `sndbuf` says stand for the
 * kernel's queue; those beyond are the queue that the watermarks are about.
 */
import { constants } from 'node:os';
import { inetOption } from '../../../native/contract/inet.js';
import { ByteQueue, framed, headerBytes } from '../../socket/index.js';
import type { Channel } from './channel.js';
import type { SimulatedOptions } from './options.js';

const { EAGAIN, EMSGSIZE, EPIPE } = constants.errno;

/** The other end, as what is sent meets it. */
export interface Receiver {
  /** Bytes for which there is room, Infinity where all of them are thrown away. */
  readonly room: number;
  receive(bytes: Uint8Array): void;
  receiveEnd(): void;
}

export class TcpOutput {
  readonly #options: SimulatedOptions;
  readonly #unsent = new ByteQueue();
  #channel: Channel | undefined;
  #receiver: Receiver | undefined;
  #underwayBytes = 0;
  #isShut = false;
  #endIsSent = false;
  #endHasArrived = false;
  #wantsRoom = false;
  /** An errno that the next send gets, once. */
  #error = 0;
  /** Bytes that have left the queue, ever. */
  leftBytes = 0;

  constructor(options: SimulatedOptions) {
    this.#options = options;
  }

  /** Bytes of the stack's own queue. */
  get queuedBytes(): number {
    return Math.max(0, this.#unsent.length - this.#options.word(inetOption.sndbuf));
  }

  /** Bytes that the peer does not have yet. */
  get unacknowledgedBytes(): number {
    return this.#unsent.length + this.#underwayBytes;
  }

  get isShut(): boolean {
    return this.#isShut;
  }

  /** The peer knows that nothing more comes. */
  get endHasArrived(): boolean {
    return this.#endHasArrived;
  }

  connect(channel: Channel, receiver: Receiver): void {
    this.#channel = channel;
    this.#receiver = receiver;
  }

  /** As `TcpStack.send` says. */
  send(data: Uint8Array): number {
    if (this.#isShut) {
      const error = this.#error || EPIPE;
      this.#error = 0;
      return -error;
    }
    const bytes = framed(this.#options.word(inetOption.packet), data);
    if (bytes === undefined) return -EMSGSIZE;
    const queued = this.queuedBytes;
    if (queued > 0 && queued + bytes.length >= this.#options.word(inetOption.highWatermark)) {
      this.#wantsRoom = true;
      return -EAGAIN;
    }
    this.#unsent.push(bytes);
    return 0;
  }

  /** How many bytes `send` would take, Infinity for any number. */
  get room(): number {
    const queued = this.queuedBytes;
    if (this.#isShut || queued === 0) return Number.POSITIVE_INFINITY;
    const taken = queued + headerBytes(this.#options.word(inetOption.packet)) + 1;
    return Math.max(0, this.#options.word(inetOption.highWatermark) - taken);
  }

  /** The end follows what is queued (TH-3). */
  shut(): void {
    this.#isShut = true;
  }

  /** Nothing is sent any more, and the next send fails with this errno. */
  breakOff(error: number): void {
    this.#isShut = true;
    this.#endIsSent = true;
    this.#error = error;
    this.#unsent.clear();
  }

  /** The end has told why nothing can be sent any more: no send says so again (TS-19, TH-14). */
  errorIsTold(): void {
    if (this.#error !== 0) this.#error = EPIPE;
  }

  /** Sends what the window has room for, and the end behind the last byte. */
  transmit(): void {
    const [channel, receiver] = [this.#channel, this.#receiver];
    if (channel === undefined || receiver === undefined) return;
    for (let most = this.#sendable(receiver); most > 0; most = this.#sendable(receiver)) {
      const bytes = new Uint8Array(channel.pieceOf(most));
      this.#unsent.take(bytes.length, bytes, 0);
      this.leftBytes += bytes.length;
      this.#underwayBytes += bytes.length;
      channel.send(bytes.length, () => {
        this.#underwayBytes -= bytes.length;
        receiver.receive(bytes);
      });
    }
    if (!this.#isShut || this.#endIsSent || this.#unsent.length > 0) return;
    this.#endIsSent = true;
    channel.send(0, () => {
      this.#endHasArrived = true;
      receiver.receiveEnd();
    });
  }

  /** Whether sends that were refused are to be tried again now; true once. */
  takeRoom(): boolean {
    const isTime = this.#wantsRoom && (this.#isShut || this.queuedBytes <= this.#options.word(inetOption.lowWatermark));
    if (isTime) this.#wantsRoom = false;
    return isTime;
  }

  #sendable(receiver: Receiver): number {
    return Math.min(this.#unsent.length, receiver.room - this.#underwayBytes);
  }
}
