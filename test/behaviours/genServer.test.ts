/** Generic servers at work: which results callbacks may give, and what each result does. The promises are those of gen_server(3). */
import {
  type Asks,
  call,
  cast,
  type From,
  type GenServer,
  genServer,
  isAlive,
  name,
  type Pid,
  processInfo,
  reply,
  replyTo,
  type ServerMessage,
  send,
  spawnHandler,
  sys,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
/** What callbacks were called with, in order. */
let log: unknown[];
beforeEach(() => {
  the = testSystem();
  log = [];
});

type Any = GenServer<unknown, unknown, unknown, unknown, string | number>;
type AnyServer = Pid<ServerMessage<unknown, unknown, unknown, string | number>>;

/** A server whose state is a number unless told otherwise, with callbacks that note what they get. */
async function start(callbacks: Partial<Any>): Promise<AnyServer> {
  const noting: Any = {
    init: () => ['ok', 0],
    terminate: (reason, state) => {
      log.push(['terminate', reason, state]);
    },
    ...callbacks,
  };
  return (await genServer.start(noting, { system: the.system })) as AnyServer;
}

/** A result at once, and later: callbacks of both kinds must do the same. */
const styles: [string, <T>(value: T) => T][] = [
  ['at once', (value) => value],
  ['later', (value) => nextTurn().then(() => value) as never],
];

describe.each(styles)('a callback that gives its result %s', (_, eventually) => {
  test("may reply, with a new state: ['reply', answer, state]", async () => {
    const pid = await start({
      handleCall: (request, _from, state) => eventually(['reply', [request, state], (state as number) + 1]),
    });
    expect([await call(the.main, pid, 'a'), await call(the.main, pid, 'b')]).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });

  test("may take a cast and any other message: ['noreply', state]", async () => {
    const pid = await start({
      handleCast: (message, state) => eventually(['noreply', [state, 'cast', message]]),
      handleInfo: (message, state) => eventually(['noreply', [state, 'info', message]]),
      handleCall: (_request, _from, state) => eventually(['reply', state, state]),
    });
    cast(pid, 1);
    send(pid, 2);
    expect(await call(the.main, pid, 'get')).toEqual([[0, 'cast', 1], 'info', 2]);
  });

  test("may answer later: ['noreply', state] to a request", async () => {
    const pid = await start({
      handleCall: (_request, from) => eventually(['noreply', from]),
      handleCast: (message, from) => {
        replyTo(from as From<unknown>, message);
        return eventually(['noreply', undefined]);
      },
    });
    const answer = call(the.main, pid, 'ask');
    await nextTurn();
    cast(pid, 'the answer');
    expect(await answer).toBe('the answer');
    expect(await flush(the.main)).toEqual([]);
  });

  test.each(['call', 'cast', 'info'] as const)("may stop the server at a %s: ['stop', reason, state]", async (kind) => {
    const stop = () => eventually(['stop', 'enough', 'last'] as const);
    const pid = await start({ handleCall: stop, handleCast: stop, handleInfo: stop });
    const ref = the.main.monitor(pid);
    if (kind === 'call') await expect(call(the.main, pid, 1)).rejects.toMatchObject({ reason: 'enough' });
    else if (kind === 'cast') cast(pid, 1);
    else send(pid, 1);
    expect(await the.main.receive()).toEqual(['DOWN', ref, 'process', pid, 'enough']);
    expect(log).toEqual([['terminate', 'enough', 'last']]);
  });

  test("may answer and stop: ['stop', reason, answer, state], terminate, answer and end in this order", async () => {
    const { main } = the;
    const pid = await start({
      handleCall: () => eventually(['stop', 'normal', 'goodbye', 'last']),
      terminate: async (reason, state) => {
        await nextTurn();
        log.push(['terminate', reason, state]);
      },
    });
    const ref = main.monitor(pid);
    log.push(await call(main, pid, 1));
    expect(log).toEqual([['terminate', 'normal', 'last'], 'goodbye']);
    expect(await flush(main)).toEqual([['DOWN', ref, 'process', pid, 'normal']]);
  });

  test("may go on at once: ['continue', term] comes before any message", async () => {
    const pid = await start({
      init: () => eventually(['ok', [], ['continue', 'init']]),
      handleContinue: (term, state) =>
        eventually(
          (term as unknown) === 'twice'
            ? ['noreply', [...(state as []), term], ['continue', 'again']]
            : ['noreply', [...(state as []), term]],
        ),
      handleCast: (message, state) => eventually(['noreply', [...(state as []), message], ['continue', 'twice']]),
      handleInfo: (message, state) => eventually(['noreply', [...(state as []), message]]),
      handleCall: (_request, _from, state) => eventually(['reply', 'answer', [...(state as []), 'call'], ['continue', 'call']]),
    });
    cast(pid, 'cast');
    send(pid, 'info');
    expect(await call(the.main, pid, 1)).toBe('answer');
    expect(await sys.getState(the.main, pid)).toEqual(['init', 'cast', 'twice', 'again', 'info', 'call', 'call']);
  });
});

test('messages are taken one at a time, in order, however long a callback takes', async () => {
  const pid = await start({
    handleInfo: async (message, state) => {
      log.push(`begin ${message}`);
      await nextTurn();
      log.push(`end ${message}`);
      return ['noreply', state];
    },
    handleCall: (_request, _from, state) => ['reply', state, state],
  });
  send(pid, 1);
  send(pid, 2);
  await call(the.main, pid, 'sync');
  expect(log).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2']);
});

test('another actor may answer, and the server goes on meanwhile', async () => {
  const { main, system } = the;
  const clerk = spawnHandler<From<unknown>>((from) => replyTo(from, 'from the clerk'), { system });
  const pid = await start({
    handleCall: (request, from, state) => {
      if (request === 'at once') return ['reply', request, state];
      send(clerk, from);
      return ['noreply', state];
    },
  });
  expect(await call(main, pid, 'slow')).toBe('from the clerk');
  expect(await call(main, pid, 'at once')).toBe('at once');
});

test('an answer after the caller has given up goes nowhere', async () => {
  const { main, clock } = the;
  const pid = await start({
    handleCall: (_request, from) => ['noreply', from],
    handleCast: (_message, from) => {
      replyTo(from as From<unknown>, 'too late');
      return ['noreply', undefined];
    },
  });
  const outcome = call(main, pid, 1, 100).catch(({ reason }) => reason);
  await nextTurn();
  clock.advance(100);
  expect(await outcome).toBe('timeout');
  cast(pid, 'answer now');
  await nextTurn();
  expect(await flush(main)).toEqual([]);
  expect(isAlive(pid)).toBe(true);
});

test('callbacks get the handle of their own server', async () => {
  const selves: unknown[] = [];
  const pid = await start({
    init: (self) => {
      selves.push(self.pid);
      return ['ok', 0];
    },
    handleInfo: (message, state, self) => {
      selves.push(self.pid);
      send(the.main.pid, message);
      return ['noreply', state];
    },
  });
  send(pid, 'x');
  await the.main.receive();
  expect(selves).toEqual([pid, pid]);
  expect(processInfo(pid)?.behaviour).toBe('genServer');
});

test('a callback may receive selectively, and what it leaves is taken later', async () => {
  const pid = await start({
    handleInfo: async (message, state, self) => {
      if (message === 'both') log.push(await self.receive((other) => other === 'second'));
      else log.push(message);
      return ['noreply', state];
    },
    handleCall: (_request, _from, state) => ['reply', state, state],
  });
  for (const message of ['both', 'first', 'second']) send(pid, message);
  await call(the.main, pid, 'sync');
  expect(log).toEqual(['second', 'first']);
});

describe('without the callback', () => {
  test('for other messages, they are dropped', async () => {
    const pid = await start({ handleCall: (request, _from, state) => ['reply', request, state] });
    send(pid, 'dropped');
    expect(await call(the.main, pid, 'still here')).toBe('still here');
  });

  test.each<['handleCall' | 'handleCast' | 'handleContinue']>([['handleCall'], ['handleCast'], ['handleContinue']])(
    '%s the server ends, as with undef in OTP',
    async (callback) => {
      const pid = await start({ handleInfo: (_message, state) => ['noreply', state, ['continue', 1]] });
      const ref = the.main.monitor(pid);
      if (callback === 'handleCall') await call(the.main, pid, 1).catch(() => undefined);
      else if (callback === 'handleCast') cast(pid, 1);
      else send(pid, 1);
      const down = (await the.main.receive(reply(ref))) as unknown[];
      expect(down[4]).toMatchObject({ name: 'Undefined', message: `${callback} is not defined` });
      expect(log).toEqual([['terminate', expect.objectContaining({ name: 'Undefined' }), 0]]);
    },
  );
});

test('a server with a name is called, cast to and sent to by it', async () => {
  const { main, system } = the;
  type Request = Asks<'get', number>;
  await genServer.start(
    {
      init: (): ['ok', number] => ['ok', 1],
      handleCall: (_request: Request, _from, state): ['reply', number, number] => ['reply', state, state],
      handleCast: (message: number, _state) => ['noreply', message],
    },
    { system, name: 'counter' },
  );
  const counter = name<ServerMessage<Request, number, number, never>>('counter');
  cast(counter, 7, system);
  expect(await call(main, counter, 'get')).toBe(7);
});
