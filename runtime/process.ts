/**
 * One actor at work: its mailbox, its place in the run queue, and how its code gets the messages. What ties it to other actors is in
 * `signals.ts`; what its own code may do with it, in `handle.ts`. Every send goes through `deliver`, so nothing there allocates.
 */
import { ActorExit, BadArg } from './errors.js';
import { Handle } from './handle.js';
import { Mailbox, none } from './mailbox.js';
import { matchesKey } from './message.js';
import { type Pid, ProcessId, type Ref } from './pid.js';
import type { Port } from './port.js';
import type { Runnable, Scheduler } from './scheduler.js';
import type { Self } from './self.js';
import { crashed, terminate } from './signals.js';
import type { System } from './system.js';
import type { LowMark } from './watermark.js';
import { checkLowMarks } from './watermark.js';

/** An actor as one async function. It ends when the function does: 'normal', or with what it throws. */
export type Body<M> = (self: Self<M>) => unknown;

/** An actor as a function called for each message. If it gives a promise, the next message waits for that. It ends by `self.exit`, or by throwing. */
export type Handler<M> = (message: M, self: Self<M>) => unknown;

/** Makes the handler, as the actor's first act: for state of its own, links and monitors. */
export interface HandlerInit<M> {
  init(self: Self<M>): Handler<M>;
}

export type Match = (message: unknown) => boolean;

// Where a process is. An arriving message has something to do only in those from `idle` on.
/** In the run queue, to handle messages, or to start. */
const queued = 0;
/** Its own code has the word: a handler, or a body that is not in `receive`. */
const running = 1;
/** In `receive`, and in the run queue to look for its message. */
const due = 2;
/** A handler without messages. */
const idle = 3;
/** In `receive`, without a message that it would take. */
const waiting = 4;
export const dead = 5;

// What a `receive` waits for.
export const anyMessage = 0;
export const byKey = 1;
export const byMatch = 2;

/** Messages that a handler gets in a row before the next actor has its turn. */
const messagesInARow = 128;

// `new Promise` wants a function made for it; this one is made once, and leaves what it is given here.
let lastResolve: (value: unknown) => void;
let lastReject: (reason: unknown) => void;
const capture = (resolve: (value: unknown) => void, reject: (reason: unknown) => void): void => {
  lastResolve = resolve;
  lastReject = reject;
};

export class Process implements Runnable {
  state: number = queued;
  readonly system: System;
  readonly scheduler: Scheduler;
  readonly mailbox = new Mailbox();
  readonly id: number;
  readonly pid: ProcessId;
  readonly handle: Handle;
  label: string | undefined;
  trapExit = false;
  /** Why it has ended, once it has. */
  reason: unknown = undefined;
  /** Messages taken so far. */
  reductions = 0;

  links: Set<Process | Port> | null = null;
  /** Those who monitor this actor. */
  watchers: Map<Ref, Process> | null = null;
  /** What this actor monitors. */
  monitors: Map<Ref, Process | Port> | null = null;
  lowMarks: LowMark[] | null = null;
  abort: AbortController | null = null;

  private body: Body<unknown> | HandlerInit<unknown> | null;
  private handler: Handler<unknown> | null;
  /** A handler has given a promise that has not settled. */
  private handling = false;

  // The receive under way.
  private mode = anyMessage;
  private wanted: string | Ref | Match | null = null;
  /** What had been skipped when it began has been asked about. */
  private skippedAsked = false;
  private expired = false;
  private timer: unknown = null;
  private resolve: ((value: unknown) => void) | null = null;
  private reject: ((reason: unknown) => void) | null = null;
  private promise: Promise<unknown> | null = null;

  constructor(
    system: System,
    body: Body<unknown> | HandlerInit<unknown> | null,
    handler: Handler<unknown> | null,
    label: string | undefined,
  ) {
    this.system = system;
    this.scheduler = system.scheduler;
    this.id = system.nextId();
    this.body = body;
    this.handler = handler;
    this.label = label;
    this.pid = new ProcessId(this);
    this.handle = new Handle(this);
  }

  /** Puts it into the run queue for the first time. */
  start(): void {
    this.scheduler.enqueue(this);
  }

  /** It has no code to be started: whoever holds the handle is its body. */
  startOutside(): void {
    this.state = running;
  }

