/** Which mailboxes are looked at, how often, and when they are forgotten, turn by turn. The test makes the turns. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dead, idle } from '../../runtime/states.js';

let turns: (() => void)[];
let held: number;
let observed: boolean;
let told: unknown[];
let mailboxGrew: typeof import('../../runtime/longMessageQueue.js').mailboxGrew;

beforeEach(async () => {
  turns = [];
  held = 0;
  observed = true;
  told = [];
  vi.resetModules();
  vi.stubGlobal('setImmediate', (callback: () => void) => {
    turns.push(callback);
    held += 1;
    return {
      unref: () => {
        held -= 1;
      },
    };
  });
  const queues = await import('../../runtime/longMessageQueue.js');
  vi.unstubAllGlobals();
  mailboxGrew = queues.mailboxGrew;
  queues.tellQueuesBy(
    () => observed,
    (process, length) => told.push([process.label, length]),
  );
});
afterEach(() => void vi.unstubAllGlobals());

test('no event comes before the queue knows how to find observers', async () => {
  vi.resetModules();
  const queues = await import('../../runtime/longMessageQueue.js');
  queues.mailboxGrew(actor(2).it as never, 5);
  queues.tellQueuesBy(
    () => true,
    () => told.push('told'),
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
});

/** An actor, with the parts that matter here. */
function actor(longMessageQueue: number, label = 'slow') {
  const mailbox = { length: 0 };
  const it = { label, mailbox, state: idle as number, system: { reports: { longMessageQueue } } };
  return {
    it,
    has: (length: number) => {
      mailbox.length = length;
    },
    grows: (length: number) => {
      mailbox.length = length;
      mailboxGrew(it as never, length);
    },
  };
}

/** One turn of the event loop. Gives how many looks had been asked for. */
function turn(): number {
  const now = turns;
  turns = [];
  for (const callback of now) callback();
  return now.length;
}

test('a mailbox is looked at from the half of the limit on, and told of above it', () => {
  const slow = actor(2000);
  slow.grows(999);
  expect(turns).toHaveLength(0);
  slow.grows(1000);
  expect(turns).toHaveLength(1);
  slow.has(2000);
  expect([turn(), told]).toEqual([1, []]);
  slow.has(2001);
  expect([turn(), told]).toEqual([1, [['slow', 2001]]]);
});

test('it is told of once, and again only after less than the half waited', () => {
  const slow = actor(2000);
  slow.grows(2001);
  turn();
  for (const length of [1000, 2001, 999, 2000]) {
    slow.has(length);
    turn();
  }
  expect(told).toHaveLength(1);
  slow.has(3000);
  turn();
  expect(told).toEqual([
    ['slow', 2001],
    ['slow', 3000],
  ]);
});

test('all are looked at together, once in a turn, and Node is not kept alive for it', () => {
  for (const label of ['a', 'b', 'c']) actor(2000, label).grows(5000);
  expect([turns.length, held]).toEqual([1, 0]);
  expect(turn()).toBe(1);
  expect(told).toEqual([
    ['a', 5000],
    ['b', 5000],
    ['c', 5000],
  ]);
  expect(turn()).toBe(1);
});

test('an empty mailbox is forgotten, and looked at again when it grows', () => {
  const slow = actor(2000);
  slow.grows(2001);
  turn();
  slow.has(1);
  turn();
  expect(turns).toHaveLength(1);
  slow.has(0);
  turn();
  expect(turns).toHaveLength(0);
  slow.grows(2001);
  turn();
  expect(told).toHaveLength(2);
});

test('an empty mailbox that is so small that it never grows again is still looked at', () => {
  const slow = actor(1024);
  slow.grows(1025);
  turn();
  slow.has(0);
  turn();
  slow.has(1025);
  turn();
  expect(told).toHaveLength(2);
});

test('the mailbox of an actor that has ended is forgotten', () => {
  const slow = actor(1024);
  slow.grows(1025);
  turn();
  slow.has(0);
  slow.it.state = dead;
  turn();
  expect(turns).toHaveLength(0);
});

test('no mailbox is looked at while nobody observes, and later observers are told anew', () => {
  const slow = actor(2000);
  observed = false;
  slow.grows(5000);
  expect(turns).toHaveLength(0);
  observed = true;
  slow.grows(5000);
  turn();
  observed = false;
  turn();
  expect(turns).toHaveLength(0);
  observed = true;
  slow.grows(6000);
  turn();
  expect(told).toEqual([
    ['slow', 5000],
    ['slow', 6000],
  ]);
});
