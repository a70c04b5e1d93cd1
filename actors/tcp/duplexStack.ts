/**
 * A stack of TCP over streams of Node: each handle is one Duplex, which is connected already. So sockets over TLS, or over anything else that is a Duplex, are
 * sockets like all others.
 */
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import type { InetName } from '../../native/contract/inet.js';
import { type BatchCallback, type Handle, type TcpStack, tcpRecord } from '../../native/contract/tcp.js';
import { BatchWriter } from '../socket/index.js';
import type { Below } from './below.js';
import type { DuplexFailure } from './duplexFailure.js';
import { type DuplexHost, DuplexStream } from './duplexStream.js';

const { errno } = constants;

export class DuplexStack implements TcpStack, DuplexHost {
  readonly name = 'duplex';
  readonly #batch = new BatchWriter();
  readonly #onBatch: BatchCallback;
  readonly #streams = new Map<Handle, DuplexStream>();
  readonly #below = new Map<Handle, Below>();
  #handles = 0;
  /** A call is under way, or a batch is being read: what is to be delivered has to wait. */
  #busy = 0;
  #pending: (() => void)[] = [];

  constructor(onBatch: BatchCallback) {
    this.#onBatch = onBatch;
  }

  get meta(): Uint32Array {
    return this.#batch.meta;
  }

  get slab(): Uint8Array {
    return this.#batch.slab;
  }

  get large(): Uint8Array[] {
    return this.#batch.large;
  }

  /** A new handle for a stream, which belongs to the handle from now on. */
  adopt(duplex: Duplex, below?: Below): Handle {
    this.#handles += 1;
    const handle = this.#handles;
    if (below !== undefined) this.#below.set(handle, below);
    this.#call(() => this.#streams.set(handle, new DuplexStream(handle, duplex, this)));
    return handle;
  }

  /** Why a stream failed, if it did: more than an errno says. */
  failureOf(socket: Handle): DuplexFailure | undefined {
    return this.#streams.get(socket)?.failure;
  }

  setCredit(socket: Handle, items: number, bytes: number): void {
    this.#call(() => this.#streams.get(socket)?.setCredit(items, bytes));
  }

  drain(socket: Handle): number {
    this.#batch.clear();
    const stream = this.#streams.get(socket);
    if (stream === undefined) return 0;
    this.#call(() => stream.pull());
    stream.fill(this.#batch);
    return this.#batch.count;
  }

  open(): number {
    return -errno.EOPNOTSUPP;
  }

  bind(): number {
    return -errno.EOPNOTSUPP;
  }

  listen(): number {
    return -errno.EOPNOTSUPP;
  }

  connect(): number {
    return -errno.EISCONN;
  }

  accept(): number {
    return -errno.EINVAL;
  }

  send(socket: Handle, data: Uint8Array): number {
    return this.#call(() => this.#streams.get(socket)?.send(data) ?? -errno.EBADF);
  }

  sendMany(socket: Handle, data: readonly Uint8Array[]): number {
    const stream = this.#streams.get(socket);
    if (stream === undefined) return 0;
    return this.#call(() => {
      const refused = data.findIndex((each) => stream.send(each) !== 0);
      return refused < 0 ? data.length : refused;
    });
  }

  expect(socket: Handle, bytes: number): number {
    this.#streams.get(socket)?.expect(bytes);
    return 0;
  }

  unrecv(socket: Handle, data: Uint8Array): number {
    this.#streams.get(socket)?.unrecv(data);
    return 0;
  }

  shutdown(socket: Handle, how: number): number {
    return this.#call(() => this.#streams.get(socket)?.shutdown(how) ?? -errno.EBADF);
  }

  close(socket: Handle, abort: boolean): number {
    return this.#call(() => this.#streams.get(socket)?.close(abort) ?? 0);
  }

  drop(socket: Handle): void {
    this.#call(() => this.#streams.get(socket)?.drop());
  }

  setOption(socket: Handle, option: number, values: readonly number[]): number {
    if (this.#streams.get(socket)?.setOption(option, values) === true) return 0;
    return this.#below.get(socket)?.setOption?.(option, values) ?? -errno.EINVAL;
  }

  getOption(socket: Handle, option: number): number[] | number {
    const own = this.#streams.get(socket)?.getOption(option);
    return own ?? this.#below.get(socket)?.getOption?.(option) ?? -errno.EINVAL;
  }

  setRawOption(socket: Handle, level: number, option: number, value: Uint8Array): number {
    return this.#below.get(socket)?.setRawOption?.(level, option, value) ?? -errno.EINVAL;
  }

  getRawOption(socket: Handle, level: number, option: number, bytes: number): Uint8Array | number {
    return this.#below.get(socket)?.getRawOption?.(level, option, bytes) ?? -errno.EINVAL;
  }

  sockname(socket: Handle): InetName | number {
    return this.#below.get(socket)?.sockname?.() ?? -errno.ENOTCONN;
  }

  peername(socket: Handle): InetName | number {
    return this.#below.get(socket)?.peername?.() ?? -errno.ENOTCONN;
  }

  readiness(socket: Handle): [boolean, number, boolean] | number {
    const stream = this.#streams.get(socket);
    return stream === undefined ? -errno.EBADF : stream.ready();
  }

  queuedBytes(socket: Handle): [number, number] {
    const stream = this.#streams.get(socket);
    return stream === undefined ? [0, 0] : [stream.queuedIn, stream.queuedOut];
  }

  stats(): Record<string, number> {
    let queuedInBytes = 0;
    let queuedOutBytes = 0;
    for (const stream of this.#streams.values()) {
      queuedInBytes += stream.queuedIn;
      queuedOutBytes += stream.queuedOut;
    }
    return { sockets: this.#streams.size, queuedInBytes, queuedOutBytes };
  }

  /** A stream may have something to deliver. */
  deliver(stream: DuplexStream): void {
    this.#whenIdle(() => {
      for (let whole = false; !whole; ) {
        this.#batch.clear();
        whole = stream.fill(this.#batch);
        if (this.#batch.count === 0) return;
        this.#handOver();
      }
    });
  }

  /** A stream has something to tell at once. */
  tell(stream: DuplexStream, kind: number, error: number): void {
    this.#whenIdle(() => {
      this.#batch.clear();
      const base = this.#batch.add(stream.handle, kind, 0);
      this.#batch.meta[base + tcpRecord.error] = error;
      this.#handOver();
    });
  }

  reset(stream: DuplexStream): void {
    this.#below.get(stream.handle)?.reset?.();
  }

  forget(stream: DuplexStream): void {
    this.#streams.delete(stream.handle);
    this.#below.delete(stream.handle);
  }

  #handOver(): void {
    const { count } = this.#batch;
    this.#busy += 1;
    try {
      this.#onBatch(count);
    } finally {
      this.#busy -= 1;
    }
  }

  #call<T>(call: () => T): T {
    this.#busy += 1;
    try {
      return call();
    } finally {
      this.#busy -= 1;
    }
  }

  /** Streams of this process may make each other deliver in the middle of a call, when nobody expects it. */
  #whenIdle(act: () => void): void {
    if (this.#busy === 0 && this.#pending.length === 0) {
      act();
      return;
    }
    if (this.#pending.push(act) === 1) process.nextTick(this.#actPending);
  }

  readonly #actPending = (): void => {
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) next();
  };
}
