/**
 * A stream of Node below a socket: what comes out of the Duplex becomes packets, as far as the socket has credit for them, and what the socket sends goes in. While
 * the socket has no credit the Duplex is not read, so its peer feels it. One of these is one handle of a `DuplexStack`.
 */
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { tcpKind, tcpRecord, unlimitedCredit } from '../../native/contract/tcp.js';
import { type BatchWriter, Framer, framed, noPacket, packetTooLong } from '../socket/index.js';
import { afterFailure, type DuplexFailure, failureOf } from './duplexFailure.js';
import { DuplexSettings } from './duplexSettings.js';

const { errno } = constants;

/** What a stream needs of its stack. */
export interface DuplexHost {
  /** The stream may have something to deliver. */
  deliver(stream: DuplexStream): void;
  /** Tells the socket at once, whatever its credit. */
  tell(stream: DuplexStream, kind: number, error: number): void;
  /** What is below the stream is to end by a reset, where it can. */
  reset(stream: DuplexStream): void;
  /** A closed stream has no more to send. */
  forget(stream: DuplexStream): void;
}

export class DuplexStream {
  readonly handle: number;
  readonly duplex: Duplex;
  readonly #host: DuplexHost;
  readonly #settings = new DuplexSettings();
  readonly #framer: Framer = new Framer(this.#settings.framing);
  #items = 0;
  #bytes = 0;
  /** Why nothing more comes: 0 is the peer's end. Undefined: more may come. */
  #end: number | undefined;
  #endTold = false;
  /** Data is asked for in the middle of a call, which delivers it. */
  #pulling = false;
  #readShut = false;
  #failure: DuplexFailure | undefined;
  #resetTold = false;
  /** A send was refused for want of room. */
  #blocked = false;
  #corked = false;
  #closing = false;
  #writes = 0;
  #flushTimer: NodeJS.Timeout | undefined;

