/** `stop`: a behaviour ends in order, and its caller knows when. The promises are those of gen_server:stop/3. */
import { call, exit, genServer, isAlive, name, type Pid, processInfo, send, spawnHandler, stop, supervisor, sys } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
let log: unknown[];
beforeEach(() => {
  the = testSystem();
  log = [];
});

function start(terminate: (reason: unknown) => unknown = () => undefined, options = {}): Promise<Pid> {
  return genServer.start(
    {
      init: () => ['ok', 'state'],
      terminate: async (reason) => {
        log.push(['terminate', reason]);
        await terminate(reason);
      },
    },
    { system: the.system, ...options },
  );
}

async function expectNothingLeft(): Promise<void> {
  expect(await flush(the.main)).toEqual([]);
  expect(processInfo(the.main.pid)).toMatchObject({ monitors: [], monitoredBy: [] });
  expect(the.clock.pending).toBe(0);
}

test.each<[unknown]>([['normal'], ['shutdown'], [['shutdown', 'why']], ['boom']])(
  'ends a server with the reason %j after terminate, and resolves when it has ended',
  async (reason) => {
    const pid = await start(nextTurn);
    await stop(the.main, pid, reason);
    expect(isAlive(pid)).toBe(false);
    expect(log).toEqual([['terminate', reason]]);
    expect(the.crashes).toHaveLength(reason === 'boom' ? 1 : 0);
    await expectNothingLeft();
  },
);

test("means 'normal' and takes a name", async () => {
  await start(undefined, { name: 'server' });
  await stop(the.main, name<never>('server'));
  expect(log).toEqual([['terminate', 'normal']]);
  await start(undefined, { name: 'server' });
  await stop(the.main, 'server', 'shutdown');
  expect(log.at(-1)).toEqual(['terminate', 'shutdown']);
});

test('comes after the messages that were sent before', async () => {
  const pid = await genServer.start<null, never, never, never, string>(
    {
      init: () => ['ok', null],
      handleInfo: (message) => {
        log.push(message);
        return ['noreply', null];
      },
    },
    { system: the.system },
  );
  send(pid, 'before');
  const stopped = stop(the.main, pid);
  send(pid, 'after');
  await stopped;
  expect(log).toEqual(['before']);
});

test('ends a suspended server too', async () => {
  const pid = await start();
  await sys.suspend(the.main, pid);
  await stop(the.main, pid, 'shutdown');
  expect(log).toEqual([['terminate', 'shutdown']]);
});

test('ends a supervisor after its children, in their opposite order', async () => {
  const child = (id: string) => ({
    id,
    start: (self: Parameters<typeof genServer.startLink>[0]) =>
      genServer.startLink(
        self,
        { init: () => ['ok', 0], terminate: (reason) => void log.push(`${id} ${reason}`) },
        { trapExit: true },
      ),
  });
  const top = await supervisor.start({ children: [child('a'), child('b')] }, { system: the.system });
  await stop(the.main, top, 'shutdown');
  expect(log).toEqual(['b shutdown', 'a shutdown']);
  expect(the.system.actorCount).toBe(1);
});

describe('resolves if it ends with the reason asked for', () => {
  /** A new object each time, as code that returns a reason makes one. */
  const why = () => ['shutdown', { cause: [Number.NaN, Buffer.from('x')] }] as const;

  /** Ends by itself at the message 'end', before it comes to anything behind that. */
  const endsItself = (reason: () => unknown) =>
    genServer.start<null, never, never, never, 'end'>(
      {
        init: () => ['ok', null],
        handleInfo: async () => {
          await nextTurn();
          return ['stop', reason(), null];
        },
      },
      { system: the.system },
    );

  test.each<[string, () => unknown]>([
    ['normal', () => 'normal'],
    ['NaN', () => Number.NaN],
    ['a tuple', why],
  ])('by itself, before it has taken the request: %s', async (_, reason) => {
    const pid = await endsItself(reason);
    send(pid, 'end');
    await stop(the.main, pid, reason());
    expect(isAlive(pid)).toBe(false);
    await expectNothingLeft();
  });

  test('in terminate, which says the same by another object', async () => {
    const pid = await start(() => Promise.reject(why()));
    await stop(the.main, pid, why());
    await expectNothingLeft();
  });

  test.each<[string, unknown, unknown]>([
    ['another reason', 'normal', 'shutdown'],
    ['a tuple of another length', ['shutdown', 1], ['shutdown']],
    ['another field', { a: 1 }, { b: 1 }],
    ['an error that reads alike', new Error('x'), new Error('x')],
    ['another actor', ['shutdown', spawnHandler(() => undefined)], ['shutdown', spawnHandler(() => undefined)]],
  ])('but not with %s', async (_, asked, given) => {
    const pid = await endsItself(() => given);
    send(pid, 'end');
    await expect(stop(the.main, pid, asked)).rejects.toMatchObject({ name: 'CallError', reason: given });
    await expectNothingLeft();
  });

  test("not of one that was not there: that is 'noproc', also if that is the reason asked for", async () => {
    const pid = await start();
    exit(pid, 'kill');
    await expect(stop(the.main, pid, 'noproc')).rejects.toMatchObject({ reason: 'noproc' });
    await expectNothingLeft();
  });
});

