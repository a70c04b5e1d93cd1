/** Half close: section TH of the rules. */
import { expect, test } from 'vitest';
import { BadArg } from '../../runtime/index.js';
import { closeAll, listening, mailbox, nextWords, pair, readAll } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

test('shutdown takes three words, again is fine, a listener is not connected, a closed socket is closed (TH-1)', async () => {
  const { server, client } = await pair();
  expect(() => client.shutdown('both' as never)).toThrow(BadArg);
  client.shutdown('write');
  client.shutdown('write');
  const listener = await listening();
  expect(() => listener.shutdown('write')).toThrow(reason('enotconn'));
  await closeAll(server, client, listener);
  expect(() => client.shutdown('read')).toThrow(reason('closed'));
});

test('write: the peer reads the rest and then the end, and we go on receiving (TH-2)', async () => {
  const { server, client } = await pair({ exitOnClose: false });
  await client.send('request');
  client.shutdown('write');
  expect(await readAll(server)).toBe('request');
  await server.send('answer');
  expect(String(await client.recv())).toBe('answer');
  await closeAll(server, client);
});

test('write with output queued: at once, and the end follows the queue and what waits (TH-3)', async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192 });
  await client.send(Buffer.alloc(8 * 1024 * 1024));
  const held = client.send(Buffer.alloc(10_000, 'h'));
  expect(client.info().waitingSends).toBe(1);
  client.shutdown('write');
  await expect(client.send('late')).rejects.toThrow(reason('closed'));
  const text = await readAll(server);
  await held;
  expect(text.length).toBe(8 * 1024 * 1024 + 10_000);
  expect(text.endsWith('h'.repeat(10_000))).toBe(true);
  await closeAll(server, client);
});

test('a send after shutdown is refused, and nothing else happens; trace 9 (TH-4)', async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192 });
  await client.send(Buffer.alloc(300_000 + 8 * 1024 * 1024));
  client.shutdown('write');
  await expect(client.send('x')).rejects.toThrow(reason('closed'));
  expect((await readAll(server)).length).toBe(300_000 + 8 * 1024 * 1024);
  await closeAll(server, client);
});

test('a send after a shutdown that is done is refused, and the socket goes on receiving (TH-5)', async () => {
  const { server, client } = await pair({ exitOnClose: false }, { active: true });
  client.shutdown('write');
  await expect(client.send('x')).rejects.toThrow(reason('closed'));
  await server.send('still there');
  expect(await nextWords(1)).toEqual(['data:still there']);
  expect(client.isOpen).toBe(true);
  await closeAll(server, client);
});

test('read: what the kernel holds can be read, then the end (TH-6)', async () => {
  const { server, client } = await pair();
  await client.send('held');
  await server.send('?');
  await client.recv();
  server.shutdown('read');
  expect(String(await server.recv())).toBe('held');
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await closeAll(server, client);
});

test('read of an active socket: tcp_closed at once, and with exitOnClose the peer sees the close (TH-6)', async () => {
  const { server, client } = await pair({ active: true });
  server.shutdown('read');
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  await expect(client.recv()).rejects.toThrow(reason('closed'));
  await closeAll(server, client);
});

test('read with exitOnClose false: tcp_closed, and sending goes on (TH-7)', async () => {
  const { server, client } = await pair({ active: true, exitOnClose: false });
  server.shutdown('read');
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  await server.send('out');
  expect(String(await client.recv())).toBe('out');
  await client.send('ignored');
  await closeAll(server, client);
});

test('read_write: the peer sees the end; then send, recv are closed and shutdown is not connected (TH-8)', async () => {
  const { server, client } = await pair();
  client.shutdown('read_write');
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await expect(client.send('x')).rejects.toThrow(reason('closed'));
  await expect(client.recv()).rejects.toThrow(reason('closed'));
  expect(() => client.shutdown('read')).toThrow(reason('enotconn'));
  await closeAll(server, client);
});

test('the peer half-closes, active: tcp_closed, and our side is closed too (TH-9)', async () => {
  const { server, client } = await pair({ active: true });
  await client.send('bye');
  client.shutdown('write');
  expect(await nextWords(2)).toEqual(['data:bye', 'tcp_closed']);
  expect(server.isOpen).toBe(false);
  await expect(client.recv()).rejects.toThrow(reason('closed'));
  await client.close();
});

test('the peer half-closes, passive: sending works until recv meets the end, which closes (TH-9)', async () => {
  const { server, client } = await pair();
  client.shutdown('write');
  await server.send('one');
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await expect(server.send('two')).rejects.toThrow(reason('closed'));
  expect(await readAll(client)).toBe('one');
  await closeAll(server, client);
});

test('the peer half-closes, exitOnClose false, active: one tcp_closed, then silence, and sending works; trace 8 (TH-10)', async () => {
  const { server, client } = await pair({ active: true, exitOnClose: false });
  await client.send('req');
  client.shutdown('write');
  expect(await nextWords(2)).toEqual(['data:req', 'tcp_closed']);
  expect(server.getopts(['active'])).toEqual({ active: true });
  expect(server.info().states).toEqual(['connected', 'open']);
  await server.send('answer');
  expect(String(await client.recv())).toBe('answer');
  server.setopts({ active: 'once' });
  expect(server.getopts(['active'])).toEqual({ active: 'once' });
  await expect(server.recv()).rejects.toThrow(reason('einval'));
  expect(await mailbox()).toEqual([]);
  server.shutdown('write');
  await expect(client.recv()).rejects.toThrow(reason('closed'));
  await expect(server.send('x')).rejects.toThrow(reason('closed'));
  // Only close ends it, even when both directions are shut (TH-12).
  expect(server.isOpen).toBe(true);
  await closeAll(server, client);
});

test('the same, passive: recv is closed each time, sending works, active gets tcp_closed once and stays as set (TH-11)', async () => {
  const { server, client } = await pair({ exitOnClose: false });
  client.shutdown('write');
  for (let call = 0; call < 2; call += 1) await expect(server.recv()).rejects.toThrow(reason('closed'));
  await server.send('works');
  expect(String(await client.recv())).toBe('works');
  server.setopts({ active: 5 });
  expect(await mailbox()).toEqual(['tcp_closed']);
  server.setopts({ active: 'once' });
  expect(await mailbox()).toEqual([]);
  expect(server.getopts(['active'])).toEqual({ active: 'once' });
  await closeAll(server, client);
});

test('exitOnClose may be changed until the end has been read (TH-13)', async () => {
  const { server, client } = await pair();
  client.shutdown('write');
  server.setopts({ exitOnClose: false });
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await server.send('still');
  expect(String(await client.recv())).toBe('still');
  await closeAll(server, client);
});

test('exitOnClose false and a reset: nothing follows tcp_closed (TH-14)', async () => {
  const { server, client } = await pair({ active: true, exitOnClose: false, showEconnreset: true });
  client.setopts({ linger: [true, 0] });
  await client.close();
  expect(await nextWords(2)).toEqual(['tcp_error:econnreset', 'tcp_closed']);
  await expect(server.send('x')).rejects.toThrow();
  await expect(server.send('x')).rejects.toThrow(reason('closed'));
  expect(await mailbox()).toEqual([]);
  await server.close();
});
