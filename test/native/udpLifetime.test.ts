/** Processes and worker threads that use UDP of the addon end cleanly whatever is going on, and nothing is left of sockets that have gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { inetFamily, inetOption, unlimitedCredit } from '../../native/index.js';
import { repeats } from '../support/effort.js';
import { nextTurn, until } from './stackUnderTest.js';
import { outcome, UdpUnderTest } from './udpUnderTest.js';

const addon = process.env.MAILPORT_ADDON ?? fileURLToPath(new URL('../../native/build/Release/mailport.node', import.meta.url));
const program = (name: string) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const env = { ...process.env, ADDON: addon };
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function ended(child: ChildProcess): Promise<[number | null, string | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

describe('a process under traffic ends with a clean status', () => {
  test.each([
    ['exit', 0],
    ['exit in a timer', 0],
    ['close', 0],
    ['throw', 1],
  ])('by %s', async (ending, status) => {
    const child = spawn(process.execPath, [program('udpFlood'), ending], { env, stdio: ['ignore', 'inherit', 'pipe'] });
    children.push(child);
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    expect(await ended(child)).toEqual([status, null]);
    await until(() => child.stderr.readableEnded);
    expect(errors.includes('thrown by udpFlood.mjs')).toBe(ending === 'throw');
  });
});

describe('worker threads', () => {
  const startWorker = (ending: string) => new Worker(program('udpFlood'), { workerData: ending, env });

  test.each(['exit', 'close'])('several at once use the addon and end by %s', async (ending) => {
    const workers = Array.from({ length: 4 }, () => startWorker(ending));
    const statuses = await Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0]));
    expect(statuses).toEqual([0, 0, 0, 0]);
  });

  test('terminated under traffic, again and again, while the main thread works on', async () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    for (let round = 0; round < repeats(5); round++) {
      const worker = startWorker('never');
      await once(worker, 'message');
      it.send(socket, it.port(socket), `round ${round}`);
      expect(await it.texts(socket, 1)).toEqual([`round ${round}`]);
      expect(await worker.terminate()).toBe(1);
    }
  });

  test('an exception in the batch callback ends the worker alone', async () => {
    const [error] = await once(startWorker('throw'), 'error');
    expect((error as Error).message).toBe('thrown by udpFlood.mjs');
  });
});

test('a socket is made of a descriptor that a process has inherited, with the port that it has', async () => {
  const given = createSocket('udp4');
  await new Promise<void>((resolve) => given.bind(0, '127.0.0.1', resolve));
  const { port } = given.address();
  const { fd } = (given as unknown as { _handle: { fd: number } })._handle;
  const child = spawn(process.execPath, [program('udpAdopt')], { env, stdio: ['ignore', 'pipe', 'inherit', fd] });
  children.push(child);
  expect(Number(await once(child.stdout!, 'data'))).toBe(port);
  given.close();
  const it = new UdpUnderTest();
  const socket = it.socket();
  for (const text of ['hello', '']) {
    it.send(socket, port, text);
    expect(await it.texts(socket, 1)).toEqual([text]);
  }
  expect(await ended(child)).toEqual([0, null]);
});

describe('nothing is left when', () => {
  const rounds = 50;

  const held = () => {
    const { libuv } = process.report.getReport() as unknown as { libuv: { type: string }[] };
    const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
    return { descriptors, polls: libuv.filter(({ type }) => type === 'poll').length };
  };

  const everything: [what: string, round: (it: UdpUnderTest) => Promise<void> | void][] = [
    ['a socket is opened and closed', (it) => it.close(it.socket())],
    [
      'a bind fails',
      (it) => {
        const socket = it.unbound();
        expect(outcome(it.stack.bind(socket, '192.0.2.1', 0))).toBe('EADDRNOTAVAIL');
        it.close(socket);
      },
    ],
    [
      'a socket is closed with datagrams that nobody has read',
      async (it) => {
        const socket = it.socket();
        it.stack.setCredit(socket, 0, unlimitedCredit);
        it.send(socket, it.port(socket), Buffer.alloc(60_000));
        await nextTurn();
        it.close(socket);
      },
    ],
    [
      'a socket is closed with datagrams that are held',
      async (it) => {
        const [from, to] = [it.socket(), it.socket()];
        it.set(to, inetOption.gro, 1);
        it.set(from, inetOption.gso, 1);
        it.stack.setCredit(to, 1, unlimitedCredit);
        it.sendMany(
          from,
          Array.from({ length: 30 }, () => [it.port(to), 'x'] as const),
        );
        await it.texts(to, 1);
        expect(it.stack.stats().queuedInBytes).toBe(29);
        for (const socket of [from, to]) it.close(socket);
      },
    ],
    [
      'a send waits for room when its socket is closed',
      async (it) => {
        const path = `\0mailport-${process.pid}-full`;
        const [to, from] = [it.socket(path), it.unbound({ family: inetFamily.local })];
        it.stack.setCredit(to, 0, unlimitedCredit);
        while (it.send(from, { path }, 'x') === 'ok');
        await nextTurn();
        it.send(from, { path }, 'x');
        for (const socket of [from, to]) it.close(socket);
      },
    ],
    [
      'a socket is closed in the batch callback, with more to come',
      async (it) => {
        const socket = it.socket();
        it.set(socket, inetOption.readPackets, 1);
        for (let count = 0; count < 10; count += 1) it.send(socket, it.port(socket), 'x');
        it.onBatch = () => it.close(socket);
        await it.next(socket);
        it.onBatch = () => {};
      },
    ],
  ];

  test.each(everything)('%s', async (_what, round) => {
    const it = new UdpUnderTest();
    // The first round makes what is made once and kept.
    await round(it);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    const before = held();
    for (let count = 0; count < rounds; count += 1) {
      await round(it);
      it.items.length = 0;
    }
    await until(() => held().descriptors <= before.descriptors && held().polls <= before.polls);
    expect(it.stack.stats()).toMatchObject({ sockets: 0, queuedInBytes: 0 });
  });
});
