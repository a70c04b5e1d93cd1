/** Sockets of UDP and of Unix-domain datagrams in the addon: opened, bound, named; what is sent arrives with its sender, and what is refused is told. */
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { inetFamily, inetOption, udpFlag } from '../../native/index.js';
import { nextTurn, until } from './stackUnderTest.js';
import { outcome, UdpUnderTest } from './udpUnderTest.js';

const loopbackV6 = '0 0 0 1';
const hasIpv6 = networkInterfaces().lo?.some(({ family }) => family === 'IPv6') ?? false;

describe('a socket', () => {
  test('is bound to the port that the system chooses, or to the one that is asked for', () => {
    const it = new UdpUnderTest();
    const first = it.unbound();
    expect(it.stack.sockname(first)).toEqual({ family: inetFamily.ipv4, address: '0.0.0.0', port: 0 });
    expect(outcome(it.stack.bind(first, '127.0.0.1', 0))).toBe('ok');
    expect(it.name(first)).toMatchObject({ address: '127.0.0.1' });
    expect(it.port(first)).toBeGreaterThan(0);
    expect(outcome(it.stack.bind(first, '127.0.0.1', 0))).toBe('EINVAL');
    const second = it.unbound();
    expect(outcome(it.stack.bind(second, '127.0.0.1', it.port(first)))).toBe('EADDRINUSE');
    expect(outcome(it.stack.bind(second, '192.0.2.1', 0))).toBe('EADDRNOTAVAIL');
    expect(outcome(it.stack.bind(second, '::1', 0))).toBe('EAFNOSUPPORT');
    for (const address of ['localhost', '', '127.0.0.1\0']) expect(outcome(it.stack.bind(second, address, 0))).toBe('EINVAL');
    expect(outcome(it.stack.bind(second, '127.0.0.2', it.port(first)))).toBe('ok');
  });

  // UO-6.
  test('shares a port if both have reuseaddr, and the one that was opened last gets every datagram', async () => {
    const it = new UdpUnderTest();
    const sockets = [it.unbound(), it.unbound()];
    for (const socket of sockets) expect(it.set(socket, inetOption.reuseAddr, 1)).toBe('ok');
    expect(it.stack.bind(sockets[0]!, '127.0.0.1', 0)).toBe(0);
    expect(it.stack.bind(sockets[1]!, '127.0.0.1', it.port(sockets[0]!))).toBe(0);
    it.send(it.socket(), it.port(sockets[0]!), 'one');
    expect(await it.texts(sockets[1]!, 1)).toEqual(['one']);
    expect(it.waiting(sockets[0]!)).toEqual([]);
  });

  test('that is closed is EBADF, and so is one that never was', () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    it.close(socket);
    for (const handle of [socket, 99_999]) {
      expect(outcome(it.stack.close(handle))).toBe('EBADF');
      expect(outcome(it.stack.bind(handle, '127.0.0.1', 0))).toBe('EBADF');
      expect(outcome(it.stack.connect(handle, '127.0.0.1', 1))).toBe('EBADF');
      expect(it.send(handle, 1, 'x')).toBe('EBADF');
      expect(it.set(handle, inetOption.broadcast, 1)).toBe('EBADF');
      expect(it.get(handle, inetOption.broadcast)).toBe('EBADF');
      expect(outcome(it.stack.sockname(handle) as number)).toBe('EBADF');
      expect(outcome(it.stack.peername(handle) as number)).toBe('EBADF');
      expect(it.stack.queuedBytes(handle)).toEqual([0, 0]);
      it.stack.setCredit(handle, 1, 1);
      expect(it.drain(handle)).toEqual([]);
    }
  });

  test.each([
    ['no object', undefined],
    ['a family that is none', { family: 5 }],
    ['a family that is no number', { family: 'inet' }],
    ['a descriptor that is no number', { family: 4, fd: 'x' }],
    ['a negative descriptor', { family: 4, fd: -1 }],
    ['a namespace that is no text', { family: 4, netns: 7 }],
  ])('cannot be opened with %s', (_what, params) => {
    const it = new UdpUnderTest();
    expect(outcome(it.stack.open(params as never))).toBe('EINVAL');
  });

  // TL-13.
  test('cannot be opened in a network namespace that is not there', () => {
    expect(outcome(new UdpUnderTest().tryOpen({ netns: '/run/netns/no-such' }))).toBe('ENOENT');
  });

  test('keeps the event loop alive while it is open, and no longer', () => {
    const it = new UdpUnderTest();
    const handles = () => process.getActiveResourcesInfo().length;
    const before = handles();
    const socket = it.socket();
    it.close(socket);
    expect(handles()).toBe(before);
  });
});

