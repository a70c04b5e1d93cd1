/** Connected sockets of UDP in the addon: only the peer is heard, and what the network says of datagrams that did not arrive is told once. */
import { describe, expect, test } from 'vitest';
import { inetFamily, inetOption, udpFlag, udpKind, unlimitedCredit } from '../../native/index.js';
import { nextTurn } from './stackUnderTest.js';
import { outcome, UdpUnderTest } from './udpUnderTest.js';

const refused = 111;

describe('a connected socket', () => {
  // UC-1, UC-2.
  test('has a peer and an address, sends without one, and hears nobody else', async () => {
    const it = new UdpUnderTest();
    const [peer, other] = [it.socket(), it.socket()];
    const socket = it.socket('0.0.0.0');
    expect(outcome(it.stack.peername(socket) as number)).toBe('ENOTCONN');
    expect(outcome(it.stack.connect(socket, '127.0.0.1', it.port(peer)))).toBe('ok');
    expect(it.stack.peername(socket)).toEqual({ family: inetFamily.ipv4, address: '127.0.0.1', port: it.port(peer) });
    expect(it.name(socket)).toMatchObject({ address: '127.0.0.1' });
    expect(it.send(socket, undefined, 'hello')).toBe('ok');
    expect(await it.next(peer)).toMatchObject({ port: it.port(socket), data: Buffer.from('hello') });
    it.send(other, it.port(socket), 'not heard');
    it.send(peer, it.port(socket), 'heard');
    expect(await it.next(socket)).toMatchObject({ address: '127.0.0.1', port: it.port(peer), data: Buffer.from('heard') });
    expect(it.waiting(socket)).toEqual([]);
  });

  // UC-3.
  test('drops what others had sent before, and keeps what the peer had', async () => {
    const it = new UdpUnderTest();
    const [peer, other, socket] = [it.socket(), it.socket(), it.socket()];
    it.stack.setCredit(socket, 0, unlimitedCredit);
    for (let index = 0; index < 100; index += 1) it.send(index % 10 === 0 ? peer : other, it.port(socket), `${index}`);
    expect(it.stack.connect(socket, '127.0.0.1', it.port(peer))).toBe(0);
    it.stack.setCredit(socket, 10, unlimitedCredit);
    expect(await it.texts(socket, 10)).toEqual(['0', '10', '20', '30', '40', '50', '60', '70', '80', '90']);
    await nextTurn();
    expect(it.waiting(socket)).toEqual([]);
  });

  // UC-5.
  test('changes its peer, and gives it up, and has its port all the time', async () => {
    const it = new UdpUnderTest();
    const [first, second, socket] = [it.socket(), it.socket(), it.socket('0.0.0.0')];
    const port = it.port(socket);
    for (const peer of [first, second]) {
      expect(outcome(it.stack.connect(socket, '127.0.0.1', it.port(peer)))).toBe('ok');
      it.send(socket, undefined, 'to you');
      expect(await it.texts(peer, 1)).toEqual(['to you']);
    }
    for (let times = 0; times < 2; times += 1) {
      expect(outcome(it.stack.connect(socket, '', 0))).toBe('ok');
      expect(outcome(it.stack.peername(socket) as number)).toBe('ENOTCONN');
      expect(it.name(socket)).toMatchObject({ address: '0.0.0.0', port });
    }
    for (const peer of [first, second]) it.send(peer, port, 'to all');
    expect(await it.texts(socket, 2)).toEqual(['to all', 'to all']);
    expect(it.send(socket, undefined, 'x')).toBe('EDESTADDRREQ');
  });

  // UC-5: OTP loses the former peer.
  test('keeps its peer when a connect fails', async () => {
    const it = new UdpUnderTest();
    const [peer, socket] = [it.socket(), it.socket()];
    it.stack.connect(socket, '127.0.0.1', it.port(peer));
    expect(outcome(it.stack.connect(socket, '255.255.255.255', 9))).toBe('EACCES');
    expect(outcome(it.stack.connect(socket, '::1', 9))).toBe('EAFNOSUPPORT');
    expect(outcome(it.stack.connect(socket, '127.0.0.1', 0))).toBe('EINVAL');
    expect(outcome(it.stack.connect(socket, 'nobody', 9))).toBe('EINVAL');
    expect(it.stack.peername(socket)).toMatchObject({ port: it.port(peer) });
    it.send(socket, undefined, 'still');
    expect(await it.texts(peer, 1)).toEqual(['still']);
    it.send(peer, it.port(socket), 'yours');
    expect(await it.texts(socket, 1)).toEqual(['yours']);
  });

  test('of the local family has a path for a peer', async () => {
    const it = new UdpUnderTest();
    const paths = ['a', 'b', 'c'].map((name) => `\0mailport-${process.pid}-${name}`);
    const [socket, peer, other] = paths.map((path) => it.socket(path)) as [number, number, number];
    it.stack.setCredit(socket, 0, unlimitedCredit);
    for (const from of [other, peer]) expect(it.send(from, { path: paths[0]! }, `by ${from}`)).toBe('ok');
    expect(outcome(it.stack.connect(socket, paths[1]!, 0))).toBe('ok');
    expect(it.stack.peername(socket)).toEqual({ family: inetFamily.local, address: paths[1], port: 0 });
    expect(it.send(socket, undefined, 'to you')).toBe('ok');
    expect(
      it.sendMany(socket, [
        [{ path: paths[1]! }, 'by path'],
        [undefined, 'by peer'],
      ]),
    ).toEqual(['ok', 'ok']);
    expect(await it.texts(peer, 3)).toEqual(['to you', 'by path', 'by peer']);
    it.stack.setCredit(socket, unlimitedCredit, unlimitedCredit);
    expect(await it.texts(socket, 1)).toEqual([`by ${peer}`]);
    expect(outcome(it.stack.connect(socket, '', 0))).toBe('ok');
    expect(outcome(it.stack.peername(socket) as number)).toBe('ENOTCONN');
  });

  // UC-7: OTP's VM crashes.
  test('is told of a datagram what others are told', async () => {
    const it = new UdpUnderTest();
    const [peer, socket] = [it.socket(), it.socket()];
    for (const option of [inetOption.recvTos, inetOption.recvTtl, inetOption.recvPktinfo]) it.set(socket, option, 1);
    it.stack.connect(socket, '127.0.0.1', it.port(peer));
    it.send(peer, { address: '127.0.0.1', port: it.port(socket), tos: 16, ttl: 9 }, 'x');
    const item = await it.next(socket);
    expect(item).toMatchObject({ tos: 16, ttl: 9, destination: '127.0.0.1', flags: udpFlag.tos | udpFlag.ttl | udpFlag.pktinfo });
  });
});

