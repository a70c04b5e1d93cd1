/**
 * A hierarchical timer wheel: it runs any number of timers on one timer of the clock, and setting and cancelling cost the same at any number. It knows nothing
 * of actors. After Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), in the tickless form that tokio uses.
 *
 * Time is cut into ticks of a millisecond, written in base 32. Level 0 of the wheel is for the lowest digit, level 1 for the next, and so on. A timer stands at
 * the level of the highest digit in which its tick differs from the present tick, in the slot of its own digit there. So every slot in use lies ahead, lower
 * levels are due before higher ones, and timers of one tick fire in the order in which they were set.
 */
import type { Clock, Timer } from './clock.js';

/** A timer, which is its own entry in the wheel, so that setting it allocates nothing. */
export interface WheelTimer {
  /** Neighbours in the list of its slot; null while the timer is not set. */
  previous: WheelTimer | null;
  next: WheelTimer | null;
  /** The index of its slot, counted through all levels. */
  slot: number;
  dueTick: number;
  /** Called once, and not before its time. Must not throw. */
  fire(): void;
}

const digitBits = 5;
const slotsPerLevel = 2 ** digitBits;
/** Ten levels count to 32^10 ms, more than twice the longest delay of 2^48 ms, so the slots of the top level can be used in a circle. */
const levels = 10;
const top = levels - 1;
/** The longest time that fits, with room for a clock that has run ahead of the last tick. */
const horizonMs = slotsPerLevel ** levels / 2;
const ticksPerSlot = Array.from({ length: levels + 1 }, (_, level) => slotsPerLevel ** level);
/** The slot number of timers that are due and about to be fired. */
const firing = -1;

/** The head of a circular list. */
class Head implements WheelTimer {
  previous: WheelTimer = this;
  next: WheelTimer = this;
  dueTick = 0;
  readonly slot: number;

  constructor(slot: number) {
    this.slot = slot;
  }

  get isEmpty(): boolean {
    return this.next === this;
  }

  fire(): void {}

  /** Takes over the list of another head. This list must be empty, and the other must not be. */
  takeAll(other: Head): void {
    this.next = other.next;
    this.previous = other.previous;
    this.next.previous = this;
    this.previous.next = this;
    other.next = other;
    other.previous = other;
  }
}

export class TimerWheel {
  private readonly clock: Clock;
  private heads: Head[] | null = null;
  /** For each level, a bit for each slot that is not empty. */
  private readonly occupied = new Int32Array(levels);
  private readonly due = new Head(firing);
  /** The present tick: all timers of it and of earlier ticks have fired. */
  private tick = 0;
  private armed: Timer | null = null;
  private armedTick = 0;
  private count = 0;
  private hasEnded = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** How many timers are set. */
  get size(): number {
    return this.count;
  }

  /** Sets a timer that is not set. Its `fire` is called after at least `afterMs` milliseconds, and not before `set` has returned. */
  set(timer: WheelTimer, afterMs: number): void {
    if (this.hasEnded) return;
    const nowMs = this.clock.now();
    const tick = this.count === 0 ? Math.floor(nowMs) : this.tick;
    const dueTick = Math.max(Math.ceil(nowMs + afterMs), tick + 1);
    // A timer in a slot that comes too early, or never, would take all others with it.
    if (!(dueTick - tick <= horizonMs)) throw new RangeError(`no timer can be due ${afterMs} ms after ${nowMs} ms`);
    this.tick = tick;
    this.count += 1;
    timer.dueTick = dueTick;
    this.insert(timer);
    if (this.armed === null || timer.dueTick < this.armedTick) this.arm(timer.dueTick, nowMs);
  }

  /** Cancels a timer, if it is set. */
  cancel(timer: WheelTimer): void {
    if (timer.next === null) return;
    this.unlink(timer);
    this.count -= 1;
    if (this.count === 0) this.disarm();
  }

  /** Cancels all timers, and takes no more. */
  end(): void {
    this.hasEnded = true;
    for (const head of this.heads ?? []) {
      for (let timer = head.next; timer !== head; timer = head.next) this.cancel(timer);
    }
  }

  /** How many milliseconds are left until a timer is due, at least 0; undefined if it is not set. */
  leftMs(timer: WheelTimer): number | undefined {
    return timer.next === null ? undefined : Math.max(0, timer.dueTick - this.clock.now());
  }

