/** What has been reported of TCP in other systems, and what sockets here do in its place. Each test names the report. */
import { mainActor } from 'mailport';
import { SocketError, type TcpListenOptions, type TcpSocket, tcp } from 'mailport/tcp';
import { expect, test } from 'vitest';
import { failOnLeftovers } from '../support/setup.js';

const self = mainActor();

failOnLeftovers(async () => {
  const sockets = tcp.openSockets();
  for (const socket of sockets) socket.setopts({ linger: [true, 0] });
  await Promise.all(sockets.map((socket) => socket.close()));
  const left: string[] = [];
  for (let message = self.receiveNow(); message !== undefined; message = self.receiveNow()) left.push(String(message[0]));
  return left;
});

const plain = { ip: '127.0.0.1', active: false } as const;

/** A listener, a connection to it, and its other end. Options of the accepted end, and of the client. */
async function pair(options: TcpListenOptions = {}, ofClient: TcpListenOptions = {}) {
  const listener = await tcp.listen(self, 0, { ...plain, ...options });
  const client = await tcp.connect(self, '127.0.0.1', listener.port, { ...plain, ...ofClient });
  return { listener, client, accepted: await listener.accept(self) };
}

async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof SocketError) return error.reason;
    throw error;
  }
}

/** Resets a connection. */
async function reset(socket: TcpSocket): Promise<void> {
  socket.setopts({ linger: [true, 0] });
  await socket.close();
}

