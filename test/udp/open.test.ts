/** `open`: its forms, where a socket is bound, its defaults, and refusals, which leave nothing open (UO-1..UO-8, TL-11..TL-13). */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { udp } from '../../actors/udp/index.js';
import { BadArg, exit, mainActor, type Self, spawn } from '../../runtime/index.js';
import { built } from '../support/built.js';
import { hasIpv6, mailbox, next, open, texts } from './subject.js';

const self = mainActor();
const program = fileURLToPath(new URL('programs/adopt.mjs', import.meta.url));
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

test('the forms of open, and a later port wins (UO-1, TL-1)', async () => {
  const first = await udp.open(self);
  const { port } = first;
  expect(port).toBeGreaterThan(0);
  first.close();
  expect(first.port).toBe(port);
  for (const again of [
    () => udp.open(self, port),
    () => udp.open(self, { port }),
    () => udp.open(self, port, {}),
    () => udp.open(self, 7, { port }),
    () => udp.open(self, [['port', port]]),
    () => udp.open(self, { ifaddr: { addr: 'any', port } }),
    () => udp.open(self, { ifaddr: ['0.0.0.0', port] }),
  ]) {
    const socket = await again();
    expect(socket.sockname()).toEqual({ address: '0.0.0.0', port });
    socket.close();
  }
});

test('the defaults, and what info tells (UO-5, FC-1, UB-1, TI-3, TI-4)', async () => {
  const socket = await udp.open(self);
  expect(
    socket.getopts([
      'active',
      'mode',
      'buffer',
      'multicastTtl',
      'multicastLoop',
      'broadcast',
      'reuseaddr',
      'ttl',
      'tos',
      'recvtos',
    ]),
  ).toEqual({
    active: true,
    mode: 'binary',
    buffer: 65536,
    multicastTtl: 1,
    multicastLoop: true,
    broadcast: false,
    reuseaddr: false,
    ttl: 64,
    tos: 0,
    recvtos: false,
  });
  expect(socket.info()).toMatchObject({ owner: self.pid, family: 'inet', states: ['open'], active: true, stack: 'kernel' });
  socket.close();
});

test('a bad argument throws BadArg that names it, at once (UO-1, UO-2, UO-3, UO-4, TL-6)', async () => {
  const cases: [unknown[], string][] = [
    [[-1], 'port'],
    [[65536], 'port'],
    [['nosuchservice'], 'port'],
    [[1.5], 'port'],
    [[null], 'options'],
    [[0, { noSuch: 1 }], 'options.noSuch'],
    [[0, { active: 40000 }], 'options.active'],
    [[0, { active: 'twice' }], 'options.active'],
    [[0, { mode: 'text' }], 'options.mode'],
    [[0, { fd: -1 }], 'options.fd'],
    [[0, { fd: 'foo' }], 'options.fd'],
    [[0, { ip: 5 }], 'options.ip'],
    [[0, { ip: '::1', inet: true }], 'options.ip'],
    [[0, { family: 'unix' }], 'options.family'],
    [[0, { tos: 256 }], 'options.tos'],
    [[0, { recvtos: 1 }], 'options.recvtos'],
    [[0, { addMembership: '224.0.0.7' }], 'options.addMembership'],
    [[0, { addMembership: ['ff02::7'] }], 'options.addMembership[0]'],
    [[0, { multicastIf: 'any' }], 'options.multicastIf'],
    [[5, { ifaddr: { local: '/tmp/x' } }], 'port'],
    [[0, 'fast'], 'options'],
    [[0, null], 'options'],
    ...(
      'packet keepalive linger nodelay exitOnClose sendTimeout highWatermark lowWatermark showEconnreset lineDelimiter backlog'.split(
        ' ',
      ) as string[]
    ).map((name): [unknown[], string] => [[0, { [name]: 1 }], `options.${name}`]),
  ];
  for (const [args, argument] of cases) {
    const call = () => (udp.open as (...all: unknown[]) => unknown)(self, ...args);
    expect(call, argument).toThrow(BadArg);
    expect(call).toThrow(expect.objectContaining({ argument }));
  }
  expect(() => (udp.open as (...all: unknown[]) => unknown)({ pid: self.pid })).toThrow(BadArg);
});

test('what the system refuses is returned, and nothing stays open (UO-3, TL-4, TL-7)', async () => {
  for (const options of [
    { ttl: 0 },
    { tclass: 1 },
    { recvtclass: true },
    { ipv6V6only: true },
    { readPackets: 0 },
    { bindToDevice: 'nosuch0' },
  ]) {
    await expect(open(options), JSON.stringify(options)).rejects.toThrow(reason('einval'));
  }
  await expect(open({ ip: '203.0.113.77' })).rejects.toThrow(reason('eaddrnotavail'));
  await expect(open({ netns: '/run/netns/no-such' })).rejects.toThrow(reason('enoent'));
  await expect(open({ ip: 'host.invalid' })).rejects.toThrow(reason('nxdomain'));
  await expect(open({ fd: 9999 })).rejects.toThrow(reason('ebadf'));
  expect(udp.openSockets()).toEqual([]);
});

