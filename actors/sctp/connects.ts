/**
 * Blocking connects under way: each waits for the first change of its own association, which the stack gives out of turn, so nothing else of the
 * socket is touched (CN-8, CN-12, CN-13). Any number may wait, and anybody may connect (CN-9).
 */
import { type ConnectReason, SocketError } from '../socket/index.js';
import type { SctpAssocChange } from './events.js';

/** The longest delay of one of Node's timers, 24.8 days; a connect waits no longer. */
const longestTimerMs = 0x7fffffff;

/** One connect, from the call to its answer. */
export class ConnectAttempt {
  readonly address: string;
  readonly port: number;
  readonly promise: Promise<SctpAssocChange>;
  /** Known, and not 0, once the handshake has begun. */
  assocId = 0;
  timer: NodeJS.Timeout | undefined;
  resolve!: (event: SctpAssocChange) => void;
  reject!: (error: unknown) => void;

  constructor(address: string, port: number) {
    this.address = address;
    this.port = port;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

export class Connects {
  readonly #waiting = new Set<ConnectAttempt>();
  readonly #byAssocId = new Map<number, ConnectAttempt>();
  readonly #unwatch: (assocId: number) => void;

  /** `unwatch`: the attempt goes on after its timeout, and its event is to come as any other (CN-7). */
  constructor(unwatch: (assocId: number) => void) {
    this.#unwatch = unwatch;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(assocId: number): boolean {
    return this.#byAssocId.has(assocId);
  }

  /** Begins the time of a connect: look-up and handshake together (CN-7). */
  begin(address: string, port: number, timeoutMs: number): ConnectAttempt {
    const attempt = new ConnectAttempt(address, port);
    if (timeoutMs < Number.POSITIVE_INFINITY) {
      const expire = (): void => this.fail(attempt, new SocketError<ConnectReason>('timeout', 'connect', { address, port }));
      attempt.timer = setTimeout(expire, Math.min(timeoutMs, longestTimerMs));
    }
    this.#waiting.add(attempt);
    return attempt;
  }

  /** Whether it still waits: it may have run out of time, or the socket been closed, while its address was looked up. */
  isWaiting(attempt: ConnectAttempt): boolean {
    return this.#waiting.has(attempt);
  }

  /** The stack has begun the handshake. */
  watch(attempt: ConnectAttempt, assocId: number): void {
    attempt.assocId = assocId;
    this.#byAssocId.set(assocId, attempt);
  }

  /** The first change of an association: comm_up is success, any other state failure (CN-6). False if nobody waits for it. */
  answer(event: SctpAssocChange): boolean {
    const attempt = this.#byAssocId.get(event.assocId);
    if (attempt === undefined) return false;
    const { address, port } = attempt;
    this.#forget(attempt);
    if (event.state === 'comm_up') attempt.resolve(event);
    else attempt.reject(new SocketError<ConnectReason, SctpAssocChange>(event.state, 'connect', { address, port, event }));
    return true;
  }

  /** Ends a connect without the stack's answer. */
  fail(attempt: ConnectAttempt, error: unknown): void {
    const watched = this.#byAssocId.has(attempt.assocId);
    this.#forget(attempt);
    if (watched) this.#unwatch(attempt.assocId);
    attempt.reject(error);
  }

  /** The socket has ended (CN-16). Its associations need no unwatching any more. */
  failAll(error: Error): void {
    this.#byAssocId.clear();
    for (const attempt of [...this.#waiting]) this.fail(attempt, error);
  }

  #forget(attempt: ConnectAttempt): void {
    clearTimeout(attempt.timer);
    this.#waiting.delete(attempt);
    this.#byAssocId.delete(attempt.assocId);
  }
}
