/** Starts of generic servers that fail, and what the starter hears of it. The promises are those of gen_server(3) and proc_lib(3). */
import {
  exit,
  type GenServer,
  genServer,
  isAlive,
  type Pid,
  processInfo,
  type Self,
  StartError,
  send,
  spawn,
  whereis,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
let log: unknown[];
beforeEach(() => {
  the = testSystem();
  log = [];
});

type Init = (self: Self<never>) => unknown;

/** A server that has nothing but an `init`, and notes its end. */
function server(init: Init): GenServer<unknown> {
  return { init: init as never, terminate: (reason) => void log.push(['terminate', reason]) };
}

const never = () => new Promise<never>(() => undefined);

const error = new Error('boom');
/** What init does, the reason of the StartError, and the exit reason of the actor. */
const failures: [string, Init, failure: unknown, end: unknown][] = [
  ["says ['stop', reason]", () => ['stop', 'boom'], 'boom', 'boom'],
  ["says ['stop', reason] later", async () => ['stop', 'boom'], 'boom', 'boom'],
  ["says ['error', reason]", () => ['error', 'boom'], 'boom', 'normal'],
  [
    'throws',
    () => {
      throw error;
    },
    error,
    error,
  ],
  ['rejects', () => Promise.reject(error), error, error],
  ['exits', (self) => self.exit('left'), 'left', 'left'],
  ["exits 'normal'", (self) => self.exit('normal'), 'normal', 'normal'],
  [
    'is killed',
    (self) => {
      exit(self.pid, 'kill');
      return never();
    },
    'killed',
    'killed',
  ],
  ['gives nonsense', () => 'nonsense', ['bad_return_value', 'nonsense'], ['bad_return_value', 'nonsense']],
  ['gives nothing', () => undefined, ['bad_return_value', undefined], ['bad_return_value', undefined]],
  ['gives no state', () => ['ok'], ['bad_return_value', ['ok']], ['bad_return_value', ['ok']]],
  ['gives too much', () => ['ok', 1, 2, 3], ['bad_return_value', ['ok', 1, 2, 3]], ['bad_return_value', ['ok', 1, 2, 3]]],
  ['gives a bad action', () => ['ok', 1, 'x'], ['bad_return_value', ['ok', 1, 'x']], ['bad_return_value', ['ok', 1, 'x']]],
];

describe.each(failures)('an init that %s', (_, init, failure, end) => {
  test('fails the start, and is not followed by terminate', async () => {
    const { system } = the;
    let thrown: unknown;
    const started = genServer.start(server(init), { system, name: 'broken' }).catch((reason) => {
      thrown = reason;
    });
    const ref = the.main.monitor('broken');
    await started;
    expect(thrown).toBeInstanceOf(StartError);
    expect(thrown).toMatchObject({ reason: failure, message: expect.stringContaining('genServer') });
    // The message lists the shapes of results if init gave another.
    const isBadShape = Array.isArray(failure) && failure[0] === 'bad_return_value';
    expect((thrown as StartError).message.includes("`init` gives ['ok', state]")).toBe(isBadShape);
    expect(await flush(the.main)).toEqual([['DOWN', ref, 'process', 'broken', end]]);
    expect(log).toEqual([]);
    expect(system.actorCount).toBe(1);
  });

  test('leaves no EXIT with a starter that traps exits', async () => {
    const { main } = the;
    main.trapExit = true;
    await expect(genServer.startLink(main, server(init))).rejects.toMatchObject({ reason: failure });
    expect(await flush(main)).toEqual([]);
    expect(processInfo(main.pid)?.links).toEqual([]);
  });

  test('ends a starter that does not trap exits, unless it ends normal', async () => {
    const { main, system } = the;
    const starter = spawn<unknown>(
      async (self) => {
        await genServer.startLink(self, server(init)).catch(() => undefined);
        self.exit('went on');
      },
      { system },
    );
    const ref = main.monitor(starter);
    expect(await main.receive()).toEqual(['DOWN', ref, 'process', starter, end === 'normal' ? 'went on' : end]);
  });
});

describe('a start that takes too long', () => {
  test("kills the server, and fails with 'timeout'", async () => {
    const { system, clock } = the;
    const failed = genServer.start(server(never), { system, timeoutMs: 100, name: 'slow' }).catch(({ reason }) => reason);
    const pid = whereis('slow', system) as Pid;
    await nextTurn();
    clock.advance(99);
    await nextTurn();
    expect(isAlive(pid)).toBe(true);
    clock.advance(1);
    expect(await failed).toBe('timeout');
    expect(isAlive(pid)).toBe(false);
    expect(clock.pending).toBe(0);
  });

  // proc_lib:start_link/5 takes the link off before it kills.
  test.each([true, false])('does not end its starter, which has the answer (trapExit %s)', async (trapExit) => {
    const { main, system, clock } = the;
    spawn<unknown>(
      async (self) => {
        const failed = await genServer.startLink(self, server(never), { timeoutMs: 100 }).catch(({ reason }) => reason);
        send(main.pid, [failed, await self.receive({ after: 0 })]);
      },
      { system, trapExit },
    );
    await nextTurn();
    clock.advance(100);
    await nextTurn();
    expect(await flush(main)).toEqual([['timeout', undefined]]);
  });

  test('is no failure if the start was in time', async () => {
    const { system, clock } = the;
    const pid = (await genServer.start(
      server(() => ['ok', 0]),
      { system, timeoutMs: 100 },
    )) as Pid;
    expect(clock.pending).toBe(0);
    clock.advance(1000);
    expect(isAlive(pid)).toBe(true);
  });
});