test('a taken port is eaddrinuse, unless both have reuseaddr: then the last one hears everything (UO-6)', async () => {
  const plain = await open();
  const { port } = plain;
  await expect(open({ port })).rejects.toMatchObject({ reason: 'eaddrinuse', syscall: 'open', address: '127.0.0.1', port });
  await expect(open({ port, reuseaddr: true })).rejects.toThrow(reason('eaddrinuse'));
  await expect(open({ port, ip: 'any' })).rejects.toThrow(reason('eaddrinuse'));
  plain.close();
  const [first, last] = [await open({ port, reuseaddr: true }), await open({ port, reuseaddr: true })];
  const sender = await open();
  for (const text of ['a', 'b', 'c']) await sender.send('127.0.0.1', port, text);
  expect(await texts(last, 3)).toEqual(['a', 'b', 'c']);
  await expect(first.recv(0)).rejects.toThrow(reason('timeout'));
  for (const socket of [first, last, sender]) socket.close();
});

test('reuseport, or reuseportLb, shares datagrams out among sockets, each sender to one of them (VN-1)', async () => {
  const first = await open({ reuseport: true });
  const { port } = first;
  const second = await open({ port, reuseportLb: true });
  expect(second.getopts(['reuseport', 'reuseportLb'])).toEqual({ reuseport: true, reuseportLb: true });
  const heard = { first: 0, second: 0 };
  for (let sender = 0; sender < 64; sender += 1) {
    const from = await open();
    await from.send('127.0.0.1', port, 'x');
    const taken = await Promise.any([first.recv(0).then(() => 'first' as const), second.recv(0).then(() => 'second' as const)]);
    heard[taken] += 1;
    from.close();
  }
  expect(heard.first + heard.second).toBe(64);
  expect(Math.min(heard.first, heard.second)).toBeGreaterThan(0);
  first.close();
  second.close();
});

test.skipIf(!hasIpv6)(
  'IPv6: IPv4 senders show mapped, IPv4 addresses are eafnosupport, and ipv6V6only leaves the IPv4 port free (UO-8, TL-12, TL-14)',
  async () => {
    const six = await udp.open(self, 0, { inet6: true, active: false });
    expect(six.sockname()).toEqual({ address: '::', port: six.port });
    const four = await open();
    await four.send('127.0.0.1', six.port, 'x');
    expect((await six.recv()).slice(0, 2)).toEqual(['::ffff:127.0.0.1', four.port]);
    await six.send('::ffff:127.0.0.1', four.port, 'y');
    expect(await texts(four, 1)).toEqual(['y']);
    await expect(six.send('127.0.0.1', four.port, 'z')).rejects.toThrow(reason('eafnosupport'));
    await expect(four.send('::1', six.port, 'z')).rejects.toThrow(reason('eafnosupport'));
    six.close();
    const only = await udp.open(self, 0, { ip: '::', ipv6V6only: true, active: false });
    // At this address of IPv4 nobody else has ports.
    const beside = await open({ port: only.port, ip: '127.0.88.1' });
    for (const socket of [four, only, beside]) socket.close();
  },
);

test('a descriptor of a socket that is bound is adopted, and is not bound anew (TL-6)', async () => {
  const given = createSocket('udp4');
  await new Promise<void>((resolve) => given.bind(0, '127.0.0.1', resolve));
  const { fd } = (given as unknown as { _handle: { fd: number } })._handle;
  const { port } = given.address();
  const root = dirname(dirname(built('actors/index.js')));
  const child = fork(program, [root], { stdio: ['ignore', 'inherit', 'inherit', fd, 'ipc'] });
  const [name] = await once(child, 'message');
  expect(name).toEqual({ address: '127.0.0.1', port });
  given.close();
  const sender = await open();
  await sender.send('127.0.0.1', port, 'x');
  expect(await texts(sender, 1)).toEqual([`${port}: x`]);
  expect(await once(child, 'exit')).toEqual([0, null]);
  sender.close();
});

test('active counts from the opening on (FC-10, FC-11)', async () => {
  const socket = await open({ active: 0 });
  expect(await mailbox()).toEqual([['udp_passive', socket]]);
  expect(socket.getopts(['active'])).toEqual({ active: false });
  socket.close();
  const twice = await udp.open(self, 0, [
    ['active', 3],
    ['active', 5],
  ]);
  expect(twice.getopts(['active'])).toEqual({ active: 5 });
  twice.close();
});

test('an owner that ends while a name is looked up gets no socket (OW-1)', async () => {
  const pid = spawn(async (actor: Self) => {
    await udp.open(actor, 0, { ip: 'host.invalid' });
  });
  const ref = self.monitor(pid);
  exit(pid, 'kill');
  expect(await next()).toEqual(['DOWN', ref, 'process', pid, 'killed']);
  expect(udp.openSockets()).toEqual([]);
});
