/** Systems: clocks, seeds, crash reports and observers. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import {
  type CrashReport,
  createSystem,
  defaultSystem,
  exit,
  isPid,
  isSelf,
  mainActor,
  makeRef,
  observer,
  printCrash,
  processInfo,
  realClock,
  send,
  spawn,
  spawnHandler,
  tag,
} from 'mailport';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { nextTurn, testSystem } from './testSystem.js';

describe('randomness', () => {
  const draw = (seed: number) => {
    const system = createSystem({ seed });
    return Array.from({ length: 1000 }, () => system.random());
  };

  test('is the same for the same seed, and another for another', () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  test('is spread from 0 up to 1', () => {
    const numbers = draw(1);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});

describe('the real clock', () => {
  test('calls a timer when its time has come', async () => {
    const startMs = realClock.now();
    await new Promise<void>((resolve) => realClock.setTimer(1, resolve));
    expect(realClock.now()).toBeGreaterThan(startMs);
  });

  test('does not take a timeout beyond 2^31 ms for none', () => {
    vi.useFakeTimers();
    try {
      let calls = 0;
      const called = () => {
        calls += 1;
      };
      realClock.setTimer(2 ** 32 - 1, called);
      const cancelled = realClock.setTimer(2 ** 31, called);
      vi.advanceTimersByTime(2 ** 31 - 1);
      realClock.clearTimer(cancelled);
      vi.advanceTimersByTime(2 ** 31 - 1);
      expect(calls).toBe(0);
      vi.advanceTimersByTime(1);
      expect(calls).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('a system', () => {
  test('numbers its pids, and says how many actors live', async () => {
    const { system, main } = testSystem();
    const pid = spawnHandler(() => undefined, { system });
    expect(`${main.pid} ${pid}`).toBe(`<${system.id}.1> <${system.id}.2>`);
    expect(system.actorCount).toBe(2);
    exit(pid, 'kill');
    expect(system.actorCount).toBe(1);
  });

  test('prints pids and references as Erlang does, and its actors by their label', () => {
    const { main } = testSystem();
    const ref = makeRef();
    expect(inspect([main.pid, ref])).toBe(`[ ${main.pid}, ${ref} ]`);
    expect(`${ref}`).toMatch(/^#Ref<\d+>$/);
    expect(main.label).toBe('main');
    main.label = 'test';
    expect(processInfo(main.pid)?.label).toBe('test');
    expect(main.trapExit).toBe(false);
  });

  test('is inherited from the parent', () => {
    const { system, main } = testSystem();
    spawn((self) => self.receive(), { link: main });
    expect(system.actorCount).toBe(2);
  });

  test('has one main actor, and a new one after its end', async () => {
    const { system, main } = testSystem();
    expect(mainActor(system)).toBe(main);
    exit(main.pid, 'boom');
    expect(mainActor(system)).not.toBe(main);
    expect(mainActor().system).toBe(defaultSystem);
  });

  test('lets actors of different systems talk', async () => {
    const [one, other] = [testSystem(), testSystem()];
    const echo = spawnHandler<string>((text) => send(other.main.pid, text), { system: one.system });
    send(echo, 'across');
    expect(await other.main.receive()).toBe('across');
  });
});

describe('processInfo', () => {
  test('shows what an actor has and is tied to', async () => {
    const { system, main } = testSystem();
    const pid = spawn<unknown>(
      async (self) => {
        self.monitor(main.pid);
        await self.receive(tag('go'));
        await self.receive(tag('never'));
      },
      { link: main, label: 'worker', trapExit: true },
    );
    const ref = main.monitor(pid);
    for (const message of [1, ['go'], 2]) send(pid, message);
    await nextTurn();
    expect(processInfo(pid)).toEqual({
      registeredName: undefined,
      label: 'worker',
      behaviour: undefined,
      status: 'waiting',
      mailboxLength: 2,
      mailboxBytes: 0,
      dropped: 0,
      sockets: [],
      links: [main.pid],
      monitors: [main.pid],
      monitoredBy: [main.pid],
      trapExit: true,
      reductions: 1,
    });
    expect(system.actorCount).toBe(2);
    main.demonitor(ref);
  });

  test('isPid and isSelf tell pids and selfs from other values', () => {
    const { main } = testSystem();
    expect([isPid(main.pid), isPid(main), isPid(undefined)]).toEqual([true, false, false]);
    expect([isSelf(main), isSelf(main.pid), isSelf(null)]).toEqual([true, false, false]);
  });
});

describe('crash reports', () => {
  test.each<[string, unknown, number]>([
    ['an error', new Error('boom'), 1],
    ['any other reason', 'boom', 1],
    ['normal', 'normal', 0],
    ['shutdown', 'shutdown', 0],
    ['shutdown with a reason', ['shutdown', 'why'], 0],
  ])('%s', async (_, reason, reports) => {
    const { system, crashes } = testSystem();
    const pid = spawn((self) => self.exit(reason), { system, label: 'x' });
    await nextTurn();
    expect(crashes).toHaveLength(reports);
    if (reports > 0) expect(crashes[0]).toMatchObject({ pid, reason, label: 'x' });
  });

  test('are of the actor that failed, not of those that its links take with it', async () => {
    const { system, crashes } = testSystem();
    const victim = spawnHandler<unknown>(() => undefined, { system });
    const pid = spawn(
      (self) => {
        self.link(victim);
        throw new Error('boom');
      },
      { system },
    );
    await nextTurn();
    expect(crashes).toMatchObject([{ pid, links: [victim] }]);
  });

  test('are printed once, readably, unless the system has another use for them', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      const system = createSystem();
      const pid = spawnHandler<unknown>(
        () => {
          throw new Error('boom');
        },
        { system, label: 'server', link: mainActor(system) },
      );
      mainActor(system).trapExit = true;
      send(pid, ['request', 1]);
      send(pid, ['request', 2]);
      await nextTurn();
      expect(printed).toHaveBeenCalledTimes(1);
      const text = String(printed.mock.calls[0]?.[0]);
      expect(text).toMatch(new RegExp(`^\\[mailport\\] actor ${pid} \\(server\\) crashed\n  reason: Error: boom\n`));
      expect(text).toContain("last message: [ 'request', 1 ]");
      expect(text).toContain('messages waiting: 1');
      expect(text).toContain(`linked to: ${mainActor(system).pid}`);
    } finally {
      printed.mockRestore();
    }
  });

  test('reach observers though onCrash throws, and a supervisor gives up as it would', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const system = createSystem({
      onCrash: () => {
        throw new Error('bad onCrash');
      },
    });
    const seen: unknown[] = [];
    observer.on('crash', ({ reason }) => seen.push(reason));
    const pid = spawn(() => Promise.reject('boom'), { system });
    const ref = mainActor<unknown>(system).monitor(pid);
    expect(await mainActor<unknown>(system).receive()).toEqual(['DOWN', ref, 'process', pid, 'boom']);
    expect(printed.mock.calls).toEqual([[expect.stringMatching(/boom[\s\S]*onCrash threw: Error: bad onCrash/)]]);
    printed.mockRestore();
    expect(seen).toEqual(['boom']);
    observer.removeAllListeners();
  });

  test('name a port by its label', () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { main } = testSystem();
    const report: CrashReport = {
      pid: main.pid,
      label: undefined,
      name: undefined,
      behaviour: undefined,
      reason: 'boom',
      lastMessage: undefined,
      unawaited: false,
      mailboxLength: 0,
      links: [{ label: '#Port<7>', isOpen: true, onExit: () => undefined }],
    };
    printCrash(report);
    expect(printed.mock.calls).toEqual([[`[mailport] actor ${main.pid} crashed\n  reason: 'boom'\n  linked to: #Port<7>`]]);
    printed.mockRestore();
  });
});

describe('observers', () => {
  afterEach(() => {
    observer.removeAllListeners();
  });

  test('see spawns, crashes and exits, and so do diagnostics channels', async () => {
    const { system } = testSystem();
    const seen: unknown[] = [];
    const mirrored: unknown[] = [];
    const mirror = (report: unknown, name: string | symbol) => mirrored.push([name, report]);
    const events = ['spawn', 'crash', 'exit'] as const;
    for (const event of events) {
      observer.on(event, (report) => {
        if (report.label === 'seen') seen.push([`mailport:${event}`, report]);
      });
      subscribe(`mailport:${event}`, mirror);
    }
    const pid = spawn(() => Promise.reject('boom'), { system, label: 'seen' });
    await nextTurn();
    for (const event of events) unsubscribe(`mailport:${event}`, mirror);
    expect(seen).toMatchObject([
      ['mailport:spawn', { pid, label: 'seen' }],
      ['mailport:crash', { pid, reason: 'boom' }],
      ['mailport:exit', { pid, reason: 'boom' }],
    ]);
    expect(mirrored).toEqual(seen);
  });

  test.each(['spawn', 'crash', 'exit'] as const)(
    'disturb nobody when they throw at a %s: it is an uncaught exception',
    async (event) => {
      const { system, main } = testSystem();
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      const uncaught = new Promise((resolve) => {
        process.once('uncaughtException', resolve);
      });
      observer.once(event, () => {
        throw new Error('bad observer');
      });
      const pid = spawn(() => Promise.reject('boom'), { system });
      const ref = main.monitor(pid);
      expect(await main.receive()).toEqual(['DOWN', ref, 'process', pid, 'boom']);
      expect(await uncaught).toMatchObject({ message: 'bad observer' });
      for (const other of others) process.on('uncaughtException', other);
    },
  );
});