describe('a descriptor that somebody else has opened', () => {
  test('is no socket of UDP: it is refused, and stays open', () => {
    const it = new UdpUnderTest();
    const fd = openSync('/dev/null', 'r');
    expect(outcome(it.tryOpen({ fd }))).toBe('ENOTSOCK');
    closeSync(fd);
    expect(outcome(it.tryOpen({ fd: 99_999 }))).toBe('EBADF');
  });

  test.skipIf(process.platform !== 'linux')('is not taken twice', async () => {
    const it = new UdpUnderTest();
    const before = new Set(openSockets().values());
    const socket = it.socket();
    const [fd] = [...openSockets()].find(([, what]) => !before.has(what))!;
    expect(outcome(it.tryOpen({ fd }))).toBe('EINVAL');
    // Another stack of this environment sees that the loop polls it already.
    for (let turn = 0; turn < 2; turn += 1) await nextTurn();
    expect(outcome(new UdpUnderTest().tryOpen({ fd }))).toBe('EEXIST');
    expect(it.send(socket, it.port(socket), 'still there')).toBe('ok');
    expect(await it.texts(socket, 1)).toEqual(['still there']);
  });
});

describe('datagrams', () => {
  test('arrive whole, in order, with the name of their sender, however long they are', async () => {
    const it = new UdpUnderTest();
    const [from, to] = [it.socket(), it.socket()];
    it.set(to, inetOption.recbuf, 1_000_000);
    const lengths = [0, 1, 255, 256, 257, 2047, 2048, 2049, 16_384, 16_385, 65_507, 0, 5];
    for (const length of lengths) expect(it.send(from, it.port(to), Buffer.alloc(length, length % 251))).toBe('ok');
    for (const length of lengths) {
      const item = await it.next(to);
      expect(item).toMatchObject({ family: inetFamily.ipv4, address: '127.0.0.1', port: it.port(from), flags: 0 });
      expect(item.data.equals(Buffer.alloc(length, length % 251))).toBe(true);
    }
  });

  // US-4, UR-4.
  test('without bytes are sent and received', async () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    expect(
      it.sendMany(socket, [
        [it.port(socket), ''],
        [it.port(socket), 'x'],
        [it.port(socket), ''],
      ]),
    ).toEqual(['ok', 'ok', 'ok']);
    expect(await it.texts(socket, 3)).toEqual(['', 'x', '']);
  });

  // US-5, US-2.
  test('that are refused end the call, with the reason, and those before them have left', async () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    const port = it.port(socket);
    expect(
      it.sendMany(socket, [
        [port, 'a'],
        [port, Buffer.alloc(65_508)],
        [port, 'c'],
      ]),
    ).toEqual(['ok', 'EMSGSIZE']);
    expect(
      it.sendMany(socket, [
        [port, 'd'],
        [0, 'e'],
      ]),
    ).toEqual(['ok', 'EINVAL']);
    expect(it.send(socket, undefined, 'nowhere')).toBe('EDESTADDRREQ');
    expect(await it.texts(socket, 2)).toEqual(['a', 'd']);
  });

  // US-7, UC-1.
  test('to the broadcast address need the option', () => {
    const it = new UdpUnderTest();
    const socket = it.socket('0.0.0.0');
    const to = { address: '255.255.255.255', port: it.port(socket) };
    expect(it.send(socket, to, 'x')).toBe('EACCES');
    expect(outcome(it.stack.connect(socket, '255.255.255.255', 9))).toBe('EACCES');
    expect(it.set(socket, inetOption.broadcast, 1)).toBe('ok');
    expect(['ok', 'ENETUNREACH']).toContain(it.send(socket, to, 'x'));
  });

  // US-3.
  test('to an address of another family are refused', () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    expect(it.send(socket, { address: loopbackV6, port: 1 }, 'x')).toBe('EAFNOSUPPORT');
    expect(it.send(socket, { path: '/tmp/x' }, 'x')).toBe('EAFNOSUPPORT');
  });

  test('of hundreds go with one call, and none is lost', async () => {
    const it = new UdpUnderTest();
    const [from, to] = [it.socket(), it.socket()];
    it.set(to, inetOption.recbuf, 2_000_000);
    const texts = Array.from({ length: 1000 }, (_, index) => `message ${index}`);
    const calls = it.stack.stats().sendCalls!;
    expect(
      it.sendMany(
        from,
        texts.map((text) => [it.port(to), text] as const),
      ),
    ).toEqual(texts.map(() => 'ok'));
    expect(it.stack.stats().sendCalls! - calls).toBe(Math.ceil(1000 / 64));
    expect(await it.texts(to, 1000)).toEqual(texts);
  });

  test('are refused as arguments if they are too many, no bytes, or without words', () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    const { stack } = it;
    const words = new Uint32Array(12);
    const wrong: readonly (readonly unknown[])[] = [
      [words, Array(1025).fill(Buffer.alloc(0))],
      [words, [Buffer.alloc(1), Buffer.alloc(1)]],
      [words, ['text']],
      [words, [new Uint16Array(1)]],
      [words, 'text'],
      [words, undefined],
      [new Uint8Array(48), [Buffer.alloc(1)]],
      [undefined, [Buffer.alloc(1)]],
      [words, [Buffer.alloc(1)], []],
      [words, [Buffer.alloc(1)], [7]],
      [words, [Buffer.alloc(1)], 'path'],
      [words, throwing()],
    ];
    const send = stack.sendMany as (...args: unknown[]) => number;
    for (const args of wrong) expect(outcome(send(socket, ...args))).toBe('EINVAL');
    expect(stack.sendMany(socket, words, [])).toBe(0);
    expect(outcome(send())).toBe('EINVAL');
  });

  test('may be given by a getter that sends itself, or closes the socket', async () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    const port = it.port(socket);
    const payloads = [Buffer.from('outer'), Buffer.from('never')];
    Object.defineProperty(payloads, 1, {
      get: () => {
        it.send(socket, port, 'inner');
        return Buffer.from('outer too');
      },
    });
    const words = new Uint32Array(24);
    for (const base of [0, 12]) words.set([4, 0x7f000001, 0, 0, 0, 0, port], base);
    expect(it.stack.sendMany(socket, words, payloads)).toBe(2);
    expect(await it.texts(socket, 3)).toEqual(['inner', 'outer', 'outer too']);
    const closing = [Buffer.from('x')];
    Object.defineProperty(closing, 0, {
      get: () => {
        it.close(socket);
        return Buffer.from('x');
      },
    });
    expect(it.stack.sendMany(socket, words, closing)).toBe(0);
    expect(words[11]).toBe(9);
  });
});

