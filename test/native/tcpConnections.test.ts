/** Sockets of the addon's TCP as they come and go: listening, connecting, accepting, names, and how each end hears of the other's. */
import { createSocket } from 'node:dgram';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Handle, inetFamily, inetOption, packetMode, tcpKind } from '../../native/index.js';
import { nextTurn, until } from './stackUnderTest.js';
import { outcome, TcpUnderTest } from './tcpUnderTest.js';

const { local, ipv4, ipv6 } = inetFamily;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mailport-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe('a connection', () => {
  test.each([
    ['IPv4', { family: ipv4 }],
    ['IPv6', { family: ipv6 }],
    ['a path', { family: local, address: 'path' }],
    ['an abstract name', { family: local, address: `\0mailport ${process.pid}` }],
  ] as const)('over %s carries data both ways and ends', async (_what, name) => {
    const it = new TcpUnderTest();
    const address = 'address' in name && name.address === 'path' ? join(folder(), 'socket') : undefined;
    const listener = it.listener(address === undefined ? name : { ...name, address });
    const client = it.connecting(listener);
    expect((await it.next(client, tcpKind.connected)).error).toBe('');
    const server = await it.accept(listener);
    for (const socket of [client, server]) it.credit(socket, 10);
    it.send(client, 'ping');
    expect(await it.messages(server, 1)).toEqual([Buffer.from('ping')]);
    it.send(server, 'pong');
    expect(await it.messages(client, 1)).toEqual([Buffer.from('pong')]);
    expect(it.stack.peername(client)).toEqual(it.name(listener));
    expect(it.close(client)).toBe('');
    expect((await it.next(server, tcpKind.end)).error).toBe('');
  });

  // TN-3, TN-16.
  test('is refused where nobody listens', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener();
    const { address, port } = it.name(listener);
    it.close(listener);
    const client = it.socket();
    it.stack.connect(client, address, port);
    expect((await it.next(client, tcpKind.connected)).error).toBe('ECONNREFUSED');
    const path = join(folder(), 'socket');
    expect(outcome(it.stack.connect(it.socket(local), path, 0))).toBe('ENOENT');
    it.close(it.listener({ family: local, address: path }));
    // TL-16: the file stays.
    expect(existsSync(path)).toBe(true);
    expect(outcome(it.stack.connect(it.socket(local), path, 0))).toBe('ECONNREFUSED');
    expect(outcome(it.stack.bind(it.socket(local), path, 0))).toBe('EADDRINUSE');
  });

  // TN-14.
  test('of a socket to itself carries what it sends', async () => {
    const it = new TcpUnderTest();
    const socket = it.socket();
    it.stack.bind(socket, '127.0.0.1', 0);
    it.stack.connect(socket, '127.0.0.1', it.name(socket).port);
    expect((await it.next(socket, tcpKind.connected)).error).toBe('');
    it.credit(socket, 1);
    it.send(socket, 'me');
    expect(await it.messages(socket, 1)).toEqual([Buffer.from('me')]);
  });

  test('that nobody answers is given up by closing its socket', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener({}, 0);
    const clients = Array.from({ length: 4 }, () => it.connecting(listener));
    await it.next(clients[0] as Handle, tcpKind.connected);
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    const waiting = clients.filter((client) => it.stack.send(client, Buffer.from('x')) !== 0);
    // TL-8: one more than the backlog is let in.
    expect(waiting.length).toBeGreaterThan(0);
    for (const client of waiting) {
      expect(outcome(it.stack.connect(client, '127.0.0.1', 1))).toBe('EALREADY');
      expect(it.close(client)).toBe('');
    }
    expect(it.items.filter(({ socket }) => waiting.includes(socket))).toEqual([]);
  });

  test('to a local listener that is full is made when there is room', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener({ family: local, address: `\0mailport full ${process.pid}` }, 0);
    const clients = Array.from({ length: 5 }, () => it.connecting(listener));
    const servers = [];
    for (const _ of clients) servers.push(await it.accept(listener));
    for (const client of clients) expect((await it.next(client, tcpKind.connected)).error).toBe('');
    expect(new Set(servers).size).toBe(5);
  });

  // TL-14.
  test('of an IPv4 client to an IPv6 listener shows mapped addresses', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener({ family: ipv6, address: '::' });
    const client = it.socket();
    it.stack.connect(client, '127.0.0.1', it.name(listener).port);
    const server = await it.accept(listener);
    expect(it.stack.peername(server)).toEqual({ family: ipv6, address: '::ffff:127.0.0.1', port: it.name(client).port });
    expect(it.stack.sockname(server)).toMatchObject({ family: ipv6, address: '::ffff:127.0.0.1' });
  });
});

