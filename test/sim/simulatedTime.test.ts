/** Time in simulated runs goes on by itself. A run in which neither time nor an actor can go on is a deadlock. The clock is also there by itself. */
import { createSystem, mainActor, type Pid, register, send, sendAfter, spawn, spawnHandler, tag } from 'mailport';
import { SimulatedClock, simulate } from 'mailport/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failure } from './failure.js';

// MAILPORT_SEED may be set to replay a run of another test. It must not replay runs here.
beforeEach(() => void vi.stubEnv('MAILPORT_SEED', ''));
afterEach(() => void vi.unstubAllEnvs());

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

test('of several whose time is over in one tick the seed decides who goes on first', async () => {
  const orders = new Set<string>();
  await simulate(
    async ({ main, system }) => {
      for (const name of ['a', 'b', 'c']) {
        spawn(
          async (self) => {
            await self.receive({ after: 10 });
            send(main.pid, name);
          },
          { system },
        );
      }
      orders.add(`${await main.receive()}${await main.receive()}${await main.receive()}`);
    },
    { runs: 50 },
  );
  expect(orders.size).toBe(6);
});
