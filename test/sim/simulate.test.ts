/** `simulate` of mailport/testing: what a seed decides, how a run that fails is told and replayed, and how time passes. */
import {
  BadArg,
  call,
  createSystem,
  type ExitReport,
  genServer,
  isAlive,
  mainActor,
  observer,
  type Pid,
  register,
  type Self,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  tag,
} from 'mailport';
import { SimulatedClock, type Simulation, SimulationError, simulate } from 'mailport/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

// Whoever replays a run of another test replays it there.
beforeEach(() => void vi.stubEnv('MAILPORT_SEED', ''));
afterEach(() => void vi.unstubAllEnvs());

/** What a run that fails rejects with. */
async function failure(run: Promise<void>): Promise<SimulationError> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof SimulationError) return error;
  throw new Error(`it should have failed with a SimulationError, not ${String(error)}`);
}

/** Actors of both styles, with timers, links and a server, and everything that they see, with its time. */
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

  test('has its crashes printed', async () => {
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

describe('a deadlock', () => {
  test('is reported, with who waits', async () => {
    const error = await failure(
      simulate(async ({ main, system }) => {
        spawn((self) => self.receive(tag('never')), { system, label: 'patient' });
        register(
          'named',
          spawnHandler(() => undefined, { system }),
        );
        send(main.pid, 'unwanted');
        await main.receive(tag('wanted'));
      }),
    );
    expect(error.message).toContain('deadlock');
    expect(error.message).toMatch(
      /main \(1 messages waiting\)\n.*patient \(0 messages waiting\)\n.*named \(0 messages waiting\)/,
    );
  });

  test('is also one if the test waits for something else that never comes', async () => {
    const error = await failure(simulate(() => new Promise(() => undefined)));
    expect(error.message).toContain('deadlock');
  });

  test('is none while a timer is set', async () => {
    await simulate(
      async ({ main, clock, system }) => {
        sendAfter(main.pid, 'at last', 1_000_000, system);
        expect(await main.receive()).toBe('at last');
        expect(clock.now()).toBe(1_000_000);
      },
      { runs: 5 },
    );
  });
});

describe('time', () => {
  test('goes on by itself to the next timer, and no further', async () => {
    await simulate(
      async ({ main, clock, system }) => {
        for (const afterMs of [700, 3_600_000, 30]) sendAfter(main.pid, afterMs, afterMs, system);
        for (const afterMs of [30, 700, 3_600_000]) {
          expect(await main.receive()).toBe(afterMs);
          expect(clock.now()).toBe(afterMs);
        }
        expect(await main.receive({ after: 5 })).toBeUndefined();
        expect(clock.now()).toBe(3_600_005);
      },
      { runs: 10 },
    );
  });

  test('stands still while anybody has something to do', async () => {
    await simulate(async ({ main, clock, system }) => {
      let left = 100;
      const busy = spawnHandler<'on'>(
        (on, self) => {
          left -= 1;
          send(left > 0 ? self.pid : (main.pid as Pid<'on'>), on);
        },
        { system },
      );
      sendAfter(main.pid, 'late', 1, system);
      send(busy, 'on');
      expect(await main.receive()).toBe('on');
      expect(clock.now()).toBe(0);
      expect(await main.receive()).toBe('late');
    });
  });

  test('may be moved by the test', async () => {
    await simulate(
      async ({ main, clock, system }) => {
        sendAfter(main.pid, 'late', 50, system);
        clock.advance(49);
        expect(await main.receive({ after: 0 })).toBeUndefined();
        clock.advance(1);
        expect(await main.receive({ after: 0 })).toBe('late');
        expect(clock.now()).toBe(50);
      },
      { runs: 10 },
    );
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
    ['options.seed', () => simulate(nothing, { seed: 1.5 })],
    ['options.seed', () => simulate(nothing, { seed: '1' as never })],
    ['options.runs', () => simulate(nothing, { runs: 0 })],
    ['options.runs', () => simulate(nothing, { runs: 2.5 })],
  ])('%s', async (argument, run) => {
    const error: unknown = await run().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BadArg);
    expect(error).toMatchObject({ argument });
  });

  test('MAILPORT_SEED', async () => {
    vi.stubEnv('MAILPORT_SEED', 'seventeen');
    await expect(simulate(nothing)).rejects.toMatchObject({ code: 'badarg', argument: 'MAILPORT_SEED' });
  });
});

describe('a SimulatedClock by itself', () => {
  test('fires what is due, in the order of times and then of setting, at its time', () => {
    const clock = new SimulatedClock();
    const fired: [string, number][] = [];
    const set = (name: string, afterMs: number) => clock.setTimer(afterMs, () => fired.push([name, clock.now()]));
    set('c', 20);
    set('a', 10);
    const cleared = set('never', 10);
    set('b', 10);
    set('d', 21);
    clock.clearTimer(cleared);
    expect(clock.pending).toBe(4);
    clock.advance(20);
    expect(fired).toEqual([
      ['a', 10],
      ['b', 10],
      ['c', 20],
    ]);
    expect(clock.pending).toBe(1);
    expect(clock.now()).toBe(20);
  });

  test('drives a system with the ordinary scheduler', async () => {
    const clock = new SimulatedClock();
    const main = mainActor<unknown>(createSystem({ clock }));
    const received = main.receive({ after: 1000 });
    clock.advance(1000);
    expect(await received).toBeUndefined();
  });
});
