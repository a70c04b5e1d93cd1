/** The end of a connection: section TC of the rules. */
import { expect, test } from 'vitest';
import type { TcpSocket } from '../../actors/tcp/socket.js';
import { BadArg, exit, spawn } from '../../runtime/index.js';
import { asActor, closeAll, mailbox, nextTurn, nextWords, pair, readAll, self, word } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
const large = Buffer.alloc(8 * 1024 * 1024, 'L');

async function reset(socket: TcpSocket): Promise<void> {
  socket.setopts({ linger: [true, 0] });
  await socket.close();
}

test('data, then tcp_closed, once (TC-1)', async () => {
  const { server, client } = await pair({ active: true });
  await client.send('last');
  await client.close();
  expect(await nextWords(2)).toEqual(['data:last', 'tcp_closed']);
  expect(await mailbox()).toEqual([]);
  expect(server.isOpen).toBe(false);
});

test('after tcp_closed every call is closed, and close is fine (TC-2)', async () => {
  const { server, client } = await pair({ active: true });
  await client.close();
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  await expect(server.send('x')).rejects.toThrow(reason('closed'));
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  for (const call of [
    () => server.shutdown('write'),
    () => server.setopts({ active: true }),
    () => server.getopts(['active']),
    () => server.getstat(),
    () => server.sockname(),
    () => server.peername(),
    () => server.info(),
    () => server.controllingProcess(self, self.pid),
  ]) {
    expect(call).toThrow(reason('closed'));
  }
  await server.close();
});

test("the peer's end brings a trapping owner no 'EXIT', and whoever monitors the socket learns of it after tcp_closed (TC-3, TC-23)", async () => {
  const words = await asActor(async (me) => {
    me.trapExit = true;
    const { server, client } = await pair({ active: true });
    server.controllingProcess(self, me.pid);
    const ref = me.monitor(server);
    await client.close();
    const got = [word(await me.receive()), word(await me.receive())];
    expect(ref).toBeDefined();
    return [...got, ...(await mailbox(me))];
  });
  expect(words).toEqual(['tcp_closed', 'DOWN']);
});

test('passive: the socket reads connected until recv or active looks (TC-4, FC-33)', async () => {
  const { server, client } = await pair();
  const name = server.peername();
  await server.send('?');
  await client.recv();
  await client.close();
  expect(server.peername()).toEqual(name);
  expect(server.info().states).toEqual(['connected', 'open']);
  server.setopts({ active: false });
  expect(await mailbox()).toEqual([]);
  server.setopts({ active: 10 });
  expect(await nextWords(1)).toEqual(['tcp_closed']);
});

test('held packets come first, one for each call; trace 5 (TC-5)', async () => {
  const { server, client } = await pair({ packet: 1 }, { packet: 1 });
  await client.send('a');
  await client.send('b');
  await client.close();
  for (const wanted of ['data:a', 'data:b', 'tcp_closed']) {
    server.setopts({ active: 'once' });
    expect(await nextWords(1)).toEqual([wanted]);
  }
  expect(() => server.setopts({ active: 'once' })).toThrow(reason('closed'));
});

test('an end met by recv leaves a port without a connection (TC-6)', async () => {
  const { server, client } = await pair();
  await client.close();
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  expect(() => server.peername()).toThrow(reason('enotconn'));
  expect(() => server.sockname()).toThrow(reason('ebadf'));
  expect(server.getopts(['nodelay', 'exitOnClose', 'active'])).toEqual({ exitOnClose: true, active: false });
  server.setopts({ nodelay: true, exitOnClose: true });
  expect(server.info()).toMatchObject({ states: [], queuedBytes: [0, 0] });
  expect(server.isOpen).toBe(true);
  await asActor((me) => {
    server.controllingProcess(self, me.pid);
    expect(server.owner).toBe(me.pid);
  });
  await server.close();
});

test('what recv has told is not told to the owner again; trace 6 (TC-7)', async () => {
  const { server, client } = await pair();
  await client.send('ab');
  await client.close();
  expect(String(await server.recv())).toBe('ab');
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  server.setopts({ active: 'once' });
  expect(await mailbox()).toEqual([]);
  await server.close();
});

test('active 0 on a passive socket whose peer has gone: tcp_passive alone (TC-8)', async () => {
  const { server, client } = await pair();
  await client.close();
  server.setopts({ active: 0 });
  expect(await mailbox()).toEqual(['tcp_passive']);
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await server.close();
});

test('a reset is an ordinary close, unless showEconnreset (TC-9)', async () => {
  const plain = await pair({ active: true });
  await reset(plain.client);
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  const shown = await pair({ active: true, showEconnreset: true });
  await reset(shown.client);
  expect(await nextWords(2)).toEqual(['tcp_error:econnreset', 'tcp_closed']);
  const passive = await pair({ showEconnreset: true });
  await reset(passive.client);
  await expect(passive.server.recv()).rejects.toThrow(reason('econnreset'));
  await expect(passive.server.recv()).rejects.toThrow(reason('closed'));
  await passive.server.close();
  const late = await pair({ showEconnreset: true });
  await reset(late.client);
  late.server.setopts({ active: true });
  expect(await nextWords(2)).toEqual(['tcp_error:econnreset', 'tcp_closed']);
});

