/**
 * How an actor takes its messages, and the answers to its calls: from the mailbox, or by a promise while the mailbox has nothing that it wants.
 *
 * V8 compiles only a limited amount of bytecode into one caller; anything beyond is called. So the code that runs for each message is kept short, here and in
 * `addressee.ts`, `handle.ts`, `waiter.ts` and `process.ts`: errors and other rare cases have functions of their own.
 */
import { Addressee } from './addressee.js';
import { ActorExit, BadArg } from './errors.js';
import { longSchedule, turnEnds } from './longSchedule.js';
import { none } from './mailbox.js';
import { matchesKey } from './message.js';
import type { Pid, Ref } from './pid.js';
import type { Process } from './process.js';
import { dead, due, running, waiting } from './states.js';
import { anyMessage, byAnswer, byKey, byMatch, type Match, type PendingCall } from './wanted.js';
import { checkLowMarks, type LookedFor } from './watermark.js';

/** How many messages `receiveNow` gives in a row. Then the actor has to `receive`, or its handler to return, so that others can run. */
const takenInARow = 256;

/** The part of a process that takes messages, and answers to its calls. */
export abstract class Receiver extends Addressee {
  // The receive or the call under way: its kind, and what it waits for.
  private mode = anyMessage;
  private wanted: string | Ref | Match | PendingCall | null = null;
  /** The guard has been asked about all messages that were passed over before this receive began. */
  private skippedAsked = false;
  /** The time was over when other actors were due to run; the wait ends, with this error if there is one, when this actor's turn comes. */
  private timedOut: { readonly error: Error | null } | null = null;
  /** How many messages `receiveNow` has given since the last `receive`, or in this batch of a handler. */
  protected takenNow = 0;

  protected override mayTake(message: unknown): boolean {
    return this.mode === byMatch || (this.mode === byKey && matchesKey(message, this.wanted as string | Ref));
  }

  /** `Self.receiveNow` without a guard: the oldest message, or undefined. The fast path of an actor that takes many messages. */
  takeNow(): unknown {
    this.checkRunning();
    const { mailbox, scheduler } = this;
    if (mailbox.length === 0 || this.takenNow >= takenInARow || !scheduler.take()) return undefined;
    this.takenNow += 1;
    this.reductions += 1;
    scheduler.worked += 1;
    const message = mailbox.shift();
    if (this.lowMarks !== null) checkLowMarks(this);
    return message;
  }

  /** `Self.receiveNow` with a guard. */
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

  /** `Self.receive`, with a guard of the kind that `mode` says. */
  receive(mode: number, wanted: string | Ref | Match | null, afterMs: number): Promise<unknown> {
    this.checkRunning();
    if (longSchedule.observed) turnEnds(this as unknown as Process);
    this.takenNow = 0;
    this.mode = mode;
    this.wanted = wanted;
    this.skippedAsked = false;
    if (this.scheduler.take()) return mode === byMatch ? this.receiveByMatch(afterMs) : this.received(this.search(), afterMs);
    this.fallDue();
    return this.promiseWithin(afterMs);
  }

