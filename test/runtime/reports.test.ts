/** Where crash reports go, in any system, the default one too, before and after its first use. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  BadArg,
  type CrashReport,
  call,
  createSystem,
  defaultSystem,
  genServer,
  mainActor,
  observer,
  reply,
  send,
  spawn,
  spawnHandler,
  spawnMonitor,
  sys,
} from '../../actors/index.js';
import { createSctp } from '../../actors/sctp/open.js';
import { longSchedule } from '../../runtime/longSchedule.js';
import { SimStack } from '../sim/simStack.js';

const main = mainActor();
const sctp = createSctp({ embedded: (onBatch) => new SimStack(onBatch) });

/** Throws whenever it is looked at. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
}

/** Lets an actor of the system crash on a message. */
async function crash(system = defaultSystem, reason: unknown = new Error('boom')): Promise<void> {
  const there = mainActor(system);
  const handler = spawnHandler<string>(
    () => {
      throw reason;
    },
    { system, label: 'patient' },
  );
  const ref = there.monitor(handler);
  send(handler, 'secret 4711');
  await there.receive(reply(ref));
}

afterEach(() => {
  defaultSystem.configure({ onCrash: undefined, logger: undefined, redact: undefined });
  observer.removeAllListeners();
  vi.restoreAllMocks();
});

