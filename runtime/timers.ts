/** Messages that are sent after a time. Mirrors erlang:send_after/3, start_timer/3, cancel_timer/1 and read_timer/1. */
import { BadArg } from './errors.js';
import { checkName } from './names.js';
import { type Pid, ProcessId, Ref } from './pid.js';
import type { Process } from './process.js';
import type { Name } from './registry.js';
import { dead } from './states.js';
import { checkSystem, defaultSystem, type System } from './system.js';
import { checkDelay } from './time.js';
import type { WheelTimer } from './timerWheel.js';

/** A timer that ends with its actor: an entry in the list of that actor's timers. */
export interface OwnedTimer extends WheelTimer {
  preceding: OwnedTimer | null;
  following: OwnedTimer | null;
  /** Cancels the timer. */
  end(): void;
}

export function own(process: Process, timer: OwnedTimer): void {
  timer.following = process.timers;
  if (timer.following !== null) timer.following.preceding = timer;
  process.timers = timer;
}

/** Takes a timer out of its actor's list, if it is in the list. */
export function disown(process: Process, timer: OwnedTimer): void {
  const { preceding, following } = timer;
  if (preceding !== null) preceding.following = following;
  else if (process.timers === timer) process.timers = following;
  if (following !== null) following.preceding = preceding;
  timer.preceding = null;
  timer.following = null;
}

/** The message that `startTimer` sends. */
export type TimeoutMessage<M> = readonly [tag: 'timeout', ref: Ref, message: M];

/** A timer that has been set. It is a reference, so `self.receive(reply(ref))` picks its `['timeout', ref, message]`. */
export class TimerRef extends Ref implements OwnedTimer {
  previous: WheelTimer | null = null;
  next: WheelTimer | null = null;
  slot = 0;
  dueTick = 0;
  /** @internal */
  readonly system: System;
  /** The receiver: a process, or a name that is looked up when the timer fires. */
  private readonly to: Process | string;
  private message: unknown;
  preceding: OwnedTimer | null = null;
  following: OwnedTimer | null = null;

  constructor(system: System, to: Process | string, message: unknown, wrapped: boolean) {
    super();
    this.system = system;
    this.to = to;
    this.message = wrapped ? ['timeout', this, message] : message;
  }

  /** @internal */
  start(afterMs: number): void {
    const { to } = this;
    if (typeof to !== 'string') {
      if (to.state === dead) return;
      own(to, this);
    }
    this.system.wheel.set(this, afterMs);
  }

  /** Cancels the timer. A timer that is over holds neither its message nor its actor's list. */
  end(): void {
    this.system.wheel.cancel(this);
    this.message = undefined;
    if (typeof this.to !== 'string') disown(this.to, this);
  }

  fire(): void {
    const { message, to } = this;
    this.end();
    const process = typeof to === 'string' ? this.system.names.get(to) : to;
    process?.admit(message);
  }
}

/**
 * Sends a message after `afterMs` milliseconds, 0 to 2^48. With a pid, the timer is cancelled when that actor ends. With a name, the message goes to the actor
 * that has the name when the timer fires; if no actor has it, the message is dropped.
 */
export function sendAfter<M>(to: Pid<M> | Name<M>, message: M, afterMs: number, system?: System): TimerRef {
  return startAny(to, message, afterMs, false, system);
}

/** Like `sendAfter`, but sends `['timeout', ref, message]`. `ref` is the reference that `startTimer` returns. */
export function startTimer<M>(
  to: Pid<TimeoutMessage<M>> | Name<TimeoutMessage<M>>,
  message: M,
  afterMs: number,
  system?: System,
): TimerRef {
  return startAny(to, message, afterMs, true, system);
}

/**
 * Cancels a timer, and returns how many milliseconds were left, rounded up. Returns false if the timer is over: it has fired, so its message may be in the
 * mailbox already; or it has been cancelled; or its actor has ended.
 */
export function cancelTimer(ref: TimerRef): number | false {
  const left = readTimer(ref);
  if (left !== false) ref.end();
  return left;
}

/** How many milliseconds are left until the timer fires, rounded up; false if the timer is over. */
export function readTimer(ref: TimerRef): number | false {
  if (!(ref instanceof TimerRef)) throw new BadArg('ref', 'must be what sendAfter or startTimer returned');
  const leftMs = ref.system.wheel.leftMs(ref);
  return leftMs === undefined ? false : Math.ceil(leftMs);
}

function startAny(to: unknown, message: unknown, afterMs: number, wrapped: boolean, system: System | undefined): TimerRef {
  checkDelay('afterMs', afterMs);
  const place = system === undefined ? defaultSystem : checkSystem('system', system);
  let timer: TimerRef;
  if (to instanceof ProcessId) timer = new TimerRef(to.process.system, to.process, message, wrapped);
  else if (typeof to === 'string') timer = new TimerRef(place, checkName('to', to), message, wrapped);
  else throw new BadArg('to', 'must be a pid or a name');
  timer.start(afterMs);
  return timer;
}
