/** Accepting: section TA of the rules. */
import { execFile } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { createTcp } from '../../actors/tcp/open.js';
import type { TcpSocket } from '../../actors/tcp/socket.js';
import { openKernel } from '../../actors/tcp/stacks.js';
import { inetOption } from '../../native/contract/inet.js';
import type { TcpStack } from '../../native/contract/tcp.js';
import { ActorExit, BadArg, exit, spawn } from '../../runtime/index.js';
import { built } from '../support/built.js';
import { asActor, closeAll, deferred, listening, mailbox, nextWords, pair, self, tcp } from './subjects.js';

const program = fileURLToPath(new URL('programs/scarceDescriptors.mjs', import.meta.url));
const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
const connect = (listener: TcpSocket, options = {}) =>
  tcp.connect(self, '127.0.0.1', listener.port, { active: false, ...options });
const nameOf = (socket: TcpSocket) => socket.sockname() as { address: string; port: number };

test('anybody may accept, and owns what it accepts (TA-1)', async () => {
  const listener = await listening();
  const owner = await asActor(async (me) => {
    const [accepted, client] = await Promise.all([listener.accept(me), connect(listener)]);
    expect(accepted.owner).toBe(me.pid);
    return { accepted, client };
  });
  await expect(owner.client.recv()).rejects.toThrow(reason('closed'));
  expect(owner.accepted.isOpen).toBe(false);
  await closeAll(owner.client, listener);
});

test('calls that wait are served in order, one connection each, in the order of handshakes (TA-2)', async () => {
  const listener = await listening();
  const waiting = [listener.accept(self), listener.accept(self), listener.accept(self)];
  expect(listener.info()).toMatchObject({ waitingAccepts: 3, states: ['accepting', 'listen', 'open'] });
  const clients: TcpSocket[] = [];
  for (let number = 0; number < 3; number += 1) clients.push(await connect(listener));
  const accepted = await Promise.all(waiting);
  expect(accepted.map((socket) => socket.peername())).toEqual(clients.map(nameOf));
  await closeAll(...accepted, ...clients, listener);
});

test('timeouts are each call its own: 0 polls, one that is over leaves the others (TA-3)', async () => {
  const listener = await listening();
  await expect(listener.accept(self, 0)).rejects.toThrow(reason('timeout'));
  const long = listener.accept(self);
  await expect(listener.accept(self, 10)).rejects.toThrow(reason('timeout'));
  const client = await connect(listener);
  const accepted = await long;
  const second = await connect(listener);
  const polled = await listener.accept(self, 0);
  expect(polled.peername()).toEqual(nameOf(second));
  await closeAll(accepted, client, second, polled, listener);
});

test.each([[-1], [-5], [1.5], ['soon'], [2 ** 32]])('a timeout of %j is a mistake (TA-4)', async (timeout) => {
  const listener = await listening();
  expect(() => listener.accept(self, timeout as number)).toThrow(BadArg);
  expect(() => listener.accept({} as never)).toThrow(BadArg);
  await listener.close();
});

test('a caller that dies leaves the queue at once, and no connection is lost; trace 12 (TA-5)', async () => {
  const listener = await listening();
  const waits = deferred<void>();
  const first = spawn(async (me) => {
    const waiting = listener.accept(me);
    waits.resolve();
    await waiting;
  });
  await waits.promise;
  const second = listener.accept(self);
  const third = listener.accept(self);
  exit(first, 'kill');
  expect(listener.info().waitingAccepts).toBe(2);
  const client = await connect(listener);
  const accepted = await second;
  expect(accepted.peername()).toEqual(nameOf(client));
  expect(listener.info().waitingAccepts).toBe(1);
  await closeAll(accepted, client, listener);
  await expect(third).rejects.toThrow(reason('closed'));
});

test('a signal ends the wait, alone or behind a timeout', async () => {
  const listener = await listening();
  const controller = new AbortController();
  const waits = [listener.accept(self, controller), listener.accept(self, 60_000, { signal: controller.signal })];
  controller.abort();
  for (const wait of waits) await expect(wait).rejects.toThrow(reason('aborted'));
  await expect(listener.accept(self, controller)).rejects.toThrow(reason('aborted'));
  await listener.close();
});

test('closing the listener, or the loss of its owner, ends every wait; handing it over does not (TA-6)', async () => {
  const listener = await listening();
  const waiting = [listener.accept(self), listener.accept(self)];
  const owner = spawn(async (me) => {
    await me.receive();
  });
  listener.controllingProcess(self, owner);
  const client = await connect(listener);
  const accepted = await waiting[0]!;
  exit(owner, 'kill');
  await expect(waiting[1]).rejects.toThrow(reason('closed'));
  await expect(listener.accept(self)).rejects.toThrow(reason('closed'));
  await closeAll(accepted, client);
});

test('a connection does not accept, and a dead actor cannot (TA-7)', async () => {
  const { server, client } = await pair();
  await expect(server.accept(self)).rejects.toThrow(reason('einval'));
  const dead = await asActor((me) => me);
  const listener = await listening();
  expect(() => listener.accept(dead)).toThrow(ActorExit);
  await closeAll(server, client, listener);
});