  /** Puts a message into the mailbox and wakes the actor. */
  deliver(message: unknown): void {
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

  /** Takes a message as the receive of this mode does. At most one at a time; see `Self.receive`. */
  receive(mode: number, wanted: string | Ref | Match | null, afterMs: number): Promise<unknown> {
    if (this.state !== running) throw new BadArg('self', 'is in receive already, or its handler has returned');
    this.mode = mode;
    this.wanted = wanted;
    this.skippedAsked = false;
    if (this.scheduler.take()) {
      const message = mode === byMatch ? this.searchByMatch() : this.search();
      if (message !== none) {
        this.scheduler.resumed = true;
        return Promise.resolve(message);
      }
      if (afterMs === 0) return Promise.resolve(undefined);
      this.state = waiting;
    } else {
      this.state = due;
      this.scheduler.enqueue(this);
    }
    this.expired = afterMs === 0;
    if (afterMs > 0 && afterMs < Number.POSITIVE_INFINITY) this.startTimer(afterMs);
    this.promise = new Promise(capture);
    this.resolve = lastResolve;
    this.reject = lastReject;
    return this.promise;
  }

  /** Called by the scheduler. */
  run(): void {
    if (this.state === due) this.resume();
    else if (this.state !== queued) return;
    else if (this.body !== null) this.begin(this.body);
    else this.handleBatch(this.handler as Handler<unknown>);
  }

  /** Frees what a dead actor has no use for, and unwinds a body that is in `receive`. */
  release(): void {
    this.mailbox.clear();
    this.body = null;
    this.handler = null;
    this.wanted = null;
    this.stopTimer();
    if (this.promise === null) return;
    const reject = this.reject as (reason: unknown) => void;
    // A body need not have awaited it: nobody is to blame if nobody listens.
    this.promise.catch(() => undefined);
    this.forgetPromise();
    reject(ActorExit.withoutStack(this.pid as unknown as Pid, this.reason));
  }

  private begin(body: Body<unknown> | HandlerInit<unknown>): void {
    this.body = null;
    this.state = running;
    this.scheduler.credit -= 1;
    this.scheduler.current = this;
    try {
      if (typeof body === 'function') this.await(body(this.handle as unknown as Self<unknown>));
      else this.adopt(body.init(this.handle as unknown as Self<unknown>));
    } catch (error) {
      crashed(this, error, undefined);
    }
    this.scheduler.current = null;
  }

  /** A body has returned, in most cases a promise. */
  private await(result: unknown): void {
    if (!isThenable(result)) {
      terminate(this, 'normal', true);
      return;
    }
    result.then(
      () => terminate(this, 'normal', true),
      (error: unknown) => crashed(this, error, undefined),
    );
  }

  private adopt(handler: Handler<unknown>): void {
    if (this.state === dead) return;
    if (typeof handler !== 'function') throw new BadArg('handler.init', 'must return the message handler');
    this.handler = handler;
    this.rest();
  }

  private handleBatch(handler: Handler<unknown>): void {
    const { mailbox, scheduler, handle } = this;
    const most = Math.max(1, Math.min(messagesInARow, scheduler.credit));
    let handled = 0;
    let message: unknown;
    this.state = running;
    scheduler.current = this;
    try {
      while (handled < most && mailbox.length > 0) {
        handled += 1;
        message = mailbox.shift();
        const result = handler(message, handle as unknown as Self<unknown>);
        if (result !== undefined && isThenable(result)) this.awaitHandler(result, message);
        if (this.handling || this.state !== running) break;
      }
    } catch (error) {
      crashed(this, error, message);
    }
    scheduler.current = null;
    scheduler.credit -= handled;
    this.reductions += handled;
    if (this.state === dead || this.handling) return;
    this.rest();
  }

  private awaitHandler(result: PromiseLike<unknown>, message: unknown): void {
    this.handling = true;
    result.then(
      () => {
        this.handling = false;
        if (this.state !== dead) this.rest();
      },
      (error: unknown) => crashed(this, error, message),
    );
  }

  /** A handler is done with its message, or with its share of them. */
  private rest(): void {
    if (this.state !== running) {
      crashed(this, new BadArg('handler', 'has ended while a receive that it began was waiting: return its promise'), undefined);
      return;
    }
    if (this.lowMarks !== null) checkLowMarks(this);
    if (this.mailbox.length > 0) {
      this.state = queued;
      this.scheduler.enqueue(this);
    } else {
      this.state = idle;
    }
  }

  /** A message has come while the actor was waiting in `receive`, with nothing in the mailbox that it would take. */
  private arrive(message: unknown): void {
    if (this.mode === byKey && !matchesKey(message, this.wanted as string | Ref)) {
      this.mailbox.push(message);
    } else if (this.mode !== byMatch && this.scheduler.take()) {
      this.reductions += 1;
      this.finish(message);
    } else {
      this.mailbox.push(message);
      this.state = due;
      this.scheduler.enqueue(this);
    }
  }

  /** Looks for the message that `receive` waits for, after the scheduler has given the word. */
  private resume(): void {
    this.scheduler.credit -= 1;
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
    else this.state = waiting;
  }

  /** The same for a guard, which is foreign code: it must not begin another receive, it may throw, and it may end the actor. */
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
    if (this.timer !== null) this.stopTimer();
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
    reject(error);
  }

  private forgetPromise(): void {
    this.promise = null;
    this.resolve = null;
    this.reject = null;
  }

  private startTimer(afterMs: number): void {
    this.timer = this.system.clock.setTimer(afterMs, () => {
      this.timer = null;
      this.expired = true;
      if (this.state === waiting) this.finish(undefined);
    });
  }

  private stopTimer(): void {
    if (this.timer === null) return;
    this.system.clock.clearTimer(this.timer);
    this.timer = null;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
