/** Options of UDP sockets of the addon: what is set reads back and works, and every refusal is told. */
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { inetFamily, inetOption, udpFlag } from '../../native/index.js';
import { nextTurn } from './stackUnderTest.js';
import { outcome, UdpUnderTest } from './udpUnderTest.js';

const loopbackV6 = '0 0 0 1';
const loopback = 0x7f000001;
const group = 0xe8010203; // 232.1.2.3, of the range for memberships with a source, too
const groupText = '232.1.2.3';
const hasIpv6 = networkInterfaces().lo?.some(({ family }) => family === 'IPv6') ?? false;

describe('an option', () => {
  test('reads back what was set, and as the system has it', () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    for (const [option, value, read] of [
      [inetOption.reuseAddr, 1, 1],
      [inetOption.reusePort, 1, 1],
      [inetOption.broadcast, 1, 1],
      [inetOption.dontRoute, 1, 1],
      [inetOption.priority, 3, 3],
      [inetOption.tos, 0x20, 0x20],
      [inetOption.ttl, 9, 9],
      [inetOption.recbuf, 50_000, 100_000],
      [inetOption.sndbuf, 50_000, 100_000],
      [inetOption.buffer, 1000, 1000],
      [inetOption.readPackets, 7, 7],
      [inetOption.multicastTtl, 3, 3],
      [inetOption.multicastLoop, 0, 0],
      [inetOption.multicastIf, loopback, loopback],
    ] as const) {
      expect([option, it.set(socket, option, value)]).toEqual([option, 'ok']);
      expect([option, it.get(socket, option)]).toEqual([option, [read]]);
    }
  });

  // TO-2, TO-4, UO-3.
  test('that is refused, or of another transport, is told', () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    for (const [option, ...values] of [
      [inetOption.ttl, 0],
      [inetOption.ttl, 256],
      [inetOption.tos, 256],
      [inetOption.tclass, 1],
      [inetOption.recvTclass, 1],
      [inetOption.ipv6Only, 1],
      [inetOption.recbuf, 0xffffffff],
      [inetOption.multicastTtl, 256],
      [inetOption.readPackets, 0],
      [inetOption.buffer, 0],
      [inetOption.nodelay, 1],
      [inetOption.linger, 1, 1],
      [inetOption.keepalive, 1],
      [inetOption.packet, 4],
      [inetOption.highWatermark, 1],
      [inetOption.broadcast],
      [inetOption.broadcast, 1, 1],
      [9999, 1],
    ] as const) {
      expect([option, values, it.set(socket, option, ...values)]).toEqual([option, values, 'EINVAL']);
    }
    for (const option of [
      inetOption.keepalive,
      inetOption.linger,
      inetOption.packet,
      inetOption.addMembership,
      inetOption.tclass,
      9999,
    ]) {
      expect([option, it.get(socket, option)]).toEqual([option, 'EINVAL']);
    }
    const { stack } = it;
    expect(outcome(stack.setOption(socket, inetOption.broadcast, 'on' as never))).toBe('EINVAL');
    expect(outcome(stack.setOption(socket, inetOption.broadcast, [-1]))).toBe('EINVAL');
    expect(it.get(socket, inetOption.broadcast)).toEqual([0]);
  });

  // TO-9.
  test('goes to the system and comes back as bytes', () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    const [level, broadcast] = [1, 6];
    const on = Buffer.from(new Int32Array([1]).buffer);
    const { stack } = it;
    expect(outcome(stack.setRawOption(socket, level, broadcast, on))).toBe('ok');
    expect(it.get(socket, inetOption.broadcast)).toEqual([1]);
    expect(stack.getRawOption(socket, level, broadcast, 16)).toEqual(on);
    expect(stack.getRawOption(socket, level, broadcast, 2)).toEqual(on.subarray(0, 2));
    expect(outcome(stack.setRawOption(socket, 6, 9999, on))).toBe('ENOPROTOOPT');
    expect(outcome(stack.getRawOption(socket, level, 9999, 4) as number)).toBe('ENOPROTOOPT');
    expect(outcome(stack.getRawOption(socket, level, broadcast, 1e9) as number)).toBe('EINVAL');
    expect(outcome(stack.setRawOption(socket, level, broadcast, 'on' as never))).toBe('EINVAL');
    expect(outcome(stack.setRawOption(socket, -1, broadcast, on))).toBe('EINVAL');
  });

  test('of the local family is none of IP', () => {
    const it = new UdpUnderTest();
    const socket = it.unbound({ family: inetFamily.local });
    for (const option of [
      inetOption.tos,
      inetOption.ttl,
      inetOption.multicastTtl,
      inetOption.recvPktinfo,
      inetOption.gro,
      inetOption.gso,
    ]) {
      expect([option, it.set(socket, option, 1)]).toEqual([option, 'EINVAL']);
    }
    expect(it.set(socket, inetOption.sndbuf, 50_000)).toBe('ok');
  });
});

