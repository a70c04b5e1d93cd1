/** The timeout that a callback of a generic server may ask for. The promises are those of gen_server(3), action timeout. */
import { call, cast, type GenServer, genServer, type NoReply, type Pid, type ServerMessage, send, stop, sys } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
/** What handleInfo was called with, in order. */
let infos: unknown[];
beforeEach(() => {
  the = testSystem();
  infos = [];
});

type Server = Pid<ServerMessage<number, number, unknown, string | number>>;

/** Asks for a timeout of so many milliseconds in `init` if told so, and whenever it gets a number by call, by cast, or otherwise. */
async function start(
  initMs?: number,
  callbacks: Partial<GenServer<null, number, number, unknown, string | number>> = {},
): Promise<Server> {
  const next = (message: unknown): NoReply<null> =>
    typeof message === 'number' ? ['noreply', null, message] : ['noreply', null];
  return genServer.start<null, number, number, unknown, string | number>(
    {
      init: () => (initMs === undefined ? ['ok', null] : ['ok', null, initMs]),
      handleCall: (request) => ['reply', request, null, request],
      handleCast: next,
      handleInfo: (message) => {
        infos.push(message);
        return next(message);
      },
      ...callbacks,
    },
    { system: the.system },
  );
}

async function advance(ms: number): Promise<void> {
  the.clock.advance(ms);
  await nextTurn();
}

test.each<[string, (pid: Server) => unknown]>([
  ['init', () => undefined],
  ['handleCall', (pid) => call(the.main, pid, 100)],
  ['handleCast', (pid) => cast(pid, 100)],
  ['handleInfo', (pid) => send(pid, 100)],
])('of %s comes after its time, once', async (callback, ask) => {
  const pid = await start(callback === 'init' ? 100 : undefined);
  await ask(pid);
  await nextTurn();
  infos = [];
  await advance(99);
  expect(infos).toEqual([]);
  await advance(1);
  expect(infos).toEqual(['timeout']);
  await advance(1000);
  expect(infos).toEqual(['timeout']);
  expect(the.clock.pending).toBe(0);
});

test('of handleContinue comes too', async () => {
  const pid = await start(undefined, {
    handleCast: (message) => ['noreply', null, ['continue', message]],
    handleContinue: (afterMs: never) => ['noreply', null, afterMs],
  });
  cast(pid, 50);
  await nextTurn();
  await advance(50);
  expect(infos).toEqual(['timeout']);
});

test('can be asked for again and again', async () => {
  await start(10, {
    handleInfo: (message) => {
      infos.push(message);
      return infos.length < 3 ? ['noreply', null, 10] : ['noreply', null];
    },
  });
  for (let count = 0; count < 5; count += 1) await advance(10);
  expect(infos).toEqual(['timeout', 'timeout', 'timeout']);
});

describe('0', () => {
  test('comes without waiting, if no message does', async () => {
    const pid = await start();
    cast(pid, 0);
    await nextTurn();
    expect(infos).toEqual(['timeout']);
    expect(the.clock.pending).toBe(0);
  });

  test('does not come if a message waits', async () => {
    const pid = await start();
    cast(pid, 0);
    send(pid, 'waits');
    await nextTurn();
    expect(infos).toEqual(['waits']);
  });

  test('comes before a message that is sent after it was asked for', async () => {
    const pid = await start(undefined, {
      handleCast: () => ['noreply', null, 0],
    });
    cast(pid, 'x');
    await nextTurn();
    send(pid, 'later');
    await nextTurn();
    expect(infos).toEqual(['timeout', 'later']);
  });
});

test('Infinity is no timeout', async () => {
  const pid = await start();
  cast(pid, Number.POSITIVE_INFINITY);
  await nextTurn();
  expect(the.clock.pending).toBe(0);
  await advance(2 ** 32);
  expect(infos).toEqual([]);
});

describe('is given up for a message that comes in time', () => {
  test.each<[string, (pid: Server) => unknown]>([
    ['a call', (pid) => call(the.main, pid, Number.POSITIVE_INFINITY)],
    ['a cast', (pid) => cast(pid, 'x')],
    ['any other', (pid) => send(pid, 'x')],
  ])('%s', async (_, disturb) => {
    const pid = await start(100);
    await advance(99);
    await disturb(pid);
    await nextTurn();
    infos = [];
    await advance(1000);
    expect(infos).toEqual([]);
    expect(the.clock.pending).toBe(0);
  });

  test('also for one that waits when it is asked for', async () => {
    const pid = await start();
    cast(pid, 100);
    cast(pid, 'in time');
    await nextTurn();
    await advance(1000);
    expect(infos).toEqual([]);
  });

  test('and for one that comes at the very time', async () => {
    const pid = await start(100);
    the.clock.advance(99);
    send(pid, 'just in time');
    the.clock.advance(1);
    await nextTurn();
    expect(infos).toEqual(['just in time']);
  });
});

describe('begins anew', () => {
  // OTP sys:handle_system_msg ends in the loop of gen_server with the whole timeout.
  test('after a system message', async () => {
    const pid = await start(100);
    await advance(60);
    await sys.getState(the.main, pid);
    await advance(99);
    expect(infos).toEqual([]);
    await advance(1);
    expect(infos).toEqual(['timeout']);
  });

  test('after a suspension, which it does not run on in', async () => {
    const pid = await start(100);
    await advance(60);
    await sys.suspend(the.main, pid);
    await advance(500);
    await sys.getState(the.main, pid);
    await sys.resume(the.main, pid);
    await nextTurn();
    expect(infos).toEqual([]);
    await advance(99);
    expect(infos).toEqual([]);
    await advance(1);
    expect(infos).toEqual(['timeout']);
  });

  test('not if a message came during the suspension', async () => {
    const pid = await start(100);
    await sys.suspend(the.main, pid);
    send(pid, 'waits');
    await sys.resume(the.main, pid);
    await advance(1000);
    expect(infos).toEqual(['waits']);
  });
});

test('that has not come goes with its server', async () => {
  const pid = await start(100);
  await stop(the.main, pid);
  expect(the.clock.pending).toBe(0);
});

test.each([-1, Number.NaN, 2 ** 32])('of %d is a bad result', async (ms) => {
  const pid = await start();
  const ref = the.main.monitor(pid);
  cast(pid, ms);
  expect(await the.main.receive()).toEqual(['DOWN', ref, 'process', pid, ['bad_return_value', ['noreply', null, ms]]]);
});
