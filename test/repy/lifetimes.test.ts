/** The lives of a sandbox and of its callbacks: who ends with whom, and what is left. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isAlive, type Pid, send, spawn } from 'mailport';
import { simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../actors/repy/budget.js';
import type { Repy } from '../../actors/repy/index.js';
import { exit, type Self } from '../../runtime/index.js';
import { here, nextTurn, reason, simulated } from './stage.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const once = { seed: 1 };

const nothing = async (main: Self<unknown>): Promise<void> => expect(await main.receive({ after: 1000 })).toBeUndefined();

describe('calls of a sandbox that has ended raise', () => {
  const calls: readonly (readonly [name: string, call: (repy: Repy) => Promise<unknown>])[] = [
    ['openconn', (repy) => repy.openconn(here[0], 80)],
    ['waitforconn', (repy) => repy.waitforconn(here[0], 80, () => undefined)],
    ['recvmess', (repy) => repy.recvmess(here[0], 53, () => undefined)],
    ['sendmess', (repy) => repy.sendmess(here[0], 53, 'x')],
  ];

  test.each(calls)('%s, also if the sandbox has ended before its actor has run', async (name, call) => {
    await simulate(async (run) => {
      run.main.trapExit = true;
      const { repy } = simulated(run);
      exit(repy.pid, 'kill');
      expect(await reason(call(repy))).toBe(`${name} closed`);
      const { repy: second } = simulated(run);
      await nothing(run.main).catch(() => undefined);
      exit(second.pid, 'shutdown');
      await run.main.receive({ after: 1000 });
      expect(await reason(call(second))).toBe(`${name} closed`);
    }, once);
  });

  test.each(calls.slice(1, 3))('%s, at whichever step the sandbox ends, and no row is left', async (name, call) => {
    await simulate(async (run) => {
      run.main.trapExit = true;
      for (let steps = 0; steps < 12; steps += 1) {
        const { repy } = simulated(run);
        await run.main.receive({ after: 1 });
        const calling = reason(call(repy));
        for (let step = 0; step < steps; step += 1) await Promise.resolve();
        exit(repy.pid, 'kill');
        expect([`${name} closed`, 'it did not raise']).toContain(await calling);
        expect([repy.tcp_listen_table, repy.udp_listen_table, repy.info().selectorRuns]).toEqual([[], [], false]);
      }
    }, once);
  });
});

// "a callback runs only when an event is free": until it has ended, whatever it says or does.
describe('a callback has its event until it ends', () => {
  test('also if it has told the sandbox to end, which it does', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run, { events: 2 });
      await repy.waitforconn(here[0], 80, async (own) => {
        own.trapExit = true;
        exit(repy.pid, 'shutdown', own);
        send(run.main.pid, own.pid);
        for (;;) send(run.main.pid, await (own as Self<unknown>).receive());
      });
      const ref = run.main.monitor(repy.pid);
      for (let count = 0; count < 2; count += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
      const callback = (await run.main.receive()) as Pid;
      expect(await run.main.receive()).toEqual(['EXIT', repy.pid, 'shutdown']);
      expect(repy.info()).toMatchObject({ callbacks: 1, events: { free: 0 } });
      expect(await run.main.receive()).toEqual(['DOWN', ref, 'process', repy.pid, 'shutdown']);
      expect(isAlive(callback)).toBe(false);
    }, once);
  });

  test('also if it unlinks itself from the sandbox: its event is free when it ends, and it ends with the sandbox', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run, { events: 2 });
      await repy.waitforconn(here[0], 80, async (own) => {
        own.unlink(repy.pid);
        send(run.main.pid, own.pid);
        await (own as Self<unknown>).receive();
      });
      for (let count = 0; count < 2; count += 1) await remote.tcp.connect(run.main, here[0], 80, { active: false });
      send((await run.main.receive()) as Pid<unknown>, 'end');
      const second = (await run.main.receive()) as Pid<unknown>;
      expect(repy.info()).toMatchObject({ callbacks: 1, events: { free: 0 } });
      run.main.trapExit = true;
      exit(repy.pid, 'kill');
      await run.main.receive();
      expect(isAlive(second)).toBe(false);
    }, once);
  });

  test('and the sandbox goes on when a callback, or another actor, that has linked itself to it returns', async () => {
    await simulate(async (run) => {
      const { repy, remote } = simulated(run, { events: 2 });
      await repy.waitforconn(here[0], 80, (own) => own.link(repy.pid));
      await remote.tcp.connect(run.main, here[0], 80, { active: false });
      spawn(async (own: Self) => own.link(repy.pid), { system: run.system });
      await nothing(run.main);
      expect(isAlive(repy.pid)).toBe(true);
      expect(repy.info()).toMatchObject({ callbacks: 0, events: { free: 1 } });
    }, once);
  });
});

test('listeners that come and go while no event is free leave nothing behind', async () => {
  const budget = new Budget(0, 0, () => undefined);
  const round = (): WeakRef<object> => {
    const taker = { needsSocket: false, take: () => false };
    budget.want(taker);
    budget.withdraw(taker);
    return new WeakRef(taker);
  };
  const takers = Array.from({ length: 5000 }, round);
  // What was made in this turn is kept until it is over.
  await nextTurn();
  collectGarbage();
  expect(takers.filter((taker) => taker.deref() !== undefined).length).toBeLessThan(200);
  expect(budget.waiting).toBe(0);
});
