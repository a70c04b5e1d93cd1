/** Calls that fail, and answers that come too late: the caller knows the reason at once, and nothing of the call is left. As OTP's gen:call. */
import { inspect } from 'node:util';
import {
  ActorExit,
  type Call,
  CallError,
  call,
  exit,
  type From,
  name,
  type Pid,
  processInfo,
  replyTo,
  send,
  sendAfter,
  spawn,
  spawnHandler,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

type Question = Call<number, string>;

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

/** A server that keeps requests, for the test to answer. */
function silent(): { pid: Pid<Question>; asked: From<string>[] } {
  const asked: From<string>[] = [];
  const pid = spawnHandler<Question>(([, from]) => void asked.push(from), { system: the.system });
  return { pid, asked };
}

/** Checks that nothing of a call is left in the caller. */
async function expectNothingLeft(): Promise<void> {
  expect(await flush(the.main)).toEqual([]);
  expect(processInfo(the.main.pid)).toMatchObject({ monitors: [], monitoredBy: [] });
  expect(the.clock.pending).toBe(0);
}

describe('a call that fails', () => {
  const failed = (reason: unknown) => expect.objectContaining({ name: 'CallError', reason });

  test("says 'noproc' of a server that has ended, and of a name that nobody has", async () => {
    const { main } = the;
    const { pid } = silent();
    exit(pid, 'kill');
    await expect(call(main, pid, 1)).rejects.toEqual(failed('noproc'));
    await expect(call(main, name<Question>('nobody'), 1)).rejects.toEqual(failed('noproc'));
    await expectNothingLeft();
  });

  test('says why the server ended, at once', async () => {
    const { main } = the;
    const { pid } = silent();
    const answer = call(main, pid, 1);
    await nextTurn();
    exit(pid, 'boom');
    await expect(answer).rejects.toMatchObject({ reason: 'boom', server: pid });
    await expectNothingLeft();
  });

  test('says what the server threw at the request', async () => {
    const error = new Error('cannot');
    const pid = spawnHandler<Question>(
      () => {
        throw error;
      },
      { system: the.system },
    );
    await expect(call(the.main, pid, 1)).rejects.toMatchObject({ reason: error, message: expect.stringContaining('cannot') });
    await expectNothingLeft();
  });

  test("says 'timeout' after 5 seconds unless told otherwise", async () => {
    const { main, clock } = the;
    const outcome = call(main, silent().pid, 1).catch((error: unknown) => error);
    let over = false;
    void outcome.then(() => {
      over = true;
    });
    clock.advance(4999);
    await nextTurn();
    expect(over).toBe(false);
    clock.advance(1);
    expect(await outcome).toEqual(failed('timeout'));
    await expectNothingLeft();
  });

  test.each([0, 1, 250])('says timeout after %i ms if told so', async (timeoutMs) => {
    const { main, clock } = the;
    const outcome = call(main, silent().pid, 1, timeoutMs).catch((error: unknown) => error);
    await nextTurn();
    clock.advance(timeoutMs);
    expect(await outcome).toEqual(failed('timeout'));
    await expectNothingLeft();
  });

  test('never runs out of time if told to wait for ever', async () => {
    const { main, clock } = the;
    const { pid, asked } = silent();
    const answer = call(main, pid, 1, Number.POSITIVE_INFINITY);
    await nextTurn();
    expect(clock.pending).toBe(0);
    clock.advance(2 ** 32);
    replyTo(asked[0] as From<string>, 'at last');
    expect(await answer).toBe('at last');
  });

  test('ends a caller that does not catch it, with the CallError', async () => {
    const { main, system } = the;
    const { pid } = silent();
    exit(pid, 'kill');
    const caller = spawn((self) => call(self, pid, 1), { system });
    const ref = main.monitor(caller);
    expect(await main.receive()).toEqual(['DOWN', ref, 'process', caller, failed('noproc')]);
  });
});

describe('a late answer', () => {
  test('to a call that timed out goes nowhere', async () => {
    const { main, clock } = the;
    const { pid, asked } = silent();
    const outcome = call(main, pid, 1, 10).catch(() => 'failed');
    await nextTurn();
    clock.advance(10);
    expect(await outcome).toBe('failed');
    replyTo(asked[0] as From<string>, 'too late');
    await expectNothingLeft();
  });

  test('at the very time of the timeout goes nowhere, nor does the end of the server', async () => {
    const { main, clock, system } = the;
    const froms: From<string>[] = [];
    const pid = spawnHandler<Question | 'answer' | 'end'>(
      (message, self) => {
        if (message === 'end') self.exit('boom');
        else if (message === 'answer') replyTo(froms[0] as From<string>, 'just late');
        else froms.push(message[1]);
      },
      { system },
    );
    // Set first, so due first: the server has its turn between the end of the time and the caller's next line.
    sendAfter(pid, 'answer', 10);
    sendAfter(pid, 'end', 10);
    const outcome = call(main, pid, 1, 10).catch((error: { reason: unknown }) => error.reason);
    await nextTurn();
    clock.advance(10);
    expect(await outcome).toBe('timeout');
    await expectNothingLeft();
  });

  test('of two answers the second goes nowhere', async () => {
    const { main, system } = the;
    const pid = spawnHandler<Question>(
      ([, from]) => {
        replyTo(from, 'first');
        replyTo(from, 'second');
      },
      { system },
    );
    expect(await call(main, pid, 1)).toBe('first');
    await expectNothingLeft();
  });

  test('to a caller that has ended is silent', async () => {
    const { system } = the;
    const { pid, asked } = silent();
    const caller = spawn((self) => call(self, pid, 1), { system });
    await nextTurn();
    exit(caller, 'kill');
    replyTo(asked[0] as From<string>, 'x');
    expect(processInfo(pid)?.monitoredBy).toEqual([]);
  });
});

test('a call while a receive waits is a mistake that has sent nothing', async () => {
  const { main } = the;
  const { pid, asked } = silent();
  const waiting = main.receive();
  let thrown: unknown;
  try {
    await call(main, pid, 1);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ argument: 'self' });
  await nextTurn();
  expect(asked).toEqual([]);
  expect(processInfo(pid)?.monitoredBy).toEqual([]);
  send(main.pid, 'x');
  expect(await waiting).toBe('x');
});

test('prints shortly when nobody catches it, without the internals of a pid', () => {
  for (const error of [new CallError(the.main.pid, ['no', the.main.pid], 'x'), new ActorExit(the.main.pid, 'boom')]) {
    // Node prints the error that ends it in the same way.
    const text = inspect(error, { customInspect: false, depth: 20 });
    expect(text).not.toContain('scheduler:');
    expect(text).toContain(error.message);
  }
});
