/**
 * One actor at work: its place in the run queue, and how its code is started and gets its messages. How messages reach it is in `receiver.ts`, what
 * ties it to other actors in `signals.ts`, what its own code may do with it in `handle.ts`.
 */
import { type Bound, mayDrop } from './bound.js';
import type { Caller } from './caller.js';
import { BadArg } from './errors.js';
import type { Few } from './few.js';
import { Handle } from './handle.js';
import { longSchedule, turnBegins, turnEnds } from './longSchedule.js';
import type { MonitorRef } from './monitorRef.js';
import { hasObservers, reportOverflow } from './observer.js';
import type { Port } from './port.js';
import { Receiver } from './receiver.js';
import type { Runnable } from './scheduler.js';
import type { Self } from './self.js';
import { crashed, terminate } from './signals.js';
import { dead, due, idle, queued, running } from './states.js';
import type { System } from './system.js';
import type { OwnedTimer } from './timers.js';
import { checkLowMarks } from './watermark.js';

/** An actor as one async function. It ends when the function does: 'normal', or with what it throws. */
export type Body<M> = (self: Self<M>) => unknown;

/** An actor as a function called for each message. If it gives a promise, the next message waits for that. It ends by `self.exit`, or by throwing. */
export type Handler<M> = (message: M, self: Self<M>) => unknown;

/** Makes the handler, as the actor's first act: for state of its own, links and monitors. */
export interface HandlerInit<M> {
  init(self: Self<M>): Handler<M>;
  /** @internal What a behaviour does before it takes any message. */
  firstAct?(): Promise<void>;
}

/**
 * What a handler may do in a row before the next actor has its turn, in messages taken and messages sent. A message's handling cannot be cut short,
 * so if it sends more than that it waits until others have done as much: whoever floods another waits while the other catches up.
 */
const reductionsInARow = 256;

export class Process extends Receiver implements Runnable {
  declare readonly system: System;
  readonly id: number;
  readonly handle: Handle;
  label: string | undefined;
  trapExit = false;

  links: Few<Process | Port> = null;
  /** Monitors of this actor. */
  watchers: Few<MonitorRef> = null;
  /** Monitors that this actor has of others. */
  monitors: Few<MonitorRef> = null;
  abort: AbortController | null = null;
  /** Its registered name. */
  name: string | null = null;
  /** Timers that go with it: the head of a list. */
  timers: OwnedTimer | null = null;
  /** Calls that wait for its answer: the head of a list. */
  callers: Caller | null = null;
  /** Whoever waits for its end without being an actor. */
  endCalls: ((reason: unknown) => void)[] | null = null;
  /** The actor that started it by a link: `System.stop` leaves its end to that one, if it lives and the link holds. */
  parent: Process | null = null;
  /** What kind of behaviour it is, null for none. */
  behaviour: string | null = null;
  /** `self.exit` only unwinds: a behaviour ends itself when it has tidied up. */
  catchesExit = false;
  /** Neighbours in the list of its system. */
  older: Process | null = null;
  newer: Process | null = null;

  private body: Body<unknown> | HandlerInit<unknown> | null;
  private handler: Handler<unknown> | null;
  /** A handler has given a promise that has not settled. */
  private handling = false;
  /** What `scheduler.worked` must come to before its next turn, because of what it sent, and what that was when it was last put off. */
  private waitsUntil = 0;
  private putOffAt = -1;

