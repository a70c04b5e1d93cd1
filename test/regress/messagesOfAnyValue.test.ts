/** Any value may be a message, also a value that is not equal to itself. A guard is asked about each message once, and nothing is lost. */
import { send, spawn } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { Mailbox, none } from '../../runtime/mailbox.js';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

/** A guard for 'b'. If a receive asks it again and again, it ends the test. */
function wantsB(): ((message: unknown) => boolean) & { asked: number } {
  const guard = (message: unknown) => {
    guard.asked += 1;
    if (guard.asked > 100) throw new Error('asked again and again');
    return message === 'b';
  };
  guard.asked = 0;
  return guard;
}

/** Values that JavaScript cannot compare, or compares strangely. */
const strange = [
  Number.NaN,
  -0,
  0,
  undefined,
  null,
  '',
  Symbol('x'),
  1n,
  new Date(Number.NaN),
  Object.create(null),
  [Number.NaN],
];

describe('NaN and other strange values in the mailbox', () => {
  test.each(['receive', 'receiveNow'] as const)(
    '%s with a function passes them over, once, and they stay in order',
    async (how) => {
      const { main } = the;
      for (const message of [...strange, 'b', Number.NaN]) send(main.pid, message);
      const guard = wantsB();
      expect(await main[how](guard)).toBe('b');
      expect(guard.asked).toBe(strange.length + 1);
      expect(await flush(main)).toEqual([...strange, Number.NaN]);
    },
  );

  test('a receive that waits takes its message, whatever comes before', async () => {
    const { main } = the;
    const received = main.receive(wantsB());
    for (const message of [...strange, 'b']) send(main.pid, message);
    expect(await received).toBe('b');
    expect(await flush(main)).toEqual(strange);
  });

  test('a plain receive takes them', async () => {
    const { main } = the;
    for (const message of ['a', Number.NaN, 'c']) send(main.pid, message);
    expect(await main.receive((message) => Number.isNaN(message))).toBeNaN();
    expect(await flush(main)).toEqual(['a', 'c']);
  });

  test('a mailbox with a limit drops and keeps the right ones', async () => {
    const { main, system } = the;
    const pid = spawn<unknown>(
      async (self) => {
        await self.receive(wantsB());
        for (;;) send(main.pid, ['got', await self.receive()]);
      },
      { system, mailbox: { limit: 2, policy: 'drop_oldest' } },
    );
    await nextTurn();
    for (const message of [1, Number.NaN, Number.NaN, Number.NaN, 'b']) send(pid, message);
    await nextTurn();
    expect(await flush(main)).toEqual([['got', Number.NaN]]);
  });
});

test('a guard that takes so many of those passed over that the rest moves misses none of the rest', () => {
  const mailbox = new Mailbox();
  for (let count = 0; count < 200; count += 1) mailbox.push(count);
  expect(mailbox.takeMatch(() => false, false)).toBe(none);
  let takes = true;
  const guard = (message: unknown) => {
    // A flush of a monitor, or a handoff, does the same in the middle of a search.
    if (message === 150 && takes) {
      takes = false;
      mailbox.extract((other) => (other as number) < 150);
    }
    return message === 160;
  };
  expect(mailbox.takeMatch(guard, false)).toBe(160);
});