  constructor(handle: number, duplex: Duplex, host: DuplexHost) {
    this.handle = handle;
    this.duplex = duplex;
    this.#host = host;
    duplex.pause();
    duplex.on('data', this.#onData);
    duplex.on('end', () => this.#ended(0));
    duplex.on('error', (error) => this.#failed(failureOf(error)));
    duplex.on('close', () => this.#gone());
    duplex.on('finish', () => this.#finished());
    if (duplex.readableEnded) this.#end = 0;
    if (duplex.errored) this.#failed(failureOf(duplex.errored));
    else if (duplex.destroyed) this.#gone();
  }

  /** Why the stream failed, if it did. */
  get failure(): DuplexFailure | undefined {
    return this.#failure;
  }

  get queuedIn(): number {
    return this.#framer.heldBytes + (this.duplex.readableLength ?? 0);
  }

  get queuedOut(): number {
    return this.duplex.writableLength ?? 0;
  }

  /** As `readiness` of the contract, as far as the Duplex has read what comes. */
  ready(): [receivable: boolean, room: number, unread: boolean] {
    const room = this.#canWrite ? this.#settings.room(this.duplex.writableLength) : unlimitedCredit;
    return [this.queuedIn > 0 || this.#end !== undefined, room, this.duplex.readableLength > 0];
  }

  setCredit(items: number, bytes: number): void {
    this.#items = items;
    this.#bytes = bytes;
    // An item that is delivered already ends the reading later, when more comes. So a socket in mode `once` costs no pause for each item.
    if (this.#hasCredit && this.duplex.isPaused()) this.duplex.resume();
  }

  /** Takes what the Duplex holds, so that it can be delivered in this call. */
  pull(): void {
    if (!this.#hasCredit || this.#framer.next() !== noPacket) return;
    this.#pulling = true;
    while (this.duplex.readableLength > 0 && this.duplex.read() !== null);
    this.#pulling = false;
  }

  /** Adds to a batch what may be delivered. False if the batch is full. */
  fill(batch: BatchWriter): boolean {
    while (this.#hasCredit) {
      const length = this.#framer.next();
      if (length === packetTooLong) this.#lose();
      if (length < 0) return this.#tellEnd(batch);
      if (batch.add(this.handle, tcpKind.data, length) < 0) return false;
      this.#framer.take(batch.target, batch.at);
      if (this.#items !== unlimitedCredit) this.#items -= 1;
      if (this.#bytes !== unlimitedCredit) this.#bytes -= length;
    }
    return true;
  }

  expect(bytes: number): void {
    this.#framer.expect(bytes);
  }

  unrecv(data: Uint8Array): void {
    this.#framer.unrecv(data);
  }

  /** As `send` of the contract. */
  send(data: Uint8Array): number {
    if (!this.#canWrite) return this.#refusal();
    const bytes = framed(this.#settings.framing.packet, data);
    if (bytes === undefined) return -errno.EMSGSIZE;
    const { duplex } = this;
    const queued = duplex.writableLength;
    if (queued > 0 && queued + bytes.length >= this.#settings.highWatermark) {
      this.#blocked = true;
      return -errno.EAGAIN;
    }
    if (bytes.length === 0) return 0;
    this.#cork();
    duplex.write(bytes, this.#onWritten);
    return 0;
  }

  /** As `shutdown` of the contract. */
  shutdown(how: number): number {
    if (this.duplex.destroyed) return -errno.ENOTCONN;
    if (how !== 1) this.#shutRead();
    if (how !== 0) this.duplex.end();
    return 0;
  }

  /** As `close` of the contract. */
  close(abort: boolean): number {
    const [lingers, lingerSeconds] = this.#settings.linger;
    this.#closing = true;
    this.#end ??= 0;
    this.#endTold = true;
    this.#framer.clear();
    const resets = abort || (lingers === 1 && lingerSeconds === 0);
    if (resets) this.#host.reset(this);
    if (resets || this.duplex.destroyed) return this.#drop();
    this.duplex.end();
    if (this.duplex.writableFinished) return this.#drop();
    // What still comes is dropped, as the end of a stream that is read shows only then.
    this.duplex.resume();
    if (lingers === 1) this.#flushTimer = setTimeout(() => this.#flushed(errno.ETIMEDOUT), lingerSeconds * 1000).unref();
    else this.#watchFlush();
    return 1;
  }

  drop(): void {
    this.#drop();
  }

  /** False if the stream has no such option. */
  setOption(option: number, values: readonly number[]): boolean {
    const settings = this.#settings;
    const { framing } = settings;
    const known = settings.set(option, values);
    if (settings.framing !== framing) this.#framer.framing = settings.framing;
    return known;
  }

  getOption(option: number): number[] | undefined {
    return this.#settings.get(option);
  }

  get #hasCredit(): boolean {
    return this.#items > 0 && this.#bytes > 0;
  }

  get #canWrite(): boolean {
    // After an error of TLS the stream looks writable, and nothing that is written leaves.
    return this.duplex.writable && !this.#closing && this.#failure === undefined;
  }

  /** Why nothing can be sent any more. A reset is told once. */
  #refusal(): number {
    if (this.#failure?.errno !== errno.ECONNRESET || this.#resetTold) return -errno.EPIPE;
    this.#resetTold = true;
    return -errno.ECONNRESET;
  }

  /** Writes of one turn leave together. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.duplex.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.duplex.uncork();
    });
  }

  readonly #onData = (chunk: Uint8Array | string): void => {
    if (this.#closing || this.#readShut || this.#end !== undefined) return;
    this.#framer.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    if (this.#pulling) return;
    this.#host.deliver(this);
    // Nothing took it: so much is held, and no more is read.
    if (!this.#hasCredit) this.duplex.pause();
  };

  readonly #onWritten = (): void => {
    this.#writes += 1;
    if (this.duplex.writableLength <= this.#settings.lowWatermark) this.#wakeSenders();
  };

  /** Nothing more comes. */
  #ended(error: number): void {
    if (this.#end !== undefined) return;
    this.#end = error;
    if (!this.#closing) this.#host.deliver(this);
  }

  #failed(failure: DuplexFailure): void {
    this.#failure ??= failure;
    afterFailure(failure, () => {
      this.#ended(failure.errno);
      this.#wakeSenders();
    });
  }

  /** The Duplex has been destroyed. Without an end or an error, somebody else has done it. */
  #gone(): void {
    this.#ended(this.#failure?.errno ?? errno.ECONNRESET);
    this.#wakeSenders();
    if (this.#closing) this.#flushed(this.#failure?.errno ?? 0);
  }

  /** Sends that wait are to be tried again. */
  #wakeSenders(): void {
    if (!this.#blocked || this.#closing) return;
    this.#blocked = false;
    this.#host.tell(this, tcpKind.writable, 0);
  }

  #finished(): void {
    if (this.#closing) this.#flushed(0);
  }

  /** Framing is lost. */
  #lose(): void {
    this.#framer.clear();
    this.#end = errno.EMSGSIZE;
  }

  #tellEnd(batch: BatchWriter): boolean {
    if (this.#end === undefined || this.#endTold) return true;
    const base = batch.add(this.handle, tcpKind.end, 0);
    if (base < 0) return false;
    batch.meta[base + tcpRecord.error] = this.#end;
    this.#endTold = true;
    this.#framer.clear();
    return true;
  }

  /** What has come can still be read, and then the end. */
  #shutRead(): void {
    if (this.#readShut) return;
    this.#pulling = true;
    while (this.duplex.readableLength > 0 && this.duplex.read() !== null);
    this.#pulling = false;
    this.#readShut = true;
    this.#end ??= 0;
    this.duplex.resume();
    this.#host.deliver(this);
  }

  #watchFlush(): void {
    const seen = this.#writes;
    this.#flushTimer = setTimeout(() => {
      if (this.#writes === seen) this.#flushed(errno.ETIMEDOUT);
      else this.#watchFlush();
    }, this.#settings.flushTimeoutMs).unref();
  }

  #flushed(error: number): void {
    if (this.#flushTimer === undefined) return;
    this.#drop();
    this.#host.tell(this, tcpKind.flushed, error);
  }

  #drop(): number {
    if (this.#flushTimer !== undefined) clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.duplex.destroy();
    this.#host.forget(this);
    return 0;
  }
}