describe('what is told beside the bytes', () => {
  // UM-1, UM-2, US-8.
  test('is what the receiver asked for and the sender, or its socket, said; the next datagram has it', async () => {
    const it = new UdpUnderTest();
    const [from, to] = [it.socket(), it.socket()];
    const target = { address: '127.0.0.1', port: it.port(to) };
    it.send(from, target, 'before');
    expect(await it.next(to)).toMatchObject({ flags: 0 });
    it.set(to, inetOption.recvTos, 1);
    it.set(from, inetOption.tos, 0x10);
    it.send(from, target, 'x');
    expect(await it.next(to)).toMatchObject({ flags: udpFlag.tos, tos: 0x10 });
    it.set(to, inetOption.recvTtl, 1);
    it.send(from, { ...target, tos: 0x40, ttl: 5 }, 'x');
    expect(await it.next(to)).toMatchObject({ flags: udpFlag.tos | udpFlag.ttl, tos: 0x40, ttl: 5 });
    it.send(from, target, 'x');
    expect(await it.next(to)).toMatchObject({ tos: 0x10, ttl: 64 });
    it.set(to, inetOption.recvTos, 0);
    it.set(to, inetOption.recvTtl, 0);
    it.send(from, target, 'after');
    expect(await it.next(to)).toMatchObject({ flags: 0 });
  });

  // US-8.
  test.each([{ ttl: 0 }, { ttl: 256 }, { tos: 256 }, { tclass: 1 }])('%o is refused, and nothing is sent', async (anc) => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    const target = { address: '127.0.0.1', port: it.port(socket) };
    expect(
      it.sendMany(socket, [
        [{ ...target, ...anc }, 'x'],
        [target, 'y'],
      ]),
    ).toEqual(['EINVAL']);
    it.send(socket, target, 'z');
    expect(await it.texts(socket, 1)).toEqual(['z']);
  });

  test('names the address that was sent to, and the interface', async () => {
    const it = new UdpUnderTest();
    const to = it.socket('0.0.0.0');
    it.set(to, inetOption.recvPktinfo, 1);
    const port = it.port(to);
    for (const address of ['127.0.0.1', '127.1.2.3']) {
      it.send(it.socket(), { address, port }, 'x');
      const item = await it.next(to);
      expect(item).toMatchObject({ flags: udpFlag.pktinfo, destination: address });
      expect(item.ifIndex).toBeGreaterThan(0);
    }
  });

  test.skipIf(!hasIpv6)('is of IPv6 the traffic class, and the address; the time to live is not', async () => {
    const it = new UdpUnderTest();
    const [from, to] = [it.socket('::1'), it.socket('::1')];
    for (const option of [inetOption.recvTclass, inetOption.recvPktinfo, inetOption.recvTtl])
      expect(it.set(to, option, 1)).toBe('ok');
    const target = { address: loopbackV6, port: it.port(to) };
    expect(it.send(from, { ...target, tclass: 0x20 }, 'x')).toBe('ok');
    expect(await it.next(to)).toMatchObject({ flags: udpFlag.tclass | udpFlag.pktinfo, tclass: 0x20, destination: loopbackV6 });
    expect(it.set(from, inetOption.tclass, 0x40)).toBe('ok');
    it.send(from, target, 'x');
    expect(await it.next(to)).toMatchObject({ tclass: 0x40 });
    expect(it.send(from, { ...target, ttl: 3 }, 'x')).toBe('EINVAL');
  });
});

