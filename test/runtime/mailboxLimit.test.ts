/** Mailboxes with a limit: which messages are dropped, which never are, and who hears of it. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import {
  type Call,
  call,
  exit,
  isAlive,
  type MailboxOptions,
  makeRef,
  type OverflowReport,
  observer,
  type Pid,
  processInfo,
  reply,
  replyTo,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  tag,
} from 'mailport';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deliver, portExited } from '../../runtime/ports.js';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

/** An actor that has begun. It takes nothing until it gets `['go']`, and then tells the messages that had waited. */
async function busy(mailbox: MailboxOptions, trapExit = false): Promise<{ pid: Pid<unknown>; took: () => Promise<unknown[]> }> {
  const { main, system } = the;
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const pid = spawn<unknown>(
    async (self) => {
      await opened;
      const all: unknown[] = [];
      for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
        all.push(message);
      }
      send(main.pid, ['took', all]);
      await self.receive(tag('never'));
    },
    { system, mailbox, trapExit, label: 'busy' },
  );
  await nextTurn();
  const took = async () => {
    open();
    return (await main.receive(tag('took')))[1] as unknown[];
  };
  return { pid, took };
}

function sendAll(pid: Pid<unknown>, messages: readonly unknown[]): void {
  for (const message of messages) send(pid, message);
}

describe('a full mailbox', () => {
  test.each<[MailboxOptions, number[]]>([
    [{ limit: 3 }, [1, 2, 3]],
    [{ limit: 3, policy: 'drop_newest' }, [1, 2, 3]],
    [{ limit: 3, policy: 'drop_oldest' }, [3, 4, 5]],
    [{ limit: 1 }, [1]],
    [{ limit: 1, policy: 'drop_oldest' }, [5]],
    [{ limit: 5 }, [1, 2, 3, 4, 5]],
  ])('with %o keeps %o of five messages, and counts the others', async (mailbox, kept) => {
    const { pid, took } = await busy(mailbox);
    sendAll(pid, [1, 2, 3, 4, 5]);
    expect(processInfo(pid)).toMatchObject({ mailboxLength: kept.length, dropped: 5 - kept.length });
    expect(await took()).toEqual(kept);
  });

  test("with the policy 'exit' ends its actor, as a crash, in the turn of whoever sent too much", async () => {
    const { pid } = await busy({ limit: 2, policy: 'exit' });
    const ref = the.main.monitor(pid);
    sendAll(pid, [1, 2]);
    expect(isAlive(pid)).toBe(true);
    send(pid, 3);
    expect(isAlive(pid)).toBe(false);
    send(pid, 4);
    expect(await flush(the.main)).toEqual([['DOWN', ref, 'process', pid, ['mailbox_limit', 2]]]);
    expect(the.crashes).toMatchObject([{ pid, reason: ['mailbox_limit', 2], mailboxLength: 2 }]);
  });

  test('takes messages again when there is room', async () => {
    const { main, system } = the;
    const pid = spawn<unknown>(
      async (self) => {
        await self.receive(tag('go'));
        for (let message = await self.receive(); message !== 'end'; message = await self.receive()) send(main.pid, message);
      },
      { system, mailbox: { limit: 3 } },
    );
    await nextTurn();
    sendAll(pid, [1, 2, 3, 4]);
    send(pid, ['go']);
    await nextTurn();
    sendAll(pid, [5, 6, 'end']);
    await nextTurn();
    expect(await flush(main)).toEqual([1, 2, 3, 5, 6]);
  });

  test('of a handler is bounded as that of a body', async () => {
    const { main, system } = the;
    const pid = spawnHandler<unknown>((message) => send(main.pid, message), { system, mailbox: { limit: 2 } });
    await nextTurn();
    sendAll(pid, [1, 2, 3]);
    await nextTurn();
    sendAll(pid, [4]);
    await nextTurn();
    expect(await flush(main)).toEqual([1, 2, 4]);
  });

  test('refuses timers as it refuses sends', async () => {
    const { pid, took } = await busy({ limit: 1 });
    send(pid, 'first');
    sendAfter(pid, 'second', 10);
    the.clock.advance(10);
    expect(processInfo(pid)?.dropped).toBe(1);
    expect(await took()).toEqual(['first']);
  });

  test('refuses the request of a call, which fails at once', async () => {
    const { pid } = await busy({ limit: 1 });
    send(pid, 'first');
    await expect(call(the.main, pid as Pid<Call<number, number>>, 1)).rejects.toMatchObject({ reason: 'mailbox_limit' });
    expect(the.clock.pending).toBe(0);
  });

  test('does not drop requests that have come in, whatever the policy: somebody waits for them', async () => {
    const { pid, took } = await busy({ limit: 2, policy: 'drop_oldest' });
    spawn<unknown>((self) => call(self, pid as Pid<Call<string, string>>, 'kept', 1000).catch(() => undefined), {
      system: the.system,
    });
    await nextTurn();
    for (let count = 0; count < 5; count += 1) send(pid, count);
    expect(await took()).toMatchObject([['$gen_call', {}, 'kept'], 4]);
  });

  test('never throws into the sender', async () => {
    for (const policy of ['drop_newest', 'drop_oldest', 'exit'] as const) {
      const { pid } = await busy({ limit: 1, policy });
      expect(() => sendAll(pid, [1, 2, 3])).not.toThrow();
    }
  });
});

