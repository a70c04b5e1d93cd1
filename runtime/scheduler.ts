/**
 * Who runs next, and when the event loop gets its turn. A woken actor runs in the same turn of the event loop, in a microtask; all actors of a
 * system together may use a slice of time in one turn, after which whoever is still busy goes on in the next one, so sockets, timers and other
 * code always get theirs. Handlers run from the queue in batches; async bodies are resumed by promises, one message at a time.
 */
import { lookForObservers } from './observer.js';
import { Ring } from './ring.js';

/** What the run queue holds. */
export interface Runnable {
  /** Works through some messages, or resolves the promise of a body that will. Never throws. */
  run(): void;
}

/** Time that actors may use in one turn of the event loop, a hundred times what a turn costs. */
const sliceMs = 1;
/**
 * Messages that may be handled between two looks at the clock, which costs as much as a message or two: adapted between these, from few at the beginning of
 * a turn, since what was quick in the last one may be slow in this.
 */
const fewestCredits = 1;
const mostCredits = 64;
const firstCredits = 4;

const settled = Promise.resolve();

// Taken once, so that a test which replaces the globals by ones of its own does not stop all actors.
const { setImmediate } = globalThis;
const now = performance.now.bind(performance);

export class Scheduler {
  /** The actor whose synchronous code runs, null in between, in async code behind its first await, and outside. */
  current: Runnable | null = null;
  /** Messages that may still be handled before the next look at the clock. */
  credit = firstCredits;
  /** Messages put into mailboxes so far in this turn: an actor pays for what it makes others do. */
  sends = 0;
  /** Messages taken so far by all actors. */
  worked = 0;
  /** A promise was resolved with a message: a body has work to do in a microtask. */
  resumed = false;
  private readonly queue = new Ring<Runnable>();
  private grant = firstCredits;
  /** A run of the queue has been asked for, or is under way. */
  private scheduled = false;
  /** The slice is used up: everybody waits for the next turn. */
  private exhausted = false;
  /** Fires in the next turn. It is there while a slice is being measured, and keeps Node alive only if the slice is used up. */
  private turn: NodeJS.Immediate | null = null;
  private sliceStartMs = 0;
  private lastLookMs = 0;

  /** Puts an actor at the end of the queue. It must not be in there. */
  enqueue(runnable: Runnable): void {
    this.queue.push(runnable);
    if (this.scheduled) return;
    this.scheduled = true;
    if (!this.exhausted) void settled.then(this.runQueue);
  }

  /** Asks to handle one message at once: false if the slice is used up, and then the actor must be queued. */
  take(): boolean {
    const credit = this.credit - 1;
    this.credit = credit;
    return credit >= 0 || this.replenish();
  }

  private readonly runQueue = (): void => {
    const { queue } = this;
    let round = queue.length;
    while (queue.length > 0) {
      if (this.credit <= 0 && !this.replenish()) return;
      (queue.shift() as Runnable).run();
      round -= 1;
      if (round > 0) continue;
      // Bodies resumed meanwhile do their work in microtasks, which go before the next round.
      if (this.resumed && queue.length > 0) {
        this.resumed = false;
        void settled.then(this.runQueue);
        return;
      }
      round = queue.length;
    }
    this.scheduled = false;
  };

  private readonly nextTurn = (): void => {
    this.turn = null;
    this.sends = 0;
    this.credit = Math.min(this.credit, firstCredits);
    this.grant = Math.min(this.grant, firstCredits);
    if (!this.exhausted) return;
    this.exhausted = false;
    if (this.scheduled) this.runQueue();
  };

  /** Looks at the clock when the credit is used up: gives new credit, or false if the slice is over. */
  private replenish(): boolean {
    if (this.exhausted) return false;
    const nowMs = now();
    if (this.turn === null) {
      this.turn = setImmediate(this.nextTurn).unref();
      this.sliceStartMs = nowMs;
      lookForObservers();
    } else if (nowMs - this.sliceStartMs >= sliceMs) {
      this.adapt(nowMs - this.lastLookMs);
      this.credit = 0;
      this.exhausted = true;
      this.turn.ref();
      return false;
    } else {
      this.adapt(nowMs - this.lastLookMs);
    }
    this.lastLookMs = nowMs;
    this.credit = this.grant;
    return true;
  }

  /** Aims at several looks in a slice, so that slow handlers do not overrun it by much. */
  private adapt(tookMs: number): void {
    if (tookMs > sliceMs / 4) this.grant = Math.max(fewestCredits, this.grant >> 2);
    else if (tookMs < sliceMs / 16) this.grant = Math.min(mostCredits, this.grant * 2);
  }
}
