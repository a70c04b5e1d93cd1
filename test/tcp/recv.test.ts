/** Waiting for packets, for what has come, and for a number of bytes: section TR of the rules. */
import { expect, test } from 'vitest';
import type { TcpSocket } from '../../actors/tcp/socket.js';
import { BadArg, exit, spawn } from '../../runtime/index.js';
import { asActor, closeAll, deferred, mailbox, nextWords, pair, self } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
const text = async (socket: TcpSocket, length = 0, timeoutMs?: number) => String(await socket.recv(length, timeoutMs));

test('length 0 gives what is there, at most `buffer` bytes; trace 2 (TR-1, TM-3)', async () => {
  const { server, client } = await pair();
  await client.send(Buffer.alloc(5000, 'x'));
  await client.close();
  const lengths: number[] = [];
  for await (const data of server) lengths.push(data.length);
  expect(lengths).toEqual([1460, 1460, 1460, 620]);
  await server.close();
});

test('a length waits for exactly so many bytes, more than `buffer` too; the surplus stays (TR-2)', async () => {
  const { server, client } = await pair();
  const waiting = server.recv(4000);
  await client.send(Buffer.alloc(1000, 'a'));
  await client.send(Buffer.alloc(5000, 'b'));
  expect((await waiting).length).toBe(4000);
  expect((await server.recv(1999)).length).toBe(1999);
  await client.send('end');
  expect(await text(server, 4)).toBe('bend');
  await closeAll(server, client);
});

test('what came before a timeout stays for the next call, a shorter one, or the active mode (TR-3)', async () => {
  const { server, client } = await pair();
  await client.send('abc');
  await expect(server.recv(5, 20)).rejects.toThrow(reason('timeout'));
  expect(await text(server, 2)).toBe('ab');
  await expect(server.recv(5, 0)).rejects.toThrow(reason('timeout'));
  await client.send('d');
  await expect(server.recv(5, 20)).rejects.toThrow(reason('timeout'));
  server.setopts({ active: 'once' });
  expect(await nextWords(1)).toEqual(['data:cd']);
  await closeAll(server, client);
});

test('the end during a length loses the fewer bytes; trace 4 (TR-4)', async () => {
  const { server, client } = await pair();
  const waiting = server.recv(5);
  await client.send('abc');
  await client.close();
  await expect(waiting).rejects.toThrow(reason('closed'));
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await server.close();
});

test('bytes that a call which timed out had collected survive the end; trace 3 (TR-4)', async () => {
  const { server, client } = await pair();
  await client.send('abc');
  await expect(server.recv(5, 20)).rejects.toThrow(reason('timeout'));
  await client.close();
  expect(await text(server, 3)).toBe('abc');
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await server.close();
});

test('a length in a packet mode is einval, and nothing is consumed (TR-5)', async () => {
  const { server, client } = await pair({ packet: 1 }, { packet: 1 });
  await client.send('ab');
  await expect(server.recv(1)).rejects.toThrow(reason('einval'));
  expect(await text(server)).toBe('ab');
  await closeAll(server, client);
});

test.each([
  [64 * 1024 * 1024 + 1, 'enomem'],
  [2 ** 31, 'einval'],
  [2 ** 32 + 3, 'einval'],
])('a length of %i is %s (TR-6)', async (length, wanted) => {
  const { server, client } = await pair();
  await expect(server.recv(length)).rejects.toThrow(reason(wanted));
  await closeAll(server, client);
});

test.each([[-1], [1.5], ['3'], [Number.NaN]])('a length of %j is a mistake (TR-6)', async (length) => {
  const { server, client } = await pair();
  expect(() => server.recv(length as number)).toThrow(BadArg);
  await closeAll(server, client);
});

test.each([[-1], [2 ** 32], [0.5], ['infinity']])('a timeout of %j is a mistake (TR-7)', async (timeout) => {
  const { server, client } = await pair();
  expect(() => server.recv(0, timeout as number)).toThrow(BadArg);
  await closeAll(server, client);
});