describe('accept', () => {
  // TA-9, TA-11.
  test('gives sockets with the framing and limits of their listener, and no credit', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener();
    const own = { packetSize: 77, lineDelimiter: 0, buffer: 3000, highWatermark: 5000, lowWatermark: 100, flushTimeout: 9000 };
    it.set(listener, { packet: packetMode.line, ...own });
    it.stack.setOption(listener, inetOption.linger, [1, 3]);
    const client = it.connecting(listener);
    it.send(client, 'x');
    const server = await it.accept(listener);
    for (const [name, value] of Object.entries(own)) {
      expect(it.stack.getOption(server, inetOption[name as keyof typeof own]), name).toEqual([value]);
    }
    expect(it.stack.getOption(server, inetOption.packet)).toEqual([packetMode.line]);
    expect(it.stack.getOption(server, inetOption.linger)).toEqual([1, 3]);
    expect(it.drain(server)).toEqual([]);
  });

  test('takes a storm of clients, each once, with few calls for each', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener();
    const clients = Array.from({ length: 100 }, () => it.connecting(listener));
    const peers = new Set<number>();
    for (const _ of clients) {
      const name = it.stack.peername(await it.accept(listener));
      if (typeof name !== 'number') peers.add(name.port);
    }
    expect(peers).toEqual(new Set(clients.map((client) => it.name(client).port)));
    expect(outcome(it.stack.accept(listener))).toBe('EAGAIN');
  });

  // TA-14, TA-13.
  test('also gives those who have gone meanwhile, with what they sent', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener();
    const client = it.connecting(listener);
    await it.next(client, tcpKind.connected);
    it.send(client, 'last words');
    it.close(client);
    const reset = it.connecting(listener);
    await it.next(reset, tcpKind.connected);
    it.close(reset, true);
    const [gone, aborted] = [await it.accept(listener), await it.accept(listener)];
    for (const socket of [gone, aborted]) it.credit(socket, 5);
    expect(await it.messages(gone, 1)).toEqual([Buffer.from('last words')]);
    expect((await it.next(gone, tcpKind.end)).error).toBe('');
    expect((await it.next(aborted, tcpKind.end)).error).toBe('ECONNRESET');
  });

  test('without descriptors says so, costs no time, and leaves the connection for later', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener();
    const client = it.connecting(listener);
    await it.next(client, tcpKind.connected);
    const taken: number[] = [];
    const use = () => {
      for (;;) {
        const fd = it.stack.open({ family: ipv4 });
        if (fd < 0) return fd;
        taken.push(fd);
      }
    };
    const limit = it.stack.open({ family: ipv4 });
    it.stack.close(limit, false);
    // A process of tests may open very many: stop at a bound, and then nothing is to be seen here.
    const status = openFilesLimit() <= 5000 ? use() : 0;
    if (status !== 0) {
      expect(outcome(status)).toBe('EMFILE');
      expect(outcome(it.stack.accept(listener))).toBe('EMFILE');
      const batches = it.batches.length;
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      expect(it.batches.length).toBe(batches);
    }
    for (const handle of taken) it.stack.close(handle, false);
    expect(await it.accept(listener)).toBeGreaterThan(0);
  });

  // TL-20.
  test('of a listener that is closed comes never: clients that wait are reset', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener();
    const client = it.connecting(listener);
    await it.next(client, tcpKind.connected);
    it.credit(client, 1);
    it.close(listener);
    expect((await it.next(client, tcpKind.end)).error).toBe('ECONNRESET');
  });
});

