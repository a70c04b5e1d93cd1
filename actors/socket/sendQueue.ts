/**
 * Sends for which the stack had no room, in the order in which they were made. While a send waits, all later ones of its lane (an association) wait behind it;
 * sends of other lanes pass (SD-7, SD-8).
 */

import type { Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { SocketError } from './errors.js';
import { type LaneKey, SendLane, type SendLimits, type WaitingSend } from './sendLane.js';

/** What every `send` gives that the stack took at once, so that the usual case allocates nothing. */
export const sent: Promise<void> = Promise.resolve();

/** How an attempt ended: taken, refused for good, or to be tried again when there is room. */
export type SendOutcome = 'taken' | 'full' | Error;

/** How attempts ended that were made together, in order: how many sends were taken, and what became of the next one, if there is one. */
export interface RunOutcome {
  readonly taken: number;
  readonly next: 'full' | Error | undefined;
}

/** What a queue is made of. */
export interface SendQueueSetup<Request> {
  /** Has the stack take requests, at most `SendQueue.longestRun`, until one is not taken. */
  readonly attempt: (requests: readonly Request[]) => RunOutcome;
  /** Which requests wait for each other; by default all do. */
  readonly laneOf?: (request: Request) => LaneKey;
  /** The time of sends is over, and their senders have been told. */
  readonly onTimeout?: () => void;
  /** Lanes share the room. When several have found none, the others find none either, and `retry` comes for all of them. */
  readonly sharesRoom?: boolean;
}

/** So many sends are tried together: few to begin with, as there may be room for no more, and twice as many whenever all of them are taken. */
const firstRun = 4;
const longestRun = 64;
/** Where lanes share the room, and so many of them have found none one after the other, the rest are not tried. */
const fullLanes = 4;

export class SendQueue<Request> {
  static readonly longestRun: number = longestRun;
  readonly #setup: SendQueueSetup<Request>;
  readonly #lanes = new Map<LaneKey, SendLane<Request>>();
  /** Lanes that have not been found full, in the order of their turns. */
  readonly #ready = new Set<SendLane<Request>>();
  #length = 0;
  #whenEmpty: (() => void) | undefined;

  constructor(setup: SendQueueSetup<Request>) {
    this.#setup = setup;
  }

  get length(): number {
    return this.#length;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether a request would have to wait for others of its lane. */
  hasWaiting(lane: LaneKey): boolean {
    return this.#lanes.has(lane);
  }

  /** The sum of `measure` over the requests that wait. */
  sum(measure: (request: Request) => number): number {
    let total = 0;
    for (const lane of this.#lanes.values()) for (const { request } of lane.waiting()) total += measure(request);
    return total;
  }

  /**
   * Resolves when the stack has taken the request. Rejects with the error of `attempt` or `failAll`, or with 'aborted' or 'timeout' when its limits withdraw the
   * request.
   *
   * @param caller whose call it is
   * @param tried whether the request has been tried already, and there was no room
   */
  wait(request: Request, limits: SendLimits = {}, caller?: Pid, tried = true): Promise<void> {
    const key = this.#setup.laneOf?.(request) ?? 0;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new SendLane(key);
      this.#lanes.set(key, lane);
      if (!tried) this.#ready.add(lane);
    }
    const found = lane;
    this.#length += 1;
    // Once this request is withdrawn, those behind it may be small enough for the room.
    return lane.wait(request, limits, caller, () => this.retry(found.key));
  }

  /** Calls `callback` once, when no request waits any more; never after `failAll`. */
  whenEmpty(callback: () => void): void {
    this.#whenEmpty = callback;
  }

  /** There is room, or something else has changed: tries the requests of one lane or of all, the oldest first, until one must wait on. */
  retry(lane?: LaneKey): void {
    if (lane === undefined) for (const each of this.#lanes.values()) this.#ready.add(each);
    else if (this.#lanes.has(lane)) this.#ready.add(this.#lanes.get(lane)!);
    this.#run(firstRun);
  }

  /** Requests that have not been tried are tried now; there is likely to be room for many. */
  flush(): void {
    this.#run(longestRun);
  }

  /**
   * The socket has ended: no request that waits will be sent. Senders who await theirs are told; for others it is no failure, as their owner closed the socket.
   */
  failAll(error: Error): void {
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    this.#ready.clear();
    this.#length = 0;
    this.#whenEmpty = undefined;
    for (const lane of lanes) lane.failAll(error);
  }

  #run(first: number): void {
    for (const lane of this.#ready) if (lane.hasWithdrawn) this.#dropWithdrawn(lane);
    let full = 0;
    for (let length = first; this.#ready.size > 0; length = Math.min(2 * length, longestRun)) {
      const run = this.#nextRun(length);
      // A signal has aborted, or time is over, and its turn to tell has not come. Only those that are about to be tried are looked at: all that wait would be too many.
      const late = run.find(({ withdrawal }) => withdrawal !== undefined);
      if (late !== undefined) {
        this.#dropWithdrawn(late.lane);
        continue;
      }
      const { taken, next } = this.#setup.attempt(run.map(({ request }) => request));
      for (let index = 0; index < taken; index += 1) this.#take(run[index]!).resolve();
      if (taken > 0) full = 0;
      const refused = run[taken];
      if (refused === undefined) continue;
      if (next === 'full') {
        this.#ready.delete(refused.lane);
        full += 1;
        if (this.#setup.sharesRoom && full === fullLanes) this.#ready.clear();
      } else if (next !== undefined) this.#take(refused).reject(charged(next, refused.caller));
    }
    if (this.#length > 0 || this.#whenEmpty === undefined) return;
    const callback = this.#whenEmpty;
    this.#whenEmpty = undefined;
    callback();
  }

  /** Requests to be tried together: a share of each lane in turn, so that no lane takes all the room. */
  #nextRun(length: number): readonly WaitingSend<Request>[] {
    if (this.#ready.size === 1) for (const lane of this.#ready) return lane.first(length);
    const turn: SendLane<Request>[] = [];
    for (const lane of this.#ready) if (turn.push(lane) === length) break;
    const share = Math.max(1, Math.floor(length / turn.length));
    for (const lane of turn) {
      this.#ready.delete(lane);
      this.#ready.add(lane);
    }
    return turn.flatMap((lane) => lane.first(share));
  }

  /** The oldest request of a lane waits no longer. */
  #take(entry: WaitingSend<Request>): WaitingSend<Request> {
    entry.lane.takeFirst();
    this.#length -= 1;
    this.#forgetIfEmpty(entry.lane);
    return entry;
  }

  /** A request that has been withdrawn must not be tried. */
  #dropWithdrawn(lane: SendLane<Request>): void {
    const withdrawn = lane.takeWithdrawn();
    if (withdrawn.length === 0) return;
    this.#length -= withdrawn.length;
    this.#forgetIfEmpty(lane);
    let isLate = false;
    for (const { reject, caller, withdrawal } of withdrawn) {
      isLate ||= withdrawal === 'timeout';
      reject(charged(new SocketError(withdrawal!, 'send'), caller));
    }
    if (isLate) this.#setup.onTimeout?.();
  }

  #forgetIfEmpty(lane: SendLane<Request>): void {
    if (!lane.isEmpty) return;
    this.#lanes.delete(lane.key);
    this.#ready.delete(lane);
  }
}

function charged(error: Error, caller: Pid | undefined): Error {
  return caller === undefined ? error : charge(error, caller);
}