describe('a peer that is not there', () => {
  /** A socket connected to a port that nobody has. */
  function pointless() {
    const it = new UdpUnderTest();
    const [gone, socket] = [it.socket(), it.socket()];
    const port = it.port(gone);
    it.close(gone);
    expect(it.stack.connect(socket, '127.0.0.1', port)).toBe(0);
    return { it, socket, port };
  }

  // UE-1.
  test('is no error for a socket that is not connected', async () => {
    const { it, port } = pointless();
    const socket = it.socket();
    for (let times = 0; times < 3; times += 1) expect(it.send(socket, port, 'x')).toBe('ok');
    it.send(socket, it.port(socket), 'me');
    await it.next(socket);
    expect(it.items.filter((item) => item.socket === socket)).toEqual([]);
  });

  // UE-2, UE-4, trace 13.
  test('is told to a socket that is read, for each datagram, without using credit, and the socket goes on', async () => {
    const { it, socket, port } = pointless();
    it.stack.setCredit(socket, 2, unlimitedCredit);
    for (let times = 0; times < 3; times += 1) {
      expect(it.send(socket, undefined, 'x')).toBe('ok');
      expect(await it.next(socket, udpKind.error)).toMatchObject({ error: refused });
    }
    const peer = it.socket('127.0.0.1', port);
    for (const text of ['a', 'b', 'c']) it.send(peer, it.port(socket), text);
    expect(await it.texts(socket, 2)).toEqual(['a', 'b']);
    await nextTurn();
    expect(it.waiting(socket)).toEqual([]);
  });

  // UE-3, trace 13.
  test('is told to a passive socket by the next send, which does not send, or by the next read', async () => {
    const { it, socket, port } = pointless();
    it.stack.setCredit(socket, 0, unlimitedCredit);
    expect([1, 2, 3, 4].map(() => it.send(socket, undefined, 'x'))).toEqual(['ok', 'ECONNREFUSED', 'ok', 'ECONNREFUSED']);
    expect(
      it.sendMany(socket, [
        [undefined, 'a'],
        [undefined, 'b'],
        [undefined, 'c'],
      ]),
    ).toEqual(['ok', 'ECONNREFUSED']);
    expect(it.send(socket, undefined, 'x')).toBe('ok');
    await nextTurn();
    expect(it.items).toEqual([]);
    const peer = it.socket('127.0.0.1', port);
    it.send(peer, it.port(socket), 'y');
    it.stack.setCredit(socket, 1, unlimitedCredit);
    expect(it.drain(socket)).toMatchObject([{ kind: udpKind.error, error: refused }]);
    expect(it.drain(socket)).toMatchObject([{ kind: udpKind.data, data: Buffer.from('y') }]);
    expect(it.waiting(peer)).toEqual([]);
  });

  test('that goes after many datagrams is told, and from then on every one is', async () => {
    const it = new UdpUnderTest();
    const [peer, socket] = [it.socket(), it.socket()];
    it.stack.connect(socket, '127.0.0.1', it.port(peer));
    it.stack.setCredit(socket, 0, unlimitedCredit);
    const hundred = Array.from({ length: 100 }, () => [undefined, 'x'] as const);
    expect(it.sendMany(socket, hundred)).toEqual(hundred.map(() => 'ok'));
    const { sendCalls } = it.stack.stats();
    expect(it.sendMany(socket, hundred)).toHaveLength(100);
    // With a peer that is there they leave together.
    expect(it.stack.stats().sendCalls! - sendCalls!).toBe(2);
    await it.texts(peer, 200);
    it.close(peer);
    expect(it.sendMany(socket, hundred).at(-1)).toBe('ECONNREFUSED');
    expect(it.sendMany(socket, hundred)).toEqual(['ok', 'ECONNREFUSED']);
  });

  test('costs nothing while nobody asks: the poll of a passive socket is off', async () => {
    const { it, socket } = pointless();
    it.stack.setCredit(socket, 0, unlimitedCredit);
    it.send(socket, undefined, 'x');
    const { readCalls } = it.stack.stats();
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(it.stack.stats().readCalls).toBe(readCalls);
  });

  test('does not keep the loop busy when the system queues errors, as an option of its own makes it do', async () => {
    const { it, socket } = pointless();
    const [ipLevel, recvErr] = [0, 11];
    expect(outcome(it.stack.setRawOption(socket, ipLevel, recvErr, Buffer.from(new Int32Array([1]).buffer)))).toBe('ok');
    it.send(socket, undefined, 'x');
    expect(await it.next(socket, udpKind.error)).toMatchObject({ error: refused });
    const { readCalls } = it.stack.stats();
    for (let turn = 0; turn < 50; turn += 1) await nextTurn();
    expect(it.stack.stats().readCalls! - readCalls!).toBeLessThan(5);
  });
});
