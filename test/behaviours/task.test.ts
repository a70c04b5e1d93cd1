/** Tasks: work in an actor of its own, awaited by its owner. */
import { exit, isAlive, processInfo, send, spawn, supervisor, task } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

const forever = () => new Promise<never>(() => undefined);

describe('await', () => {
  test('gives the result, and leaves nothing in the mailbox', async () => {
    const sum = task.async(the.main, async () => 1 + 2);
    expect(processInfo(sum.pid)).toMatchObject({ label: 'task', behaviour: 'task' });
    expect(await task.await(the.main, sum)).toBe(3);
    expect(await flush(the.main)).toEqual([]);
    expect(isAlive(sum.pid)).toBe(false);
  });

  test('tasks run side by side, and results are taken in any order', async () => {
    const order: string[] = [];
    const [one, two] = ['one', 'two'].map((name) =>
      task.async(the.main, async (self) => {
        order.push(`${name} begins`);
        await self.receive();
        return name;
      }),
    ) as [ReturnType<typeof task.async<string>>, ReturnType<typeof task.async<string>>];
    await nextTurn();
    expect(order).toEqual(['one begins', 'two begins']);
    send(one.pid as never, 'go' as never);
    send(two.pid as never, 'go' as never);
    expect(await task.await(the.main, two)).toBe('two');
    expect(await task.await(the.main, one)).toBe('one');
  });

  test('rejects with why the work failed, if the owner traps exits', async () => {
    the.main.trapExit = true;
    const broken = task.async(the.main, () => Promise.reject('boom'));
    await expect(task.await(the.main, broken)).rejects.toMatchObject({ name: 'CallError', reason: 'boom' });
    expect(await flush(the.main)).toEqual([['EXIT', broken.pid, 'boom']]);
  });

  test('an owner that does not trap exits ends with its task', async () => {
    const owner = spawn(
      (self) =>
        task.await(
          self,
          task.async(self, () => Promise.reject('boom')),
        ),
      { system: the.system },
    );
    const ref = the.main.monitor(owner);
    expect(await the.main.receive()).toEqual(['DOWN', ref, 'process', owner, 'boom']);
  });

  test('a timeout rejects; a result that comes later goes nowhere', async () => {
    const slow = task.async(the.main, async (self) => {
      await self.receive();
      return 'late';
    });
    const awaited = task.await(the.main, slow, 100);
    await nextTurn();
    the.clock.advance(100);
    await expect(awaited).rejects.toMatchObject({ reason: 'timeout' });
    send(slow.pid as never, 'go' as never);
    await nextTurn();
    expect(isAlive(slow.pid)).toBe(false);
    expect(await flush(the.main)).toEqual([]);
  });

  test('is refused to any actor but the owner', async () => {
    const sum = task.async(the.main, () => 1);
    const other = spawn((self) => task.await(self, sum), { system: the.system });
    const ref = the.main.monitor(other);
    expect(await the.main.receive((message) => (message as unknown[])[1] === ref)).toMatchObject([
      'DOWN',
      ref,
      'process',
      other,
      { code: 'badarg', argument: 'task' },
    ]);
    expect(await task.await(the.main, sum)).toBe(1);
  });
});

describe('yield', () => {
  test('looks, and can be asked again', async () => {
    const slow = task.async(the.main, async (self) => {
      await self.receive();
      return 5;
    });
    expect(await task.yield(the.main, slow, 0)).toBeUndefined();
    send(slow.pid as never, 'go' as never);
    expect(await task.yield(the.main, slow)).toEqual(['ok', 5]);
  });

  test('tells of a failure as a value', async () => {
    the.main.trapExit = true;
    const broken = task.async(the.main, (self) => self.exit('boom'));
    expect(await task.yield(the.main, broken)).toEqual(['exit', 'boom']);
  });
});

describe('shutdown', () => {
  test('ends work that is under way, and the owner lives', async () => {
    const work = task.async(the.main, forever);
    await nextTurn();
    expect(await task.shutdown(the.main, work)).toBeUndefined();
    expect(isAlive(work.pid)).toBe(false);
    expect(await flush(the.main)).toEqual([]);
  });

  test('gives a result that was there already', async () => {
    const work = task.async(the.main, () => 7);
    await nextTurn();
    expect(await task.shutdown(the.main, work)).toEqual(['ok', 7]);
  });

  test('kills work that does not end in time, or at once', async () => {
    const stubborn = () => task.async(the.main, forever, { trapExit: true });
    const one = stubborn();
    await nextTurn();
    const ended = task.shutdown(the.main, one, 100);
    await nextTurn();
    expect(isAlive(one.pid)).toBe(true);
    the.clock.advance(100);
    expect(await ended).toBeUndefined();
    const two = stubborn();
    await nextTurn();
    expect(await task.shutdown(the.main, two, 'brutal_kill')).toBeUndefined();
    expect([one, two].map(({ pid }) => isAlive(pid))).toEqual([false, false]);
  });
});

test('startLink makes a child of a supervisor, restarted as that says', async () => {
  const runs: number[] = [];
  const top = await supervisor.startLink(the.main, {
    children: [
      {
        id: 'work',
        restart: 'transient',
        start: (self) =>
          task.startLink(self, () => {
            runs.push(runs.length);
            if (runs.length === 1) throw 'first';
          }),
      },
    ],
  });
  await nextTurn();
  expect(runs).toEqual([0, 1]);
  expect(await supervisor.whichChildren(the.main, top)).toEqual([{ id: 'work', pid: undefined, type: 'worker' }]);
  exit(top, 'kill');
});

test('a wrong argument throws BadArg that names it', () => {
  const wrong = (value: unknown): never => value as never;
  expect(() => task.async(the.main, wrong(1))).toThrow(expect.objectContaining({ argument: 'work' }));
  expect(() => task.startLink(wrong({}), () => 1)).toThrow(expect.objectContaining({ argument: 'self' }));
});
