/** The promise that an actor waits for, in `receive` or in a call, and its timeout. `Receiver` decides what the promise is settled with. */
import { longSchedule, turnBegins } from './longSchedule.js';
import type { Process } from './process.js';
import type { Scheduler } from './scheduler.js';
import { dead, due, queued, running } from './states.js';
import type { TimerWheel, WheelTimer } from './timerWheel.js';

// A promise usually has a function made for it that captures `resolve` and `reject`. This one is made once, and leaves the two here.
let lastResolve: (value: unknown) => void;
let lastReject: (reason: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

const ignore = (): void => {};

/** What an actor that waits needs of its system. */
export interface Home {
  readonly scheduler: Scheduler;
  readonly wheel: TimerWheel;
}

/** The timeout of a wait. An actor that uses timeouts has one, and uses it again and again. */
class WaitTimer implements WheelTimer {
  previous: WheelTimer | null = null;
  next: WheelTimer | null = null;
  slot = 0;
  dueTick = 0;
  private readonly waiter: Waiter;

  constructor(waiter: Waiter) {
    this.waiter = waiter;
  }

  fire(): void {
    this.waiter.timeUp();
  }

  cancel(): void {
    this.waiter.system.wheel.cancel(this);
  }
}

export abstract class Waiter {
  state: number = queued;
  readonly system: Home;
  readonly scheduler: Scheduler;
  /** The time of the present wait is over. */
  protected expired = false;
  private timer: WaitTimer | null = null;
  private resolve: ((value: unknown) => void) | null = null;
  private reject: ((reason: unknown) => void) | null = null;
  private promise: Promise<unknown> | null = null;

  constructor(system: Home) {
    this.system = system;
    this.scheduler = system.scheduler;
  }

  abstract run(): void;
  /** Called when the time of the present wait is over. */
  abstract timeUp(): void;

  protected get isWaiting(): boolean {
    return this.promise !== null;
  }

  /** Begins to wait, for at most `afterMs`. The caller sets the state. */
  protected promiseWithin(afterMs: number): Promise<unknown> {
    this.expired = false;
    if (afterMs !== Number.POSITIVE_INFINITY) this.limit(afterMs);
    this.promise = new Promise(capture);
    this.resolve = lastResolve;
    this.reject = lastReject;
    return this.promise;
  }

  private limit(afterMs: number): void {
    if (afterMs === 0) {
      this.expired = true;
      return;
    }
    this.timer ??= new WaitTimer(this);
    this.system.wheel.set(this.timer, afterMs);
  }

  /** Queues the actor, which has something to look at when its turn comes. */
  protected fallDue(): void {
    this.state = due;
    this.scheduler.enqueue(this);
  }

  protected finish(value: unknown): void {
    const resolve = this.resolve as (value: unknown) => void;
    this.runOn();
    resolve(value);
  }

  protected fail(error: unknown): void {
    const reject = this.reject as (reason: unknown) => void;
    if (this.state === dead) return;
    this.runOn();
    reject(error);
  }

  /** Ends the wait of a dead actor. */
  protected abandon(error: () => Error): void {
    this.stopTimer();
    if (this.promise === null) return;
    const reject = this.reject as (reason: unknown) => void;
    // The actor's code need not have awaited this promise, so nobody may be listening for the rejection.
    this.promise.then(undefined, ignore);
    this.forgetPromise();
    reject(error());
  }

  private runOn(): void {
    this.state = running;
    this.stopTimer();
    this.forgetPromise();
    this.runsOn();
  }

  /** The actor's code goes on, in a microtask. */
  protected runsOn(): void {
    this.scheduler.resumed = true;
    if (longSchedule.observed) turnBegins(this as unknown as Process);
  }

  private forgetPromise(): void {
    this.promise = null;
    this.resolve = null;
    this.reject = null;
  }

  private stopTimer(): void {
    this.timer?.cancel();
  }
}