describe('a descriptor of somebody else', () => {
  test('is refused, and stays what it was, if it is no stream socket of the family', async () => {
    const it = new TcpUnderTest();
    const file = openSync('/dev/null', 'r');
    const datagrams = createSocket('udp4');
    const server = createServer();
    await new Promise<void>((resolve) => datagrams.bind(0, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const descriptor = (handle: unknown) => (handle as { fd: number }).fd;
    const refused: [fd: number, error: string][] = [
      [1_000_000, 'EBADF'],
      [file, 'ENOTSOCK'],
      [descriptor((datagrams as unknown as { [key: symbol]: { handle: unknown } })[handleOf(datagrams)]?.handle), 'EINVAL'],
      [descriptor((server as unknown as { _handle: unknown })._handle), 'EINVAL'],
    ];
    for (const [fd, error] of refused) expect(outcome(it.stack.open({ family: ipv6, fd })), error).toBe(error);
    // They are still there to be closed by who opened them.
    closeSync(file);
    await Promise.all([datagrams, server].map((one) => new Promise<void>((resolve) => void one.close(() => resolve()))));
  });
});

describe('bad calls answer by errno, at once', () => {
  test('of states', async () => {
    const it = new TcpUnderTest();
    const listener = it.listener();
    const fresh = it.socket();
    const { client } = await it.pair();
    const { stack } = it;
    const data = Buffer.from('x');
    expect(outcome(stack.send(fresh, data))).toBe('ENOTCONN');
    expect(outcome(stack.send(listener, data))).toBe('ENOTCONN');
    expect(outcome(stack.accept(fresh))).toBe('EINVAL');
    expect(outcome(stack.accept(client))).toBe('EINVAL');
    expect(outcome(stack.connect(client, '127.0.0.1', 1))).toBe('EISCONN');
    expect(outcome(stack.connect(listener, '127.0.0.1', 1))).toBe('EINVAL');
    expect(outcome(stack.listen(client, 1))).toBe('EINVAL');
    expect(outcome(stack.shutdown(fresh, 1))).toBe('ENOTCONN');
    expect(outcome(stack.shutdown(client, 3))).toBe('EINVAL');
    expect(outcome(stack.unrecv(listener, data))).toBe('ENOTCONN');
    expect(outcome(stack.peername(listener) as number)).toBe('ENOTCONN');
    // TL-19.
    it.credit(listener, 5);
    expect(it.drain(listener)).toEqual([]);
  });

  test('of addresses', () => {
    const it = new TcpUnderTest();
    const { stack } = it;
    const socket = it.socket();
    expect(outcome(stack.connect(socket, '::1', 80))).toBe('EAFNOSUPPORT');
    expect(outcome(stack.connect(socket, 'localhost', 80))).toBe('EINVAL');
    expect(outcome(stack.connect(it.socket(ipv6), '127.0.0.1', 80))).toBe('EAFNOSUPPORT');
    expect(outcome(stack.bind(it.socket(ipv6), 'fe80::1%nowhere', 80))).toBe('EINVAL');
    expect(outcome(stack.bind(socket, '192.0.2.1', 0))).toBe('EADDRNOTAVAIL');
    // TL-15.
    expect(outcome(stack.bind(it.socket(local), 'x'.repeat(120), 0))).toBe('EINVAL');
    expect(outcome(stack.bind(it.socket(local), '/tmp/x', 1))).toBe('EINVAL');
    expect(outcome(stack.open({ family: ipv4, netns: '/nowhere' }))).toBe('ENOENT');
  });

  test('of handles that are not open, and of arguments of any type', async () => {
    const it = new TcpUnderTest();
    const { client } = await it.pair();
    it.close(client);
    const calls = it.stack as unknown as Record<string, (...values: unknown[]) => unknown>;
    for (const [name, value] of Object.entries(calls)) {
      if (typeof value !== 'function' || name === 'stats') continue;
      for (const handle of [client, 0, -1, 1e10, 1.5, 'x', undefined, null, {}, Symbol('x')]) {
        for (const other of [1, 'x', Buffer.from('x'), undefined, [1], [{}], {}, false]) {
          const answer = value.call(calls, handle, other, other, other);
          const failed = answer === false || (typeof answer === 'number' && answer <= 0);
          expect(failed || answer === undefined || Array.isArray(answer), `${name}(${String(handle)}, ${String(other)})`).toBe(
            true,
          );
        }
      }
    }
  });
});

test('thousands of connections come and go at once, and none is left', async () => {
  const it = new TcpUnderTest();
  const listener = it.listener({}, 4096);
  const count = Math.min(1000, Math.floor(openFilesLimit() / 3));
  const clients = Array.from({ length: count }, () => it.connecting(listener));
  const servers: Handle[] = [];
  for (const _ of clients) servers.push(await it.accept(listener));
  for (const server of servers) it.credit(server, 1);
  for (const client of clients) it.close(client, Math.random() < 0.5);
  await until(() => it.items.filter(({ kind }) => kind === tcpKind.end).length === count);
  for (const server of servers) it.close(server);
  it.close(listener);
  expect(it.stack.stats()).toMatchObject({ sockets: 0, flushing: 0, queuedInBytes: 0, queuedOutBytes: 0 });
});

/** Where node:dgram has its handle. */
function handleOf(socket: object): symbol {
  return Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === 'state symbol') as symbol;
}

function openFilesLimit(): number {
  const report = process.report.getReport() as unknown as { userLimits: { open_files: { soft: number | string } } };
  const { soft } = report.userLimits.open_files;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}