test('options are those of the listener as they are when accept runs (TA-9, TA-11)', async () => {
  const listener = await listening({ keepalive: true, packet: 2, nodelay: false });
  const client = await connect(listener);
  const changed = {
    mode: 'list',
    packet: 'line',
    packetSize: 500,
    lineDelimiter: 59,
    buffer: 600,
    exitOnClose: false,
    highWatermark: 20_000,
    lowWatermark: 10_000,
    highMsgqWatermark: 77,
    lowMsgqWatermark: 33,
    sendTimeout: 4000,
    sendTimeoutClose: true,
    showEconnreset: true,
    nodelay: true,
    keepalive: false,
    priority: 3,
    linger: [true, 3],
    tos: 16,
    ttl: 33,
    flushTimeout: 1234,
  } as const;
  listener.setopts(changed);
  const accepted = await listener.accept(self);
  expect(accepted.getopts(Object.keys(changed) as (keyof typeof changed)[])).toEqual(changed);
  expect(listener.getopts(['packet'])).toEqual({ packet: 'line' });
  await client.send('a;b;');
  expect(String(Buffer.from(await accepted.recv()))).toBe('a;');
  await closeAll(accepted, client, listener);
});

test('an inherited option that the system refuses closes the connection, and accept says which; the listener goes on (TA-12)', async () => {
  let refuses = false;
  const refusing = createTcp((onBatch) => {
    const stack = openKernel(onBatch);
    const setOption: TcpStack['setOption'] = (handle, option, words) =>
      refuses && option === inetOption.priority ? -constants.errno.EPERM : stack.setOption(handle, option, words);
    return Object.create(stack, { setOption: { value: setOption } }) as TcpStack;
  });
  const listener = await refusing.listen(self, 0, { ip: '127.0.0.1', active: false, priority: 3 });
  const [first, second] = [await connect(listener), await connect(listener)];
  refuses = true; // As of a program that has given up its privileges.
  await expect(listener.accept(self)).rejects.toThrow('accept: einval (priority: eperm');
  await expect(first.recv()).rejects.toThrow(reason('closed'));
  expect(refusing.openSockets()).toEqual([listener]);
  refuses = false;
  const accepted = await listener.accept(self);
  expect(accepted.peername()).toEqual(nameOf(second));
  await closeAll(first, second, accepted, listener);
});

test('active goes along, with what is left of a count, and data that came before is delivered (TA-9, TA-13, FC-34)', async () => {
  const listener = await listening({ active: 2 });
  const client = await connect(listener);
  await client.send('early');
  await client.close();
  const accepted = await listener.accept(self);
  expect(await nextWords(2)).toEqual(['data:early', 'tcp_closed']);
  expect(listener.getopts(['active'])).toEqual({ active: 2 });
  expect(accepted.isOpen).toBe(false);
  await listener.close();
});

test('buffers of the kernel go along, as of the handshake (TA-10)', async () => {
  const listener = await listening({ recbuf: 20_000 });
  const client = await connect(listener);
  const accepted = await listener.accept(self);
  expect(accepted.getopts(['recbuf'])).toEqual(listener.getopts(['recbuf']));
  await closeAll(accepted, client, listener);
});

test('a peer that has reset the connection before: accept succeeds, the rest says that nobody is there (TA-14)', async () => {
  const listener = await listening();
  const client = await connect(listener, { linger: [true, 0] });
  await client.close();
  const accepted = await listener.accept(self);
  expect(() => accepted.peername()).toThrow(reason('enotconn'));
  await expect(accepted.recv()).rejects.toThrow(reason('closed'));
  await closeAll(accepted, listener);
});

test('sockname is the address that the peer dialled, with the port of the listener (TA-15)', async () => {
  const listener = await tcp.listen(self, 0, { active: false });
  const client = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
  const accepted = await listener.accept(self);
  expect(accepted.sockname()).toEqual({ address: '127.0.0.1', port: listener.port });
  expect(accepted.port).toBe(listener.port);
  expect(accepted.peername()).toEqual(client.sockname());
  await closeAll(accepted, client, listener);
});

test('with no descriptor left listen, connect and accept say so; the connection stays queued, and a later accept gets it (TA-8, TL-13, TN-17)', async () => {
  built('actors/tcp/index.js'); // Which the program imports.
  const limited = ['-c', 'ulimit -n 400; exec "$0" "$@"', process.execPath, program];
  const { stdout } = await promisify(execFile)('sh', limited);
  expect(JSON.parse(stdout)).toEqual({
    first: 'emfile',
    listen: 'emfile',
    connect: 'emfile',
    accept: 'emfile',
    data: 'still queued',
  });
});

test('a flood of connects is accepted by one actor, and none is lost', async () => {
  const listener = await listening({ backlog: 1024, active: true });
  const count = 2000;
  const accepting = (async () => {
    const sockets: TcpSocket[] = [];
    while (sockets.length < count) sockets.push(await listener.accept(self));
    return sockets;
  })();
  for (let done = 0; done < count; done += 200) {
    const clients = await Promise.all(Array.from({ length: 200 }, () => connect(listener)));
    await closeAll(...clients);
  }
  const accepted = await accepting;
  expect(accepted).toHaveLength(count);
  expect(new Set(await nextWords(count))).toEqual(new Set(['tcp_closed']));
  await listener.close();
  expect(await mailbox()).toEqual([]);
});