test('data that came before a reset is delivered first (TC-10)', async () => {
  const { server, client } = await pair();
  await client.send('first');
  await server.send('?');
  await client.recv();
  await reset(client);
  expect(String(await server.recv())).toBe('first');
  await expect(server.recv()).rejects.toThrow(reason('closed'));
  await server.close();
});

test("an own close brings no tcp_closed; a trapping owner that gives itself gets no 'EXIT' (TC-11, OW-5)", async () => {
  const { server, client } = await pair({ active: true });
  await server.close();
  expect(await mailbox()).toEqual([]);
  await client.close();
  const words = await asActor(async (me) => {
    me.trapExit = true;
    const other = await pair({ active: true }, { active: true });
    other.server.controllingProcess(self, me.pid);
    await other.server.close(me);
    const silent = await mailbox(me);
    other.client.controllingProcess(self, me.pid);
    await other.client.close();
    return [...silent, ...(await mailbox(me))];
  });
  expect(words).toEqual(['EXIT:normal']);
});

test('close waits for what is queued, and the port is closed at once for all calls (TC-12, TC-15)', async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192 });
  await client.send(large);
  let isOver = false;
  const closing = client.close().then(() => (isOver = true));
  expect(client.isOpen).toBe(false);
  const again = client.close();
  await nextTurn();
  expect(isOver).toBe(false);
  expect((await readAll(server)).length).toBe(large.length);
  await closing;
  await again;
  await server.close();
});

test('a peer that never reads holds close for flushTimeout, not longer, and then sees a reset (TC-13)', async () => {
  const { server, client } = await pair({ recbuf: 8192, showEconnreset: true }, { sndbuf: 8192, flushTimeout: 50 });
  await client.send(large);
  await client.close();
  await expect(readAll(server)).rejects.toThrow(reason('econnreset'));
  await server.close();
});

test('linger [true, 0] drops the queue and resets (TC-16)', async () => {
  const { server, client } = await pair({ recbuf: 8192, showEconnreset: true }, { sndbuf: 8192, linger: [true, 0] });
  await client.send(large);
  await client.close();
  await expect(readAll(server)).rejects.toThrow(reason('econnreset'));
  await server.close();
});

test('linger [true, seconds] limits the wait, and the rest leaves in the background (TC-16)', async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192, linger: [true, 1] });
  await client.send(large);
  await client.close();
  expect((await readAll(server)).length).toBe(large.length);
  await server.close();
});

test('unread data turns a close into a reset; what was sent before is still read (TC-18)', async () => {
  const { server, client } = await pair({}, { showEconnreset: true });
  await server.send('answer');
  await client.recv();
  await client.send('unread');
  await client.send('more');
  await server.send('?');
  await client.recv();
  await server.close();
  await expect(client.recv()).rejects.toThrow(reason('econnreset'));
  await client.close();
});

test("what an owner's death leaves queued still leaves, in the background (TC-19)", async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192 });
  const owner = spawn(async (me) => {
    await me.receive();
  });
  client.controllingProcess(self, owner);
  await client.send(large);
  exit(owner, 'kill');
  expect(client.isOpen).toBe(false);
  await expect(client.send('x')).rejects.toThrow(reason('closed'));
  expect((await readAll(server)).length).toBe(large.length);
  await server.close();
});

test('an exit signal to the socket closes it (TC-20)', async () => {
  const { server, client } = await pair({ active: true });
  const owner = spawn(async (me) => {
    await me.receive();
  });
  client.controllingProcess(self, owner);
  exit(client, 'boom');
  expect(client.isOpen).toBe(false);
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  await server.close();
});

test('an owner that ends normally takes its socket along (TC-21, OW-1)', async () => {
  const { server, client } = await pair({ active: true });
  await asActor((me) => client.controllingProcess(self, me.pid));
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  expect(client.isOpen).toBe(false);
  expect(server.isOpen).toBe(false);
});

test('await using waits for what is queued (CL-7)', async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192 });
  const reading = readAll(server);
  {
    await using leaving = client;
    await leaving.send(large);
  }
  expect(client.isOpen).toBe(false);
  expect((await reading).length).toBe(large.length);
  await server.close();
});

test('a call of something that is no actor is a mistake (TC-22)', async () => {
  const { server, client } = await pair();
  expect(() => server.close({} as never)).toThrow(BadArg);
  await closeAll(server, client);
});

test('the peers of a thousand connections vanish at once, by end or reset: each is told, and nothing is left', async () => {
  const { listening, tcp } = await import('./subjects.js');
  const listener = await listening({ active: true, backlog: 1024 });
  const clients: TcpSocket[] = [];
  const servers: TcpSocket[] = [];
  for (let at = 0; at < 1000; at += 100) {
    const connecting = Array.from({ length: 100 }, () => tcp.connect(self, '127.0.0.1', listener.port, { active: false }));
    for (let each = 0; each < 100; each += 1) servers.push(await listener.accept(self));
    clients.push(...(await Promise.all(connecting)));
  }
  await Promise.all(clients.map((client, index) => (index % 2 === 0 ? reset(client) : client.close())));
  const words = await nextWords(1000);
  expect(new Set(words)).toEqual(new Set(['tcp_closed']));
  expect(servers.every((server) => !server.isOpen)).toBe(true);
  await listener.close();
});
