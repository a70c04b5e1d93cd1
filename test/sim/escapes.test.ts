/** A simulated run that uses something real fails, and names it. Otherwise it would pass on one machine and fail on another. */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { lookup, Resolver } from 'node:dns/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  call,
  createSystem,
  defaultSystem,
  genServer,
  mainActor,
  replyTo,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  supervisor,
} from 'mailport';
import { type Simulation, simulate } from 'mailport/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSctp } from '../../actors/sctp/open.js';
import { Addressee } from '../../runtime/addressee.js';
import { simulations } from '../../runtime/escapes.js';
import { SimStack } from './simStack.js';

beforeEach(() => void vi.stubEnv('MAILPORT_SEED', ''));
afterEach(() => void vi.unstubAllEnvs());

const outside = spawnHandler<readonly ['$gen_call', never, unknown]>(([, from]) => replyTo(from, 'real' as never), {
  label: 'outside',
});
const quiet = spawnHandler<string>(() => undefined, { label: 'quiet' });
const sctp = createSctp({ embedded: (onBatch) => new SimStack(onBatch) });
const pipe = join(tmpdir(), `mailport-escapes-${process.pid}`);
const waits = (self: { receive(): Promise<unknown> }) => self.receive();

describe('a run fails that uses', () => {
  test.each<[what: string, body: (simulation: Simulation) => unknown, message: RegExp]>([
    ['an actor of the default system', () => void spawn(() => undefined), /by a spawn of <0\.\d+>, an actor of another system/],
    [
      'a server of the default system',
      async ({ main }) =>
        call(main, await genServer.start({ init: () => ['ok', 0], handleCall: () => ['reply', 1, 0] }), 'x' as never),
      /by a spawn of <0\.\d+>/,
    ],
    ['a supervisor of the default system', () => supervisor.start({ children: [] }), /by a spawn of <0\.\d+> \(supervisor\)/],
    [
      'an actor of a system of its own',
      () => void spawn(() => undefined, { system: createSystem() }),
      /by a spawn of <\d+\.\d+>/,
    ],
    ['an actor that was there before, by a message', () => send(quiet, 'x'), /by a message to <0\.\d+> \(quiet\)/],
    ['an actor that was there before, by a call', ({ main }) => call(main, outside, 'x'), /by a message to <0\.\d+> \(outside\)/],
    ['the main actor of the default system', () => void mainActor(), /by the use of <0\.\d+> \(main\)/],
    ['a timer of the default system', () => sendAfter(mainActor().pid as never, 'x', 1), /by the use of <0\.\d+> \(main\)/],
    ['setTimeout', () => new Promise((resolve) => setTimeout(resolve, 1)), /by a real timer/],
    ['setTimeout, and does not wait for it', () => clearTimeout(setTimeout(() => undefined, 1000)), /by a real timer/],
    ['setTimeout of timers/promises', () => sleep(1), /by a real timer/],
    ['setInterval', () => void setInterval(() => undefined, 1000).unref(), /by a real timer/],
    [
      'a real timer in an actor',
      ({ main, system }) => {
        spawn(
          async () => {
            await sleep(1);
            send(main.pid, 'done');
          },
          { system },
        );
        return main.receive();
      },
      /by a real timer/,
    ],
    [
      'a real timer after a turn of the event loop',
      async () => {
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise((resolve) => setTimeout(resolve, 1));
      },
      /by a real timer/,
    ],
    ['an SCTP socket', async ({ main }) => (await sctp.open(main)).close(), /by a real socket \(#Port<\d+>\)/],
    [
      'a TCP server',
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(0, () => server.close(resolve));
        }),
      /by a real socket \(TCP\)/,
    ],
    ['a TCP socket', () => void connect(1, '127.0.0.1').on('error', () => undefined), /by a real socket \(TCP\)/],
    ['a UDP socket', () => void createSocket('udp4').close(), /by a real socket \(UDP\)/],
    [
      'a server of a pipe',
      () =>
        new Promise((resolve) => {
          const server = createServer().listen(pipe, () => server.close(resolve));
        }),
      /by a real socket \(pipe\)/,
    ],
    ['a pipe', () => void connect(pipe).on('error', () => undefined), /by a real socket \(pipe\)/],
    ['a look-up', () => lookup('localhost').catch(() => undefined), /by a real look-up of a name/],
    [
      'a look-up by a name server',
      () => {
        const resolver = new Resolver();
        resolver.setServers(['127.0.0.1:9']);
        resolver.resolve4('name.invalid').catch(() => undefined);
        resolver.cancel();
      },
      /by a real look-up of a name/,
    ],
    ['a process', () => new Promise((resolve) => execFile(process.execPath, ['--version'], resolve)), /by a real process/],
    ['a thread', () => new Worker('', { eval: true }).terminate(), /by a real thread/],
  ])('%s', async (_what, body, message) => {
    const failed = expect.objectContaining({
      name: 'SimulationError',
      seed: 1,
      message: expect.stringMatching(message),
      cause: expect.objectContaining({ name: 'Escape', stack: expect.stringContaining('escapes.test.ts') }),
    });
    await expect(simulate(body)).rejects.toEqual(failed);
  });
});

describe('what is no escape', () => {
  test('waits in the system of the run, turns of the event loop, what is printed', async () => {
    await simulate(
      async ({ main, system }) => {
        spawn(waits, { link: main });
        sendAfter(main.pid, 'x', 1000);
        console.log('a run');
        await main.receive({ after: 2000 });
        await new Promise((resolve) => setImmediate(resolve));
        spawn(waits, { system });
      },
      { runs: 3 },
    );
  });

  test('what others do meanwhile, and what comes after', async () => {
    let go = true;
    const other = (async () => {
      while (go) {
        await sleep(1);
        await call(mainActor(), outside, 'x');
      }
    })();
    await simulate(async ({ main }) => main.receive({ after: 2000 }), { runs: 20 });
    go = false;
    await other;
    expect(await call(mainActor(), outside, 'x')).toBe('real');
    expect(defaultSystem.isStopped).toBe(false);
  });
});

describe('two runs at a time', () => {
  test('are watched each to its own end, and nothing is in the way of messages afterwards', async () => {
    const { deliver } = Addressee.prototype;
    let end = () => {};
    const first = new Promise<void>((resolve) => {
      end = resolve;
    });
    const escapes = async () => {
      await first;
      // The other run has ended, this one goes on.
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      send(quiet, 'x');
    };
    const longer = simulate(escapes, { seed: 1 });
    await simulate(() => undefined, { seed: 2 });
    expect(Addressee.prototype.deliver).not.toBe(deliver);
    end();
    await expect(longer).rejects.toThrow(/by a message to <0\.\d+> \(quiet\)/);
    expect(Addressee.prototype.deliver).toBe(deliver);
    const timed = simulate(() => first.then(() => sleep(0)), { seed: 1 });
    await expect(timed).rejects.toThrow(/by a real timer/);
    expect(simulations.current).toBe(0);
  });
});