  private receiveByMatch(afterMs: number): Promise<unknown> {
    let message: unknown;
    try {
      message = this.searchByMatch();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.received(message, afterMs);
  }

  /** The mailbox has been looked through. Returns the message that was found, or begins to wait. */
  private received(message: unknown, afterMs: number): Promise<unknown> {
    if (message !== none) {
      this.runsOn();
      return Promise.resolve(message);
    }
    if (afterMs === 0) return Promise.resolve(undefined);
    this.state = waiting;
    return this.promiseWithin(afterMs);
  }

  /** Waits for the answer to a call that this actor has made. Messages stay in the mailbox meanwhile. */
  awaitAnswer(call: PendingCall, timeoutMs: number): Promise<unknown> {
    if (longSchedule.observed) turnEnds(this as unknown as Process);
    this.takenNow = 0;
    this.mode = byAnswer;
    this.wanted = call;
    this.state = waiting;
    if (timeoutMs === 0) this.fallDue();
    return this.promiseWithin(timeoutMs);
  }

  /** A call has failed before it began. It counts as work all the same, so that an actor that tries again and again lets others run. */
  failCall(error: Error): Promise<never> {
    if (longSchedule.observed) turnEnds(this as unknown as Process);
    if (this.scheduler.take()) {
      this.runsOn();
      return Promise.reject(error);
    }
    this.takenNow = 0;
    this.mode = byAnswer;
    this.wanted = { isSettled: true, error, answer: undefined, giveUp: () => error };
    this.fallDue();
    return this.promiseWithin(Number.POSITIVE_INFINITY) as Promise<never>;
  }

  /** A call of this actor has its answer, or an error. */
  callSettled(call: PendingCall): void {
    this.scheduler.sends += 1;
    if (this.state !== waiting || this.wanted !== call) return;
    if (this.scheduler.take()) this.finishCall(call);
    else this.fallDue();
  }

  private finishCall(call: PendingCall): void {
    // Otherwise request and answer would be kept in memory until the next receive.
    this.wanted = null;
    this.reductions += 1;
    this.scheduler.worked += 1;
    if (call.error === null) this.finish(call.answer);
    else this.fail(call.error);
  }

  /** @throws BadArg if the actor cannot begin a receive now */
  checkRunning(): void {
    if (this.state !== running) throw notRunning();
  }

  protected override arrive(message: unknown): void {
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

  /** The actor's turn has come: looks for the message that its `receive` waits for. */
  protected resume(): void {
    this.scheduler.credit -= 1;
    if (this.timedOut !== null) {
      this.endWait(this.timedOut.error);
      return;
    }
    if (this.mode === byAnswer) {
      this.resumeCall(this.wanted as PendingCall);
      return;
    }
    let message: unknown;
    try {
      message = this.search();
    } catch (error) {
      this.shedSurplus();
      this.fail(error);
      return;
    }
    if (message === none) this.shedSurplus();
    if (this.state === dead) return;
    if (message !== none) this.finish(message);
    else if (this.expired) this.finish(undefined);
    else this.state = waiting;
  }

  private resumeCall(call: PendingCall): void {
    if (call.isSettled) this.finishCall(call);
    else if (this.expired) this.endWait(call.giveUp());
    else this.state = waiting;
  }

  override timeUp(): void {
    this.expired = true;
    if (this.state !== waiting) return;
    const error = this.mode === byAnswer ? (this.wanted as PendingCall).giveUp() : null;
    if (this.scheduler.take()) this.endWait(error);
    else {
      // The time is over now. A message that comes before this actor's turn comes too late, as in Erlang.
      this.timedOut = { error };
      this.fallDue();
    }
  }

  private endWait(error: Error | null): void {
    this.timedOut = null;
    this.wanted = null;
    if (error === null) this.finish(undefined);
    else this.fail(error);
  }

  /** `search` with a guard. The guard is foreign code: it must not begin another receive, it may throw, and it may end the actor. */
  private searchByMatch(): unknown {
    this.state = due;
    try {
      return this.search();
    } finally {
      if (this.state === due) this.state = running;
      // biome-ignore lint/correctness/noUnsafeFinally: the guard has ended the actor, and whatever else happened no longer matters
      else throw new ActorExit(this.pid as unknown as Pid, this.reason);
    }
  }

  private search(): unknown {
    const message = this.takeWanted();
    if (message !== none) {
      this.reductions += 1;
      this.scheduler.worked += 1;
      if (this.lowMarks !== null) checkLowMarks(this);
    } else if (this.lowMarks !== null) checkLowMarks(this, this.wanted);
    return message;
  }

  /** What the actor waits for while nothing in the mailbox fits; null while it does not wait. */
  get lookedFor(): LookedFor {
    return this.state === waiting ? this.wanted : null;
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

  /** Empties the mailbox of a dead actor. If its code is waiting in `receive`, that rejects and so unwinds the code. */
  protected releaseReceive(): void {
    this.mailbox.clear();
    if (this.isWaiting && this.mode === byAnswer) (this.wanted as PendingCall).giveUp();
    this.wanted = null;
    this.abandon(() => ActorExit.withoutStack(this.pid as unknown as Pid, this.reason));
  }
}

function notRunning(): BadArg {
  return new BadArg(
    'self',
    'is in receive already, or its handler has returned: an actor waits for one thing at a time (receive, call, stop), so await each before the next, or have other actors wait',
  );
}