describe.each([
  ['the default system', () => defaultSystem],
  ['another', () => createSystem()],
])('of %s', (_name, make) => {
  test('go to standard error, to a logger, or to a function, as was said last', async () => {
    const system = make();
    const console = vi.spyOn(globalThis.console, 'error').mockImplementation(() => undefined);
    const logger = { error: vi.fn() };
    const reports: CrashReport[] = [];
    await crash(system);
    expect(console).toHaveBeenCalledTimes(1);
    system.configure({ logger });
    await crash(system);
    expect(logger.error.mock.calls).toEqual([[expect.stringMatching(/\(patient\) crashed\n {2}reason: Error: boom/)]]);
    system.configure({ onCrash: (report) => reports.push(report) });
    await crash(system);
    expect(reports).toMatchObject([{ label: 'patient', lastMessage: 'secret 4711' }]);
    system.configure({ onCrash: undefined });
    await crash(system);
    expect([console.mock.calls.length, logger.error.mock.calls.length, reports.length]).toEqual([1, 2, 1]);
  });

  // The process ended by the exception of a log's transport, or by what a message has to show itself.
  test('end no other actor when onCrash, the logger or a shown value throws; both failures are printed', async () => {
    const system = make();
    const console = vi.spyOn(globalThis.console, 'error').mockImplementation(() => undefined);
    const seen: CrashReport[] = [];
    observer.on('crash', (report) => seen.push(report));
    const broken = {
      error: () => {
        throw new Error('disk full');
      },
    };
    system.configure({ logger: broken });
    await crash(system);
    expect(console.mock.calls).toEqual([
      [expect.stringMatching(/\(patient\) crashed\n {2}reason: Error: boom[\s\S]*the logger threw: Error: disk full/)],
    ]);
    system.configure({
      logger: undefined,
      onCrash: () => {
        throw new TypeError('no sink');
      },
    });
    await crash(system);
    expect(console.mock.calls.slice(1)).toEqual([
      [expect.stringMatching(/\(patient\) crashed[\s\S]*Error: boom[\s\S]*onCrash threw: TypeError: no sink/)],
    ]);
    system.configure({ onCrash: undefined });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    await crash(system, {
      shown: {
        [inspect.custom]: () => {
          throw new Error('not me');
        },
      },
      proxy,
    });
    expect(console.mock.calls.slice(2)).toEqual([
      [expect.stringMatching(/\(patient\) crashed\n {2}reason: \[throws when it is shown\]\n {2}last message: 'secret 4711'/)],
    ]);
    expect(seen).toHaveLength(3);
  });

  test.each<[string, unknown]>([
    ['has nothing in it', {}],
    ['is null', null],
    ['has no list of links', { links: 5 }],
    ['has links that are none', { pid: main.pid, mailboxLength: 0, links: [5] }],
    ['throws when it is looked at', revoked()],
  ])('keep what they have back when what redact gives %s, and the end of the actor goes on', async (_what, shown) => {
    const system = make();
    const console = vi.spyOn(globalThis.console, 'error').mockImplementation(() => undefined);
    const seen: CrashReport[] = [];
    observer.on('crash', (report) => seen.push(report));
    system.configure({ redact: () => shown as CrashReport });
    await crash(system);
    expect(console.mock.calls).toEqual([[expect.stringMatching(/\(patient\) crashed\n {2}reason: '\[kept back: redact threw /)]]);
    expect(console.mock.calls.join()).not.toContain('4711');
    expect(seen).toMatchObject([{ label: 'patient', lastMessage: undefined }]);
  });

  test('are redacted wherever they are seen', async () => {
    const system = make();
    const logger = { error: vi.fn() };
    const seen: unknown[] = [];
    const note = (report: unknown) => seen.push((report as CrashReport).lastMessage);
    observer.on('crash', note);
    subscribe('mailport:crash', note);
    system.configure({ logger, redact: (report) => ({ ...report, lastMessage: 'kept back' }) });
    await crash(system);
    system.configure({ onCrash: note });
    await crash(system);
    unsubscribe('mailport:crash', note);
    expect(seen).toEqual(['kept back', 'kept back', 'kept back', 'kept back', 'kept back']);
    expect(logger.error.mock.calls).toEqual([[expect.stringContaining("last message: 'kept back'")]]);
  });

  test.each([
    [
      () => {
        throw new RangeError('secret 4711');
      },
      'RangeError',
    ],
    [() => undefined, 'BadArg'],
  ])('are shown without what may be secret if redact fails: %s', async (redact, name) => {
    const system = make();
    const logger = { error: vi.fn() };
    system.configure({ logger, redact: redact as never });
    await crash(system, new Error('secret 4711'));
    const [text] = logger.error.mock.calls[0] as [string];
    expect(text).toContain(`reason: '[kept back: redact threw ${name}]'`);
    expect(text).not.toContain('4711');
  });
});

test('traces go to the logger, too', async () => {
  const logger = { error: vi.fn() };
  const system = createSystem({ logger });
  const there = mainActor(system);
  const server = await genServer.start({ init: () => ['ok', 0], handleCall: () => ['reply', 1, 1] }, { system });
  await sys.trace(there, server, { limit: 1 });
  await call(there, server, 'x' as never);
  expect(logger.error.mock.calls[0]).toEqual([expect.stringMatching(/^\*DBG\* <\d+\.\d+> got /)]);
});

test.each([
  [{ onCrash: 5 }, 'options.onCrash'],
  [{ logger: () => undefined }, 'options.logger'],
  [{ logger: null }, 'options.logger'],
  [{ redact: 'x' }, 'options.redact'],
  [{ longScheduleMs: 0 }, 'options.longScheduleMs'],
  [{ longMessageQueue: Number.NaN }, 'options.longMessageQueue'],
  [{ onCrahs: undefined }, 'options.onCrahs'],
  [null, 'options'],
])('%j is BadArg, and changes nothing', (options, argument) => {
  const before = { ...defaultSystem.reports };
  expect(() => defaultSystem.configure(options as never)).toThrow(expect.objectContaining({ name: 'BadArg', argument }));
  expect(() => defaultSystem.configure({ onCrash: () => undefined, ...options, seed: 1 } as never)).toThrow(BadArg);
  if (options !== null) expect(() => createSystem(options as never)).toThrow(BadArg);
  expect({ ...defaultSystem.reports }).toEqual(before);
});

describe('an actor that keeps the event loop', () => {
  let nowMs = 0;
  /** Takes so many milliseconds, by a clock of the test, so that a busy machine does not count as a busy actor. */
  const block = (ms: number) => {
    nowMs += ms;
  };
  const { now } = longSchedule;
  beforeEach(() => {
    nowMs = now();
    longSchedule.now = () => nowMs;
  });
  afterEach(() => {
    longSchedule.now = now;
  });

  /** The actors that are named while `run` runs. */
  async function named(run: () => unknown): Promise<unknown[]> {
    const labels: unknown[] = [];
    observer.on('long_schedule', ({ label, ms }) => {
      expect(ms).toBeGreaterThan(defaultSystem.reports.longScheduleMs);
      labels.push(label);
    });
    await run();
    await new Promise((resolve) => setImmediate(resolve));
    return labels;
  }
  const ended = async (body: Parameters<typeof spawn>[0], label: string) => {
    const [, ref] = spawnMonitor(main, body, { label });
    await main.receive(reply(ref));
  };

  test('is named, in whichever style it is written, and no other actor is', async () => {
    expect(
      await named(async () => {
        await ended(() => block(101), 'at once');
        await ended(async (self) => {
          send(self.pid, 1 as never);
          await self.receive();
          block(101);
          await self.receive({ after: 1 });
        }, 'after a message');
        await ended(async (self) => {
          await self.receive({ after: 1 });
          block(101);
          await new Promise((resolve) => setImmediate(resolve));
        }, 'before it waits for something else');
        const handler = spawnHandler<number>(
          (ms, self) => {
            block(ms);
            self.exit('normal');
          },
          { label: 'handler' },
        );
        const ref = main.monitor(handler);
        send(handler, 101);
        await main.receive(reply(ref));
        const server = await genServer.start(
          {
            init: () => ['ok', 0],
            handleCall: async () => {
              block(101);
              return ['reply', 1, 0];
            },
          },
          { label: 'server' },
        );
        await call(main, server, 'x' as never);
        const socket = await sctp.open(main);
        await ended(async (self) => {
          await socket.recv(1, self).catch(() => block(101));
          await socket.recv(1, self).catch(() => 0);
        }, 'beside a socket');
        socket.close();
      }),
    ).toEqual(['at once', 'after a message', 'before it waits for something else', 'handler', 'server', 'beside a socket']);
  });

  test('is the one that is named of several that got their messages together', async () => {
    const actor = (ms: number) => (self: { receive(): Promise<unknown> }) =>
      self.receive().then(() => {
        block(ms);
        return self.receive();
      });
    const pids = [100, 101, 0].map((ms, index) => spawn<string>(actor(ms), { label: `actor ${index}` }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(
      await named(() => {
        for (const pid of pids) send(pid, 'go');
      }),
    ).toEqual(['actor 1']);
    for (const pid of pids) send(pid, 'end');
  });

  test('is not named for the time that it waits, or that others take', async () => {
    expect(
      await named(async () => {
        const waiter = ended(async (self) => {
          await self.receive({ after: 4 });
          await new Promise((resolve) => setTimeout(resolve, 4));
          await self.receive({ after: 1 });
        }, 'waiter');
        await new Promise((resolve) => setImmediate(resolve));
        block(150);
        await waiter;
      }),
    ).toEqual([]);
  });

  test('is not named for what it does in later turns of the event loop, if it never comes back to its mailbox', async () => {
    expect(
      await named(async () => {
        let go = () => {};
        const gone = new Promise<void>((resolve) => {
          go = resolve;
        });
        const ends = ended(async () => {
          await gone;
        }, 'elsewhere');
        await new Promise((resolve) => setImmediate(resolve));
        block(150);
        await new Promise((resolve) => setImmediate(resolve));
        go();
        await ends;
      }),
    ).toEqual([]);
  });

  test('is not looked for while nobody observes', async () => {
    const note = () => undefined;
    for (let turn = 0; turn < 2; turn += 1) {
      spawn(() => undefined);
      expect(longSchedule.observed).toBe(false);
      subscribe('mailport:long_schedule', note);
      spawn(() => undefined);
      expect(longSchedule.observed).toBe(true);
      unsubscribe('mailport:long_schedule', note);
    }
  });
});

describe('a mailbox that grows', () => {
  const turns = async (count = 3) => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };

  test.each([100, 1000, 5000])('past %i messages is told of once, until half of them are taken', async (limit) => {
    const system = createSystem({ longMessageQueue: limit });
    const told: unknown[] = [];
    observer.on('long_message_queue', ({ label, mailboxLength }) => told.push([label, mailboxLength]));
    let take = 0;
    const pid = spawn<unknown>(
      async (self) => {
        for (;;)
          if (take > 0) {
            take -= 1;
            self.receiveNow();
          } else await new Promise((resolve) => setImmediate(resolve));
      },
      { system, label: 'slow' },
    );
    const flood = (count: number) => {
      for (let sent = 0; sent < count; sent += 1) send(pid, sent);
    };
    flood(limit);
    await turns();
    expect(told).toEqual([]);
    flood(1);
    await turns();
    flood(limit);
    await turns();
    expect(told).toEqual([['slow', limit + 1]]);
  });

  test('by what a selective receive passes over is told of, too, and again after it was empty', async () => {
    const system = createSystem({ longMessageQueue: 1500 });
    const told: unknown[] = [];
    observer.on('long_message_queue', ({ mailboxLength }) => told.push(mailboxLength));
    const pid = spawn<readonly [string]>(
      async (self) => {
        for (;;) {
          await self.receive((message) => message[0] === 'go');
          while ((await self.receive({ after: 0 })) !== undefined);
        }
      },
      { system },
    );
    for (let round = 0; round < 2; round += 1) {
      for (let chunk = 0; chunk < 16; chunk += 1) {
        for (let sent = 0; sent < 100; sent += 1) send(pid, ['other']);
        await turns(1);
      }
      expect(told).toHaveLength(round + 1);
      send(pid, ['go']);
      await turns(20);
    }
  });
});