/** Until a call fails: its reason. */
async function untilItFails(call: () => Promise<unknown>): Promise<string> {
  for (;;) {
    const reason = await reasonOf(call());
    if (reason !== undefined) return reason;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

// erlang/otp#5006: the peer was never told. TS-13
test('a peer hears of a connection that send_timeout_close has closed, although it did not read', async () => {
  const { client, accepted } = await pair({ showEconnreset: true }, { sendTimeout: 20, sendTimeoutClose: true });
  await client.send(Buffer.alloc(12_000_000));
  expect(await reasonOf(client.send(Buffer.alloc(100_000)))).toBe('timeout');
  expect(['closed', 'econnreset']).toContain(await untilItFails(() => accepted.recv()));
});

// erlang/otp#8716: recv of more than there is loses it; recv of what there is does not. TR-1, TR-4
test('what a peer sent before it shut its direction is received whole', async () => {
  const { client, accepted } = await pair();
  await client.send('hello world');
  client.shutdown('write');
  expect(String(await accepted.recv(6))).toBe('hello ');
  expect(String(await accepted.recv())).toBe('world');
  expect(await reasonOf(accepted.recv())).toBe('closed');
});

// nodejs/node#46015: a socket whose data nobody reads was never closed. TS-18, TS-3
test('a socket that only sends ends when its peer has closed', async () => {
  const { client, accepted } = await pair();
  await client.send('unread');
  await client.close();
  expect(await untilItFails(() => accepted.send('more'))).toBe('closed');
});

// oven-sh/bun#39600: a reset behind unread data was told as an ordinary end. TC-9, TC-10
test.each([true, false])('a reset behind unread data is told as a reset, after the data; active: %s', async (active) => {
  const { client, accepted } = await pair({ showEconnreset: true, active: false });
  await client.send('data');
  expect(String(await accepted.recv(1))).toBe('d');
  await reset(client);
  if (active) {
    accepted.setopts({ active: true });
    const tags: unknown[] = [];
    while (tags.at(-1) !== 'tcp_closed') tags.push((await self.receive())[0]);
    // Linux throws unread data away with a reset, so what was there may be told or not.
    expect(tags.filter((tag) => tag !== 'tcp')).toEqual(['tcp_error', 'tcp_closed']);
  } else {
    expect(await untilItFails(() => accepted.recv())).toBe('econnreset');
  }
});

// nodejs/help#1807: a client that closes without reading crashed the server. TC-1, TS-18
test('a client that closes without having read costs its connection, one message, and nothing else', async () => {
  const { listener, client, accepted } = await pair({ active: true });
  await accepted.send('Hello, and more than it reads');
  await client.recv(4);
  await client.close();
  expect(await self.receive()).toEqual(['tcp_closed', accepted]);
  expect(await reasonOf(accepted.send('x'))).toBe('closed');
  const other = await tcp.connect(self, '127.0.0.1', listener.port, plain);
  const next = await listener.accept(self);
  await other.send('still served');
  expect(await self.receive()).toEqual(['tcp', next, Buffer.from('still served')]);
});

// CrowdHailer/Ace#100, mochi/mochiweb#80: sends to a closed connection crashed their callers. TS-18, TC-2
test('every one of many sends to a connection that has ended says so', async () => {
  const { client, accepted } = await pair({ active: true });
  await reset(client);
  expect(await self.receive()).toEqual(['tcp_closed', accepted]);
  const reasons = await Promise.all(Array.from({ length: 100 }, () => reasonOf(accepted.send('x'))));
  expect(new Set(reasons)).toEqual(new Set(['closed']));
});

// emqx/esockd#27, hickory-dns#3726: a connection that was reset before accept ended the acceptor. TA-14
test('connections that are reset before they are accepted leave the listener as it was', async () => {
  const listener = await tcp.listen(self, 0, { ...plain, backlog: 200 });
  for (let turn = 0; turn < 100; turn += 1) await reset(await tcp.connect(self, '127.0.0.1', listener.port, plain));
  const last = await tcp.connect(self, '127.0.0.1', listener.port, plain);
  await last.send('the one that stays');
  for (;;) {
    const socket = await listener.accept(self);
    const first = await socket.recv().catch((error: SocketError) => error.reason);
    await socket.close();
    if (first === 'closed') continue;
    expect(String(first)).toBe('the one that stays');
    break;
  }
  expect(await reasonOf(listener.accept(self, 0))).toBe('timeout');
});

// libuv#3034: data that was sent right before close did not arrive, because unread data made a reset of it. TC-18
test('what was sent before a close with unread data arrives, if the peer has it before the reset', async () => {
  const { client, accepted } = await pair();
  await accepted.send('answer');
  expect(String(await client.recv(6))).toBe('answer');
  await client.send('unread');
  await accepted.close();
  expect(await untilItFails(() => client.recv())).toBe('closed');
});

// progval/matrix2051#65: lines above the default buffer came in pieces. TM-13
test('a line of 8 KiB comes in pieces with the default buffer, and whole with a larger one', async () => {
  const line = `${'x'.repeat(8191)}\n`;
  const pieces = await pair({ packet: 'line' });
  await pieces.client.send(line);
  const lengths: number[] = [];
  while (lengths.reduce((sum, length) => sum + length, 0) < line.length) lengths.push((await pieces.accepted.recv()).length);
  expect(lengths).toEqual([1460, 1460, 1460, 1460, 1460, 892]);
  const whole = await pair({ packet: 'line', buffer: 16_384 });
  await whole.client.send(line);
  expect(String(await whole.accepted.recv())).toBe(line);
});

// Of any length-prefixed protocol: a header alone must not make the receiver take memory. TM-6, TM-8, TM-9
test('headers that announce gigabytes take no memory before the bytes come', async () => {
  const sockets: TcpSocket[] = [];
  const before = process.memoryUsage();
  for (let turn = 0; turn < 20; turn += 1) {
    const { client, accepted, listener } = await pair({ packet: 4, packetSize: 0x7fffffff, active: true });
    await client.send(Buffer.from([0x7f, 0xff, 0xff, 0x00, 1, 2, 3]));
    sockets.push(client, accepted, listener);
  }
  await new Promise((resolve) => setImmediate(resolve));
  const after = process.memoryUsage();
  expect(after.arrayBuffers + after.external - before.arrayBuffers - before.external).toBeLessThan(16_000_000);
  await Promise.all(sockets.map((socket) => socket.close()));
});

test('a header with its highest bit set ends the connection', async () => {
  const { client, accepted } = await pair({ packet: 4, active: true });
  await client.send(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  expect(await self.receive()).toEqual(['tcp_error', accepted, 'emsgsize']);
  expect(await self.receive()).toEqual(['tcp_closed', accepted]);
});

// gbour/wave#31: who connects and says nothing must not hold a server up. TR-8, TA-2
test('a client that says nothing holds nobody else up', async () => {
  const listener = await tcp.listen(self, 0, plain);
  const silent = await tcp.connect(self, '127.0.0.1', listener.port, plain);
  const speaking = await tcp.connect(self, '127.0.0.1', listener.port, plain);
  const [first, second] = [await listener.accept(self), await listener.accept(self)];
  const waiting = reasonOf(first.recv(0, 20));
  await speaking.send('hello');
  expect(String(await second.recv())).toBe('hello');
  expect(await waiting).toBe('timeout');
  await silent.close();
});
