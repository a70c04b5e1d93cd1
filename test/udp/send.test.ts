/** `send`: its forms, what it refuses, what a single datagram is sent with (US-1..US-9), and its counters (TI-2). */
import { lookup } from 'node:dns/promises';
import { describe, expect, test, vi } from 'vitest';
import { type UdpSocket, udp } from '../../actors/udp/index.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { asActor, hasIpv6, mailbox, open, texts } from './subject.js';

/** One name is known, whatever this machine's resolver thinks. */
vi.mock('node:dns/promises', () => ({
  lookup: vi.fn(async (name: string) => {
    if (name === 'host.test') return [{ address: '127.0.0.1', family: 4 }];
    throw new Error('not found');
  }),
}));

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const call = (socket: UdpSocket, ...args: readonly unknown[]) =>
  (socket.send as (...all: readonly unknown[]) => Promise<void>)(...args);

test('any actor sends, whole iolists, one datagram each, in order (US-4, US-9)', async () => {
  const [socket, peer] = [await open(), await open()];
  await asActor(() => socket.send('127.0.0.1', peer.port, ['a', [98, Buffer.from('c')], 'é']));
  await Promise.all(['1', '2', '3'].map((text) => socket.send('127.0.0.1', peer.port, text)));
  expect(await texts(peer, 4)).toEqual(['abcé', '1', '2', '3']);
  socket.close();
  peer.close();
});

test('the address may be a name, loopback or any (US-3, TN-10)', async () => {
  const [socket, peer] = [await open({ ip: 'any' }), await open()];
  for (const address of ['localhost', 'host.test', 'loopback', 'any', '127.0.0.1'])
    await socket.send(address, peer.port, address);
  expect(await texts(peer, 5)).toEqual(['localhost', 'host.test', 'loopback', 'any', '127.0.0.1']);
  await expect(socket.send('host.invalid', peer.port, 'x')).rejects.toThrow(reason('nxdomain'));
  await expect(socket.send('', peer.port, 'x')).rejects.toThrow(reason('nxdomain'));
  socket.close();
  peer.close();
});

test('a bad argument throws BadArg that names it, at once (US-3, US-4, US-8)', async () => {
  const socket = await open();
  const cases: [unknown[], string][] = [
    [[7, 9, 'x'], 'address'],
    [['127.0.0.1', -1, 'x'], 'port'],
    [['127.0.0.1', 65536, 'x'], 'port'],
    [['127.0.0.1', 1.5, 'x'], 'port'],
    [['127.0.0.1', '', 'x'], 'port'],
    [[{ local: '/x' }, 9, 'x'], 'port'],
    [['127.0.0.1', undefined, 'x'], 'port'],
    [['127.0.0.1', null, 'x'], 'port'],
    [['127.0.0.1', 9], 'data'],
    [['127.0.0.1', 9, 5], 'data'],
    [['127.0.0.1', 9, [256]], 'data'],
    [['127.0.0.1', 9, 'x', 5], 'anc'],
    [['127.0.0.1', 9, 'x', { tso: 1 }], 'anc.tso'],
    [['127.0.0.1', 9, 'x', { tos: 256 }], 'anc.tos'],
    [['127.0.0.1', 9, 'x', { ttl: -1 }], 'anc.ttl'],
    [['127.0.0.1', 9, 'x', undefined, { signal: 1 }], 'options.signal'],
    [[5], 'data'],
    [['x', { signals: 1 }], 'options.signals'],
  ];
  for (const [args, argument] of cases) {
    expect(() => call(socket, ...args), `${argument} of ${JSON.stringify(args)}`).toThrow(BadArg);
    expect(() => call(socket, ...args)).toThrow(expect.objectContaining({ argument }));
  }
  expect(socket.getstat().sendCnt).toBe(0);
  socket.close();
});

