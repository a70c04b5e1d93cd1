/**
 * Decides which actor runs next, and when the event loop goes on. An actor that is woken runs in the same turn of the event loop, in a microtask. All actors of
 * a system together may use a slice of time in one turn; those that are still busy then go on in the next turn, so sockets, timers and other code always get
 * theirs. Handlers run from the queue, several messages at a time. Async functions are resumed by promises, one message at a time.
 */
import { lookForObservers } from './observer.js';
import { Ring } from './ring.js';

/** An entry of the run queue: an actor. */
export interface Runnable {
  /** Handles some messages, or resolves the promise that the actor's code waits for. Never throws. */
  run(): void;
}

/** How long actors may run in one turn of the event loop, in milliseconds. A turn itself costs about a hundredth of that. */
const sliceMs = 1;
/**
 * How many messages may be handled between two looks at the clock. A look costs as much as a message or two, so the number grows while messages are quick and
 * falls when they are slow. Each turn begins with few, since messages may be slow now that were quick in the last turn.
 */
const fewestCredits = 1;
const mostCredits = 64;
const firstCredits = 4;

const settled = Promise.resolve();

// Taken once, so that a test which replaces these globals does not stop all actors.
const { setImmediate } = globalThis;
const now = performance.now.bind(performance);

export class Scheduler {
  /** The actor whose synchronous code runs. Null between actors, in async code after its first await, and outside actors. */
  current: Runnable | null = null;
  /** How many messages may still be handled before the next look at the clock. */
  credit = firstCredits;
  /** How many messages have been sent in this turn. They count against their sender, which makes work for others. */
  sends = 0;
  /** How many messages all actors have taken so far. */
  worked = 0;
  /** A promise has been resolved with a message, so an async function has work to do in a microtask. */
  resumed = false;
  private readonly queue = new Ring<Runnable>();
  private grant = firstCredits;
  /** `runQueue` has been scheduled, or is under way. */
  private scheduled = false;
  /** The slice is used up, and all actors wait for the next turn. */
  private exhausted = false;
  /** Fires in the next turn. It is set while a slice is being measured, and keeps Node alive only if the slice is used up. */
  private turn: NodeJS.Immediate | null = null;
  private sliceStartMs = 0;
  private lastLookMs = 0;

  /** Puts an actor at the end of the queue. It must not be in the queue already. */
  enqueue(runnable: Runnable): void {
    this.queue.push(runnable);
    if (this.scheduled) return;
    this.scheduled = true;
    if (!this.exhausted) void settled.then(this.runQueue);
  }

  /** Asks to handle one message now. False if the slice is used up; then the actor has to be queued. */
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
      // Async functions that were resumed meanwhile do their work in microtasks, before the next round.
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

  /** The credit is used up: looks at the clock. Grants new credit, or returns false if the slice is over. */
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

  /** Aims at several looks at the clock in a slice, so that slow handlers do not overrun the slice by much. */
  private adapt(tookMs: number): void {
    if (tookMs > sliceMs / 4) this.grant = Math.max(fewestCredits, this.grant >> 2);
    else if (tookMs < sliceMs / 16) this.grant = Math.min(mostCredits, this.grant * 2);
  }
}
