/** The timer wheel against a sorted list: the same timers fire, at the same times, in the same order, on one timer of the clock. */
import fc from 'fast-check';
import { SimulatedClock } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import { TimerWheel, type WheelTimer } from '../../runtime/timerWheel.js';

class TestTimer implements WheelTimer {
  previous: WheelTimer | null = null;
  next: WheelTimer | null = null;
  slot = 0;
  dueTick = 0;
  readonly fire: () => void;

  constructor(fire: () => void) {
    this.fire = fire;
  }
}

function testWheel(startMs = 0) {
  const clock = new SimulatedClock();
  clock.advance(startMs);
  return { clock, wheel: new TimerWheel(clock) };
}

/** What a timer does when it fires: it sets itself again, or cancels another. */
interface Deeds {
  readonly againMs: number | undefined;
  readonly cancels: number | undefined;
}

type Step =
  | { readonly do: 'set'; readonly afterMs: number; readonly deeds: Deeds }
  | { readonly do: 'cancel' | 'read'; readonly which: number }
  | { readonly do: 'advance'; readonly byMs: number };

interface Entry {
  readonly id: number;
  readonly dueMs: number;
  readonly deeds: Deeds;
}

/** A wheel for which speed does not matter: a list in the order of firing. */
class SortedList {
  nowMs: number;
  readonly fired: [id: number, atMs: number][] = [];
  entries: Entry[] = [];

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  set(id: number, afterMs: number, deeds: Deeds): void {
    const dueMs = Math.ceil(this.nowMs + afterMs);
    const later = this.entries.findIndex((entry) => entry.dueMs > dueMs);
    this.entries.splice(later < 0 ? this.entries.length : later, 0, { id, dueMs, deeds });
  }

  cancel(id: number): void {
    this.entries = this.entries.filter((entry) => entry.id !== id);
  }

  leftMs(id: number): number | undefined {
    const entry = this.entries.find((other) => other.id === id);
    return entry === undefined ? undefined : entry.dueMs - this.nowMs;
  }

  advance(byMs: number): void {
    const untilMs = this.nowMs + byMs;
    for (let first = this.entries[0]; first !== undefined && first.dueMs <= untilMs; first = this.entries[0]) {
      const { id, dueMs, deeds } = first;
      this.entries.shift();
      this.nowMs = dueMs;
      this.fired.push([id, dueMs]);
      if (deeds.cancels !== undefined) this.cancel(deeds.cancels);
      if (deeds.againMs !== undefined) this.set(id, deeds.againMs, { ...deeds, againMs: undefined });
    }
    this.nowMs = untilMs;
  }
}

const longestMs = 2 ** 48;
/** Times at which levels of the wheel meet, and times between. */
const timeMs = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 80 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      31,
      32,
      33,
      1023,
      1024,
      1025,
      32_767,
      32_768,
      32_769,
      2 ** 20,
      2 ** 30,
      2 ** 32 - 1,
      2 ** 45,
      longestMs,
    ),
  },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 100_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: longestMs }) },
);
const which = fc.integer({ min: 0, max: 40 });
const deeds = fc.record({
  againMs: fc.option(timeMs, { nil: undefined, freq: 3 }),
  cancels: fc.option(which, { nil: undefined, freq: 3 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), afterMs: timeMs, deeds }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('read' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('advance' as const), byMs: timeMs }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('advance' as const), byMs: fc.constantFrom(0, 0.25, 0.5, 1.75, 31.5) }) },
);
/** The last is a little before the top level comes round. */
const start = fc.constantFrom(0, 0.5, 31, 1000.25, 2 ** 31, 32 ** 10 - 40, 32 ** 10 - 2 ** 31);