test('what the system refuses, with the remedy in the message (US-2, US-5, US-7)', async () => {
  const socket = await open({ sndbuf: 1 << 20 });
  await expect(socket.send('x')).rejects.toThrow(/einval \(the socket has no peer/);
  await expect(socket.send('127.0.0.1', 0, 'x')).rejects.toThrow(/einval \(there is no port 0/);
  await expect(socket.send('127.0.0.1', 9, Buffer.alloc(65508))).rejects.toThrow(
    /127\.0\.0\.1:9: emsgsize \(a datagram holds at most 65507/,
  );
  await expect(socket.send('255.255.255.255', 9, 'x')).rejects.toThrow(/eacces .*broadcast: true/);
  await expect(socket.send('127.0.0.1', 'nosuchservice', 'x')).rejects.toThrow(reason('einval'));
  await expect(socket.send('::1', 9, 'x')).rejects.toThrow(reason('eafnosupport'));
  await expect(socket.send('127.0.0.1', 9, 'x', { ttl: 0 })).rejects.toThrow(/einval \(the system does not take what `anc` says/);
  await expect(socket.send('127.0.0.1', 9, 'x', { tclass: 8 })).rejects.toThrow(reason('einval'));
  expect(socket.getstat()).toMatchObject({ sendCnt: 0, sendOct: 0 });
  socket.close();
  await expect(socket.send('127.0.0.1', 9, 'x')).rejects.toThrow(reason('closed'));
  await expect(socket.send('x')).rejects.toThrow(reason('closed'));
});

test('broadcast, once the option allows it (US-7)', async () => {
  const hears = await open({ ip: 'any' });
  const socket = await open({ ip: 'any', broadcast: true });
  await socket.send('127.255.255.255', hears.port, 'x');
  expect(await texts(hears, 1)).toEqual(['x']);
  socket.close();
  hears.close();
});

describe('ancillary data', () => {
  test('holds for its datagram, over the value of the socket, and on connected sockets (US-8)', async () => {
    const peer = await open({ recvtos: true, recvttl: true });
    const socket = await open({ tos: 8, ttl: 20 });
    await socket.send('127.0.0.1', peer.port, 'a', { tos: 16, ttl: 5 });
    await socket.send('127.0.0.1', peer.port, 'b', { ttl: 6 });
    await socket.send('127.0.0.1', peer.port, 'c', {});
    await socket.connect('127.0.0.1', peer.port);
    await socket.send('127.0.0.1', peer.port, 'd', { tos: 32 });
    const told = [];
    for (let at = 0; at < 4; at += 1) told.push((await peer.recv())[2]);
    expect(told).toEqual([
      { ttl: 5, tos: 16 },
      { ttl: 6, tos: 8 },
      { ttl: 20, tos: 8 },
      { ttl: 20, tos: 32 },
    ]);
    socket.close();
    peer.close();
  });

  test('in the middle of others of the same turn', async () => {
    const peer = await open({ recvttl: true });
    const socket = await open();
    const ttls = Array.from({ length: 100 }, (_, at) => (at % 3 === 0 ? 1 + at : undefined));
    await Promise.all(ttls.map((ttl) => socket.send('127.0.0.1', peer.port, 'x', ttl === undefined ? undefined : { ttl })));
    const told: unknown[] = [];
    while (told.length < 100) told.push(((await peer.recv())[2] as { ttl: number }).ttl);
    expect(told).toEqual(ttls.map((ttl) => ttl ?? 64));
    socket.close();
    peer.close();
  });
});

test('one send of many of a turn that fails does not touch the others', async () => {
  const peer = await open();
  const socket = await open();
  const sizes = [1, 2, 65508, 3, 4, 65508, 5];
  const outcomes = await Promise.allSettled(sizes.map((size) => socket.send('127.0.0.1', peer.port, Buffer.alloc(size))));
  expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.reason : 'sent'))).toEqual([
    'sent',
    'sent',
    'emsgsize',
    'sent',
    'sent',
    'emsgsize',
    'sent',
  ]);
  expect((await texts(peer, 5)).map((text) => text.length)).toEqual([1, 2, 3, 4, 5]);
  socket.close();
  peer.close();
});

test('what was sent before close, setopts and connect leaves before (TL-7, CL-1)', async () => {
  const peer = await open({ recvttl: true });
  const socket = await open();
  const sends = [socket.send('127.0.0.1', peer.port, 'a'), socket.send('127.0.0.1', peer.port, 'b')];
  socket.setopts({ ttl: 9 });
  sends.push(socket.send('127.0.0.1', peer.port, 'c'), socket.send('127.0.0.1', peer.port, 'd'));
  socket.close();
  await Promise.all(sends);
  const told: unknown[] = [];
  for (let at = 0; at < 4; at += 1)
    told.push((await peer.recv()).slice(2).map((each) => (Buffer.isBuffer(each) ? String(each) : each)));
  expect(told).toEqual([
    [{ ttl: 64 }, 'a'],
    [{ ttl: 64 }, 'b'],
    [{ ttl: 9 }, 'c'],
    [{ ttl: 9 }, 'd'],
  ]);
  peer.close();
});

test('a name is looked up by each send; close and abort end a send that waits for that (US-3)', async () => {
  const socket = await open();
  const before = vi.mocked(lookup).mock.calls.length;
  await socket.send('host.test', socket.port, 'a');
  await socket.send('host.test', socket.port, 'b');
  expect(vi.mocked(lookup).mock.calls.length - before).toBe(2);
  expect(await texts(socket, 2)).toEqual(['a', 'b']);
  const abort = new AbortController();
  const withdrawn = socket.send('host.test', 9, 'x', undefined, { signal: abort.signal });
  abort.abort();
  await expect(withdrawn).rejects.toThrow(reason('aborted'));
  const closing = [socket.send('host.test', 9, 'x'), socket.send('host.invalid', 9, 'x'), socket.connect('host.test', 9)];
  socket.close();
  for (const each of closing) await expect(each).rejects.toThrow(reason('closed'));
});

test('counters count datagrams that were taken, and their bytes (TI-2, US-5)', async () => {
  const socket = await open();
  for (const size of [1, 3, 8]) await socket.send('127.0.0.1', socket.port, Buffer.alloc(size));
  await texts(socket, 3);
  expect(socket.getstat()).toEqual({
    recvOct: 12,
    recvCnt: 3,
    recvMax: 8,
    recvAvg: 4,
    recvDvi: expect.any(Number),
    recvPend: 0,
    sendOct: 12,
    sendCnt: 3,
    sendMax: 8,
    sendAvg: 4,
    sendPend: 0,
  });
  socket.close();
  for (const ask of [
    () => socket.getstat(),
    () => socket.info(),
    () => socket.sockname(),
    () => socket.peername(),
    () => socket.getopts(['ttl']),
  ])
    expect(ask).toThrow(reason('closed'));
  expect(() => socket.setopts({ ttl: 5 })).toThrow(reason('closed'));
});

test.each([true, false])('gso and gro %s: order, lengths and senders are the same, passive or with any count', async (on) => {
  const peer = await open({ recbuf: 1 << 20 });
  const [one, two] = [await open({ sndbuf: 1 << 20 }), await open({ sndbuf: 1 << 20 })];
  // Where the kernel has them they are on.
  if (!on && peer.getopts(['gro']).gro) peer.setopts({ gro: false });
  if (!on && one.getopts(['gso']).gso) one.setopts({ gso: false });
  const sizes = Array.from({ length: 90 }, (_, at) => (at < 60 ? 700 : 1 + ((at * 37) % 1400)));
  await Promise.all(sizes.map((size, at) => one.send('127.0.0.1', peer.port, Buffer.alloc(size, at))));
  await two.send('127.0.0.1', peer.port, 'two');
  const due = [...sizes.map((size, at) => [one.port, Buffer.alloc(size, at)]), [two.port, Buffer.from('two')]];
  for (const each of due.slice(0, 20)) expect((await peer.recv()).slice(1)).toEqual(each);
  peer.setopts({ active: 5 });
  expect((await mailbox()).map((message) => message.slice(3))).toEqual([...due.slice(20, 25), []]);
  peer.setopts({ active: 'once' });
  expect((await mailbox()).map((message) => message.slice(3))).toEqual(due.slice(25, 26));
  for (const each of due.slice(26)) expect((await peer.recv()).slice(1)).toEqual(each);
  for (const socket of [peer, one, two]) socket.close();
});

test.skipIf(!hasIpv6)('over IPv6, in every spelling of an address', async () => {
  const socket = await udp.open(self, 0, { ip: '::1', active: false });
  for (const address of ['::1', '0:0:0:0:0:0:0:1', 'loopback', '::0001']) await socket.send(address, socket.port, address);
  expect(await texts(socket, 4)).toEqual(['::1', '0:0:0:0:0:0:0:1', 'loopback', '::0001']);
  socket.close();
});
