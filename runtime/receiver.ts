/**
 * How messages get into an actor and how `receive` takes them out: the mailbox, and a promise while nothing in it fits. Every send goes through
 * `deliver`, so nothing there allocates; a message that comes for a body that waits for it never enters the mailbox.
 */
import type { Bound } from './bound.js';
import { ActorExit, BadArg } from './errors.js';
import { Mailbox, none } from './mailbox.js';
import { matchesKey } from './message.js';
import { type Pid, ProcessId, type Ref } from './pid.js';
import type { Process } from './process.js';
import type { Scheduler } from './scheduler.js';
import type { System } from './system.js';
import type { WheelTimer } from './timerWheel.js';
import { checkLowMarks, type LowMark } from './watermark.js';

export type Match = (message: unknown) => boolean;

// Where an actor is. A message that arrives has something to do only in those from `idle` on.
/** In the run queue, to handle messages, or to start. */
export const queued = 0;
/** Its own code has the word: a handler, or a body that is not in `receive`. */
export const running = 1;
/** In `receive`, and in the run queue to look for its message. */
export const due = 2;
/** A handler without messages. */
export const idle = 3;
/** In `receive`, without a message that it would take. */
export const waiting = 4;
export const dead = 5;

// What a `receive` waits for.
export const anyMessage = 0;
export const byKey = 1;
export const byMatch = 2;
const byAnswer = 3;

/** A call that an actor has made, as the actor sees it. */
export interface PendingCall {
  /** It has an answer, or an error. */
  readonly isSettled: boolean;
  readonly error: Error | null;
  readonly answer: unknown;
  /** The time is over, or the actor has ended: gives what to reject with. */
  giveUp(): Error;
}

