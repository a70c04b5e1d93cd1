/**
 * Blocking connects under way: each waits for the first change of its own association, which the stack gives out of turn, so nothing else of the
 * socket is touched (CN-8, CN-12, CN-13). Any number may wait, and anybody may connect (CN-9).
 */
import { type Pid, realClock, type Timer } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { type ConnectReason, type Family, literalAddress, resolveAddress, SocketError } from '../socket/index.js';
import type { SctpAssocChange } from './events.js';
import { connectProblem } from './failure.js';

/** What a connect needs of the stack. */
export interface ConnectCalls {
  /** Begins a handshake whose first change is kept apart; the association's id or a negative errno. */
  connect(address: string, port: number): number;
  /** The error of that errno. */
  errorOf(result: number, address: string, port: number): Error;
  /** That change is to come as any other item: the attempt goes on after its timeout (CN-7). */
  unwatch(assocId: number): void;
}

/** One connect, from the call to its answer. */
class ConnectAttempt {
  readonly address: string;
  readonly port: number;
  /** Whose call it is. */
  readonly caller: Pid;
  readonly promise: Promise<SctpAssocChange>;
  /** Known, and not 0, once the handshake has begun. */
  assocId = 0;
  timer: Timer | undefined;
  resolve!: (event: SctpAssocChange) => void;
  reject!: (error: unknown) => void;

  constructor(caller: Pid, address: string, port: number) {
    this.caller = caller;
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
  readonly #family: Family;
  readonly #stack: ConnectCalls;

  constructor(family: Family, stack: ConnectCalls) {
    this.#family = family;
    this.#stack = stack;
  }

  get size(): number {
    return this.#waiting.size;
  }

  has(assocId: number): boolean {
    return this.#byAssocId.has(assocId);
  }

  /** Looks the address up, begins the handshake and waits; the time is for all of it (CN-7). */
  connect(caller: Pid, address: string, port: number, timeoutMs: number): Promise<SctpAssocChange> {
    const attempt = new ConnectAttempt(caller, address, port);
    if (timeoutMs < Number.POSITIVE_INFINITY) {
      const expire = (): void => this.#fail(attempt, new SocketError<ConnectReason>('timeout', 'connect', { address, port }));
      attempt.timer = realClock.setTimer(timeoutMs, expire);
    }
    this.#waiting.add(attempt);
    try {
      const literal = literalAddress(address, this.#family, 'connect');
      if (literal !== undefined) this.#start(attempt, literal);
      else {
        resolveAddress(address, this.#family, 'connect')
          .then((found) => this.#start(attempt, found))
          .catch((error: unknown) => this.#fail(attempt, error as Error));
      }
    } catch (error) {
      this.#fail(attempt, error as Error);
    }
    return attempt.promise;
  }

  /** The first change of an association: comm_up is success, any other state failure (CN-6). False if nobody waits for it. */
  answer(event: SctpAssocChange): boolean {
    const attempt = this.#byAssocId.get(event.assocId);
    if (attempt === undefined) return false;
    const { caller, address, port } = attempt;
    this.#forget(attempt);
    if (event.state === 'comm_up') attempt.resolve(event);
    else {
      const error = new SocketError<ConnectReason, SctpAssocChange>(event.state, 'connect', {
        address,
        port,
        event,
        detail: connectProblem(event),
      });
      attempt.reject(charge(error, caller));
    }
    return true;
  }

  /** The socket has ended (CN-16). Its associations need no unwatching any more. */
  failAll(): void {
    this.#byAssocId.clear();
    for (const attempt of [...this.#waiting]) this.#fail(attempt, new SocketError<ConnectReason>('closed', 'connect'));
  }

  #start(attempt: ConnectAttempt, literal: string): void {
    // It may have run out of time, or the socket been closed, while its address was looked up.
    if (!this.#waiting.has(attempt)) return;
    const { address, port } = attempt;
    const assocId = this.#stack.connect(literal, port);
    if (assocId < 0) throw this.#stack.errorOf(assocId, address, port);
    attempt.assocId = assocId;
    this.#byAssocId.set(assocId, attempt);
  }

  #fail(attempt: ConnectAttempt, error: Error): void {
    const watched = this.#byAssocId.has(attempt.assocId);
    this.#forget(attempt);
    if (watched) this.#stack.unwatch(attempt.assocId);
    attempt.reject(charge(error, attempt.caller));
  }

  #forget(attempt: ConnectAttempt): void {
    if (attempt.timer !== undefined) realClock.clearTimer(attempt.timer);
    this.#waiting.delete(attempt);
    this.#byAssocId.delete(attempt.assocId);
  }
}

/**
 * Looks peers up, with a limit of time, which a look-up itself does not have (CN-21).
 *
 * @throws SocketError 'timeout', 'nxdomain', 'eafnosupport'
 */
export function resolveWithin(
  addresses: readonly string[],
  family: Family,
  timeoutMs: number,
  syscall: string,
): Promise<readonly string[]> {
  const looked = Promise.all(addresses.map((address) => resolveAddress(address, family, syscall)));
  if (timeoutMs === Number.POSITIVE_INFINITY) return looked;
  let timer: Timer;
  const late = new Promise<never>((_, reject) => {
    const expire = (): void => reject(new SocketError<ConnectReason>('timeout', syscall, { address: addresses.join() }));
    timer = realClock.setTimer(timeoutMs, expire);
  });
  return Promise.race([looked, late]).finally(() => realClock.clearTimer(timer));
}
