/** Requests and replies, which leave nothing behind. The promises are those of OTP's gen:call, gen_server:cast and gen_server:reply. */
import {
  type Call,
  type Cast,
  call,
  cancelTimer,
  cast,
  exit,
  type From,
  name,
  type Pid,
  processInfo,
  register,
  replyTo,
  type Self,
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

/** A server that answers a number with its text. */
function answering(): Pid<Question> {
  return spawnHandler<Question>(([, from, number]) => replyTo(from, `${number}`), { system: the.system });
}

/** Checks that nothing of a call is left in the caller. */
async function expectNothingLeft(): Promise<void> {
  expect(await flush(the.main)).toEqual([]);
  expect(processInfo(the.main.pid)).toMatchObject({ monitors: [], monitoredBy: [] });
  expect(the.clock.pending).toBe(0);
}

describe('call', () => {
  test('gives the answer of the server', async () => {
    expect(await call(the.main, answering(), 7)).toBe('7');
    await expectNothingLeft();
  });

  test('reaches a server written as an async function, and by name', async () => {
    const { main, system } = the;
    const server = spawn<Question>(
      async (self) => {
        for (;;) {
          const [, from, number] = await self.receive();
          replyTo(from, `<${number}>`);
        }
      },
      { system, name: 'server' },
    );
    expect(await call(main, server, 1)).toBe('<1>');
    expect(await call(main, name<Question>('server'), 2)).toBe('<2>');
    await expectNothingLeft();
  });

  test('sends one request, in the shape that the docs state', async () => {
    const { main } = the;
    const got: unknown[] = [];
    const pid = spawnHandler<Question>(
      (message) => {
        got.push([message[0], message[2], message.length]);
        replyTo(message[1], 'x');
      },
      { system: the.system },
    );
    await call(main, pid, 5);
    expect(got).toEqual([['$gen_call', 5, 3]]);
  });

  test('leaves other messages where they are, in order', async () => {
    const { main } = the;
    const server = answering();
    for (const message of [1, ['reply', 2], 3]) send(main.pid, message);
    expect(await call(main, server, 7)).toBe('7');
    expect(await flush(main)).toEqual([1, ['reply', 2], 3]);
  });

  test('an answer may come later, from another actor', async () => {
    const { main, system } = the;
    const clerk = spawnHandler<From<string>>((from) => replyTo(from, 'from the clerk'), { system });
    const server = spawnHandler<Question>(([, from]) => send(clerk, from), { system });
    expect(await call(main, server, 7)).toBe('from the clerk');
    await expectNothingLeft();
  });

  test('an answer may be undefined, an array or an error', async () => {
    const { main, system } = the;
    const echo = spawnHandler<Call<unknown, unknown>>(([, from, request]) => replyTo(from, request), { system });
    for (const value of [undefined, null, [1, [2]], ['DOWN', 1]]) expect(await call(main, echo, value)).toEqual(value);
    const error = new Error('a value like any other');
    expect(await call(main, echo, error)).toBe(error);
    await expectNothingLeft();
  });

  test('calls of several callers get their own answers', async () => {
    const { main, system } = the;
    const server = answering();
    for (let number = 0; number < 20; number += 1) {
      spawn(async (self) => send(main.pid, [number, await call(self, server, number)]), { system });
    }
    const answers: unknown[] = [];
    while (answers.length < 20) answers.push(await main.receive());
    expect(answers).toEqual(expect.arrayContaining(Array.from({ length: 20 }, (_, number) => [number, `${number}`])));
  });

  test('can be made by a handler, which waits for its promise', async () => {
    const { main, system } = the;
    const server = answering();
    const asker = spawnHandler<number>(async (number, self) => send(main.pid, await call(self, server, number)), { system });
    send(asker, 1);
    send(asker, 2);
    expect([await main.receive(), await main.receive()]).toEqual(['1', '2']);
  });
});

test('the end of a server right after its answer is no message', async () => {
  const { main, system } = the;
  const pid = spawnHandler<Question>(
    ([, from], self) => {
      replyTo(from, 'goodbye');
      self.exit('normal');
    },
    { system },
  );
  expect(await call(main, pid, 1)).toBe('goodbye');
  await expectNothingLeft();
});

describe('cast', () => {
  test('reaches an actor by pid and by name, and does not wait', async () => {
    const { main, system } = the;
    const pid = spawnHandler<Cast<string>>((message) => send(main.pid, message), { system });
    const server = name<Cast<string>>('server');
    register(server, pid);
    cast(pid, 'a');
    cast(server, 'b', system);
    await nextTurn();
    expect(await flush(main)).toEqual([
      ['$gen_cast', 'a'],
      ['$gen_cast', 'b'],
    ]);
  });

  test('does not fail if there is no server', () => {
    const pid = spawnHandler<Cast<string>>(() => undefined, { system: the.system });
    exit(pid, 'kill');
    cast(pid, 'x');
    cast(name<Cast<string>>('nobody'), 'x', the.system);
  });
});

test('calls and casts of one caller arrive in order', async () => {
  const { main, system } = the;
  const got: unknown[] = [];
  const pid = spawnHandler<Call<number, number> | Cast<number>>(
    (message) => {
      got.push(message.at(-1));
      if (message[0] === '$gen_call') replyTo(message[1], message[2]);
    },
    { system },
  );
  cast(pid, 1);
  cast(pid, 2);
  expect(await call(main, pid, 3)).toBe(3);
  expect(got).toEqual([1, 2, 3]);
});

test('a self of a dead actor cannot call', async () => {
  const { main, system } = the;
  const server = answering();
  let stolen: Self<unknown> | undefined;
  spawn<unknown>(
    (self) => {
      stolen = self;
    },
    { system },
  );
  await nextTurn();
  const timer = sendAfter(main.pid, 'unused', 10);
  expect(() => call(stolen as Self<unknown>, server, 1)).toThrowError(expect.objectContaining({ name: 'ActorExit' }));
  cancelTimer(timer);
});
