/** Processes and worker threads with sockets of the addon's TCP: they talk, and they end cleanly whatever is going on. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { type Handle, inetOption, packetMode, tcpKind, tcpRecord, unlimitedCredit } from '../../native/index.js';
import { repeats } from '../support/effort.js';
import * as programs from './programs/tcpStack.mjs';
import { TcpUnderTest } from './tcpUnderTest.js';

const addon = process.env.MAILPORT_ADDON ?? fileURLToPath(new URL('../../native/build/Release/mailport.node', import.meta.url));
const program = (name: string) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const children: ChildProcess[] = [];

function start(name: string, parameters: readonly unknown[] = [], inherited: readonly number[] = []): ChildProcess {
  const child = fork(program(name), parameters.map(String), {
    env: { ...process.env, ADDON: addon },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc', ...inherited],
  });
  children.push(child);
  return child;
}

function startWorker(workerData: string): Worker {
  return new Worker(program('tcpFlood'), { workerData, env: { ...process.env, ADDON: addon } });
}

/** Exit status and signal. */
async function ended(child: ChildProcess): Promise<[number | null, string | null]> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return [child.exitCode, child.signalCode];
}

/** A listener for packets with a header of 4 bytes. */
function listening(it: TcpUnderTest): Handle {
  const listener = it.listener();
  it.set(listener, { packet: packetMode.four });
  return listener;
}

async function echoed(it: TcpUnderTest, port: number): Promise<void> {
  const client = it.socket();
  it.set(client, { packet: packetMode.four });
  it.credit(client, unlimitedCredit);
  it.stack.connect(client, '127.0.0.1', port);
  expect((await it.next(client, tcpKind.connected)).error).toBe('');
  it.send(client, `to ${port}`);
  expect(await it.messages(client, 1)).toEqual([Buffer.from(`to ${port}`)]);
  it.close(client);
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

test('the programs of these tests use the numbers of the contract', () => {
  expect(tcpRecord).toEqual(programs.record);
  expect(tcpKind).toEqual(programs.kind);
  expect(inetOption).toMatchObject(programs.option);
  expect(programs.unlimited).toBe(unlimitedCredit);
});

describe('several processes', () => {
  test('talk, and end when their sockets are closed', async () => {
    const it = new TcpUnderTest();
    const servers = Array.from({ length: 2 }, () => start('tcpEcho'));
    for (const server of servers) {
      const [port] = (await once(server, 'message')) as [number];
      await echoed(it, port);
      server.disconnect();
      expect(await ended(server)).toEqual([0, null]);
    }
  });

  test('hand on a listening descriptor, and the one that adopts it goes on', async () => {
    const it = new TcpUnderTest();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const child = start('tcpEcho', [4], [fd]);
    const [port] = (await once(child, 'message')) as [number];
    await new Promise<void>((resolve) => void server.close(() => resolve()));
    await echoed(it, port);
    child.disconnect();
    expect(await ended(child)).toEqual([0, null]);
  });

  // CL-7, TC-14.
  test('one that closes with unsent data lives until it has arrived, and no longer', async () => {
    const it = new TcpUnderTest();
    const listener = listening(it);
    const child = start('tcpSendAndEnd', [it.name(listener).port, 'close']);
    const [sent] = (await once(child, 'message')) as [number];
    const server = await it.accept(listener);
    expect(child.exitCode).toBe(null);
    it.credit(server, unlimitedCredit);
    expect(await it.messages(server, sent)).toHaveLength(sent);
    await it.next(server, tcpKind.end);
    expect(await ended(child)).toEqual([0, null]);
  });

  // TC-19.
  test('one that closes with unsent data for a peer that reads nothing ends all the same', async () => {
    const it = new TcpUnderTest();
    const listener = listening(it);
    const child = start('tcpSendAndEnd', [it.name(listener).port, 'close', 50]);
    await it.accept(listener);
    expect(await ended(child)).toEqual([0, null]);
  });

  test('one that exits in the turn in which it has sent still sends that', async () => {
    const it = new TcpUnderTest();
    const listener = listening(it);
    const child = start('tcpSendAndEnd', [it.name(listener).port, 'exit']);
    const server = await it.accept(listener);
    it.credit(server, unlimitedCredit);
    expect((await it.messages(server, 1))[0]).toHaveLength(7);
    await it.next(server, tcpKind.end);
    expect(await ended(child)).toEqual([0, null]);
  });

  test('one that closes a connection that its parent has too leaves it to the parent (TL-6)', async () => {
    const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const it = new TcpUnderTest();
    const client = it.socket();
    it.credit(client, unlimitedCredit);
    it.stack.connect(client, '127.0.0.1', (server.address() as AddressInfo).port);
    const [shared] = (await once(server, 'connection')) as [Socket];
    const child = start('tcpAdopt', [], [(shared as unknown as { _handle: { fd: number } })._handle.fd]);
    expect(await once(child, 'message')).toEqual([0, undefined]);
    expect(await ended(child)).toEqual([0, null]);
    shared.end(' and of the parent');
    server.close();
    const all = 'of the child and of the parent';
    expect((await it.bytes(client, all.length)).toString()).toBe(all);
    await it.next(client, tcpKind.end);
  });

  test('one that is killed ends its connections', async () => {
    const it = new TcpUnderTest();
    const child = start('tcpEcho');
    const [port] = (await once(child, 'message')) as [number];
    const client = it.socket();
    it.credit(client, 1);
    it.stack.connect(client, '127.0.0.1', port);
    await it.next(client, tcpKind.connected);
    child.kill('SIGKILL');
    await it.next(client, tcpKind.end);
  });
});

describe('a process under traffic ends with a clean status', () => {
  test.each([
    ['exit', 0],
    ['exit in a timer', 0],
    ['abort', 0],
    ['close', 0],
    ['throw', 1],
  ])('by %s', async (ending, status) => {
    const child = start('tcpFlood', [ending]);
    let errors = '';
    child.stderr?.on('data', (chunk) => {
      errors += chunk;
    });
    child.disconnect();
    expect(await ended(child)).toEqual([status, null]);
    expect(errors.includes('thrown by tcpFlood.mjs')).toBe(ending === 'throw');
  });
});

describe('worker threads', () => {
  test.each(['exit', 'close', 'abort'])('load the addon each for itself and end by %s', async (ending) => {
    const workers = Array.from({ length: 3 }, () => startWorker(ending));
    const statuses = await Promise.all(workers.map(async (worker) => (await once(worker, 'exit'))[0]));
    expect(statuses).toEqual([0, 0, 0]);
  });

  test('terminated under traffic, again and again, while the main thread works on', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    for (let round = 0; round < repeats(5); round += 1) {
      const worker = startWorker('never');
      await once(worker, 'message');
      expect(await worker.terminate()).toBe(1);
      it.send(client, 'alive');
      expect(await it.messages(server, 1)).toEqual([Buffer.from('alive')]);
    }
  });
});
