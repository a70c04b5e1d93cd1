/** `receiveNow` takes a message that is there already, without waiting. */
import { exit, makeRef, processInfo, reply, type Self, send, spawn, spawnHandler, tag } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

test('takes the oldest message, and gives undefined when there is none', () => {
  const { main } = the;
  for (const message of [1, 2]) send(main.pid, message);
  expect([main.receiveNow(), main.receiveNow(), main.receiveNow()]).toEqual([1, 2, undefined]);
});

test('takes by tag, by reference and by guard, and leaves the others in order', async () => {
  const { main } = the;
  const ref = makeRef();
  for (const message of [1, ['x', 1], ['done', ref], 2, ['x', 2]]) send(main.pid, message);
  expect(main.receiveNow(tag('x'))).toEqual(['x', 1]);
  expect(main.receiveNow(reply(ref))).toEqual(['done', ref]);
  expect(main.receiveNow((message) => message === 2)).toBe(2);
  expect(main.receiveNow(tag('y'))).toBeUndefined();
  expect(await flush(main)).toEqual([1, ['x', 2]]);
});

test('gives the first message behind those that a receive has passed over', async () => {
  const { main } = the;
  for (const message of [1, ['x'], 2]) send(main.pid, message);
  await main.receive(tag('x'));
  expect([main.receiveNow(), main.receiveNow()]).toEqual([1, 2]);
});

test.each([
  ['any message', (self: Self<unknown>) => self.receiveNow()],
  ['a tag', (self: Self<unknown>) => self.receiveNow(tag('x') as never)],
  ['a guard', (self: Self<unknown>) => self.receiveNow(() => true)],
])('lets others run after some hundred messages in a row, taken by %s, and goes on after a receive', (_what, take) => {
  const { main } = the;
  for (let count = 0; count < 600; count += 1) send(main.pid, ['x']);
  const taken = () => {
    let count = 0;
    while (take(main) !== undefined) count += 1;
    return count;
  };
  const first = taken();
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(256);
  expect(taken()).toBe(0);
  expect(processInfo(main.pid)?.mailboxLength).toBe(600 - first);
});

test('mixes with receive: all messages come once and in order', async () => {
  const { main, system } = the;
  const pid = spawn<number>(
    async (self) => {
      for (let expected = 0; expected < 5000; expected += 1) {
        const message = self.receiveNow() ?? (await self.receive());
        if (message !== expected) throw new Error(`${message} instead of ${expected}`);
      }
      send(main.pid, 'all');
    },
    { system },
  );
  for (let number = 0; number < 5000; number += 1) send(pid, number);
  expect(await main.receive()).toBe('all');
});

test('gives way: after many messages it gives undefined though more wait, until the next receive', async () => {
  const { main, system } = the;
  let taken = 0;
  const pid = spawn<number>(
    async (self) => {
      await self.receive();
      while (self.receiveNow() !== undefined) taken += 1;
      send(main.pid, taken);
      await self.receive();
      send(main.pid, self.receiveNow());
    },
    { system },
  );
  for (let number = 1; number <= 2000; number += 1) send(pid, number);
  const before = (await main.receive()) as number;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(1000);
  expect(await main.receive()).toBe(before + 3);
});

test('lets a handler take the messages behind the one it was called with, however long it lives', async () => {
  const { main, system } = the;
  const pid = spawnHandler<number>(
    (first, self) => {
      send(main.pid, [first, self.receiveNow()]);
    },
    { system },
  );
  for (let round = 0; round < 400; round += 1) {
    send(pid, 2 * round);
    send(pid, 2 * round + 1);
    expect(await main.receive()).toEqual([2 * round, 2 * round + 1]);
  }
});

test('its messages count as taken', async () => {
  const { main, system } = the;
  const pid = spawn<unknown>(
    async (self) => {
      await self.receive();
      self.receiveNow();
      self.receiveNow();
      send(main.pid, 'done');
      await self.receive(tag('never'));
    },
    { system },
  );
  for (const message of [1, 2, 3]) send(pid, message);
  await main.receive();
  expect(processInfo(pid)).toMatchObject({ reductions: 3, mailboxLength: 0 });
});

describe('a guard', () => {
  test('that throws leaves its message, and the caller has the error', async () => {
    const { main } = the;
    send(main.pid, 1);
    expect(() =>
      main.receiveNow(() => {
        throw new Error('guard');
      }),
    ).toThrow('guard');
    expect(await flush(main)).toEqual([1]);
  });

  test('that ends its own actor unwinds it', async () => {
    const { main } = the;
    send(main.pid, 1);
    expect(() =>
      main.receiveNow(() => {
        exit(main.pid, 'kill');
        return true;
      }),
    ).toThrowError(expect.objectContaining({ name: 'ActorExit', reason: 'killed' }));
  });

  test('must not receive from the same mailbox', () => {
    const { main } = the;
    send(main.pid, 1);
    expect(() => main.receiveNow(() => main.receiveNow() !== undefined)).toThrowError(
      expect.objectContaining({ argument: 'self' }),
    );
    expect(main.receiveNow()).toBe(1);
  });
});

test('is refused while a receive waits', async () => {
  const { main } = the;
  const waiting = main.receive();
  expect(() => main.receiveNow()).toThrowError(expect.objectContaining({ argument: 'self' }));
  send(main.pid, 'x');
  expect(await waiting).toBe('x');
});

test('throws ActorExit after the actor has ended', async () => {
  let stolen: Self<unknown> | undefined;
  spawn<unknown>(
    (self) => {
      stolen = self;
    },
    { system: the.system },
  );
  await nextTurn();
  expect(() => stolen?.receiveNow()).toThrowError(expect.objectContaining({ name: 'ActorExit' }));
});
