/** Looking into behaviours and holding them up. The promises are those of sys(3). */
import {
  call,
  cast,
  exit,
  genServer,
  isAlive,
  type Pid,
  processInfo,
  send,
  spawn,
  spawnHandler,
  supervisor,
  sys,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';
import { counter } from './counter.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

test('getState gives the state, in turn among the messages', async () => {
  const pid = await counter(the);
  cast(pid, 5);
  const state = sys.getState(the.main, pid);
  cast(pid, 6);
  expect(await state).toBe(5);
  expect(await sys.getState(the.main, pid)).toBe(11);
  expect(await flush(the.main)).toEqual([]);
});

test('a server can be meant by its name', async () => {
  await counter(the, { name: 'counter' });
  expect(await sys.getState(the.main, 'counter')).toBe(0);
});

describe('replaceState', () => {
  test('puts another state in the place of the present one, and gives it', async () => {
    const pid = await counter(the);
    cast(pid, 5);
    expect(await sys.replaceState(the.main, pid, (count: number) => count * 10)).toBe(50);
    expect(await call(the.main, pid, 'get')).toBe(50);
  });

  test('rejects with what the function throws, and changes nothing', async () => {
    const pid = await counter(the);
    cast(pid, 5);
    const failed = sys.replaceState(the.main, pid, () => {
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await call(the.main, pid, 'get')).toBe(5);
    expect(the.crashes).toEqual([]);
  });
});

describe('a suspended server', () => {
  test('takes no messages until it is resumed, and then all, in order', async () => {
    const pid = await counter(the);
    await sys.suspend(the.main, pid);
    cast(pid, 1);
    send(pid, 'four');
    cast(pid, 2);
    await nextTurn();
    expect(await sys.getState(the.main, pid)).toBe(0);
    expect(processInfo(pid)?.mailboxLength).toBe(3);
    await sys.resume(the.main, pid);
    expect(await call(the.main, pid, 'get')).toBe(6);
  });

  test('takes system messages, in any number', async () => {
    const pid = await counter(the);
    await sys.suspend(the.main, pid);
    await sys.suspend(the.main, pid);
    cast(pid, 1);
    expect(await sys.replaceState(the.main, pid, () => 10)).toBe(10);
    expect(await sys.getStatus(the.main, pid)).toEqual({ status: 'suspended', state: 10, traced: 0 });
    await sys.resume(the.main, pid);
    expect(await call(the.main, pid, 'get')).toBe(11);
    expect(await sys.getStatus(the.main, pid)).toEqual({ status: 'running', state: 11, traced: 0 });
  });

  test('lets calls wait, which may time out', async () => {
    const { main, clock } = the;
    const pid = await counter(the);
    await sys.suspend(main, pid);
    const outcome = call(main, pid, 'get', 100).catch(({ reason }) => reason);
    await nextTurn();
    clock.advance(100);
    expect(await outcome).toBe('timeout');
    await sys.resume(main, pid);
    await sys.getState(main, pid);
    expect(await flush(main)).toEqual([]);
  });

  test('ends with its parent all the same', async () => {
    const { main, system } = the;
    const ended: unknown[] = [];
    const parent = spawn<unknown>(
      async (self) => {
        const child = await genServer.startLink(
          self,
          { init: () => ['ok', 0], terminate: (reason) => void ended.push(reason) },
          { trapExit: true },
        );
        send(main.pid, child);
        await self.receive();
      },
      { system },
    );
    const child = (await main.receive()) as Pid;
    await sys.suspend(main, child);
    exit(parent, 'boom');
    await nextTurn();
    expect([isAlive(child), ended]).toEqual([false, ['boom']]);
  });

  test('leaves exit messages of other actors for later', async () => {
    const pid = await counter(the, { trapExit: true });
    await sys.suspend(the.main, pid);
    exit(pid, 'boom', the.main);
    expect(await sys.getState(the.main, pid)).toBe(0);
    await sys.resume(the.main, pid);
    expect(await call(the.main, pid, 'get')).toBe(['EXIT', the.main.pid, 'boom'].length);
  });

  test('can be killed', async () => {
    const pid = await counter(the);
    await sys.suspend(the.main, pid);
    exit(pid, 'kill');
    expect(isAlive(pid)).toBe(false);
  });

  test('may be a supervisor, which restarts nobody meanwhile', async () => {
    const { main, system } = the;
    let starts = 0;
    const start = (self: Parameters<typeof genServer.startLink>[0]) => {
      starts += 1;
      return spawnHandler<unknown>(() => undefined, { link: self, name: 'child' });
    };
    const top = await supervisor.start({ children: [{ id: 'a', start }] }, { system });
    await sys.suspend(main, top);
    const [child] = [...((await sys.getState(main, top)) as Set<{ pid: Pid }>)];
    exit(child?.pid as Pid, 'kill');
    await nextTurn();
    expect(starts).toBe(1);
    await sys.resume(main, top);
    await supervisor.whichChildren(main, top);
    expect(starts).toBe(2);
  });
});

describe('a system message', () => {
  test("fails with 'noproc' without such an actor, and with the reason for which the actor ends", async () => {
    const { main } = the;
    const pid = await counter(the);
    const busy = await genServer.start(
      { init: () => ['ok', 0], handleInfo: () => new Promise<never>(() => undefined) },
      { system: the.system },
    );
    send(busy as Pid as Pid<string>, 'wait');
    const state = sys.getState(main, busy);
    await nextTurn();
    exit(busy, 'boom');
    await expect(state).rejects.toMatchObject({ name: 'CallError', reason: 'boom' });
    exit(pid, 'kill');
    await expect(sys.suspend(main, pid)).rejects.toMatchObject({ name: 'CallError', reason: 'noproc' });
    await expect(sys.getState(main, 'nobody')).rejects.toMatchObject({ name: 'CallError', reason: 'noproc' });
    expect(await flush(main)).toEqual([]);
  });

  test("fails with 'timeout' after 5 seconds; to an actor that is no behaviour it is a message", async () => {
    const { main, clock, system } = the;
    const got: unknown[] = [];
    const plain = spawnHandler<unknown>((message) => got.push(message), { system });
    const outcome = sys.getState(main, plain).catch(({ reason }) => reason);
    await nextTurn();
    clock.advance(4999);
    await nextTurn();
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await outcome).toBe('timeout');
    expect(got).toMatchObject([['system', {}, ['get_state']]]);
  });

  test('that no call of sys has sent is a message like any other', async () => {
    const pid = await counter(the);
    send(pid as Pid as Pid<unknown>, ['system', 'somebody', ['get_state']]);
    expect(await call(the.main, pid, 'get')).toBe(3);
  });
});
