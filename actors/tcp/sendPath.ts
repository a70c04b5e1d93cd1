/**
 * The way of a send from the call to the stack. Usually it is one step: the stack takes the bytes at once, and what a turn sends leaves together. Bytes for which
 * the stack has no room wait here, and later sends behind them. None of them has been queued: a send that ends without success has sent nothing (TS-9, TS-17).
 */
import { constants } from 'node:os';
import { packetMode } from '../../native/contract/inet.js';
import type { Pid } from '../../runtime/index.js';
import { charge, clockOf } from '../../runtime/ports.js';
import { again, endError, type RunOutcome, reasonOf, SendQueue, SocketError, sent, Traffic } from '../socket/index.js';
import type { TcpOwn } from './options.js';
import type { SendReason, ShutdownReason } from './reasons.js';
import type { StreamHandle } from './streamHandle.js';

/** What helps where the reason alone does not say it. */
const problems: { readonly [reason: string]: string } = {
  emsgsize: 'it is longer than the header of its packet can say: choose a longer header by `packet`, or send in parts',
  enotconn: 'a socket that listens sends nothing: `accept` gives its connections',
};

/** Directions as the stack numbers them. */
const write = 1;

/** The socket, as sends concern it. */
export interface SendingSocket {
  readonly own: TcpOwn;
  /** The owner is taken for the caller of a send. */
  readonly owner: Pid;
  /** A send is out of time, and `sendTimeoutClose` is set. */
  timedOut(): void;
}

export class SendPath {
  /** Sends that the stack has taken. */
  readonly traffic: Traffic = new Traffic();
  readonly #at: StreamHandle;
  readonly #socket: SendingSocket;
  /** Made by the first send for which there is no room. */
  #queue: SendQueue<Uint8Array> | undefined;
  #isShut = false;

  constructor(at: StreamHandle, socket: SendingSocket) {
    this.#at = at;
    this.#socket = socket;
  }

  /** How many sends wait. */
  get waiting(): number {
    return this.#queue?.length ?? 0;
  }

  /** Bytes of the sends that wait. */
  get waitingBytes(): number {
    return this.#queue?.sum((data) => data.length) ?? 0;
  }

  /** Resolves when the stack has taken the bytes. The hot path: nothing is made for bytes that are taken at once. */
  send(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return this.#refuse(new SocketError<SendReason>('aborted', 'send'));
    if (this.#isShut) return this.#refuse(this.#error(-constants.errno.EPIPE));
    if (this.waiting > 0) return this.#hold(data, signal);
    const { stack, handle } = this.#at;
    const result = stack.send(handle, data);
    if (result === again) return this.#hold(data, signal);
    if (result !== 0) return this.#refuse(this.#error(result));
    this.#count(data);
    return sent;
  }

  /** As many of the bytes as are taken at once: how many; in a packet mode all or none. @throws SocketError, as `send` rejects */
  sendNow(data: Uint8Array): number {
    if (this.#isShut) throw this.#error(-constants.errno.EPIPE);
    if (this.waiting > 0) return 0;
    let result = this.#at.stack.send(this.#at.handle, data);
    let taken = data;
    if (result === again && this.#at.packet === packetMode.raw) {
      const ready = this.#at.stack.readiness(this.#at.handle);
      taken = data.subarray(0, typeof ready === 'number' ? 0 : ready[1]);
      if (taken.length > 0) result = this.#at.stack.send(this.#at.handle, taken);
    }
    if (result === again) return 0;
    if (result !== 0) throw this.#error(result);
    this.#count(taken);
    return taken.length;
  }

  /** There is room again, or sends will fail: those that wait are tried, in order. */
  retry(): void {
    this.#queue?.retry();
  }

  /** No more is sent than what waits already; then the peer is told (TH-3). @throws SocketError 'enotconn' */
  shutdown(): void {
    const { stack, handle } = this.#at;
    if (this.waiting > 0) {
      // A connection that has gone when it is their turn needs no end.
      this.#queue?.whenEmpty(() => void stack.shutdown(handle, write));
    } else if (!this.#isShut) {
      const result = stack.shutdown(handle, write);
      if (result !== 0) throw new SocketError(reasonOf(-result) as ShutdownReason, 'shutdown');
    }
    this.#isShut = true;
  }

  /** The socket has ended: sends that wait fail. */
  failAll(error: Error): void {
    this.#queue?.failAll(error);
  }

  #hold(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const { own, owner } = this.#socket;
    if (own.sendTimeout === 0) {
      const error = charge(new SocketError<SendReason>('timeout', 'send'), owner);
      if (own.sendTimeoutClose) this.#socket.timedOut();
      return Promise.reject(error);
    }
    this.#queue ??= new SendQueue({
      attempt: (requests) => this.#attemptRun(requests),
      onTimeout: () => {
        if (this.#socket.own.sendTimeoutClose) this.#socket.timedOut();
      },
    });
    return this.#queue.wait(data, { signal, timeoutMs: own.sendTimeout, clock: clockOf(owner) }, owner);
  }

  /** Has the stack take sends that waited, until one has to wait on. */
  #attemptRun(requests: readonly Uint8Array[]): RunOutcome {
    const { stack, handle } = this.#at;
    let taken = requests.length === 1 ? 0 : stack.sendMany(handle, requests);
    let result = 0;
    if (taken < requests.length) {
      result = stack.send(handle, requests[taken]!);
      if (result === 0) taken += 1;
    }
    for (let index = 0; index < taken; index += 1) this.#count(requests[index]!);
    return { taken, next: result === 0 ? undefined : result === again ? 'full' : this.#error(result) };
  }

  #count(data: Uint8Array): void {
    this.traffic.add(data.length + this.#at.headerBytes);
  }

  /** epipe is never told (TS-20), nor a reset unless it is asked for. A connection that was let go of is closed (TS-19). */
  #error(result: number): SocketError<SendReason> {
    const reason = reasonOf(-result);
    const isEnd = reason === 'epipe' || !this.#at.isAttached || (reason === 'econnreset' && !this.#socket.own.showEconnreset);
    if (!isEnd) return new SocketError(reason as SendReason, 'send', { detail: problems[reason] });
    if (!this.#isShut) return endError('closed', 'send');
    return new SocketError('closed', 'send', {
      detail: 'nothing can be sent after shutdown of the direction; the socket goes on receiving',
    });
  }

  #refuse(error: Error): Promise<never> {
    return Promise.reject(charge(error, this.#socket.owner));
  }
}
