/** What a failure says to people: the cause, and what helps. */
import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { mainActor, server as servers } from '../../actors/index.js';
import { explain } from '../../actors/socket/index.js';
import { tls } from '../../actors/tls/index.js';
import { udp } from '../../actors/udp/index.js';
import { closeAll, listening, pair, self, tcp } from './subjects.js';

test('connect, listen, recv and send say what helps', async () => {
  const listener = await listening();
  const { port } = listener;
  await expect(tcp.listen(self, port, { ip: '127.0.0.1' })).rejects.toThrow(
    `listen 127.0.0.1:${port}: eaddrinuse (another socket listens there`,
  );
  await expect(listener.recv()).rejects.toThrow('recv: enotconn (a socket that listens receives nothing');
  await expect(listener.send('x')).rejects.toThrow('send: enotconn (a socket that listens sends nothing');
  await listener.close();
  await expect(tcp.connect(self, '127.0.0.1', port)).rejects.toThrow(
    `connect 127.0.0.1:${port}: econnrefused (nobody listens there`,
  );
  await expect(tcp.connect(self, { local: '/no/such' }, 0)).rejects.toThrow(
    'connect /no/such: enoent (there is no socket of this path',
  );
  const { server, client } = await pair({}, { packet: 1 });
  await expect(client.send(Buffer.alloc(300))).rejects.toThrow(
    'send: emsgsize (it is longer than the header of its packet can say',
  );
  client.shutdown('write');
  await expect(client.send('x')).rejects.toThrow('send: closed (nothing can be sent after shutdown');
  await expect(server.accept(self)).rejects.toThrow('accept: einval (this is a connection');
  await closeAll(server, client);
});

test('a place that the system does not take is told with what it takes (TL-6, TL-15, TN-16)', async () => {
  const path = 'x'.repeat(108);
  const remedy = 'a path has 1 to 107 bytes';
  await expect(tcp.listen(self, 0, { ifaddr: { local: path } })).rejects.toThrow(
    `listen ${path}: einval (the system cannot listen there: ${remedy}`,
  );
  await expect(tcp.listen(self, 0, { local: true })).rejects.toThrow(remedy);
  await expect(tcp.connect(self, { local: path }, 0)).rejects.toThrow(
    `connect ${path}: einval (the system cannot connect there: ${remedy}`,
  );
  await expect(tcp.connect(self, 'fe80::1%none', 9)).rejects.toThrow('the zone of an interface that is there');
  const file = openSync('/dev/null', 'r');
  for (const [fd, message] of [
    [file, 'enotsock (`fd` is no socket)'],
    [99_999, 'ebadf (`fd` is no open descriptor)'],
  ] as const) {
    await expect(tcp.connect(self, '127.0.0.1', 9, { fd })).rejects.toThrow(message);
    await expect(tcp.listen(self, 0, { fd })).rejects.toThrow(message);
  }
  closeSync(file);
});

test('no port is left: a connection, and a socket of any port, say so (TN-13)', () => {
  expect(explain('connect', 'eaddrnotavail')).toContain('no local port is free');
  expect(explain('listen', 'eaddrinuse')).toContain('if port 0 was given, no port is free');
});

test("'closed' says whose doing it was (TC-4)", async () => {
  const { server, client } = await pair({ active: false }, { active: false });
  await client.close();
  await expect(client.send('x')).rejects.toThrow('send: closed (the socket is closed: by a call of close');
  await expect(server.recv()).rejects.toThrow('recv: closed (the peer has ended the connection');
  await closeAll(server);
});

test("'enotconn' speaks of connections, as no TCP socket can connect once more", async () => {
  const listener = await listening();
  const { server, client } = await pair();
  await client.close();
  await expect(server.recv()).rejects.toThrow(expect.objectContaining({ reason: 'closed' }));
  for (const socket of [listener, server]) {
    for (const [call, name] of [
      [() => socket.unrecv('x'), 'unrecv'],
      [() => socket.shutdown('write'), 'shutdown'],
      [() => socket.peername(), 'peername'],
    ] as const) {
      expect(call).toThrow(`${name}: enotconn (the connection has ended, or the socket listens)`);
    }
  }
  expect(() => listener.messages()).toThrow('messages: enotconn (a socket that listens receives nothing');
  await closeAll(server, listener);
});

