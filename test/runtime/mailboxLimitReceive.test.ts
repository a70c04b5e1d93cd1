import { exit, type MailboxOptions, makeRef, type Pid, processInfo, type Self, send, spawn, spawnHandler, tag } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { backlog, deliver, whenDrained } from '../../runtime/ports.js';
import { nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

function sendAll(pid: Pid<unknown>, messages: readonly unknown[]): void {
  for (const message of messages) send(pid, message);
}

describe('what a receive waits for', () => {
  const waiting = (mailbox: MailboxOptions, wait: (self: Self<unknown>) => Promise<unknown>) =>
    spawn<unknown>(
      async (self) => {
        send(the.main.pid, ['got', await wait(self)]);
        await self.receive(tag('never'));
      },
      { system: the.system, mailbox },
    );

  test.each<[string, (self: Self<unknown>) => Promise<unknown>]>([
    ['by tag', (self) => self.receive(tag('go'))],
    ['by guard', (self) => self.receive((message) => Array.isArray(message) && message[0] === 'go')],
  ])('%s comes in though the mailbox is full', async (_, wait) => {
    const pid = waiting({ limit: 2 }, wait);
    await nextTurn();
    sendAll(pid, [1, 2]);
    await nextTurn();
    send(pid, ['go']);
    expect(await the.main.receive()).toEqual(['got', ['go']]);
    expect(processInfo(pid)).toMatchObject({ mailboxLength: 2, dropped: 0 });
  });

  test('is not confused by what a guard looks at and leaves: that is dropped again', async () => {
    const pid = waiting({ limit: 2 }, (self) => self.receive((message) => message === 'go'));
    await nextTurn();
    for (const message of [1, 2, 3]) {
      send(pid, message);
      await nextTurn();
    }
    expect(processInfo(pid)).toMatchObject({ mailboxLength: 2, dropped: 1 });
    send(pid, 'go');
    expect(await the.main.receive()).toEqual(['got', 'go']);
  });

  test("ends an actor with the policy 'exit' for what a guard leaves", async () => {
    const pid = waiting({ limit: 1, policy: 'exit' }, (self) => self.receive((message) => message === 'go'));
    await nextTurn();
    for (const message of [1, 2]) {
      send(pid, message);
      await nextTurn();
    }
    expect(the.crashes).toMatchObject([{ pid, reason: ['mailbox_limit', 1] }]);
  });

  test('is still asked about when the oldest has been dropped from before it', async () => {
    const pid = waiting({ limit: 2, policy: 'drop_oldest' }, (self) =>
      self.receive((message) => Array.isArray(message) && message[0] === 'DOWN'),
    );
    const victim = spawnHandler<unknown>(() => undefined, { system: the.system });
    await nextTurn();
    send(pid, 'looked at and left');
    await nextTurn();
    // All in one turn: the actor has not looked at the message that must not be dropped when room is made for the others.
    deliver(pid, ['DOWN', makeRef(), 'process', victim, 'boom']);
    sendAll(pid, ['a', 'b', 'c']);
    expect(await the.main.receive()).toMatchObject(['got', ['DOWN', {}, 'process', victim, 'boom']]);
  });
});

test('a limit holds however often a receive with a guard gives up', async () => {
  const { main, system } = testSystem();
  const pid = spawn<unknown>(
    async (self) => {
      for (let round = 0; round < 10; round += 1) {
        send(main.pid, 'round');
        await self.receive((message) => message === 'wanted', { after: 0 });
        await self.receive(tag('next'));
      }
    },
    { system, mailbox: { limit: 3, policy: 'drop_newest' } },
  );
  for (let round = 0; round < 10; round += 1) {
    await main.receive();
    await nextTurn();
    for (let count = 0; count < 3; count += 1) send(pid, 'noise');
    send(pid, ['next']);
  }
  await nextTurn();
  expect(processInfo(pid)?.mailboxLength ?? 0).toBeLessThanOrEqual(3);
  exit(pid, 'kill');
});

test('who waits for a backlog to fall hears of it when messages are taken from between', async () => {
  const { system } = testSystem();
  let ref = makeRef();
  const pid = spawn<unknown>(
    async (self) => {
      const gone = spawn(() => undefined, { system });
      await self.receive((message) => message === 'monitor');
      ref = self.monitor(gone);
      await self.receive((message) => message === 'flush');
      self.demonitor(ref, { flush: true });
      await self.receive(tag('never'));
    },
    { system },
  );
  await nextTurn();
  send(pid, 'monitor');
  await nextTurn();
  let reached = false;
  whenDrained(
    pid,
    () => backlog(pid) <= 0,
    () => {
      reached = true;
    },
  );
  await nextTurn();
  expect(reached).toBe(false);
  send(pid, 'flush');
  await nextTurn();
  expect(reached).toBe(true);
});
