/**
 * Which of Node's events about unhandled rejections are mailport's, and which are the program's. The test plays Node's part.
 * test/regress/forgottenAwait runs programs, whose own arrangements must stay.
 */
import { call, exit, mainActor, type Pid, processInfo, spawn, spawnHandler } from 'mailport';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ActorExit } from '../../runtime/errors.js';
import type { ProcessId } from '../../runtime/pid.js';
import { charge, passOn, watchRejections } from '../../runtime/unawaited.js';
import { nextTurn, type TestSystem, testSystem } from './testSystem.js';

const events = ['unhandledRejection', 'rejectionHandled', 'uncaughtException', 'uncaughtExceptionMonitor', 'warning'] as const;
const emit = (event: string, ...args: unknown[]): boolean => process.emit(event as 'exit', ...(args as [number]));
const othersListeners = new Map<string, ((...args: unknown[]) => void)[]>();

let the: TestSystem;
/** The events that the program hears. */
let heard: unknown[];
beforeEach(() => {
  the = testSystem();
  heard = [];
  for (const event of events) {
    othersListeners.set(event, process.listeners(event as 'exit') as never);
    process.removeAllListeners(event);
    process.on(event, (...args: unknown[]) => void heard.push([event, ...args]));
  }
});
afterEach(() => {
  for (const event of events) {
    process.removeAllListeners(event);
    for (const listener of othersListeners.get(event) ?? []) process.on(event as 'exit', listener);
  }
});

const processOf = (pid: Pid) => (pid as unknown as ProcessId).process;

/** An actor that waits, and the error with which one of its calls failed. */
function careless(): { pid: Pid; error: Error } {
  const pid = spawnHandler(() => undefined, { system: the.system, label: 'careless' });
  return { pid, error: charge(new Error('failed'), processOf(pid)) };
}
const alive = (pid: Pid) => processInfo(pid) !== undefined;

describe('an error of a call', () => {
  test('ends the actor that called, with that reason, and the program does not hear of it', () => {
    const { pid, error } = careless();
    const promise = Promise.resolve();
    expect(emit('unhandledRejection', error, promise)).toBe(true);
    expect(alive(pid)).toBe(false);
    expect(the.crashes).toMatchObject([{ pid, reason: error, unawaited: true, lastMessage: undefined }]);
    // Nor of the same promise, when somebody looks at it late.
    expect(emit('rejectionHandled', promise)).toBe(true);
    expect(heard).toEqual([]);
  });

  test('of an actor that has ended does nothing', () => {
    const { pid, error } = careless();
    for (let time = 0; time < 2; time += 1) expect(emit('unhandledRejection', error, Promise.resolve())).toBe(true);
    expect([alive(pid), the.crashes.length, heard]).toEqual([false, 1, []]);
  });

  test('is the program’s if it was the main actor’s', () => {
    const error = charge(new Error('mine'), processOf(the.main.pid));
    const promise = Promise.resolve();
    emit('unhandledRejection', error, promise);
    emit('rejectionHandled', promise);
    expect(heard).toEqual([
      ['unhandledRejection', error, promise],
      ['rejectionHandled', promise],
    ]);
    expect(alive(the.main.pid)).toBe(true);
  });

  test('is the program’s also if the main actor that called has ended, and there is another', () => {
    const error = charge(new Error('mine'), processOf(the.main.pid));
    exit(the.main.pid, 'kill');
    expect(mainActor(the.system).pid).not.toBe(the.main.pid);
    emit('unhandledRejection', error, undefined);
    expect(heard).toEqual([['unhandledRejection', error, undefined]]);
  });

  test('of `call` belongs to the actor that called, whichever code throws it', async () => {
    const gone = spawn(() => undefined, { system: the.system });
    await nextTurn();
    const failing = spawn<unknown>(
      async (self) => {
        const error = await call(self, gone as never, 'x' as never).catch((error: unknown) => error);
        emit('unhandledRejection', error, Promise.resolve());
        await self.receive();
      },
      { system: the.system },
    );
    await nextTurn();
    expect(the.crashes).toMatchObject([{ pid: failing, reason: { name: 'CallError', reason: 'noproc' }, unawaited: true }]);
  });
});

describe('what unwinds an actor', () => {
  test('ends it with the reason that it was given, if it lives', () => {
    const { pid } = careless();
    expect(emit('unhandledRejection', new ActorExit(pid, 'enough'), Promise.resolve())).toBe(true);
    expect(the.crashes).toMatchObject([{ pid, reason: 'enough', unawaited: true }]);
    expect(heard).toEqual([]);
  });

  test('is the program’s if it is the main actor', () => {
    const exit = new ActorExit(the.main.pid as unknown as Pid, 'enough');
    emit('unhandledRejection', exit, undefined);
    expect(heard).toEqual([['unhandledRejection', exit, undefined]]);
  });
});