test('fires what a sorted list would, when it would', () => {
  const property = fc.property(start, fc.array(step, { maxLength: 60 }), (startMs, steps) => {
    const { clock, wheel } = testWheel(startMs);
    const model = new SortedList(startMs);
    const timers: TestTimer[] = [];
    const fired: [id: number, atMs: number][] = [];
    const set = (afterMs: number, { againMs, cancels }: Deeds) => {
      const id = timers.length;
      let againLeftMs = againMs;
      const timer = new TestTimer(() => {
        expect(clock.pending).toBeLessThanOrEqual(1);
        fired.push([id, clock.now()]);
        if (cancels !== undefined && timers[cancels] !== undefined) wheel.cancel(timers[cancels]);
        if (againLeftMs !== undefined) wheel.set(timer, againLeftMs);
        againLeftMs = undefined;
      });
      timers.push(timer);
      wheel.set(timer, afterMs);
      model.set(id, afterMs, { againMs, cancels });
    };
    const perform = (what: Step) => {
      if (what.do === 'set') set(what.afterMs, what.deeds);
      else if (what.do === 'advance') {
        clock.advance(what.byMs);
        model.advance(what.byMs);
      } else if (timers[what.which] !== undefined) {
        if (what.do === 'cancel') wheel.cancel(timers[what.which] as TestTimer);
        if (what.do === 'cancel') model.cancel(what.which);
        expect(wheel.leftMs(timers[what.which] as TestTimer)).toBe(model.leftMs(what.which));
      }
    };
    for (const what of [...steps, { do: 'advance', byMs: 2 * longestMs + 2 } as const]) {
      perform(what);
      expect(wheel.size).toBe(model.entries.length);
      expect(clock.pending).toBe(wheel.size === 0 ? 0 : 1);
    }
    expect(fired).toEqual(model.fired);
    expect(wheel.size).toBe(0);
  });
  fc.assert(property, { numRuns: 1500 });
});

describe('a timer', () => {
  test('of 0 ms fires after set has returned, within a millisecond, in idle and in busy wheels', () => {
    const { clock, wheel } = testWheel();
    wheel.set(new TestTimer(() => undefined), 5000);
    clock.advance(50);
    const fired: number[] = [];
    wheel.set(new TestTimer(() => fired.push(clock.now())), 0);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toHaveLength(1);
    expect(fired[0]).toBeLessThanOrEqual(51);
  });

  test('of 0 ms that sets itself again lets time go on', () => {
    const { clock, wheel } = testWheel();
    const fired: number[] = [];
    const timer = new TestTimer(() => {
      fired.push(clock.now());
      wheel.set(timer, 0);
    });
    wheel.set(timer, 0);
    clock.advance(5);
    expect(fired).toEqual([1, 2, 3, 4, 5]);
    wheel.cancel(timer);
    expect(clock.pending).toBe(0);
  });

  test('that is cancelled twice, or was never set, is cancelled', () => {
    const { clock, wheel } = testWheel();
    const timer = new TestTimer(() => expect.unreachable());
    wheel.cancel(timer);
    wheel.set(timer, 5);
    wheel.cancel(timer);
    wheel.cancel(timer);
    expect([wheel.size, wheel.leftMs(timer), clock.pending]).toEqual([0, undefined, 0]);
    clock.advance(100);
  });

  test('of an earlier tick fires first though it was set later and the clock calls late', () => {
    const { clock, wheel } = testWheel();
    const fired: string[] = [];
    wheel.set(new TestTimer(() => fired.push('40')), 40);
    wheel.set(new TestTimer(() => fired.push('35')), 35);
    wheel.set(new TestTimer(() => fired.push('35 too')), 35);
    clock.advance(100);
    expect(fired).toEqual(['35', '35 too', '40']);
  });
});

test('the end of the wheel cancels all timers, and it takes no more', () => {
  const { clock, wheel } = testWheel();
  for (const afterMs of [1, 40, 2000, longestMs]) wheel.set(new TestTimer(() => expect.unreachable()), afterMs);
  wheel.end();
  expect([wheel.size, clock.pending]).toEqual([0, 0]);
  clock.advance(longestMs);
  wheel.set(new TestTimer(() => expect.unreachable()), 7);
  expect([wheel.size, clock.pending]).toEqual([0, 0]);
});

test('an empty wheel can be ended', () => {
  const { clock, wheel } = testWheel();
  wheel.end();
  expect([wheel.size, clock.pending]).toEqual([0, 0]);
});