  private insert(timer: WheelTimer): void {
    let level = 0;
    let dueBlock = Math.floor(timer.dueTick / slotsPerLevel);
    let block = Math.floor(this.tick / slotsPerLevel);
    while (dueBlock !== block && level < top) {
      level += 1;
      dueBlock = Math.floor(dueBlock / slotsPerLevel);
      block = Math.floor(block / slotsPerLevel);
    }
    const digit = Math.floor(timer.dueTick / (ticksPerSlot[level] as number)) % slotsPerLevel;
    (this.occupied[level] as number) |= 1 << digit;
    append(this.headOf(level * slotsPerLevel + digit), timer);
  }

  private headOf(slot: number): Head {
    this.heads ??= Array.from({ length: levels * slotsPerLevel }, (_, index) => new Head(index));
    return this.heads[slot] as Head;
  }

  private unlink(timer: WheelTimer): void {
    const previous = timer.previous as WheelTimer;
    const next = timer.next as WheelTimer;
    previous.next = next;
    next.previous = previous;
    timer.previous = null;
    timer.next = null;
    // Only a head is its own neighbour on both sides.
    if (previous === next && timer.slot !== firing && this.headOf(timer.slot).isEmpty) this.vacate(timer.slot);
  }

  private vacate(slot: number): void {
    (this.occupied[slot >> digitBits] as number) &= ~(1 << (slot & (slotsPerLevel - 1)));
  }

  /** The index of the slot that is due first, -1 if all are empty. */
  private firstSlot(): number {
    for (let level = 0; level < top; level += 1) {
      const bits = this.occupied[level] as number;
      if (bits !== 0) return level * slotsPerLevel + lowestBit(bits);
    }
    const bits = this.occupied[top] as number;
    if (bits === 0) return -1;
    const ahead = bits & ~((2 << this.digit(top)) - 1);
    return top * slotsPerLevel + lowestBit(ahead === 0 ? bits : ahead);
  }

  /** The first tick of a slot that is in use. */
  private startOf(slot: number): number {
    const level = slot >> digitBits;
    const digit = slot & (slotsPerLevel - 1);
    const width = ticksPerSlot[level] as number;
    const blockWidth = ticksPerSlot[level + 1] as number;
    const start = Math.floor(this.tick / blockWidth) * blockWidth + digit * width;
    return start > this.tick ? start : start + blockWidth;
  }

  private digit(level: number): number {
    return Math.floor(this.tick / (ticksPerSlot[level] as number)) % slotsPerLevel;
  }

  private readonly wake = (): void => {
    this.armed = null;
    const nowTick = Math.floor(this.clock.now());
    for (let slot = this.firstSlot(); slot >= 0; slot = this.firstSlot()) {
      const start = this.startOf(slot);
      if (start > nowTick) break;
      this.tick = start;
      this.open(slot);
      this.fireDue();
    }
    this.tick = Math.max(this.tick, nowTick);
    const next = this.firstSlot();
    if (next < 0) return;
    const nextTick = this.startOf(next);
    // A timer that fired may have set another, and so armed the clock already.
    if (this.armed === null || nextTick < this.armedTick) this.arm(nextTick, this.clock.now());
  };

  /** The present tick has reached this slot. Its timers are due, or go to lower levels. */
  private open(slot: number): void {
    const head = this.headOf(slot);
    this.vacate(slot);
    if (slot < slotsPerLevel) {
      // In a slot of the lowest level all timers are due. Their `slot` is out of date from now on, which does no harm.
      this.due.takeAll(head);
      return;
    }
    for (let timer = head.next; timer !== head; timer = head.next) {
      this.unlink(timer);
      if (timer.dueTick > this.tick) this.insert(timer);
      else append(this.due, timer);
    }
  }

  private fireDue(): void {
    for (let timer = this.due.next; timer !== this.due; timer = this.due.next) {
      this.unlink(timer);
      this.count -= 1;
      timer.fire();
    }
  }

  private arm(dueTick: number, nowMs: number): void {
    if (this.armed !== null) this.clock.clearTimer(this.armed);
    this.armedTick = dueTick;
    this.armed = this.clock.setTimer(Math.max(0, dueTick - nowMs), this.wake);
  }

  private disarm(): void {
    if (this.armed === null) return;
    this.clock.clearTimer(this.armed);
    this.armed = null;
  }
}

function append(head: Head, timer: WheelTimer): void {
  const last = head.previous;
  last.next = timer;
  timer.previous = last;
  timer.next = head;
  timer.slot = head.slot;
  head.previous = timer;
}

/** The number of the lowest bit that is set. At least one must be set. */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