  constructor(
    system: System,
    body: Body<unknown> | HandlerInit<unknown> | null,
    handler: Handler<unknown> | null,
    label: string | undefined,
  ) {
    super(system);
    this.id = system.add(this);
    this.body = body;
    this.handler = handler;
    this.label = label;
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

  /** Called by the scheduler. */
  run(): void {
    if (this.state === due) this.resume();
    else if (this.state !== queued) return;
    else if (this.body !== null) this.begin(this.body);
    else this.handleBatch(this.handler as Handler<unknown>);
  }

  /** Frees what a dead actor has no use for. */
  release(): void {
    this.body = null;
    this.handler = null;
    this.parent = null;
    while (this.timers !== null) this.timers.end();
    this.releaseReceive();
  }

  /** A call of its failed with that reason, and nobody awaited the call. */
  failUnawaited(reason: unknown): void {
    crashed(this, reason, undefined, true);
  }

  protected override overflow(bound: Bound): boolean {
    this.noteOverflow(bound);
    if (bound.policy === 'exit') terminate(this, ['mailbox_limit', bound.limit], true);
    else bound.dropped += 1;
    return bound.policy === 'drop_oldest' && this.mailbox.takeOldest(mayDrop);
  }

  protected override shed(bound: Bound): void {
    this.noteOverflow(bound);
    if (bound.policy === 'exit') terminate(this, ['mailbox_limit', bound.limit], true);
    else if (bound.policy === 'drop_oldest' ? this.mailbox.takeOldest(mayDrop) : this.mailbox.takeNewest(mayDrop))
      bound.dropped += 1;
  }

  private noteOverflow(bound: Bound): void {
    if (bound.overflowing) return;
    bound.overflowing = true;
    if (hasObservers('overflow')) reportOverflow(this, bound);
  }

  private begin(body: Body<unknown> | HandlerInit<unknown>): void {
    this.body = null;
    this.state = running;
    this.scheduler.credit -= 1;
    this.scheduler.current = this;
    if (longSchedule.observed) turnBegins(this);
    try {
      if (typeof body === 'function') this.awaitBody(body(this.handle as unknown as Self<unknown>));
      else this.adopt(body, body.init(this.handle as unknown as Self<unknown>));
    } catch (error) {
      crashed(this, error, undefined);
    }
    if (longSchedule.observed) this.pauses();
    this.scheduler.current = null;
  }

  /** Its code has returned, perhaps with a promise, and goes on in a microtask if that does not wait for the actor. */
  private pauses(): void {
    turnEnds(this);
    if (this.state === running) turnBegins(this);
  }

  /** A body has returned, in most cases a promise. */
  private awaitBody(result: unknown): void {
    if (!isThenable(result)) {
      terminate(this, 'normal', true);
      return;
    }
    this.scheduler.resumed = true;
    promiseOf(result).then(
      () => {
        if (longSchedule.observed) turnEnds(this);
        terminate(this, 'normal', true);
      },
      (error: unknown) => {
        if (longSchedule.observed) turnEnds(this);
        crashed(this, error, undefined);
      },
    );
  }

  private adopt(body: HandlerInit<unknown>, handler: Handler<unknown>): void {
    if (this.state === dead) return;
    if (typeof handler !== 'function') throw new BadArg('handler.init', 'must return the message handler');
    this.handler = handler;
    if (body.firstAct === undefined) this.rest();
    else this.awaitHandler(body.firstAct(), undefined);
  }

  private handleBatch(handler: Handler<unknown>): void {
    const { mailbox, scheduler, handle } = this;
    if (this.mustWait()) return;
    const most = Math.max(1, Math.min(reductionsInARow, scheduler.credit));
    const sentBefore = scheduler.sends;
    let handled = 0;
    let message: unknown;
    this.state = running;
    this.takenNow = 0;
    scheduler.current = this;
    if (longSchedule.observed) turnBegins(this);
    try {
      while (handled + scheduler.sends - sentBefore < most && mailbox.length > 0) {
        handled += 1;
        message = mailbox.shift();
        const result = handler(message, handle as unknown as Self<unknown>);
        if (result !== undefined) this.returned(result, message);
        if (this.handling || this.state !== running) break;
      }
    } catch (error) {
      crashed(this, error, message);
    }
    scheduler.current = null;
    this.batchEnds(handled, scheduler.sends - sentBefore);
  }

  private batchEnds(handled: number, sent: number): void {
    const { scheduler } = this;
    if (longSchedule.observed) this.pauses();
    scheduler.credit -= handled;
    scheduler.worked += handled;
    this.reductions += handled;
    if (sent > reductionsInARow) this.waitsUntil = scheduler.worked + sent;
    if (this.state !== dead && !this.handling) this.rest();
  }

  /** It has sent more than its share, and others are at work on that. If nobody has done anything since it was put off, it need not wait. */
  private mustWait(): boolean {
    const { worked } = this.scheduler;
    if (worked >= this.waitsUntil || worked === this.putOffAt) return false;
    this.putOff(worked);
    return true;
  }

  private putOff(worked: number): void {
    this.putOffAt = worked;
    this.scheduler.credit -= 1;
    this.scheduler.enqueue(this);
  }

  /** A handler has returned something, which may be a promise. */
  private returned(result: unknown, message: unknown): void {
    if (isThenable(result)) this.awaitHandler(promiseOf(result), message);
  }

  private awaitHandler(result: PromiseLike<unknown>, message: unknown): void {
    this.handling = true;
    this.scheduler.resumed = true;
    result.then(
      () => {
        this.handling = false;
        if (longSchedule.observed) turnEnds(this);
        if (this.state !== dead) this.rest();
      },
      (error: unknown) => {
        if (longSchedule.observed) turnEnds(this);
        crashed(this, error, message);
      },
    );
  }

  /** A handler is done with its message, or with its share of them. */
  private rest(): void {
    if (this.state !== running) {
      this.leftReceive();
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

  private leftReceive(): void {
    crashed(this, new BadArg('handler', 'has ended while a receive that it began was waiting: return its promise'), undefined);
  }
}

/** One that settles later: what is no native promise might call back at once. */
function promiseOf(result: PromiseLike<unknown>): PromiseLike<unknown> {
  return result instanceof Promise ? result : Promise.resolve(result);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
