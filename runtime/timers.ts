/** Messages that are sent later. Mirrors erlang:send_after/3, start_timer/3, cancel_timer/1 and read_timer/1. */
import { BadArg } from './errors.js';
import { checkName } from './names.js';
import { type Pid, ProcessId, Ref } from './pid.js';
import type { Process } from './process.js';
import type { Name } from './registry.js';
import { dead } from './states.js';
import { checkSystem, defaultSystem, type System } from './system.js';
import { checkDelay } from './time.js';
import type { WheelTimer } from './timerWheel.js';

/** A timer that goes with an actor: an entry in the list of that actor's timers. */
export interface OwnedTimer extends WheelTimer {
  preceding: OwnedTimer | null;
  following: OwnedTimer | null;
  /** It will not fire. */
  end(): void;
}

export function own(process: Process, timer: OwnedTimer): void {
  timer.following = process.timers;
  if (timer.following !== null) timer.following.preceding = timer;
  process.timers = timer;
}

/** Takes a timer out of the list, if it is in there. */
export function disown(process: Process, timer: OwnedTimer): void {
  const { preceding, following } = timer;
  if (preceding !== null) preceding.following = following;
  else if (process.timers === timer) process.timers = following;
  if (following !== null) following.preceding = preceding;
  timer.preceding = null;
  timer.following = null;
}

/** What `startTimer` sends. */
export type TimeoutMessage<M> = readonly [tag: 'timeout', ref: Ref, message: M];

/** A timer that was set: a reference, and as such what `reply(ref)` looks for in a `['timeout', ref, ...]`. */
export class TimerRef extends Ref implements OwnedTimer {
  previous: WheelTimer | null = null;
  next: WheelTimer | null = null;
  slot = 0;
  dueTick = 0;
  /** @internal */
  readonly system: System;
  /** A process, or a name that is looked up when the time has come. */
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

  /** Nothing is held by a timer that is over. */
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
 * Sends a message after so many milliseconds, 0 to 2^48. To a pid: the timer goes when its actor ends. To a name: whoever has it then gets
 * the message, nobody if nobody has.
 */
export function sendAfter<M>(to: Pid<M> | Name<M>, message: M, afterMs: number, system?: System): TimerRef {
  return startAny(to, message, afterMs, false, system);
}

/** As `sendAfter`, but what arrives is `['timeout', ref, message]`, with the reference that this gives. */
export function startTimer<M>(
  to: Pid<TimeoutMessage<M>> | Name<TimeoutMessage<M>>,
  message: M,
  afterMs: number,
  system?: System,
): TimerRef {
  return startAny(to, message, afterMs, true, system);
}

/**
 * Stops a timer: its message will not be sent. Gives the milliseconds that were left, rounded up, or false if there is no such timer: it has
 * fired, and the message may be in a mailbox, or it was cancelled, or its actor has ended.
 */
export function cancelTimer(ref: TimerRef): number | false {
  const left = readTimer(ref);
  if (left !== false) ref.end();
  return left;
}

/** The milliseconds that are left, rounded up; false if there is no such timer any more. */
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
