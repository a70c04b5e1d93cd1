/** `simulate` of mailport/testing: what a seed decides, how a failing run is reported and replayed, and what becomes of its actors. */
import {
  BadArg,
  call,
  type ExitReport,
  genServer,
  isAlive,
  observer,
  type Pid,
  type Self,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  tag,
} from 'mailport';
import { type Simulation, simulate } from 'mailport/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failure } from './failure.js';

// MAILPORT_SEED may be set to replay a run of another test. It must not replay runs here.
beforeEach(() => void vi.stubEnv('MAILPORT_SEED', ''));
afterEach(() => void vi.unstubAllEnvs());

/** Actors of both styles, with timers, links and a server. Gives everything that they see, with its time. */
async function busyRun({ main, system, clock, random }: Simulation): Promise<string[]> {
  const log: string[] = [];
  const note = (who: string, what: unknown) => log.push(`${clock.now()} ${who} ${JSON.stringify(what)}`);
  const ended = ({ label, reason, pid }: ExitReport) => {
    if (Number(pid.toString().slice(1).split('.')[0]) === system.id) note(`end of ${label}`, reason);
  };
  observer.on('exit', ended);
  const counter = await genServer.start(
    {
      init: () => ['ok', 0],
      handleCall: (step: number, _from, sum: number) => {
        note('counter', step);
        return ['reply', sum + step, sum + step];
      },
    },
    { system, label: 'counter' },
  );
  const sink = spawnHandler<unknown>((message) => void note('sink', message), { system, label: 'sink', trapExit: true });
  for (const name of ['a', 'b', 'c', 'd']) {
    const delayMs = Math.floor(random() * 3);
    const body = async (self: Self<unknown>) => {
      for (let count = 0; count < 3; count += 1) {
        send(sink, [name, count]);
        note(name, await call(self, counter, count));
        note(name, (await self.receive({ after: delayMs })) ?? 'nothing');
      }
      send(main.pid, ['done', name]);
      self.exit('shutdown');
    };
    sendAfter(spawn(body, { system, label: name }), 'tick', 2);
  }
  for (let count = 0; count < 4; count += 1) note('main', await main.receive(tag('done')));
  observer.off('exit', ended);
  return log;
}

async function logOf(seed: number): Promise<string[]> {
  let log: string[] = [];
  await simulate(
    async (simulation) => {
      log = await busyRun(simulation);
    },
    { seed },
  );
  return log;
}

describe('a seed', () => {
  test('gives the same run each time', async () => {
    for (const seed of [1, 2, -7, 123_456_789]) {
      const log = await logOf(seed);
      expect(log.length).toBeGreaterThan(40);
      expect(await logOf(seed)).toEqual(log);
    }
  });

  test('gives another interleaving than other seeds', async () => {
    const logs = new Set<string>();
    await simulate(
      async (simulation) => {
        logs.add((await busyRun(simulation)).join('\n'));
      },
      { runs: 200 },
    );
    expect(logs.size).toBeGreaterThan(190);
  });

  test('decides what `random` and `system.random` give', async () => {
    const drawn: number[][] = [];
    const draw = async ({ random, system }: Simulation) => {
      drawn.push([random(), random(), system.random()]);
    };
    await simulate(draw, { seed: 3 });
    await simulate(draw, { seed: 3 });
    await simulate(draw, { seed: 4 });
    expect(drawn[1]).toEqual(drawn[0]);
    expect(drawn[2]).not.toEqual(drawn[0]);
    expect(drawn.flat().every((number) => number >= 0 && number < 1)).toBe(true);
  });

  test('lets each of two actors be first', async () => {
    const first = new Map<unknown, number>();
    await simulate(async ({ main, system }) => {
      for (const name of ['a', 'b']) spawn(() => send(main.pid, name), { system });
      const name = await main.receive();
      first.set(name, (first.get(name) ?? 0) + 1);
    });
    expect(first.get('a')).toBeGreaterThan(25);
    expect(first.get('b')).toBeGreaterThan(25);
  });
});

test('seeds are those from 1 upwards, a hundred unless told otherwise', async () => {
  const seeds: number[] = [];
  const keep = ({ seed }: Simulation) => void seeds.push(seed);
  await simulate(keep);
  expect(seeds).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  seeds.length = 0;
  await simulate(keep, { runs: 3 });
  await simulate(keep, { seed: 17 });
  expect(seeds).toEqual([1, 2, 3, 17]);
});

test('no actor takes a message unless the seed has picked it', async () => {
  await simulate(({ system }) => expect(system.scheduler.take()).toBe(false), { runs: 1 });
});