describe('rejects', () => {
  test("with 'noproc' if there is no such server", async () => {
    const pid = await start();
    exit(pid, 'kill');
    await expect(stop(the.main, pid)).rejects.toMatchObject({ name: 'CallError', reason: 'noproc' });
    await expect(stop(the.main, 'nobody')).rejects.toMatchObject({ name: 'CallError', reason: 'noproc' });
    await expectNothingLeft();
  });

  test('with another reason if it ends with that', async () => {
    const failing = await start(() => Promise.reject('boom'));
    await expect(stop(the.main, failing)).rejects.toMatchObject({ name: 'CallError', reason: 'boom', server: failing });
    const killed = await start(() => new Promise(() => undefined));
    const stopping = stop(the.main, killed);
    await nextTurn();
    exit(killed, 'kill');
    await expect(stopping).rejects.toMatchObject({ reason: 'killed' });
    await expectNothingLeft();
  });

  test("with 'timeout' if it takes longer to tidy up, and then it ends later", async () => {
    const { main, clock } = the;
    let goOn: () => void = () => undefined;
    const pid = await start(
      () =>
        new Promise<void>((resolve) => {
          goOn = resolve;
        }),
    );
    const outcome = stop(main, pid, 'normal', 100).catch(({ reason }) => reason);
    await nextTurn();
    clock.advance(100);
    expect(await outcome).toBe('timeout');
    expect(isAlive(pid)).toBe(true);
    goOn();
    await nextTurn();
    expect(isAlive(pid)).toBe(false);
    await expectNothingLeft();
  });

  test("with 'timeout' if it does not listen in time, of which waiting for it takes a part", async () => {
    const { main, clock } = the;
    let answer: () => void = () => undefined;
    const busy = await genServer.start<null, never, never, never, string>(
      {
        init: () => ['ok', null],
        handleInfo: async () => {
          await new Promise<void>((resolve) => {
            answer = resolve;
          });
          return ['noreply', null];
        },
        terminate: () => new Promise(() => undefined),
      },
      { system: the.system },
    );
    send(busy, 'wait');
    const deaf = stop(main, busy, 'normal', 50).catch(({ reason }) => reason);
    await nextTurn();
    clock.advance(50);
    expect(await deaf).toBe('timeout');
    const slow = stop(main, busy, 'normal', 100).catch(({ reason }) => reason);
    clock.advance(60);
    answer();
    await nextTurn();
    clock.advance(39);
    await nextTurn();
    expect(clock.pending).toBe(1);
    clock.advance(1);
    expect(await slow).toBe('timeout');
    exit(busy, 'kill');
    await expectNothingLeft();
  });

  test("with 'timeout' for an actor that is no behaviour", async () => {
    const { main, clock, system } = the;
    const got: unknown[] = [];
    const plain = spawnHandler<unknown>((message) => got.push(message), { system });
    const outcome = stop(main, plain, 'normal', 10).catch(({ reason }) => reason);
    await nextTurn();
    clock.advance(10);
    expect(await outcome).toBe('timeout');
    expect(got).toMatchObject([['system', {}, ['terminate', 'normal']]]);
    expect(isAlive(plain)).toBe(true);
  });

  test('a server that would stop itself, which waited for ever', async () => {
    const pid = await genServer.start<null, string, unknown>(
      {
        init: () => ['ok', null],
        handleCall: async (_request, _from, _state, self) => {
          const reason = await stop(self, self.pid).catch((error: { reason: unknown }) => error.reason);
          return ['reply', reason, null];
        },
      },
      { system: the.system },
    );
    expect(await call(the.main, pid, 'x')).toBe('calling_self');
  });
});
