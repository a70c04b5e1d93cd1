/**
 * Attempts to associate with a peer: its address is looked up, and the stack begins the handshake. A blocking `connect` waits for the first change of its own
 * association, which the stack gives out of turn, so that nothing else of the socket is touched (CN-8, CN-12, CN-13). Any number may wait, and anybody may
 * connect (CN-9).
 */
import type { Pid, Timer } from '../../runtime/index.js';
import { charge, clockOf } from '../../runtime/ports.js';
import { type Family, literalAddress, type PortOrService, portNumber, resolveAddress, resolveWithin } from '../socket/index.js';
import type { AssocId, SctpAssocChange } from './events.js';
import { connectError, connectProblem, sctpError } from './failure.js';
import type { ConnectReason } from './reasons.js';
import type { StackSocket } from './stackSocket.js';

/** A peer to associate with. Its port is known, and its addresses are of the socket's family as far as that can be told without a look-up. */
export interface Peer {
  readonly addresses: readonly string[];
  readonly port: number;
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

/** The attempts that wait for their outcome: all of them, and by association those whose handshake has begun. */
class Attempts {
  readonly all = new Set<ConnectAttempt>();
  readonly byAssocId = new Map<number, ConnectAttempt>();
}

export class Connects {
  /** Made with the first attempt: a socket that was accepted or peeled off never makes one. */
  #waiting: Attempts | undefined;
  readonly #family: Family;
  readonly #at: StackSocket;
  #isOver = false;

  constructor(at: StackSocket, family: Family) {
    this.#at = at;
    this.#family = family;
  }

  get size(): number {
    return this.#waiting?.all.size ?? 0;
  }

  has(assocId: number): boolean {
    return this.#waiting?.byAssocId.has(assocId) ?? false;
  }

  /** @throws SocketError 'einval' (no such service), 'eafnosupport': before anything has been done */
  peer(addresses: readonly string[], port: PortOrService, syscall: string): Peer {
    const number = portNumber(port, 'sctp', syscall);
    for (const address of addresses) literalAddress(address, this.#family, syscall);
    return { addresses, port: number };
  }

  /** Begins to associate with a peer of one address and waits for the outcome; the time is for look-up and handshake together (CN-7). */
  connect(caller: Pid, { addresses, port }: Peer, timeoutMs: number): Promise<SctpAssocChange> {
    const address = addresses[0]!;
    const attempt = new ConnectAttempt(caller, address, port);
    if (timeoutMs < Number.POSITIVE_INFINITY) {
      const expire = (): void => this.#fail(attempt, sctpError<ConnectReason>('timeout', 'connect', { address, port }));
      attempt.timer = clockOf(caller).setTimer(timeoutMs, expire);
    }
    this.#waiting ??= new Attempts();
    this.#waiting.all.add(attempt);
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

  /** Begins to associate with a peer and gives the id of the association to be; the time is for the look-up alone (CN-20, CN-21). */
  async begin({ addresses, port }: Peer, timeoutMs: number, syscall: string): Promise<AssocId> {
    const literals = addresses.map((address) => literalAddress(address, this.#family, syscall));
    // Addresses that need no look-up take no time.
    const known = literals.every((literal) => literal !== undefined);
    const found = known ? literals : await this.#lookedUp(addresses, timeoutMs, syscall);
    const { stack, handle } = this.#at;
    const assocId = stack.connect(handle, found, port, false);
    if (assocId >= 0) return assocId;
    throw connectError(stack, assocId, syscall, addresses, port);
  }

  /** The first change of an association: comm_up is success, any other state failure (CN-6). False if nobody waits for it. */
  answer(event: SctpAssocChange): boolean {
    const attempt = this.#waiting?.byAssocId.get(event.assocId);
    if (attempt === undefined) return false;
    const { caller, address, port } = attempt;
    this.#forget(attempt);
    if (event.state === 'comm_up') attempt.resolve(event);
    else {
      const detail = connectProblem(event);
      const error = sctpError<ConnectReason, SctpAssocChange>(event.state, 'connect', { address, port, event, detail });
      attempt.reject(charge(error, caller));
    }
    return true;
  }

  /** The socket has ended (CN-16). The stack need not be told to treat the changes of its associations as any others. */
  failAll(): void {
    this.#isOver = true;
    this.#waiting?.byAssocId.clear();
    for (const attempt of [...(this.#waiting?.all ?? [])]) this.#fail(attempt, sctpError<ConnectReason>('closed', 'connect'));
  }

  /** Whatever a look-up gives, a socket that has been closed meanwhile is closed. */
  #lookedUp(addresses: readonly string[], timeoutMs: number, syscall: string): Promise<readonly string[]> {
    return resolveWithin(addresses, this.#family, timeoutMs, syscall).finally(() => {
      if (this.#isOver) throw sctpError<ConnectReason>('closed', syscall);
    });
  }

  #start(attempt: ConnectAttempt, literal: string): void {
    // While the address was looked up, the attempt may have run out of time, or the socket may have been closed.
    if (!this.#waiting?.all.has(attempt)) return;
    const { address, port } = attempt;
    const { stack, handle } = this.#at;
    const assocId = stack.connect(handle, [literal], port, true);
    if (assocId < 0) throw connectError(stack, assocId, 'connect', [address], port);
    attempt.assocId = assocId;
    this.#waiting.byAssocId.set(assocId, attempt);
  }

  #fail(attempt: ConnectAttempt, error: Error): void {
    const watched = this.has(attempt.assocId);
    this.#forget(attempt);
    // The attempt goes on, and its change comes as any other item (CN-7).
    if (watched) this.#at.stack.unwatch(this.#at.handle, attempt.assocId);
    attempt.reject(charge(error, attempt.caller));
  }

  #forget(attempt: ConnectAttempt): void {
    if (attempt.timer !== undefined) clockOf(attempt.caller).clearTimer(attempt.timer);
    this.#waiting?.all.delete(attempt);
    this.#waiting?.byAssocId.delete(attempt.assocId);
  }
}