describe('what is not ours', () => {
  test.each([[new Error('mine')], [7], [null], [undefined], ['text']])('the program hears of %s', (reason) => {
    const promise = Promise.resolve();
    expect(emit('unhandledRejection', reason, promise)).toBe(true);
    process.removeAllListeners('unhandledRejection');
    expect(emit('unhandledRejection', reason, promise)).toBe(false);
    expect(heard).toEqual([['unhandledRejection', reason, promise]]);
  });

  test.each([[Promise.resolve()], [null], [undefined], [7]])('the program hears when %s is handled late', (promise) => {
    emit('rejectionHandled', promise);
    expect(heard).toEqual([['rejectionHandled', promise]]);
  });

  test.each([undefined, null, 7])('an error of a call goes all the same if it comes with %s for its promise', (promise) => {
    const { pid, error } = careless();
    expect(emit('unhandledRejection', error, promise)).toBe(true);
    expect([alive(pid), heard]).toEqual([false, []]);
  });
});

describe('with --unhandled-rejections=strict', () => {
  /** Node's function of that name, by which it is known that a rejection is being raised. */
  function processPromiseRejections(event: string, ...args: unknown[]): boolean {
    return emit(event, ...args);
  }
  const { execArgv } = process;
  afterEach(() => {
    process.execArgv = execArgv;
    vi.unstubAllEnvs();
  });

  test.each([
    [['--unhandled-rejections=strict'], ''],
    [['--unhandled-rejections', 'strict'], ''],
    [['--no-warnings', '--unhandled_rejections=strict'], ''],
    [[], '--unhandled-rejections=strict'],
    [['--no-warnings'], '--no-warnings --unhandled-rejections strict'],
  ])('given by %j and NODE_OPTIONS %j, what is raised for a call ends its actor', (options, nodeOptions) => {
    process.execArgv = options;
    vi.stubEnv('NODE_OPTIONS', nodeOptions);
    for (const event of ['uncaughtException', 'uncaughtExceptionMonitor']) {
      const { pid, error } = careless();
      expect(processPromiseRejections(event, error, 'unhandledRejection')).toBe(true);
      expect([alive(pid), heard]).toEqual([false, []]);
    }
  });

  test.each([
    [['--unhandled-rejections=warn'], ''],
    [['--unhandled-rejections-strict'], ''],
    [[], ''],
    [[], undefined],
  ])('not given, but %j and NODE_OPTIONS %j, it is the program’s', (options, nodeOptions) => {
    process.execArgv = options;
    vi.stubEnv('NODE_OPTIONS', nodeOptions);
    const { pid, error } = careless();
    processPromiseRejections('uncaughtException', error, 'unhandledRejection');
    expect(heard).toEqual([['uncaughtException', error, 'unhandledRejection']]);
    expect(alive(pid)).toBe(true);
  });

  test('other news, exceptions that were thrown, and what a module awaited are the program’s', () => {
    process.execArgv = ['--unhandled-rejections=strict'];
    const { pid, error } = careless();
    processPromiseRejections('warning', error, 'unhandledRejection');
    processPromiseRejections('uncaughtException', error, 'uncaughtException');
    emit('uncaughtException', error, 'unhandledRejection');
    const other = new Error('mine');
    processPromiseRejections('uncaughtException', other, 'unhandledRejection');
    expect(heard).toEqual([
      ['warning', error, 'unhandledRejection'],
      ['uncaughtException', error, 'uncaughtException'],
      ['uncaughtException', error, 'unhandledRejection'],
      ['uncaughtException', other, 'unhandledRejection'],
    ]);
    expect(alive(pid)).toBe(true);
  });
});

describe('an answer', () => {
  const error = () => careless().error;
  test.each<[what: string, answer: (error: Error) => unknown]>([
    ['an error', (error) => error],
    ['a refusal', (error) => ['error', error]],
    ['a refusal with more', (error) => ['error', ['failed_to_start_child', 'a', error]]],
    ['a refusal three deep', (error) => ['error', ['a', ['b', error]]]],
  ])('that is %s passes the error on to whoever throws it', (_what, answer) => {
    const failed = error();
    passOn(answer(failed));
    emit('unhandledRejection', failed, undefined);
    expect(heard).toEqual([['unhandledRejection', failed, undefined]]);
    expect(the.crashes).toEqual([]);
  });

  test.each<[what: string, answer: (error: Error) => unknown]>([
    ['a success', (error) => ['ok', error]],
    ['a refusal deeper than is looked', (error) => ['error', ['a', ['b', ['c', error]]]]],
    ['an object', (error) => ({ error })],
    ['an error beside it', () => new Error('another')],
    ['a refusal by another', () => ['error', new Error('another')]],
    ['null', () => null],
    ['undefined', () => undefined],
    ['a word', () => 'error'],
  ])('that is %s does not', (_what, answer) => {
    const failed = error();
    passOn(answer(failed));
    expect(emit('unhandledRejection', failed, undefined)).toBe(true);
    expect([heard.length, the.crashes.length]).toEqual([0, 1]);
  });
});

test('one function listens to Node, and later code may replace it', () => {
  watchRejections();
  const watched = Object.getOwnPropertyDescriptor(process, 'emit');
  expect(watched).toMatchObject({ configurable: true, enumerable: false, writable: true });
  watchRejections();
  expect(process.emit).toBe(watched?.value);
});