describe('is never dropped:', () => {
  test('an exit, the end of what is monitored, an answer', async () => {
    const { main, system } = the;
    const server = spawnHandler<Call<number, number>>(([, from, number]) => replyTo(from, number), { system });
    const pid = spawn<unknown>(
      async (self) => {
        self.trapExit = true;
        spawnLink(self, () => Promise.reject('exit'));
        spawnMonitor(self, () => Promise.reject('down'));
        sendAll(self.pid, [1, 2, 3]);
        const answer = await call(self, server, 7);
        const exited = await self.receive(tag('EXIT'));
        const down = await self.receive(tag('DOWN'));
        send(main.pid, [answer, exited[2], down[4]]);
        await self.receive(tag('never'));
      },
      { system, mailbox: { limit: 1 } },
    );
    expect(await main.receive()).toEqual([7, 'exit', 'down']);
    expect(processInfo(pid)?.dropped).toBe(2);
  });

  test('a signal to make room for a message', async () => {
    const { pid, took } = await busy({ limit: 2, policy: 'drop_oldest' }, true);
    const ref = makeRef();
    exit(pid, 'soft', the.main);
    deliver(pid, [ref, 'answer']);
    sendAll(pid, [1, 2]);
    expect(await took()).toEqual([
      ['EXIT', the.main.pid, 'soft'],
      [ref, 'answer'],
    ]);
    expect(processInfo(pid)?.dropped).toBe(2);
  });

  test('what a port has read, which counts all the same', async () => {
    const { pid, took } = await busy({ limit: 2, policy: 'drop_oldest' });
    const port = { label: '#Port', isOpen: true, onExit: () => portExited(port, 'normal') };
    for (const data of [1, 2, 3]) deliver(pid, ['sctp', port, data]);
    send(pid, 'one too many');
    expect(processInfo(pid)).toMatchObject({ mailboxLength: 3, dropped: 1 });
    expect(await took()).toEqual([1, 2, 3].map((data) => ['sctp', port, data]));
  });
});

describe("the observer's event overflow", () => {
  afterEach(() => {
    observer.removeAllListeners();
  });

  test('comes once until half of the mailbox has been taken, and on a channel too', async () => {
    const { system } = the;
    const seen: OverflowReport[] = [];
    const mirrored: unknown[] = [];
    const mirror = (report: unknown) => mirrored.push(report);
    observer.on('overflow', (report) => seen.push(report));
    subscribe('mailport:overflow', mirror);
    const pid = spawn<unknown>(
      async (self) => {
        for (;;) {
          const [, count] = (await self.receive(tag('take'))) as unknown as ['take', number];
          for (let taken = 0; taken < count; taken += 1) await self.receive();
        }
      },
      { system, label: 'bounded', mailbox: { limit: 4 } },
    );
    await nextTurn();
    const fill = (count: number) => sendAll(pid, Array.from({ length: count }));
    const take = async (count: number) => {
      send(pid, ['take', count]);
      await nextTurn();
    };
    fill(4);
    expect(seen).toEqual([]);
    fill(3);
    expect(seen).toEqual([{ pid, label: 'bounded', limit: 4, policy: 'drop_newest' }]);
    await take(1);
    await fill(3);
    expect(seen).toHaveLength(1);
    await take(2);
    await fill(3);
    expect(seen).toHaveLength(2);
    expect(mirrored).toEqual(seen);
    expect(processInfo(pid)?.dropped).toBe(6);
    unsubscribe('mailport:overflow', mirror);
  });

  test("comes before the end of an actor with the policy 'exit'", async () => {
    const { pid } = await busy({ limit: 1, policy: 'exit' });
    const seen: unknown[] = [];
    observer.on('overflow', (report) => seen.push(['overflow', report.pid, isAlive(pid)]));
    observer.on('exit', (report) => seen.push(['exit', report.pid]));
    sendAll(pid, [1, 2, 3]);
    expect(seen).toEqual([
      ['overflow', pid, true],
      ['exit', pid],
    ]);
  });
});

test('an actor without a limit is never refused a message', async () => {
  const pid = spawn<unknown>((self) => self.receive(reply(makeRef())), { system: the.system });
  await nextTurn();
  sendAll(pid, Array.from({ length: 10_000 }));
  expect(processInfo(pid)).toMatchObject({ mailboxLength: 10_000, dropped: 0 });
});
