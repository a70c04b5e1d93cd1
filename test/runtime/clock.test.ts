/** The machine's clock is never early, however it uses Node's timers again. Node's timers are replaced, so that no time passes. */

import fc from 'fast-check';
import { realClock, type Timer } from 'mailport';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nextTurn } from './testSystem.js';

let calls: string[];
beforeEach(() => {
  calls = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(async () => {
  // The timer that was cancelled last is given up at the end of the turn.
  await nextTurn();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function set(name: string, afterMs: number): Timer {
  return realClock.setTimer(afterMs, () => calls.push(name));
}

test('calls once, after its time, in order', () => {
  for (const [name, afterMs] of [
    ['c', 30],
    ['a', 10],
    ['b', 20.5],
  ] as const)
    set(name, afterMs);
  vi.advanceTimersByTime(9);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual(['a']);
  vi.advanceTimersByTime(10);
  expect(calls).toEqual(['a']);
  vi.advanceTimersByTime(1000);
  expect(calls).toEqual(['a', 'b', 'c']);
});

test('does not call before setTimer has returned, even for 0', () => {
  set('now', 0);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(calls).toEqual(['now']);
});

describe('a cancelled timer', () => {
  test('does not call, and leaves nothing that keeps Node alive', async () => {
    const timer = set('a', 10);
    realClock.clearTimer(timer);
    await nextTurn();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(100);
    expect(calls).toEqual([]);
  });

  test('may be cancelled again, and after it has called', () => {
    const [cancelled, called] = [set('a', 10), set('b', 10)];
    realClock.clearTimer(cancelled);
    realClock.clearTimer(cancelled);
    vi.advanceTimersByTime(10);
    realClock.clearTimer(called);
    expect(calls).toEqual(['b']);
  });

  test('may be cancelled by its own call and by that of another', () => {
    let own: Timer;
    own = realClock.setTimer(5, () => {
      realClock.clearTimer(own);
      realClock.clearTimer(other);
      calls.push('own');
    });
    const other = set('other', 6);
    vi.advanceTimersByTime(100);
    expect(calls).toEqual(['own']);
  });

  test.each<[number, number]>([
    [10, 10],
    [10, 50],
    [50, 10],
    [2 ** 31 + 5, 2 ** 32],
    [10, 2 ** 32 - 1],
  ])('of %i ms hands its place to one of %i ms set in the same turn, which is on time', (firstMs, secondMs) => {
    realClock.clearTimer(set('first', firstMs));
    set('second', secondMs);
    vi.advanceTimersByTime(secondMs - 1);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(calls).toEqual(['second']);
  });

  test('is handed on to one timer only', () => {
    realClock.clearTimer(set('first', 10));
    set('second', 20);
    set('third', 30);
    expect(vi.getTimerCount()).toBe(2);
    vi.advanceTimersByTime(30);
    expect(calls).toEqual(['second', 'third']);
  });

  test('of those cancelled in one turn one is kept', () => {
    const timers = [10, 20, 30].map((afterMs) => set('x', afterMs));
    for (const timer of timers) realClock.clearTimer(timer);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(calls).toEqual([]);
  });

  test('many set and cancelled in one turn make one timer of Node', () => {
    const made = vi.spyOn(globalThis, 'setTimeout');
    for (let count = 0; count < 1000; count += 1) realClock.clearTimer(set('x', 5000));
    expect(made.mock.calls.length).toBe(1);
    made.mockRestore();
  });
});

test('whatever is set, cancelled and waited for, a timer that is not cancelled calls once, on time', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('set' as const), ms: fc.integer({ min: 0, max: 60 }) }),
    fc.record({ do: fc.constant('cancel' as const), ms: fc.nat(30) }),
    fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ do: fc.constant('turn' as const), ms: fc.constant(0) }),
  );
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const timers: { timer: Timer; dueMs: number; cancelled: boolean; calledMs: number[] }[] = [];
    for (const what of steps) {
      if (what.do === 'turn') await nextTurn();
      else if (what.do === 'advance') vi.advanceTimersByTime(what.ms);
      else if (what.do === 'set') {
        const calledMs: number[] = [];
        const timer = realClock.setTimer(what.ms, () => calledMs.push(realClock.now()));
        timers.push({ timer, dueMs: realClock.now() + Math.max(1, what.ms), cancelled: false, calledMs });
      } else {
        const entry = timers[what.ms];
        if (entry === undefined || entry.calledMs.length > 0) continue;
        realClock.clearTimer(entry.timer);
        entry.cancelled = true;
      }
    }
    vi.advanceTimersByTime(100);
    for (const { dueMs, cancelled, calledMs } of timers) expect(calledMs).toEqual(cancelled ? [] : [dueMs]);
    await nextTurn();
    expect(vi.getTimerCount()).toBe(0);
  });
  await fc.assert(property, { numRuns: 150 });
});