test('a step runs with all that it sets off before the next actor has its turn', async () => {
  await simulate(async ({ main, system }) => {
    const log: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      spawn(
        async () => {
          for (let count = 0; count < 5; count += 1) {
            log.push(name);
            await Promise.resolve();
          }
          send(main.pid, 'done');
        },
        { system },
      );
    }
    for (let count = 0; count < 3; count += 1) await main.receive();
    const changes = log.filter((name, index) => index > 0 && name !== log[index - 1]);
    expect(changes).toHaveLength(2);
  });
});

describe('a run that fails', () => {
  /** Fails where b is before a. */
  const race = async ({ main, system }: Simulation) => {
    for (const name of ['a', 'b']) spawn(() => send(main.pid, name), { system });
    expect(await main.receive()).toBe('a');
  };

  test('is told by its seed, with the error as the cause', async () => {
    const error = await failure(simulate(race));
    expect(error.message).toContain(`seed ${error.seed}: `);
    expect(error.message).toContain(`MAILPORT_SEED=${error.seed}`);
    expect(error.cause).toMatchObject({ name: 'AssertionError' });
    expect((await failure(simulate(race, { seed: error.seed }))).seed).toBe(error.seed);
  });

  test('is replayed, and it alone, by MAILPORT_SEED', async () => {
    const { seed } = await failure(simulate(race));
    const seeds: number[] = [];
    const watched = (simulation: Simulation) => {
      seeds.push(simulation.seed);
      return race(simulation);
    };
    vi.stubEnv('MAILPORT_SEED', String(seed));
    expect((await failure(simulate(watched, { runs: 50 }))).seed).toBe(seed);
    expect((await failure(simulate(watched, { seed: 1000 }))).seed).toBe(seed);
    expect(seeds).toEqual([seed, seed]);
  });

  test('is told also if it throws before it waits for anything', async () => {
    const mistake = new Error('at once');
    const error = await failure(
      simulate(() => {
        throw mistake;
      }),
    );
    expect(error).toMatchObject({ seed: 1, cause: mistake });
  });

  test('prints its crashes', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    try {
      await failure(
        simulate(async ({ main, system }) => {
          spawn(() => Promise.reject(new Error('too bad')), { system, label: 'unlucky' });
          await main.receive();
        }),
      );
      expect(printed.mock.calls.join('\n')).toMatch(/unlucky.*crashed\n.*too bad/);
    } finally {
      printed.mockRestore();
    }
  });
});

test('crashes are there to be looked at, and are not printed', async () => {
  const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  try {
    await simulate(
      async ({ main, system, crashes }) => {
        const error = new Error('too bad');
        const pid = spawn(() => Promise.reject(error), { system, label: 'unlucky' });
        main.monitor(pid);
        await main.receive(tag('DOWN'));
        expect(crashes).toMatchObject([{ pid, label: 'unlucky', reason: error }]);
      },
      { runs: 5 },
    );
    expect(printed).not.toHaveBeenCalled();
  } finally {
    printed.mockRestore();
  }
});

test('actors that are left are killed, also after a failure', async () => {
  const left: Pid[] = [];
  const unwound: unknown[] = [];
  const start = ({ main, system }: Simulation) => {
    left.push(
      main.pid,
      spawnHandler(() => undefined, { system, trapExit: true }),
    );
    left.push(spawn((self) => self.receive().catch((error: unknown) => unwound.push(error)), { system }));
    left.push(spawn((self) => self.receive(), { system, link: main }));
  };
  await simulate(
    async (simulation) => {
      start(simulation);
      await simulation.main.receive({ after: 1 });
    },
    { runs: 2 },
  );
  await failure(
    simulate((simulation) => {
      start(simulation);
      throw new Error('failed');
    }),
  );
  expect(left).toHaveLength(12);
  expect(left.filter(isAlive)).toEqual([]);
  expect(unwound).toMatchObject([{ reason: 'killed' }, { reason: 'killed' }]);
});

describe('wrong arguments throw BadArg', () => {
  const nothing = () => undefined;

  test.each<[string, () => Promise<void>]>([
    ['test', () => simulate('body' as never)],
    ['options', () => simulate(nothing, null as never)],
    ['options', () => simulate(nothing, 5 as never)],
    ['options.seed', () => simulate(nothing, { seed: 1.5 })],
    ['options.seed', () => simulate(nothing, { seed: '1' as never })],
    ['options.runs', () => simulate(nothing, { runs: 0 })],
    ['options.runs', () => simulate(nothing, { runs: 2.5 })],
  ])('%s', (argument, run) => {
    expect(run).toThrowError(BadArg);
    expect(run).toThrowError(expect.objectContaining({ argument }));
  });

  test('MAILPORT_SEED', () => {
    vi.stubEnv('MAILPORT_SEED', 'seventeen');
    expect(() => simulate(nothing)).toThrowError(expect.objectContaining({ code: 'badarg', argument: 'MAILPORT_SEED' }));
  });
});
