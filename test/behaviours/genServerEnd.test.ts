/** How a generic server ends: by a fault of a callback, by exit signals, and through terminate. The promises are those of gen_server(3), terminate/2. */
import {
  type AnySelf,
  call,
  cast,
  exit,
  type GenServer,
  type GenServerOptions,
  genServer,
  isAlive,
  type Pid,
  type ServerMessage,
  send,
  spawn,
  spawnHandler,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
let log: unknown[];
beforeEach(() => {
  the = testSystem();
  log = [];
});

type Server = Pid<ServerMessage<unknown, unknown, unknown, string | number>>;
type Any = GenServer<unknown, unknown, unknown, unknown, string | number>;
type Callback = 'handleCall' | 'handleCast' | 'handleInfo' | 'handleContinue';
const callbacks: Callback[] = ['handleCall', 'handleCast', 'handleInfo', 'handleContinue'];

/** A server with the state 'state', linked to `link` and noting its end. */
function start(own: Partial<Any>, options: GenServerOptions<undefined> = {}): Promise<Server> {
  const all: Any = {
    init: () => ['ok', 'state'],
    terminate: (reason, state) => {
      log.push(['terminate', reason, state]);
    },
    ...own,
  };
  return genServer.start<unknown, unknown, unknown, unknown, string | number>(all, { system: the.system, ...options });
}

/** A server whose callback of that name acts; `provoke` has it called. */
async function acting(callback: Callback, act: (self: AnySelf) => unknown, own: Partial<Any> = {}): Promise<Server> {
  const pass = callback === 'handleContinue' ? { handleCast: () => ['noreply', 'state', ['continue', 1]] } : {};
  const position = { handleCall: 3, handleCast: 2, handleInfo: 2, handleContinue: 2 }[callback];
  return start({ ...pass, [callback]: (...args: unknown[]) => act(args[position] as AnySelf), ...own } as Partial<Any>);
}

/** Has a callback called, and gives what the monitors of its server hear. */
async function provoke(pid: Server, callback: Callback): Promise<unknown> {
  const ref = the.main.monitor(pid);
  if (callback === 'handleCall') void call(the.main, pid, 'request').catch((error) => log.push(error.reason));
  else if (callback === 'handleInfo') send(pid, 'message');
  else cast(pid, 'message');
  await nextTurn();
  await nextTurn();
  const [down] = (await flush(the.main)) as unknown[][];
  expect(down?.slice(0, 4)).toEqual(['DOWN', ref, 'process', pid]);
  return down?.[4];
}

const boom = new Error('boom');

describe.each(callbacks)('%s', (callback) => {
  test.each<[string, (self: AnySelf) => unknown, unknown]>([
    [
      'that throws',
      () => {
        throw boom;
      },
      boom,
    ],
    ['that rejects', () => Promise.reject(boom), boom],
    ['that exits', (self) => self.exit('left'), 'left'],
    ['that exits later', (self) => nextTurn().then(() => self.exit('left')), 'left'],
    ["that exits 'normal'", (self) => self.exit('normal'), 'normal'],
    ['that gives no array', () => 'nonsense', ['bad_return_value', 'nonsense']],
    ['that gives nothing', () => undefined, ['bad_return_value', undefined]],
    ['that gives nonsense later', async () => ({ reply: 1 }), ['bad_return_value', { reply: 1 }]],
    ['that gives an unknown word', () => ['replay', 1, 2], ['bad_return_value', ['replay', 1, 2]]],
    ['that gives too little', () => ['noreply'], ['bad_return_value', ['noreply']]],
    ['that gives too much', () => ['noreply', 1, 2, 3], ['bad_return_value', ['noreply', 1, 2, 3]]],
    ['that gives a stop without a state', () => ['stop', 'x'], ['bad_return_value', ['stop', 'x']]],
    ['that gives a bad action', () => ['noreply', 1, 'soon'], ['bad_return_value', ['noreply', 1, 'soon']]],
    ['that continues without a term', () => ['noreply', 1, ['continue']], ['bad_return_value', ['noreply', 1, ['continue']]]],
  ])('%s ends the server with that, after terminate, with the state it had', async (_, act, reason) => {
    const pid = await acting(callback, act);
    expect(await provoke(pid, callback)).toEqual(reason);
    const failed = callback === 'handleCall' ? [reason] : [];
    expect(log).toEqual([['terminate', reason, 'state'], ...failed]);
  });

  test('that fails is reported once, with the message and the behaviour', async () => {
    const pid = await acting(callback, () => Promise.reject(boom));
    await provoke(pid, callback);
    expect(the.crashes).toMatchObject([{ pid, reason: boom, behaviour: 'genServer' }]);
    const last = { handleCall: ['$gen_call', {}, 'request'], handleInfo: 'message' } as Record<string, unknown>;
    expect(the.crashes[0]?.lastMessage).toMatchObject(last[callback] ?? ['$gen_cast', 'message']);
  });
});

test.each<[Callback, unknown]>([
  ['handleCast', ['reply', 'answer', 'state']],
  ['handleInfo', ['reply', 'answer', 'state']],
  ['handleContinue', ['reply', 'answer', 'state']],
  ['handleCast', ['stop', 'reason', 'answer', 'state']],
  ['handleCall', ['reply', 'answer']],
  ['handleCall', ['reply', 'answer', 'state', 0, 'more']],
  ['handleCall', ['stop', 'reason', 'answer', 'state', 'more']],
])('%s must not give %j', async (callback, result) => {
  const pid = await acting(callback, () => result);
  expect(await provoke(pid, callback)).toEqual(['bad_return_value', result]);
});

describe('terminate', () => {
  test.each<[string, NonNullable<Any['terminate']>, unknown]>([
    [
      'throws',
      () => {
        throw boom;
      },
      boom,
    ],
    ['rejects', () => Promise.reject(boom), boom],
    ['exits', (_reason, _state, self) => self.exit('another'), 'another'],
    ['gives something', () => 'ignored', 'first'],
  ])('that %s', async (_, terminate, reason) => {
    const pid = await acting('handleInfo', () => ['stop', 'first', 'last'], { terminate });
    expect(await provoke(pid, 'handleInfo')).toEqual(reason);
    expect(the.crashes).toMatchObject([{ pid, reason }]);
  });

  test('is waited for, and no message is taken meanwhile', async () => {
    const { main, system } = the;
    const server = await start({
      handleInfo: (message) => {
        log.push(message);
        return ['stop', 'normal', 'last'];
      },
      terminate: async (_reason, _state, self) => {
        log.push(await self.receive((message) => message === 'word'));
      },
    });
    const ref = main.monitor(server);
    for (const message of ['stop', 'unheard']) send(server, message);
    await nextTurn();
    expect([isAlive(server), log]).toEqual([true, ['stop']]);
    send(server, 'word');
    expect(await main.receive()).toEqual(['DOWN', ref, 'process', server, 'normal']);
    expect(log).toEqual(['stop', 'word']);
    expect(system.actorCount).toBe(1);
  });

  test('may answer callers that wait: its replies arrive before the end', async () => {
    const pid = await acting('handleCall', () => ['stop', 'normal', 'answer', 'last'], { terminate: () => nextTurn() });
    expect(await call(the.main, pid, 1)).toBe('answer');
    expect(await flush(the.main)).toEqual([]);
  });
});

describe('an exit signal', () => {
  /** An actor that starts a server linked to it and does what it is told. */
  async function family(
    options: GenServerOptions<undefined>,
    own: Partial<Any> = {},
  ): Promise<{ parent: Pid<unknown>; child: Server }> {
    const { main, system } = the;
    const parent = spawn<unknown>(
      async (self) => {
        send(main.pid, await start(own, { link: self, ...options }));
        self.exit(await self.receive());
      },
      { system },
    );
    return { parent, child: (await main.receive()) as Server };
  }

  test.each(['boom', 'shutdown', 'normal'])(
    'of its parent (%s) ends a server that traps exits with that reason, after terminate',
    async (reason) => {
      const { parent, child } = await family({ trapExit: true });
      const ref = the.main.monitor(child);
      send(parent, reason);
      expect(await the.main.receive()).toEqual(['DOWN', ref, 'process', child, reason]);
      expect(log).toEqual([['terminate', reason, 'state']]);
    },
  );

  test('of its parent is not taken before the messages that came earlier, nor by handleInfo', async () => {
    const handleInfo: Any['handleInfo'] = (message, state) => {
      log.push(message);
      return ['noreply', state];
    };
    const { parent, child } = await family({ trapExit: true }, { handleInfo });
    send(child, 'before');
    exit(parent, 'boom');
    send(child, 'after');
    await nextTurn();
    expect(log).toEqual(['before', ['terminate', 'boom', 'state']]);
  });

  test('of its parent ends a server that does not trap exits at once, without terminate', async () => {
    const { parent, child } = await family({});
    exit(parent, 'boom');
    expect(isAlive(child)).toBe(false);
    expect(log).toEqual([]);
    expect(the.crashes).toEqual([]);
  });

  test('of any other actor is a message to a server that traps exits', async () => {
    const { main, system } = the;
    const pid = await start(
      {
        handleInfo: (message, state) => {
          send(main.pid, message);
          return ['noreply', state];
        },
      },
      { trapExit: true },
    );
    exit(pid, 'boom', main);
    const linked = spawnHandler<unknown>(
      {
        init: (self) => {
          self.link(pid);
          return (reason) => self.exit(reason);
        },
      },
      { system },
    );
    send(linked, 'bang');
    expect([await main.receive(), await main.receive()]).toEqual([
      ['EXIT', main.pid, 'boom'],
      ['EXIT', linked, 'bang'],
    ]);
    expect(isAlive(pid)).toBe(true);
  });

  test('without a sender speaks for the parent', async () => {
    const pid = await start({}, { trapExit: true });
    exit(pid, 'shutdown');
    await nextTurn();
    expect(isAlive(pid)).toBe(false);
    expect(log).toEqual([['terminate', 'shutdown', 'state']]);
  });

  test("'kill' ends any server at once", async () => {
    const pid = await start({}, { trapExit: true });
    exit(pid, 'kill');
    expect(isAlive(pid)).toBe(false);
    await nextTurn();
    expect(log).toEqual([]);
  });

  test('that comes while a callback waits is taken when the callback is done', async () => {
    const { parent, child } = await family(
      { trapExit: true },
      {
        handleInfo: async (_message, _state, self) => {
          await self.receive((message) => message === 'go on');
          return ['noreply', 'done'];
        },
      },
    );
    send(child, 'wait');
    await nextTurn();
    exit(parent, 'boom');
    await nextTurn();
    expect(isAlive(child)).toBe(true);
    send(child, 'go on');
    await nextTurn();
    expect(log).toEqual([['terminate', 'boom', 'done']]);
  });

  test('that kills a server in a callback leaves nothing of it running', async () => {
    const pid = await acting('handleInfo', async (self) => {
      await self.receive((message) => message === 'never');
      log.push('went on');
    });
    send(pid, 'wait');
    await nextTurn();
    exit(pid, 'boom', the.main);
    await nextTurn();
    expect([isAlive(pid), log, the.crashes]).toEqual([false, [], []]);
  });
});
