/** What the owner of an active socket gets, and what `recv` gives of a passive one (UM-1..UM-6, UR-1..UR-4, MS-6, FC-20..FC-30, RV). */
import { describe, expect, test } from 'vitest';
import { type UdpSocket, udp } from '../../actors/udp/index.js';
import { BadArg, exit, mainActor, processInfo, type Self, send, spawn } from '../../runtime/index.js';
import { hasIpv6, mailbox, next, open, texts } from './subject.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

describe('messages', () => {
  test('are five elements, six with what options ask for, and a switch holds for the next datagram (UM-1, UM-2)', async () => {
    const socket = await open({ active: true });
    const sender = await open({ ttl: 33 });
    await sender.send('127.0.0.1', socket.port, 'a');
    expect(await next()).toEqual(['udp', socket, '127.0.0.1', sender.port, Buffer.from('a')]);
    socket.setopts({ recvtos: true, recvttl: true });
    await sender.send('127.0.0.1', socket.port, 'b', { tos: 40 });
    const six = await next();
    expect(six).toEqual(['udp', socket, '127.0.0.1', sender.port, { ttl: 33, tos: 40 }, Buffer.from('b')]);
    expect(Object.keys(six[4] as object)).toEqual(['ttl', 'tos']);
    socket.setopts({ recvtos: false, recvttl: false });
    await sender.send('127.0.0.1', socket.port, 'c');
    expect(await next()).toHaveLength(5);
    sender.close();
    socket.close();
  });

  test('of mode list carry bytes; the mode counts at delivery (MS-6, UM-6)', async () => {
    const socket = await open({ mode: 'list' });
    await socket.send('127.0.0.1', socket.port, [1, 'é', [Buffer.from('x')]]);
    await socket.send('127.0.0.1', socket.port, 'y');
    expect(await socket.recv()).toEqual(['127.0.0.1', socket.port, [1, 0xc3, 0xa9, 0x78]]);
    socket.setopts(['binary', ['active', 'once']]);
    expect((await next())[4]).toEqual(Buffer.from('y'));
    socket.close();
  });

  test('are exact for once and N inside a batch, and the rest is for recv (UM-4, FC-20, FC-21, FC-27)', async () => {
    const socket = await open();
    for (const text of ['a', 'b', 'c', 'd', 'e']) await socket.send('127.0.0.1', socket.port, text);
    socket.setopts({ active: 'once' });
    expect((await mailbox()).map((message) => String(message[4] ?? message[0]))).toEqual(['a']);
    socket.setopts({ active: 2 });
    expect((await mailbox()).map((message) => String(message[4] ?? message[0]))).toEqual(['b', 'c', 'udp_passive']);
    expect(await texts(socket, 2)).toEqual(['d', 'e']);
    socket.close();
  });

  test('an empty datagram is one, and counts (UR-4, US-4)', async () => {
    const socket = await open({ active: 2 });
    await socket.send('127.0.0.1', socket.port, '');
    await socket.send('127.0.0.1', socket.port, []);
    expect((await next())[4]).toEqual(Buffer.alloc(0));
    expect((await next())[4]).toEqual(Buffer.alloc(0));
    expect(await next()).toEqual(['udp_passive', socket]);
    socket.close();
  });

  test('stop at the watermark of active: true, and go on below it: nothing is lost that the kernel can keep (FC-29, UM-5)', async () => {
    const sender = await open();
    const arrived: number[] = [];
    const pid = spawn(async (actor: Self) => {
      const socket = await udp.open(actor, 0, { ip: '127.0.0.1', highMsgqWatermark: 10, lowMsgqWatermark: 5, recbuf: 1 << 20 });
      send(self.pid, ['opened', socket] as never);
      // The mailbox fills while this actor looks for something else.
      await actor.receive((message): message is never => (message as readonly unknown[])[0] === 'go');
      while (arrived.length < 200) arrived.push(Number(String((await actor.receive())[4])));
      socket.close();
    });
    const ended = self.monitor(pid);
    const { port } = (await next())[1] as UdpSocket;
    for (let at = 0; at < 200; at += 1) await sender.send('127.0.0.1', port, String(at));
    expect(processInfo(pid)?.mailboxLength).toBeLessThanOrEqual(10);
    send(pid, ['go'] as never);
    expect(await next()).toEqual(['DOWN', ended, 'process', pid, 'normal']);
    expect(arrived).toEqual(Array.from({ length: 200 }, (_, at) => at));
    sender.close();
  });
});

test('no message tells of a close (UM-3, FC-35)', async () => {
  const socket = await open({ active: true });
  socket.close();
  expect(await mailbox()).toEqual([]);
});

