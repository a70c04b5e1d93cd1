/** After the result or the end of a task has been taken, a further question, or its shutdown, has an answer at once. */
import { exit, isAlive, processInfo, send, spawn, type Task, task } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
});

/** The result of each way of asking, once the outcome is known. No time passes, so a wait would never end. */
async function askAll(work: Task<unknown>): Promise<unknown[]> {
  const { main } = the;
  const awaited = await task.await(main, work, Number.POSITIVE_INFINITY).catch((error) => ['rejects', error.reason]);
  const yielded = await task.yield(main, work, Number.POSITIVE_INFINITY);
  const ended = await task.shutdown(main, work, Number.POSITIVE_INFINITY);
  const killed = await task.shutdown(main, work, 'brutal_kill');
  return [awaited, yielded, ended, killed];
}

async function expectNothingLeft(): Promise<void> {
  const others = (await flush(the.main)).filter((message) => (message as unknown[])[0] !== 'EXIT');
  expect(others).toEqual([]);
  expect(processInfo(the.main.pid)).toMatchObject({ monitors: [], links: [] });
  expect(the.clock.pending).toBe(0);
  expect(the.system.actorCount).toBe(1);
}

type Take = (work: Task<unknown>) => Promise<unknown>;
const takes: [string, Take][] = [
  ['await', (work) => task.await(the.main, work)],
  ['yield', (work) => task.yield(the.main, work)],
  ['shutdown', (work) => nextTurn().then(() => task.shutdown(the.main, work, 100))],
];

describe.each(takes)('after %s', (_, take) => {
  test('of a result, each gives it again', async () => {
    const work = task.async<unknown>(the.main, () => 7);
    await take(work);
    expect(await askAll(work)).toEqual([7, ['ok', 7], ['ok', 7], ['ok', 7]]);
    await expectNothingLeft();
  });

  test('of a failure, each gives it again', async () => {
    const work = task.async<unknown>(the.main, () => Promise.reject('boom'));
    await take(work).catch(() => undefined);
    const exited = ['exit', 'boom'];
    expect(await askAll(work)).toEqual([['rejects', 'boom'], exited, exited, exited]);
    await expectNothingLeft();
  });
});

describe('a task that was given up', () => {
  async function givenUp(trapExit = false): Promise<Task<unknown>> {
    const work = task.async<unknown>(the.main, (self) => self.receive((message: unknown) => message === 'go'), { trapExit });
    await expect(task.await(the.main, work, 0)).rejects.toMatchObject({ reason: 'timeout' });
    return work;
  }

  test('is given up for good: to wait for it again takes no time', async () => {
    const work = await givenUp();
    await expect(task.await(the.main, work, Number.POSITIVE_INFINITY)).rejects.toMatchObject({ reason: 'timeout' });
    expect(await task.yield(the.main, work, Number.POSITIVE_INFINITY)).toBeUndefined();
    send(work.pid as never, 'go' as never);
    await nextTurn();
    await expectNothingLeft();
  });

  test.each([false, true])('can still be ended (it traps exits: %s)', async (trapExit) => {
    const work = await givenUp(trapExit);
    const ended = task.shutdown(the.main, work, 100);
    await nextTurn();
    the.clock.advance(100);
    expect(await ended).toBeUndefined();
    expect(isAlive(work.pid)).toBe(false);
    await expectNothingLeft();
  });

  test('and has ended since has nothing to tell', async () => {
    const work = await givenUp();
    send(work.pid as never, 'go' as never);
    await nextTurn();
    expect(await task.shutdown(the.main, work)).toEqual(['exit', 'noproc']);
    await expectNothingLeft();
  });
});

test.each([false, true])(
  'an owner that ends while it ends its task takes the task along (it traps exits: %s)',
  async (trapExit) => {
    const { main, system } = the;
    const owner = spawn<unknown>(
      async (self) => {
        const work = task.async(
          self,
          async (own) => {
            own.trapExit = trapExit;
            for (;;) {
              const message = (await own.receive()) as unknown as unknown[];
              send(main.pid, message);
              if (message[2] === 'killed') return;
            }
          },
          { trapExit },
        );
        send(main.pid, work.pid);
        await task.shutdown(self, work, Number.POSITIVE_INFINITY);
      },
      { system, trapExit: true },
    );
    const pid = await main.receive();
    await nextTurn();
    exit(owner, 'kill');
    await nextTurn();
    const told = trapExit
      ? [
          ['EXIT', owner, 'shutdown'],
          ['EXIT', owner, 'killed'],
        ]
      : [];
    expect(await flush(main)).toEqual(told);
    expect(isAlive(pid as never)).toBe(false);
  },
);
