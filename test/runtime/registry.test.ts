/** Names are given, looked up, taken back, and gone with their actor. Unless said otherwise the promises are those of erlang:register/2 and its kin. */
import {
  exit,
  isAlive,
  mainActor,
  name,
  type Pid,
  processInfo,
  register,
  registered,
  type Self,
  send,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  unregister,
  whereis,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

const server = name<string>('server');

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

function idler(options: { name?: string } = {}): Pid<unknown> {
  return spawnHandler<unknown>(() => undefined, { system: the.system, ...options });
}

describe('register', () => {
  test('gives a name that is found, shown and listed', () => {
    const pid = idler();
    expect(whereis(server, the.system)).toBeUndefined();
    register(server, pid);
    expect(whereis(server, the.system)).toBe(pid);
    expect(processInfo(pid)?.registeredName).toBe('server');
    expect(registered(the.system)).toEqual(['server']);
  });

  test('lists names in the order in which they were given', () => {
    for (const text of ['b', 'c', 'a']) register(text, idler());
    expect(registered(the.system)).toEqual(['b', 'c', 'a']);
  });

  test.each<[string, string, () => unknown]>([
    [
      'a name that is taken',
      'name',
      () => {
        register('taken', idler());
        register('taken', idler());
      },
    ],
    [
      'an actor that has that name already',
      'pid',
      () => {
        const pid = idler();
        register('one', pid);
        register('one', pid);
      },
    ],
    [
      'an actor that has another name',
      'pid',
      () => {
        const pid = idler();
        register('one', pid);
        register('two', pid);
      },
    ],
    [
      'an actor that has ended',
      'pid',
      () => {
        const pid = idler();
        exit(pid, 'kill');
        register('dead', pid);
      },
    ],
    ["the name 'undefined'", 'name', () => register('undefined', idler())],
  ])('refuses %s', (_, argument, call) => {
    expect(call).toThrowError(expect.objectContaining({ code: 'badarg', argument }));
    expect(whereis('two', the.system)).toBeUndefined();
  });

  test('a name of one system names no actor in another', () => {
    const other = testSystem();
    register(server, the.main.pid as Pid<string>);
    expect(whereis(server, other.system)).toBeUndefined();
    register(server, other.main.pid as Pid<string>);
    expect(whereis(server, other.system)).toBe(other.main.pid);
    expect(whereis(server, the.system)).toBe(the.main.pid);
  });

  test('means the default system unless told otherwise', () => {
    const main = mainActor<string>();
    register(server, main.pid);
    expect(whereis(server)).toBe(main.pid);
    expect(registered()).toContain('server');
    unregister(server);
    expect(whereis(server)).toBeUndefined();
  });
});

describe('unregister', () => {
  test('frees the name and leaves the actor alone', () => {
    const [one, two] = [idler(), idler()];
    register(server, one);
    unregister(server, the.system);
    expect(whereis(server, the.system)).toBeUndefined();
    expect(processInfo(one)?.registeredName).toBeUndefined();
    expect(isAlive(one)).toBe(true);
    register(server, two);
    register('another', one);
    expect(registered(the.system)).toEqual(['server', 'another']);
  });

  test('refuses a name that nobody has', () => {
    expect(() => unregister('nobody', the.system)).toThrowError(expect.objectContaining({ argument: 'name' }));
  });
});

describe('the option name', () => {
  test('registers an actor before it runs', async () => {
    const seen: unknown[] = [];
    const pid = spawn<unknown>(
      (self) => {
        seen.push(whereis('early', self.system));
        return self.receive();
      },
      { system: the.system, name: 'early' },
    );
    expect(whereis('early', the.system)).toBe(pid);
    await nextTurn();
    expect(seen).toEqual([pid]);
  });

  test('is taken by every way to spawn', () => {
    const { main, system } = the;
    const body = (self: Self<unknown>) => self.receive();
    spawnHandler<unknown>(() => undefined, { system, name: 'a' });
    spawnLink<unknown>(main, body, { name: 'b' });
    spawnMonitor<unknown>(main, body, { name: 'c' });
    expect(registered(system)).toEqual(['a', 'b', 'c']);
  });

  test('spawns no actor under a name that is taken', () => {
    idler({ name: 'server' });
    const before = the.system.actorCount;
    expect(() => idler({ name: 'server' })).toThrowError(expect.objectContaining({ argument: 'options.name' }));
    expect(the.system.actorCount).toBe(before);
  });
});

describe('a send to a name', () => {
  test('reaches whoever has it at that time', async () => {
    const { main, system } = the;
    const echo = (mark: string) => spawnHandler<string>((text) => send(main.pid, `${mark} ${text}`), { system });
    const [one, two] = [echo('one'), echo('two')];
    register(server, one);
    send(server, 'a', system);
    unregister(server, system);
    register(server, two);
    send(server, 'b', system);
    await nextTurn();
    expect(await flush(main)).toEqual(['one a', 'two b']);
  });

  test('throws BadArg if no actor has the name, also in an actor that has ended', () => {
    const pid = idler({ name: 'server' });
    expect(() => send(name<string>('nobody'), 'x', the.system)).toThrowError(expect.objectContaining({ argument: 'to' }));
    exit(pid, 'kill');
    expect(() => send(server, 'x', the.system)).toThrowError(expect.objectContaining({ argument: 'to' }));
    send(pid, 'x');
  });
});

describe('the end of an actor', () => {
  test('frees its name', () => {
    const pid = idler({ name: 'server' });
    exit(pid, 'kill');
    expect(registered(the.system)).toEqual([]);
    idler({ name: 'server' });
    expect(registered(the.system)).toEqual(['server']);
  });

  test('frees it before links, monitors and those who wait for its signal hear', async () => {
    const { main, system } = the;
    const seen: unknown[] = [];
    const look = (what: string) => seen.push([what, whereis('server', system)]);
    const pid = spawn<unknown>(
      (self) => {
        self.signal.addEventListener('abort', () => look('signal'));
        return self.receive();
      },
      { system, name: 'server' },
    );
    const watch = (how: 'link' | 'monitor') =>
      spawnHandler<unknown>(
        {
          init: (self) => {
            self[how](pid);
            return () => look(how);
          },
        },
        { system, trapExit: true },
      );
    watch('link');
    watch('monitor');
    await nextTurn();
    exit(pid, 'boom', main);
    await nextTurn();
    expect(seen.sort()).toEqual([
      ['link', undefined],
      ['monitor', undefined],
      ['signal', undefined],
    ]);
  });

  test('lets whoever hears of it take the name over at once', async () => {
    const { main, system } = the;
    const first = idler({ name: 'server' });
    const heir = spawn<unknown>(
      async (self) => {
        self.monitor(first);
        await self.receive();
        register('server', self.pid);
        send(main.pid, 'mine');
        await self.receive();
      },
      { system },
    );
    await nextTurn();
    exit(first, 'boom');
    expect(await main.receive()).toBe('mine');
    expect(whereis('server', system)).toBe(heir);
  });

  test('does not free a name that it had given back and another has now', () => {
    const [one, two] = [idler({ name: 'server' }), idler()];
    unregister('server', the.system);
    register('server', two);
    exit(one, 'kill');
    expect(whereis('server', the.system)).toBe(two);
  });

  test('of a registered actor is reported with its name', async () => {
    const pid = spawn(() => Promise.reject('boom'), { system: the.system, name: 'server' });
    await nextTurn();
    expect(the.crashes).toMatchObject([{ pid, name: 'server', reason: 'boom' }]);
  });
});

describe('a monitor by name', () => {
  test('tells of the end with the name instead of the pid', async () => {
    const pid = idler({ name: 'server' });
    const ref = the.main.monitor('server');
    expect(processInfo(the.main.pid)?.monitors).toEqual([pid]);
    exit(pid, 'boom');
    expect(await flush(the.main)).toEqual([['DOWN', ref, 'process', 'server', 'boom']]);
  });

  test("tells 'noproc' of a name that nobody has", async () => {
    const ref = the.main.monitor('nobody');
    expect(await flush(the.main)).toEqual([['DOWN', ref, 'process', 'nobody', 'noproc']]);
  });

  test('follows the actor, not the name', async () => {
    const [one, two] = [idler({ name: 'server' }), idler()];
    const ref = the.main.monitor('server');
    unregister('server', the.system);
    register('server', two);
    exit(two, 'boom');
    expect(await flush(the.main)).toEqual([]);
    exit(one, 'boom');
    expect(await flush(the.main)).toEqual([['DOWN', ref, 'process', 'server', 'boom']]);
  });

  test('is cancelled as any other, with its message if it has come', async () => {
    const { main } = the;
    idler({ name: 'a' });
    const b = idler({ name: 'b' });
    const [refA, refB] = [main.monitor('a'), main.monitor('b')];
    main.demonitor(refA);
    exit(b, 'boom');
    main.demonitor(refB, { flush: true });
    main.demonitor(main.monitor('nobody'), { flush: true });
    expect(await flush(main)).toEqual([]);
  });
});
