/**
 * One actor at work: its place in the run queue, and how its code is started and called. How messages reach the actor is in `addressee.ts`, how its code takes
 * them in `receiver.ts`, its links and monitors in `signals.ts`, and what its code can do with it in `handle.ts`.
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

/** An actor that runs one function, usually async. The actor ends when the function does: 'normal', or with the error that it throws. */
export type Body<M> = (self: Self<M>) => unknown;

/**
 * An actor whose function is called for each message. If the function returns a promise, the next message waits for it. The actor ends by `self.exit`, or when
 * the function throws.
 */
export type Handler<M> = (message: M, self: Self<M>) => unknown;

/** Makes the handler as the actor's first act, which may set up state, links and monitors. */
export interface HandlerInit<M> {
  init(self: Self<M>): Handler<M>;
  /** @internal What a behaviour does before it takes messages. */
  firstAct?(): Promise<void>;
}

/**
 * How many messages a handler may take and send before the next actor has its turn. The handling of a message cannot be cut short. So a handler that has sent
 * more waits until other actors have taken as many: an actor that floods another waits while the other catches up.
 */
const reductionsInARow = 256;

export class Process extends Receiver implements Runnable {
  declare readonly system: System;
  readonly id: number;
  readonly handle: Handle;
  label: string | undefined;
  trapExit = false;

  links: Few<Process | Port> = null;
  /** Monitors that others have of this actor. */
  watchers: Few<MonitorRef> = null;
  /** Monitors that this actor has of others. */
  monitors: Few<MonitorRef> = null;
  abort: AbortController | null = null;
  /** Its registered name. */
  name: string | null = null;
  /** Timers that end with the actor: the head of a list. */
  timers: OwnedTimer | null = null;
  /** Calls that wait for this actor's answer: the head of a list. */
  callers: Caller | null = null;
  /** Functions to be called when the actor has ended. */
  endCalls: ((reason: unknown) => void)[] | null = null;
  /** The actor that this one was started by and linked to. `System.stop` leaves the end to the parent, if that lives and the link holds. */
  parent: Process | null = null;
  /** The kind of behaviour, null for none. */
  behaviour: string | null = null;
  /** `self.exit` throws and does not end the actor: a behaviour tidies up first, and then ends it. */
  catchesExit = false;
  /** Neighbours in the list of all actors of the system. */
  older: Process | null = null;
  newer: Process | null = null;

  private body: Body<unknown> | HandlerInit<unknown> | null;
  private handler: Handler<unknown> | null;
  /** The handler has returned a promise that has not settled yet. */
  private handling = false;
  /** The actor has sent too much: its next turn waits until `scheduler.worked` has come to this; and how much that was when the actor was last put off. */
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

  /** Puts the new actor into the run queue. */
  start(): void {
    this.scheduler.enqueue(this);
  }

  /** Makes it the actor of code outside any actor. There is nothing to start: that code holds the handle. */
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

  /** Lets go of everything that a dead actor does not need. */
  release(): void {
    this.body = null;
    this.handler = null;
    this.parent = null;
    while (this.timers !== null) this.timers.end();
    this.releaseReceive();
  }

  /** Ends the actor because one of its calls failed with that reason, and nobody awaited the call. */
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

  /** The code has returned to the runtime. If the actor still runs, its code goes on in a microtask, and that is its next turn. */
  private pauses(): void {
    turnEnds(this);
    if (this.state === running) turnBegins(this);
  }

  /** The body has returned, usually a promise. */
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

  /** Whether it has to let others catch up with what it sent. If no actor has done anything since it was last put off, it need not wait. */
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

  /** The handler has returned something, perhaps a promise. */
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

  /** The handler is done with its message, or has taken its share of messages. */
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

/** A native promise. Other promises might call back at once. */
function promiseOf(result: PromiseLike<unknown>): PromiseLike<unknown> {
  return result instanceof Promise ? result : Promise.resolve(result);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}
