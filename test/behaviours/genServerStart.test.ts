/** How a generic server is started, and how that fails. The promises are those of gen_server(3), init/1 and start_link/3. */
import {
  type AnySelf,
  call,
  exit,
  type GenServer,
  genServer,
  isAlive,
  type Pid,
  processInfo,
  register,
  type Self,
  send,
  spawn,
  sys,
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

describe('init', () => {
  test('gets the arguments, and makes the state', async () => {
    const pid = await genServer.start(
      { init: (_self, args: readonly number[]) => ['ok', args.map((number) => 2 * number)] },
      { system: the.system, args: [1, 2] },
    );
    expect(await sys.getState(the.main, pid)).toEqual([2, 4]);
  });

  test('is waited for by the start, and by messages', async () => {
    const { main, system } = the;
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const started = genServer.start<string, string, string>(
      {
        init: async () => {
          await gate;
          log.push('init');
          return ['ok', 'state'];
        },
        handleCall: (request, _from, state) => {
          log.push('call');
          return ['reply', `${request} ${state}`, state];
        },
      },
      { system, name: 'early' },
    );
    let settled = false;
    void started.then(() => {
      settled = true;
    });
    const answer = call(main, whereis('early', system) as Pid as Awaited<typeof started>, 'asked before');
    await nextTurn();
    expect(settled).toBe(false);
    goOn();
    expect(await answer).toBe('asked before state');
    await started;
    expect(log).toEqual(['init', 'call']);
  });

  test('runs as the server: it may link, monitor and send', async () => {
    const { main, system } = the;
    const pid = await genServer.start(
      server((self) => {
        self.link(main.pid);
        self.label = 'labelled';
        send(main.pid, 'from init');
        return ['ok', 0];
      }),
      { system },
    );
    expect(processInfo(pid)).toMatchObject({ links: [main.pid], label: 'labelled', behaviour: 'genServer' });
    expect(await flush(main)).toEqual(['from init']);
  });
});

describe("the action of init's result", () => {
  test('is not waited for by the start', async () => {
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const pid = await genServer.start(
      {
        init: () => ['ok', 'first', ['continue', 'second']],
        handleContinue: async (term) => {
          await gate;
          return ['noreply', term as string];
        },
      },
      { system: the.system },
    );
    goOn();
    expect(await sys.getState(the.main, pid)).toBe('second');
  });

  test.each<[string, GenServer<unknown>['handleContinue'], unknown]>([
    ['stops', () => ['stop', 'boom', 'state'], 'boom'],
    ['throws', () => Promise.reject('boom'), 'boom'],
    ['gives nonsense', (() => 5) as never, ['bad_return_value', 5]],
  ])('that %s ends a server that has been started, and its starter hears of it', async (_, handleContinue, reason) => {
    const { main } = the;
    main.trapExit = true;
    const callbacks = { ...server(() => ['ok', 'state', ['continue', 1]]), handleContinue };
    const pid = await genServer.startLink(main, callbacks as GenServer<unknown>);
    expect(await main.receive()).toEqual(['EXIT', pid, reason]);
    expect(log).toEqual([['terminate', reason]]);
  });
});

test("an init that says 'ignore' is no failure: the start gives undefined, and nobody is left", async () => {
  const { main, system, crashes } = the;
  main.trapExit = true;
  expect(
    await genServer.start(
      server(() => 'ignore'),
      { system, name: 'ignored' },
    ),
  ).toBeUndefined();
  expect(
    await genServer.startLink(
      main,
      server(async () => 'ignore'),
    ),
  ).toBeUndefined();
  expect(whereis('ignored', system)).toBeUndefined();
  expect(await flush(main)).toEqual([]);
  expect([crashes, log, system.actorCount]).toEqual([[], [], 1]);
});

describe('a name', () => {
  test("that is taken fails the start with ['already_started', pid], and starts nobody", async () => {
    const { main, system } = the;
    register('taken', main.pid);
    const init = () => {
      log.push('init');
      return ['ok', 0];
    };
    for (const failed of [
      genServer.start(server(init), { system, name: 'taken' }),
      genServer.startLink(main, server(init), { name: 'taken' }),
    ])
      await expect(failed).rejects.toMatchObject({ reason: ['already_started', main.pid] });
    expect([log, system.actorCount, await flush(main)]).toEqual([[], 1, []]);
  });

  test('belongs to the first of two that start at once, and is free after a start that failed', async () => {
    const { system } = the;
    const options = { system, name: 'one' };
    const [first, second] = [
      genServer.start(
        server(async () => ['stop', 'boom']),
        options,
      ),
      genServer.start(
        server(() => ['ok', 0]),
        options,
      ),
    ];
    await expect(second).rejects.toMatchObject({ reason: ['already_started', expect.anything()] });
    await expect(first).rejects.toMatchObject({ reason: 'boom' });
    expect(
      isAlive(
        (await genServer.start(
          server(() => ['ok', 0]),
          options,
        )) as Pid,
      ),
    ).toBe(true);
  });
});

describe('startLink', () => {
  test('links before init, so the end of a starter ends a server that has not begun', async () => {
    const { main, system } = the;
    const starter = spawn((self: AnySelf) => genServer.startLink(self, server(never), { name: 'linked' }), { system });
    await nextTurn();
    const pid = whereis('linked', system) as Pid;
    expect(processInfo(pid)?.links).toEqual([starter]);
    exit(starter, 'boom', main);
    expect(isAlive(pid)).toBe(false);
  });

  test('tells a starter that traps exits of the end of a server that had started', async () => {
    const { main } = the;
    main.trapExit = true;
    const pid = (await genServer.startLink(
      main,
      server(() => ['ok', 0]),
    )) as Pid;
    exit(pid, 'boom', main);
    expect(await flush(main)).toEqual([['EXIT', pid, 'boom']]);
  });
});