describe('IPv6', () => {
  test.skipIf(!hasIpv6)('has names and senders of its own', async () => {
    const it = new UdpUnderTest();
    const socket = it.socket('::1');
    expect(it.send(socket, { address: loopbackV6, port: it.port(socket) }, 'six')).toBe('ok');
    expect(await it.next(socket)).toMatchObject({
      family: inetFamily.ipv6,
      address: loopbackV6,
      scopeId: 0,
      port: it.port(socket),
    });
    expect(it.send(socket, it.port(socket), 'four')).toBe('EAFNOSUPPORT');
    expect(outcome(it.stack.bind(it.unbound({ family: inetFamily.ipv6 }), '127.0.0.1', 0))).toBe('EAFNOSUPPORT');
  });

  // UO-8.
  test.skipIf(!hasIpv6)('shows an IPv4 sender by a mapped address, and sends to one', async () => {
    const it = new UdpUnderTest();
    const six = it.socket('::');
    const four = it.socket();
    it.send(four, it.port(six), 'from four');
    const item = await it.next(six);
    expect(item).toMatchObject({ family: inetFamily.ipv6, address: '0 0 ffff 7f000001', port: it.port(four) });
    expect(it.send(six, { address: item.address, port: item.port }, 'back')).toBe('ok');
    expect((await it.next(four)).data.toString()).toBe('back');
    expect(outcome(it.stack.connect(six, '::ffff:127.0.0.1', it.port(four)))).toBe('ok');
    expect(it.stack.peername(six)).toEqual({ family: inetFamily.ipv6, address: '::ffff:127.0.0.1', port: it.port(four) });
  });
});

describe('a datagram that is longer than the buffer', () => {
  // UB-1.
  test('is cut, and says so; one that fits is not', async () => {
    const it = new UdpUnderTest();
    const [from, to] = [it.socket(), it.socket()];
    expect(it.set(to, inetOption.buffer, 0)).toBe('EINVAL');
    for (const buffer of [4, 300, 3000]) {
      expect(it.set(to, inetOption.buffer, buffer)).toBe('ok');
      expect(it.get(to, inetOption.buffer)).toEqual([buffer]);
      for (const length of [buffer - 1, buffer, buffer + 1, 20_000]) it.send(from, it.port(to), Buffer.alloc(length, 'x'));
      for (const [length, flags] of [
        [buffer - 1, 0],
        [buffer, 0],
        [buffer, udpFlag.truncated],
        [buffer, udpFlag.truncated],
      ]) {
        const item = await it.next(to);
        expect([item.data.length, item.flags]).toEqual([length, flags]);
      }
    }
    expect(it.stack.stats().truncated).toBe(6);
  });

  // UB-2: the buffer of OTP's default would have cut it.
  test('does not exist, unless somebody has asked for a smaller buffer', async () => {
    const it = new UdpUnderTest();
    const socket = it.socket();
    expect(it.get(socket, inetOption.buffer)).toEqual([65_536]);
    it.send(socket, it.port(socket), Buffer.alloc(65_507));
    expect((await it.next(socket)).data.length).toBe(65_507);
    await nextTurn();
    await until(() => it.items.length === 0);
  });
});

/** What each descriptor of this process that is a socket is called. */
function openSockets(): Map<number, string> {
  const found = new Map<number, string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    const path = `/proc/self/fd/${fd}`;
    // The folder itself was one of them while it was read.
    const what = linkOf(path);
    if (what.startsWith('socket:')) found.set(Number(fd), what);
  }
  return found;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** An array that throws when it is read. */
function throwing(): Uint8Array[] {
  const array = [Buffer.alloc(1)];
  Object.defineProperty(array, 0, {
    get: () => {
      throw new Error('thrown by a getter');
    },
  });
  return array;
}
