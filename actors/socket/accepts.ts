/**
 * Calls that wait for a connection to come to a listening socket. Any number of calls may wait. They are served in the order in which they were made, and the
 * stack is asked again when it says that a connection has come.
 */
import { type AnySelf, BadArg, type Timer } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { type AcceptReason, SocketError } from './errors.js';
import { offAbort, onAbort } from './signalWaits.js';

/** The backlog that Erlang's `listen(Socket, true)` stands for (LS-1). */
const backlogOfTrue = 5;
const mostBacklog = 0xffffffff;

/** A backlog as the stacks take it, 0 for none. A negative one is no limit of its own: Linux compares it unsigned (LS-6). @throws BadArg unless an integer */
export function backlogWord(backlog: boolean | number): number {
  if (typeof backlog === 'boolean') return backlog ? backlogOfTrue : 0;
  if (!Number.isInteger(backlog)) throw new BadArg('backlog', 'must be a boolean or an integer');
  return backlog < 0 ? mostBacklog : Math.min(backlog, mostBacklog);
}

/** The answer of the stack to the next call: a socket for the connection, no connection, or a failure. */
export type AcceptOutcome<Socket> = Socket | 'nobody' | Error;

interface Waiting<Socket> {
  readonly self: AnySelf;
  readonly resolve: (socket: Socket) => void;
  readonly reject: (error: unknown) => void;
  readonly release: () => void;
}

export class Accepts<Socket extends object> {
  readonly #waiting = new Set<Waiting<Socket>>();
  /** Who is to be told that somebody may have come, and accepts for itself then. */
  readonly #watchers = new Set<() => void>();
  readonly #attempt: (self: AnySelf) => AcceptOutcome<Socket>;

  /** @param attempt takes the next connection for an actor */
  constructor(attempt: (self: AnySelf) => AcceptOutcome<Socket>) {
    this.#attempt = attempt;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** The next connection as a socket that `self` owns; the wait ends with the actor, too. */
  accept(self: AnySelf, timeoutMs: number, signal: AbortSignal | undefined): Promise<Socket> {
    const refuse = (error: Error): Promise<never> => Promise.reject(charge(error, self.pid));
    if (signal?.aborted) return refuse(new SocketError<AcceptReason>('aborted', 'accept'));
    const outcome = this.now(self);
    if (outcome instanceof Error) return refuse(outcome);
    if (outcome !== 'nobody') return Promise.resolve(outcome);
    if (timeoutMs === 0) return refuse(new SocketError<AcceptReason>('timeout', 'accept'));
    return this.#wait(self, timeoutMs, signal);
  }

  /** A connection that waits, and for which no call has waited longer. */
  now(self: AnySelf): AcceptOutcome<Socket> {
    return this.#waiting.size === 0 ? this.#attempt(self) : 'nobody';
  }

  /** The same. If it gives 'nobody', `onChange` is called, once, when somebody may have come or the socket has ended. */
  nowOr(self: AnySelf, onChange: () => void): AcceptOutcome<Socket> {
    const outcome = this.now(self);
    if (outcome === 'nobody') this.#watchers.add(onChange);
    return outcome;
  }

  /** A connection may have come. */
  retry(): void {
    for (const waiting of this.#waiting) {
      const outcome = this.#attempt(waiting.self);
      if (outcome === 'nobody') return;
      waiting.release();
      if (outcome instanceof Error) waiting.reject(charge(outcome, waiting.self.pid));
      else waiting.resolve(outcome);
    }
    this.#tellWatchers();
  }

  /** The socket has ended, or listens no longer. */
  failAll(reason: AcceptReason): void {
    for (const waiting of this.#waiting) {
      waiting.release();
      waiting.reject(charge(new SocketError(reason, 'accept'), waiting.self.pid));
    }
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    if (this.#watchers.size === 0) return;
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const onChange of watchers) onChange();
  }

  #wait(self: AnySelf, timeoutMs: number, signal: AbortSignal | undefined): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const giveUp = (error: Error): void => {
        release();
        reject(charge(error, self.pid));
      };
      const abort = (): void => giveUp(new SocketError<AcceptReason>('aborted', 'accept'));
      const exit = (): void => giveUp(self.signal.reason);
      const timer: Timer | undefined =
        timeoutMs === Number.POSITIVE_INFINITY
          ? undefined
          : self.system.clock.setTimer(timeoutMs, () => giveUp(new SocketError<AcceptReason>('timeout', 'accept')));
      const release = (): void => {
        this.#waiting.delete(waiting);
        if (timer !== undefined) self.system.clock.clearTimer(timer);
        if (signal !== undefined) offAbort(signal, abort);
        offAbort(self.signal, exit);
      };
      const waiting: Waiting<Socket> = { self, resolve, reject, release };
      if (signal !== undefined) onAbort(signal, abort);
      if (signal !== self.signal) onAbort(self.signal, exit);
      this.#waiting.add(waiting);
    });
  }
}