test('timeout 0 takes what the kernel has, else it is timeout (TR-8, RV-4)', async () => {
  const { server, client } = await pair();
  await expect(server.recv(0, 0)).rejects.toThrow(reason('timeout'));
  await client.send('there');
  // A round trip: what was sent before it has come.
  await server.send('?');
  await client.recv();
  expect(await text(server, 0, 0)).toBe('there');
  await closeAll(server, client);
});

test.each([[true], [false]])('after the end each call is closed; exitOnClose %s (TR-9)', async (exitOnClose) => {
  const { server, client } = await pair({ exitOnClose });
  await client.send('last');
  await client.close();
  expect(await text(server)).toBe('last');
  for (let call = 0; call < 3; call += 1) await expect(server.recv()).rejects.toThrow(reason('closed'));
  await server.close();
});

test('the death of an actor that waits for a length loses nothing that came (TR-10, RV-14)', async () => {
  const { server, client } = await pair();
  const waits = deferred<void>();
  const reader = spawn(async (me) => {
    const waiting = server.recv(3, Number.POSITIVE_INFINITY, me);
    waits.resolve();
    await waiting;
  });
  await waits.promise;
  await client.send('ab');
  await server.send('?');
  await client.recv();
  exit(reader, 'kill');
  await client.send('cd');
  expect(await text(server, 4)).toBe('abcd');
  await closeAll(server, client);
});

test('a socket that is made active while a length is waited for answers the call first (TR-11, RV-15)', async () => {
  const { server, client } = await pair();
  const waiting = server.recv(3);
  server.setopts({ active: true });
  await client.send('ab');
  await server.send('?');
  await client.recv();
  expect(await mailbox()).toEqual([]);
  await client.send('cde');
  expect(String(await waiting)).toBe('abc');
  expect(await nextWords(1)).toEqual(['data:de']);
  await closeAll(server, client);
});

test('unrecv puts bytes in front, last call first, and they survive the end (TR-12)', async () => {
  const { server, client } = await pair();
  await client.send('three');
  expect(await text(server, 5)).toBe('three');
  await client.close();
  server.unrecv('two');
  server.unrecv(['o', [110], Buffer.from('e')]);
  expect(await text(server)).toBe('onetwo');
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  expect(() => server.unrecv('x')).toThrow(reason('enotconn'));
  await server.close();
  expect(() => server.unrecv('x')).toThrow(reason('closed'));
});

test('unrecv on an active socket is delivered at once (TR-12)', async () => {
  const { server, client } = await pair({ active: true });
  server.unrecv('again');
  expect(await mailbox()).toEqual(['data:again']);
  await closeAll(server, client);
});

test('one call waits at a time, an active socket refuses it, and close ends it (RV-1, RV-6, RV-8)', async () => {
  const { server, client } = await pair();
  const waiting = server.recv();
  await expect(server.recv()).rejects.toThrow(reason('ealready'));
  await server.close();
  await expect(waiting).rejects.toThrow(reason('closed'));
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  client.setopts({ active: true });
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  const other = await pair({ active: true });
  await expect(other.server.recv()).rejects.toThrow(reason('einval'));
  await closeAll(other.server, other.client);
});

test('anybody may recv, and a signal ends the wait without a loss (RV-5, RV-7)', async () => {
  const { server, client } = await pair();
  const controller = new AbortController();
  const waiting = server.recv(2, Number.POSITIVE_INFINITY, controller);
  await client.send('x');
  controller.abort();
  await expect(waiting).rejects.toThrow(reason('aborted'));
  await client.send('y');
  expect(await asActor(async (me) => String(await server.recv(2, 1000, me)))).toBe('xy');
  await closeAll(server, client);
});

test('a listener has nothing to receive (TL-19)', async () => {
  const { server, client } = await pair();
  await closeAll(server, client);
  const listener = await import('./subjects.js').then(({ listening }) => listening({ active: true }));
  await expect(listener.recv()).rejects.toThrow(reason('enotconn'));
  expect(() => listener.unrecv('x')).toThrow(reason('enotconn'));
  await listener.close();
  expect(await self.receive({ after: 0 })).toBeUndefined();
});