describe('recv', () => {
  test('gives [ip, port, data], or with ancillary data [ip, port, anc, data] (UR-2)', async () => {
    const socket = await open();
    await socket.send('127.0.0.1', socket.port, 'a');
    expect(await socket.recv()).toEqual(['127.0.0.1', socket.port, Buffer.from('a')]);
    socket.setopts({ recvttl: true });
    await socket.send('127.0.0.1', socket.port, 'b');
    expect(await socket.recv(0)).toEqual(['127.0.0.1', socket.port, { ttl: 64 }, Buffer.from('b')]);
    socket.close();
  });

  test('refusals: active, a second caller, no time, a bad time, closed (UR-3, RV-1, RV-3..RV-6, RV-8, RV-11)', async () => {
    const socket = await open({ active: true });
    await expect(socket.recv()).rejects.toThrow(reason('einval'));
    socket.setopts({ active: false });
    for (const bad of [-1, 1.5, 'soon', 2 ** 32]) expect(() => socket.recv(bad as number)).toThrow(BadArg);
    await expect(socket.recv(0)).rejects.toThrow(reason('timeout'));
    await expect(socket.recv(5)).rejects.toThrow(reason('timeout'));
    const waits = socket.recv();
    await expect(socket.recv()).rejects.toThrow(reason('ealready'));
    socket.close();
    await expect(waits).rejects.toThrow(reason('closed'));
    await expect(socket.recv()).rejects.toThrow(reason('closed'));
  });

  test('the death of the caller frees the slot, and nothing is lost (RV-14); a new active mode answers it first (RV-15)', async () => {
    const socket = await open();
    const pid = spawn(async (actor: Self) => {
      await socket.recv(Number.POSITIVE_INFINITY, actor);
    });
    const ref = self.monitor(pid);
    exit(pid, 'kill');
    expect(await next()).toEqual(['DOWN', ref, 'process', pid, 'killed']);
    const waits = socket.recv();
    socket.setopts({ active: 'once' });
    await socket.send('127.0.0.1', socket.port, 'a');
    await socket.send('127.0.0.1', socket.port, 'b');
    expect((await waits)[2]).toEqual(Buffer.from('a'));
    expect((await next())[4]).toEqual(Buffer.from('b'));
    socket.close();
  });

  test('iterating gives datagrams until the socket is closed', async () => {
    const socket = await open();
    for (const text of ['a', 'b', 'c']) await socket.send('127.0.0.1', socket.port, text);
    const heard: string[] = [];
    for await (const [ip, port, data] of socket) {
      expect([ip, port]).toEqual(['127.0.0.1', socket.port]);
      if (heard.push(String(data)) === 3) socket.close();
    }
    expect(heard).toEqual(['a', 'b', 'c']);
  });
});

describe('ancillary data', () => {
  test('names the destination and the interface (recvPktinfo)', async () => {
    const socket = await open({ ip: 'any', recvPktinfo: true });
    await socket.send('127.0.0.2', socket.port, 'x');
    const [, , anc] = await socket.recv();
    expect(anc).toMatchObject({ pktinfo: { address: '127.0.0.2', ifIndex: expect.any(Number) } });
    socket.close();
  });

  test.skipIf(!hasIpv6)('of IPv6: tclass, and the destination (UM-2)', async () => {
    const socket = await udp.open(self, 0, { ip: '::1', active: false, recvtclass: true, recvPktinfo: true });
    await socket.send('::1', socket.port, 'x', { tclass: 32 });
    expect(await socket.recv()).toMatchObject([
      '::1',
      socket.port,
      { tclass: 32, pktinfo: { address: '::1' } },
      Buffer.from('x'),
    ]);
    socket.setopts({ tclass: 64 });
    await socket.send('::1', socket.port, 'x');
    expect((await socket.recv())[2]).toMatchObject({ tclass: 64 });
    socket.close();
  });

  test('is read on connected sockets, too, in every mode (UC-7)', async () => {
    const socket = await open({ recvttl: true, recvtos: true });
    const peer = await open({ ttl: 9 });
    await socket.connect('127.0.0.1', peer.port);
    for (const active of [false, true]) {
      socket.setopts({ active });
      await peer.send('127.0.0.1', socket.port, 'x', { tos: 8 });
      const seen = active ? (await next()).slice(2) : await socket.recv();
      expect(seen).toEqual(['127.0.0.1', peer.port, { ttl: 9, tos: 8 }, Buffer.from('x')]);
    }
    socket.close();
    peer.close();
  });
});

describe('buffers', () => {
  test('a datagram of any length comes whole by default (UB-1, UB-2, US-5)', async () => {
    const socket = await open({ recbuf: 1 << 20, sndbuf: 1 << 20 });
    for (const length of [8193, 65507]) {
      await socket.send('127.0.0.1', socket.port, Buffer.alloc(length, 7));
      expect(await socket.recv()).toEqual(['127.0.0.1', socket.port, Buffer.alloc(length, 7)]);
    }
    socket.close();
  });

  test('one that is longer than buffer is cut, and told so (UB-1)', async () => {
    const socket = await open({ buffer: 4 });
    await socket.send('127.0.0.1', socket.port, 'abcdef');
    await socket.send('127.0.0.1', socket.port, 'abcd');
    expect(await socket.recv()).toEqual(['127.0.0.1', socket.port, { truncated: true }, Buffer.from('abcd')]);
    expect(await socket.recv()).toEqual(['127.0.0.1', socket.port, Buffer.from('abcd')]);
    expect(socket.getstat()).toMatchObject({ recvOct: 8, recvCnt: 2 });
    socket.setopts({ buffer: 0 });
    expect(socket.getopts(['buffer'])).toEqual({ buffer: 1 });
    socket.close();
  });

  test('what the kernel has no room for is lost without a sign, and recbuf is the remedy (UB-3, UB-4)', async () => {
    const small = await open({ recbuf: 4096 });
    const large = await open({ recbuf: 1 << 20 });
    for (let at = 0; at < 100; at += 1) {
      await small.send('127.0.0.1', small.port, Buffer.alloc(1000));
      await large.send('127.0.0.1', large.port, Buffer.alloc(1000));
    }
    const count = async (socket: typeof small) => {
      let heard = 0;
      for (;;) {
        try {
          await socket.recv(0);
          heard += 1;
        } catch {
          return heard;
        }
      }
    };
    expect(await count(small)).toBeLessThan(20);
    expect(await count(large)).toBe(100);
    small.close();
    large.close();
  });
});