test('a length that recv refuses is told with its limit (TR-5, TR-6)', async () => {
  const { server, client } = await pair({ active: false }, { active: false });
  await expect(client.recv(1e9)).rejects.toThrow('recv: enomem (a recv may ask for 67108864 bytes at most');
  client.setopts({ packet: 2 });
  await expect(client.recv(5)).rejects.toThrow('recv: einval (a length is for mode raw');
  await closeAll(server, client);
});

test('mistakes that people bring from elsewhere are told with what to write instead', async () => {
  const untyped = (call: unknown, ...given: unknown[]) => (call as (...all: unknown[]) => unknown)(...given);
  for (const [call, message] of [
    [() => tcp.connect(self, '127.0.0.1', '8080'), 'port: the port is given as text'],
    [() => tcp.listen(self, '8080'), 'port: the port is given as text'],
    [() => tcp.connect(self, '127.0.0.1', 'no-such-service'), /^port: .*has no service no-such-service for tcp/],
    [() => tcp.connect(self, '127.0.0.1', 1, { active: 40000 }), 'options.active: must be in -32768..32767'],
    [
      () => untyped(tcp.connect, self, '127.0.0.1', 1, { lineDelimiter: ';' }),
      'options.lineDelimiter: must be one byte, as a number',
    ],
    [
      () => untyped(tls.connect, self, '127.0.0.1', 1, { rejectUnauthorized: false }),
      'options.rejectUnauthorized: is for node:tls: write',
    ],
    [() => untyped(tls.listen, self, 0, { key: '', cert: '' }), 'options.key: is for node:tls: write { tls: { key: ... } }'],
    [() => tls.listen(self, 0, { tls: {} }), 'options.tls: must have `cert` and `key`'],
  ] as const) {
    expect(call).toThrow(message);
  }
  await expect(async () => untyped(servers.start, mainActor(), {})).rejects.toThrow('spec: comes first in `start`');
  const socket = await udp.open(self, 0, { active: false });
  await expect(untyped(socket.send.bind(socket), '.', 9, '127.0.0.1')).rejects.toThrow(
    /^send \.: nxdomain \(.*the arguments are address, port, data/,
  );
  socket.close();
});

test('names of options from node:net and node:dgram are refused with what to write instead', async () => {
  const untyped = (call: unknown, ...given: unknown[]) => (call as (...all: unknown[]) => unknown)(...given);
  const message = (call: () => unknown): string => {
    try {
      call();
    } catch (error) {
      return (error as Error).message;
    }
    return 'taken';
  };
  const told = (options: object): string => message(() => untyped(tcp.connect, self, '127.0.0.1', 1, options));
  expect([
    told({ backlog: 5 }),
    told({ allowHalfOpen: true }),
    told({ noDelay: true }),
    told({ keepAlive: true }),
    told({ keepAliveInitialDelay: 1000 }),
    told({ reuseAddr: true }),
    told({ host: 'localhost' }),
    told({ path: '/run/my.sock' }),
    told({ timeout: 1000 }),
    told({ highWaterMark: 1 }),
    told({ delay_send: true }),
  ]).toEqual([
    'options.backlog: is no option of a TCP socket: it is for `listen` alone',
    'options.allowHalfOpen: is no option of a TCP socket: write exitOnClose: false for allowHalfOpen: true',
    'options.noDelay: is no option of a TCP socket: did you mean nodelay?',
    'options.keepAlive: is no option of a TCP socket: did you mean keepalive?',
    'options.keepAliveInitialDelay: is no option of a TCP socket: write keepIdle, in seconds',
    'options.reuseAddr: is no option of a TCP socket: did you mean reuseaddr?',
    expect.stringContaining('the address of the peer is the argument before the port; the own address is `ip`'),
    expect.stringContaining('a Unix-domain socket has { local: path } for its address'),
    expect.stringContaining('the time of connect, accept and recv is an argument, timeoutMs'),
    expect.stringContaining('of sends write highWatermark'),
    expect.stringContaining('this option of OTP is left out'),
  ]);
  const datagrams = await udp.open(self, 0, { active: false });
  const { server, client } = await pair();
  expect(message(() => untyped(tcp.listen, self, 0, { host: 'localhost' }))).toContain('the own address is `ip`');
  expect(message(() => untyped(client.setopts.bind(client), { backlog: 5 }))).toContain('it is for `listen` alone');
  for (const socket of [client, datagrams]) {
    expect(message(() => untyped(socket.setopts.bind(socket)))).toBe('options: must be an object or a list of pairs');
  }
  expect(message(() => untyped(datagrams.setopts.bind(datagrams), { multicastLoopback: true }))).toContain('write multicastLoop');
  datagrams.close();
  await closeAll(server, client);
});