// `new Promise` wants a function made for it; this one is made once, and leaves here what it is given.
let lastResolve: (value: unknown) => void;
let lastReject: (reason: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

/** Messages that `receiveNow` gives before the actor has to `receive`, or its handler to return, which lets others run. */
const takenInARow = 256;

/** The timeout of a `receive`. Each actor that uses timeouts has one, and uses it again. */
class ReceiveTimer implements WheelTimer {
  previous: WheelTimer | null = null;
  next: WheelTimer | null = null;
  slot = 0;
  dueTick = 0;
  private readonly receiver: Receiver;

  constructor(receiver: Receiver) {
    this.receiver = receiver;
  }

  fire(): void {
    this.receiver.timeUp();
  }
}

/** The part of a process that has to do with messages. */
export abstract class Receiver {
  state: number = queued;
  readonly system: System;
  readonly scheduler: Scheduler;
  readonly mailbox = new Mailbox();
  readonly pid: ProcessId;
  /** Why it has ended, once it has. */
  reason: unknown = undefined;
  /** Messages taken so far. */
  reductions = 0;
  lowMarks: LowMark[] | null = null;
  /** How much may wait in the mailbox, null for any number. */
  bound: Bound | null = null;

  // The receive under way.
  private mode = anyMessage;
  private wanted: string | Ref | Match | PendingCall | null = null;
  /** What had been skipped when it began has been asked about. */
  private skippedAsked = false;
  private expired = false;
  private timer: ReceiveTimer | null = null;
  /** Messages that `receiveNow` has given since the last `receive`, or in this batch of a handler. */
  protected takenNow = 0;
  private resolve: ((value: unknown) => void) | null = null;
  private reject: ((reason: unknown) => void) | null = null;
  private promise: Promise<unknown> | null = null;

  constructor(system: System) {
    this.system = system;
    this.scheduler = system.scheduler;
    this.pid = new ProcessId(this as unknown as Process);
  }

  abstract run(): void;
  /** A message does not fit. True if it is to come in all the same. */
  protected abstract overflow(bound: Bound): boolean;
  /** A message has come in that should not have: it was not what `receive` waited for. */
  protected abstract shed(bound: Bound): void;

  /** Puts a message that an actor or a timer sends into the mailbox, if there is room. */
  admit(message: unknown): void {
    if (this.bound === null || this.hasRoom(this.bound, message)) this.deliver(message);
  }

  private hasRoom(bound: Bound, message: unknown): boolean {
    const { length } = this.mailbox;
    if (length < bound.limit) {
      if (length <= bound.limit / 2) bound.overflowing = false;
      return true;
    }
    // What a waiting receive would take does not stay; whether a guard would take it is seen when the actor runs.
    if (this.state === waiting && this.mayTake(message)) return true;
    return this.state === dead || this.overflow(bound);
  }

  private mayTake(message: unknown): boolean {
    return this.mode === byMatch || (this.mode === byKey && matchesKey(message, this.wanted as string | Ref));
  }

  /** Puts a message into the mailbox and wakes the actor. */
  deliver(message: unknown): void {
    this.scheduler.sends += 1;
    if (this.state < idle) {
      this.mailbox.push(message);
    } else if (this.state === idle) {
      this.mailbox.push(message);
      this.state = queued;
      this.scheduler.enqueue(this);
    } else if (this.state === waiting) {
      this.arrive(message);
    }
  }

  /** Takes a message as `receive` does, or gives undefined; see `Self.receiveNow`. */
  receiveNow(mode: number, wanted: string | Ref | Match | null): unknown {
    this.checkRunning();
    if (this.takenNow >= takenInARow || !this.scheduler.take()) return undefined;
    this.takenNow += 1;
    this.mode = mode;
    this.wanted = wanted;
    this.skippedAsked = false;
    const message = mode === byMatch ? this.searchByMatch() : this.search();
    return message === none ? undefined : message;
  }

  /** Takes a message as the receive of this mode does. At most one at a time; see `Self.receive`. */
  receive(mode: number, wanted: string | Ref | Match | null, afterMs: number): Promise<unknown> {
    this.checkRunning();
    this.takenNow = 0;
    this.mode = mode;
    this.wanted = wanted;
    this.skippedAsked = false;
    if (this.scheduler.take()) {
      let message: unknown;
      if (mode !== byMatch) message = this.search();
      else {
        try {
          message = this.searchByMatch();
        } catch (error) {
          return Promise.reject(error);
        }
      }
      if (message !== none) {
        this.scheduler.resumed = true;
        return Promise.resolve(message);
      }
      if (afterMs === 0) return Promise.resolve(undefined);
      this.state = waiting;
    } else {
      this.fallDue();
    }
    return this.promiseWithin(afterMs);
  }

  /** Waits for the answer to a call that it has made. Messages stay where they are. */
  awaitAnswer(call: PendingCall, timeoutMs: number): Promise<unknown> {
    this.takenNow = 0;
    this.mode = byAnswer;
    this.wanted = call;
    this.state = waiting;
    if (timeoutMs === 0) this.fallDue();
    return this.promiseWithin(timeoutMs);
  }

  /** The call that it waits for has an answer, or an error. */
  callSettled(call: PendingCall): void {
    this.scheduler.sends += 1;
    if (this.state !== waiting || this.wanted !== call) return;
    if (this.scheduler.take()) this.finishCall(call);
    else this.fallDue();
  }

  private promiseWithin(afterMs: number): Promise<unknown> {
    this.expired = afterMs === 0;
    if (afterMs > 0 && afterMs < Number.POSITIVE_INFINITY) this.startTimer(afterMs);
    this.promise = new Promise(capture);
    this.resolve = lastResolve;
    this.reject = lastReject;
    return this.promise;
  }

  /** It has something to look at when the scheduler gives the word. */
  private fallDue(): void {
    this.state = due;
    this.scheduler.enqueue(this);
  }

  private finishCall(call: PendingCall): void {
    this.reductions += 1;
    this.scheduler.worked += 1;
    if (call.error === null) this.finish(call.answer);
    else this.fail(call.error);
  }

  /** @throws BadArg if it cannot begin a receive */
  checkRunning(): void {
    if (this.state !== running) throw new BadArg('self', 'is in receive already, or its handler has returned');
  }

  /** A message has come while the actor was waiting in `receive`, with nothing in the mailbox that it would take. */
  private arrive(message: unknown): void {
    if (this.mode === byAnswer || (this.mode === byKey && !matchesKey(message, this.wanted as string | Ref))) {
      this.mailbox.push(message);
    } else if (this.mode !== byMatch && this.scheduler.take()) {
      this.reductions += 1;
      this.scheduler.worked += 1;
      this.finish(message);
    } else {
      this.mailbox.push(message);
      this.fallDue();
    }
  }

  /** Looks for the message that `receive` waits for, after the scheduler has given the word. */
  protected resume(): void {
    this.scheduler.credit -= 1;
    if (this.mode === byAnswer) {
      this.resumeCall(this.wanted as PendingCall);
      return;
    }
    let message: unknown;
    try {
      message = this.search();
    } catch (error) {
      this.fail(error);
      return;
    }
    if (this.state === dead) return;
    if (message !== none) this.finish(message);
    else if (this.expired) this.finish(undefined);
    else {
      this.state = waiting;
      if (this.bound !== null && this.mailbox.length > this.bound.limit) this.shed(this.bound);
    }
  }

  private resumeCall(call: PendingCall): void {
    if (call.isSettled) this.finishCall(call);
    else if (this.expired) this.fail(call.giveUp());
    else this.state = waiting;
  }

  /** The timeout of the present receive has come. */
  timeUp(): void {
    this.expired = true;
    if (this.state !== waiting) return;
    if (this.mode === byAnswer) this.fail((this.wanted as PendingCall).giveUp());
    else this.finish(undefined);
  }

  /** `search` by a guard, which is foreign code: it must not begin another receive, it may throw, and it may end the actor. */
  private searchByMatch(): unknown {
    this.state = due;
    try {
      return this.search();
    } finally {
      if (this.state === due) this.state = running;
      // biome-ignore lint/correctness/noUnsafeFinally: an actor that is dead has nothing else to say
      else throw new ActorExit(this.pid as unknown as Pid, this.reason);
    }
  }

  private search(): unknown {
    const message = this.takeWanted();
    if (message !== none) {
      this.reductions += 1;
      this.scheduler.worked += 1;
      if (this.lowMarks !== null) checkLowMarks(this);
    }
    return message;
  }

  private takeWanted(): unknown {
    const { mailbox, wanted } = this;
    if (mailbox.length === 0) return none;
    if (this.mode === anyMessage) return mailbox.shift();
    if (this.mode === byKey) return mailbox.takeKey(wanted as string | Ref);
    const freshOnly = this.skippedAsked;
    this.skippedAsked = true;
    return mailbox.takeMatch(wanted as Match, freshOnly);
  }

  private finish(message: unknown): void {
    const resolve = this.resolve as (value: unknown) => void;
    this.state = running;
    this.stopTimer();
    this.forgetPromise();
    this.scheduler.resumed = true;
    resolve(message);
  }

  private fail(error: unknown): void {
    const reject = this.reject as (reason: unknown) => void;
    if (this.state === dead) return;
    this.state = running;
    this.stopTimer();
    this.forgetPromise();
    this.scheduler.resumed = true;
    reject(error);
  }

  private forgetPromise(): void {
    this.promise = null;
    this.resolve = null;
    this.reject = null;
  }

  private startTimer(afterMs: number): void {
    this.timer ??= new ReceiveTimer(this);
    this.system.wheel.set(this.timer, afterMs);
  }

  private stopTimer(): void {
    if (this.timer !== null) this.system.wheel.cancel(this.timer);
  }

  /** Empties the mailbox of a dead actor, and unwinds a body that is in `receive`. */
  protected releaseReceive(): void {
    this.mailbox.clear();
    if (this.promise !== null && this.mode === byAnswer) (this.wanted as PendingCall).giveUp();
    this.wanted = null;
    this.stopTimer();
    if (this.promise === null) return;
    const reject = this.reject as (reason: unknown) => void;
    // A body need not have awaited it: nobody is to blame if nobody listens.
    this.promise.catch(() => undefined);
    this.forgetPromise();
    reject(ActorExit.withoutStack(this.pid as unknown as Pid, this.reason));
  }
}
