/** Processes and worker threads that load the addon: they talk, and they end cleanly whatever is going on. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kind, option, unlimitedCredit } from '../../native/index.js';
import { repeats } from '../support/effort.js';
import { overStacks, StackUnderTest, until } from './stackUnderTest.js';

const addon = process.env.MAILPORT_ADDON ?? fileURLToPath(new URL('../../native/build/Release/mailport.node', import.meta.url));
const program = (name: string) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const children: ChildProcess[] = [];
/** The environment of the programs. */
let stack = 'embedded';

function start(name: string, ...parameters: string[]): ChildProcess {
  const child = fork(program(name), parameters, {
    env: { ...process.env, ADDON: addon, STACK: stack },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  children.push(child);
  return child;
}

function startWorker(name: string, workerData: string): Worker {
  return new Worker(program(name), { workerData, env: { ...process.env, ADDON: addon, STACK: stack } });
}

/** Exit status and signal. */
async function ended(child: ChildProcess): Promise<[number | null, string | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

overStacks((name) => {
  beforeEach(() => {
    stack = name;
  });

  describe('several processes on one host', () => {
    test('need no configuration: one client talks to three servers', async () => {
      const servers = Array.from({ length: 3 }, () => start('echo'));
      const ports = await Promise.all(servers.map(async (child) => (await once(child, 'message'))[0] as number));
      expect(new Set(ports).size).toBe(3);
      const it = new StackUnderTest();
      const socket = it.socket();
      for (const port of ports) {
        const assoc = it.stack.connect(socket, ['127.0.0.1'], port, true);
        expect((await it.next(socket, kind.connectResult)).state).toBe(0);
        it.send(socket, assoc, Buffer.from(`to ${port}`));
        const echoed = await it.next(socket, kind.data);
        expect(echoed).toMatchObject({ assocId: assoc, data: Buffer.from(`to ${port}`) });
      }
      for (const child of servers) child.disconnect();
      expect(await Promise.all(servers.map(ended))).toEqual(Array(3).fill([0, null]));
      for (const _ of servers) await it.next(socket, kind.shutdownEvent);
    });

    // CL-7, CL-8.
    test('a process that closes with unsent data lives until it has arrived, and no longer', async () => {
      const it = new StackUnderTest();
      const listener = it.listener();
      const child = start('sendAndEnd', String(it.port(listener)));
      const [sent] = (await once(child, 'message')) as [number];
      expect(sent).toBeGreaterThan(0);
      expect(await it.messages(listener, sent)).toHaveLength(sent);
      await it.next(listener, kind.shutdownEvent);
      expect(await ended(child)).toEqual([0, null]);
    });

    // CL-12: the peer of a process that has gone hears of it. The kernel shuts the association down for the process, and our stack can only abort it.
    const end = name === 'kernel' ? 3 : 1;

    test('a process that exits without closing ends its associations', async () => {
      const it = new StackUnderTest();
      const listener = it.listener();
      const child = start('associateAndHang', String(it.port(listener)));
      await once(child, 'message');
      await it.next(listener, kind.assocChange);
      child.send('exit');
      expect(await ended(child)).toEqual([0, null]);
      expect((await it.next(listener, kind.assocChange)).state).toBe(end);
    });
  });

  describe('a process under traffic ends with a clean status', () => {
    test.each([
      ['exit', 0],
      ['exit in a timer', 0],
      ['close', 0],
      ['abort', 0],
      ['throw', 1],
    ])('by %s', async (ending, status) => {
      const child = start('flood', ending);
      let errors = '';
      child.stderr?.on('data', (chunk) => {
        errors += chunk;
      });
      child.disconnect();
      expect(await ended(child)).toEqual([status, null]);
      expect(errors.includes('thrown by flood.mjs')).toBe(ending === 'throw');
    });
  });

  describe('worker threads', () => {
    test.each(['exit', 'close', 'abort'])('several at once use the addon and end by %s', async (ending) => {
      const workers = Array.from({ length: 4 }, () => startWorker('flood', ending));
      const statuses = await Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0]));
      expect(statuses).toEqual([0, 0, 0, 0]);
    });

    test('terminated under traffic, again and again', async () => {
      for (let round = 0; round < repeats(5); round++) {
        const worker = startWorker('flood', 'never');
        await once(worker, 'message');
        expect(await worker.terminate()).toBe(1);
      }
    });

    test('an exception in the batch callback ends the worker alone', async () => {
      const worker = startWorker('flood', 'throw');
      const [error] = await once(worker, 'error');
      expect((error as Error).message).toBe('thrown by flood.mjs');
    });

    test('the main thread works on while a worker with sockets ends', async () => {
      const it = new StackUnderTest();
      const listener = it.listener();
      const socket = it.socket();
      const worker = startWorker('flood', 'never');
      await once(worker, 'message');
      const { local } = await it.associate(socket, listener);
      await worker.terminate();
      it.send(socket, local, Buffer.from('alive'));
      expect(await it.messages(listener, 1)).toEqual([Buffer.from('alive')]);
      it.close(socket);
      if (name === 'embedded') await until(() => it.stack.stats().associations === 0);
    });
  });
});