describe('multicast', () => {
  const membership = [0, loopback, group, 0, 0, 0] as const;
  const fromLoopback = [...membership, loopback, 0, 0, 0] as const;
  const fromAnother = [...membership, 0x7f000002, 0, 0, 0] as const;

  function group1() {
    const it = new UdpUnderTest();
    const [from, to] = [it.socket(), it.unbound()];
    expect(it.stack.bind(to, '0.0.0.0', 0)).toBe(0);
    expect(it.set(from, inetOption.multicastIf, loopback)).toBe('ok');
    const send = (text: string) => expect(it.send(from, { address: groupText, port: it.port(to) }, text)).toBe('ok');
    return { it, from, to, send };
  }

  // UG-1.
  test('comes to members, and to nobody who has left', async () => {
    const { it, from, to, send } = group1();
    expect(it.set(to, inetOption.addMembership, ...membership)).toBe('ok');
    send('joined');
    expect(await it.next(to)).toMatchObject({ address: '127.0.0.1', port: it.port(from), data: Buffer.from('joined') });
    expect(it.set(to, inetOption.dropMembership, ...membership)).toBe('ok');
    send('left');
    it.send(from, it.port(to), 'to you alone');
    expect(await it.texts(to, 1)).toEqual(['to you alone']);
  });

  test('comes from the sources that were asked for', async () => {
    const { it, from, to, send } = group1();
    expect(it.set(to, inetOption.addSourceMembership, ...fromAnother)).toBe('ok');
    send('of a source that was not asked for');
    expect(it.set(to, inetOption.addSourceMembership, ...fromLoopback)).toBe('ok');
    send('asked for');
    expect(await it.texts(to, 1)).toEqual(['asked for']);
    expect(it.set(to, inetOption.dropSourceMembership, ...fromLoopback)).toBe('ok');
    send('not any more');
    it.send(from, it.port(to), 'end');
    expect(await it.texts(to, 1)).toEqual(['end']);
  });

  // UG-2, UG-4: OTP answers ok to each of these.
  test('that cannot be joined or left is told', () => {
    const { it, from, to } = group1();
    expect(it.set(to, inetOption.addMembership, ...membership)).toBe('ok');
    expect(it.set(to, inetOption.addMembership, ...membership)).toBe('EADDRINUSE');
    expect(it.set(to, inetOption.addMembership, 0, loopback, loopback, 0, 0, 0)).toBe('EINVAL');
    expect(it.set(to, inetOption.addMembership, 0, 0xc0000201, group, 0, 0, 0)).toBe('ENODEV');
    expect(it.set(to, inetOption.addMembership, 99_999, 0, group, 0, 0, 0)).toBe('ENODEV');
    expect(it.set(to, inetOption.dropMembership, 0, loopback, group + 1, 0, 0, 0)).toBe('EADDRNOTAVAIL');
    expect(it.set(from, inetOption.multicastIf, 0xc0000201)).toBe('EADDRNOTAVAIL');
    expect(it.get(from, inetOption.multicastIf)).toEqual([loopback]);
  });

  test('membership ends with the socket', async () => {
    const { it, to, send } = group1();
    it.set(to, inetOption.addMembership, ...membership);
    it.close(to);
    const again = it.unbound();
    expect(it.set(again, inetOption.addMembership, ...membership)).toBe('ok');
    await nextTurn();
    expect(it.waiting(again)).toEqual([]);
    expect(send).toBeDefined();
  });
});
