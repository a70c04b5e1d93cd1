/**
 * A hierarchical timer wheel: any number of timers on one timer of the clock. Setting and cancelling cost the same at any number. Knows
 * nothing of actors. After Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987), in the tickless form that tokio uses.
 *
 * Time is cut into ticks of a millisecond. A timer stands at the lowest level at which its tick and the present one differ in one digit (of
 * base 32) alone, in the slot of its own digit; so every slot in use lies ahead, lower levels are due before higher ones, and timers of
 * one tick fire in the order they were set.
 */
import type { Clock, Timer } from './clock.js';

/** What can be set. Whoever sets it is also its entry in the wheel, so that nothing is allocated for it. */
export interface WheelTimer {
  /** Neighbours in the list of a slot; null while it is not set. */
  previous: WheelTimer | null;
  next: WheelTimer | null;
  /** Index of its slot, all levels counted through. */
  slot: number;
  dueTick: number;
  /** Called once, not before its time. Must not throw. */
  fire(): void;
}

const digitBits = 5;
const slotsPerLevel = 2 ** digitBits;
/** 32^10 ms are more than twice the longest timeout, 2^48 ms, so the top level can be read around its end. */
const levels = 10;
const top = levels - 1;
/** What fits, with room for a clock that has run ahead of the last tick. */
const horizonMs = slotsPerLevel ** levels / 2;
const ticksPerSlot = Array.from({ length: levels + 1 }, (_, level) => slotsPerLevel ** level);
/** Slot of a timer that is due and in the list of those to be fired. */
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

  /** Takes over the list of another. This one must be empty, and that one must not be. */
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
  /** A bit for each slot of a level that is not empty. */
  private readonly occupied = new Int32Array(levels);
  private readonly due = new Head(firing);
  /** All timers of this tick and before have fired. */
  private tick = 0;
  private armed: Timer | null = null;
  private armedTick = 0;
  private count = 0;
  private hasEnded = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Timers that are set. */
  get size(): number {
    return this.count;
  }

  /** Sets a timer that is not set: `fire` is called after at least `afterMs` milliseconds, and not before `set` has returned. */
  set(timer: WheelTimer, afterMs: number): void {
    if (this.hasEnded) return;
    const nowMs = this.clock.now();
    const tick = this.count === 0 ? Math.floor(nowMs) : this.tick;
    const dueTick = Math.max(Math.ceil(nowMs + afterMs), tick + 1);
    // One timer in a slot that never comes, or comes too early, takes all others with it.
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

  /** Milliseconds until a timer is due, at least 0; undefined if it is not set. */
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

  /** Index of the slot that comes first, -1 if there is none. */
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

  /** First tick of a slot in use. */
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
    // A timer set by one that fired may have armed the clock.
    if (this.armed === null || nextTick < this.armedTick) this.arm(nextTick, this.clock.now());
  };

  /** The present tick has come to this slot: its timers are due, or go to lower levels. */
  private open(slot: number): void {
    const head = this.headOf(slot);
    this.vacate(slot);
    if (slot < slotsPerLevel) {
      // In a slot of the lowest level all are due. What their entries say of it is out of date, and harms nothing: it is empty, or has others.
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

/** Number of the lowest bit that is set; there must be one. */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
