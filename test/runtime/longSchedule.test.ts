/** Which time counts as an actor's turn. The test has a clock of its own, and ends the runs of microtasks. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nextTurn } from './testSystem.js';

let nowMs: number;
let told: unknown[];
let asked: number;
let turnBegins: typeof import('../../runtime/longSchedule.js').turnBegins;
let turnEnds: typeof import('../../runtime/longSchedule.js').turnEnds;

beforeEach(async () => {
  nowMs = 1000;
  told = [];
  asked = 0;
  const { queueMicrotask } = globalThis;
  vi.resetModules();
  vi.stubGlobal('queueMicrotask', (callback: () => void) => {
    asked += 1;
    queueMicrotask(callback);
  });
  const schedule = await import('../../runtime/longSchedule.js');
  vi.unstubAllGlobals();
  ({ turnBegins, turnEnds } = schedule);
  schedule.longSchedule.now = () => nowMs;
  schedule.tellBy((process, ms) => told.push([process.label, ms]));
});
afterEach(() => void vi.unstubAllGlobals());

/** An actor, with the parts that matter here. */
const actor = (label: string) => ({ label, system: { reports: { longScheduleMs: 100 } } }) as never;
const [a, b] = [actor('a'), actor('b')];
const block = (ms: number) => {
  nowMs += ms;
};

test('a turn is named when it takes longer than the limit, not when it takes as long', () => {
  turnBegins(a);
  block(100);
  turnEnds(a);
  expect(told).toEqual([]);
  turnBegins(a);
  block(101);
  turnEnds(a);
  expect(told).toEqual([['a', 101]]);
});

test('what an actor did while another waited for its turn is not charged to that one', () => {
  turnBegins(a);
  turnBegins(b);
  block(80);
  turnEnds(a);
  block(80);
  turnEnds(b);
  expect(told).toEqual([]);
});

test('time before its turn began is not charged to an actor', () => {
  turnBegins(a);
  turnEnds(a);
  block(80);
  turnBegins(b);
  block(80);
  turnEnds(b);
  expect(told).toEqual([]);
});

test('an end without a beginning names nobody', () => {
  block(500);
  turnEnds(a);
  turnBegins(a);
  block(1);
  turnEnds(a);
  block(500);
  turnEnds(a);
  expect(told).toEqual([]);
});

test('the end of the microtasks ends a turn that its actor has not ended, and later time is not charged', async () => {
  turnBegins(a);
  block(101);
  await nextTurn();
  expect(told).toEqual([['a', 101]]);
  block(500);
  turnEnds(a);
  expect(told).toHaveLength(1);
});

test('of several actors that have not ended their turns none is named', async () => {
  turnBegins(a);
  turnBegins(b);
  block(500);
  await nextTurn();
  block(500);
  turnEnds(a);
  turnEnds(b);
  expect(told).toEqual([]);
});

test('of several actors the last one that has not ended its turn is named', async () => {
  turnBegins(a);
  turnBegins(b);
  turnEnds(a);
  block(101);
  await nextTurn();
  expect(told).toEqual([['b', 101]]);
});

test('the time up to the end of the microtasks is not charged to the next', async () => {
  turnBegins(a);
  turnEnds(a);
  block(500);
  await nextTurn();
  turnBegins(b);
  block(50);
  turnEnds(b);
  expect(told).toEqual([]);
});

test('the end of the microtasks is asked for once in each run of them', async () => {
  for (let run = 1; run <= 2; run += 1) {
    for (const one of [a, b, a]) turnBegins(one);
    expect(asked).toBe(run);
    await nextTurn();
  }
});