overStacks(() => {
  test('a process whose peer has gone silent gives up shutting down, and ends', async () => {
    const server = start('echo');
    const [port] = (await once(server, 'message')) as [number];
    const child = start('sendAndEnd', String(port), 'silence');
    await once(child, 'message');
    server.kill('SIGSTOP');
    child.send('close');
    // kLingerUs in turns.cc.
    expect(await ended(child)).toEqual([0, null]);
  });

  test('a process stays for a closed socket while the peer takes something, and for the linger time though it takes nothing', async () => {
    const it = new StackUnderTest();
    const [slow, full] = [it.listener(), it.listener()];
    for (const listener of [slow, full]) {
      it.stack.setOption(listener, option.recbuf, 0, [16_384]);
      it.stack.setCredit(listener, 0, unlimitedCredit);
    }
    const served = start('sendAndEnd', String(it.port(slow)));
    const [sent] = (await once(served, 'message')) as [number];
    const lingering = start('sendAndEnd', String(it.port(full)), 'silence', '60');
    await once(lingering, 'message');
    lingering.send('close');
    // What kLingerUs in turns.cc allows after each, and more in all.
    for (let second = 1; second <= 7; second++) {
      await setTimeout(1000);
      it.stack.setCredit(slow, 100, unlimitedCredit);
    }
    expect([served.exitCode, lingering.exitCode]).toEqual([null, null]);
    for (const listener of [slow, full]) it.stack.setCredit(listener, unlimitedCredit, unlimitedCredit);
    expect(await it.messages(slow, sent)).toHaveLength(sent);
    await it.next(slow, kind.shutdownEvent);
    await it.next(full, kind.shutdownEvent);
    expect(await Promise.all([served, lingering].map(ended))).toEqual(Array(2).fill([0, null]));
  });

  test('the next message to a process that was killed finds out that it is gone', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const child = start('associateAndHang', String(it.port(listener)));
    await once(child, 'message');
    const { assocId } = await it.next(listener, kind.assocChange);
    child.kill('SIGKILL');
    await ended(child);
    it.send(listener, assocId, Buffer.from('anybody there?'));
    expect((await it.next(listener, kind.assocChange)).state).toBe(1);
    expect(it.stack.stats().timeouts).toBe(0);
  });
}, ['embedded']);

overStacks(() => {
  test('a process that is killed ends its associations', async () => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const child = start('associateAndHang', String(it.port(listener)));
    await once(child, 'message');
    await it.next(listener, kind.assocChange);
    child.kill('SIGKILL');
    await it.next(listener, kind.shutdownEvent);
    expect((await it.next(listener, kind.assocChange)).state).toBe(3);
  });
}, ['kernel']);
