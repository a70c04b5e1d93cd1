/** Every option of a UDP socket is set and read; what is refused changes nothing; what OTP lets pass in silence is told (section 20, TO-1..TO-11, FC-2..FC-13). */
import { describe, expect, test } from 'vitest';
import { type UdpOptions, type UdpReadableOptions, udp } from '../../actors/udp/index.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { hasIpv6, loopback, mailbox, open } from './subject.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

type Sample = readonly [name: Exclude<keyof UdpReadableOptions, 'raw' | 'netns'>, value: unknown, read?: unknown];

const samples: readonly Sample[] = [
  ['active', 7],
  ['mode', 'list'],
  ['highMsgqWatermark', 100_000],
  ['lowMsgqWatermark', 3],
  ['highMsgqWatermarkBytes', 10_000_000],
  ['lowMsgqWatermarkBytes', 4],
  ['buffer', 5000],
  ['recbuf', 5000, 10_000],
  ['sndbuf', 6000, 12_000],
  ['reuseaddr', true],
  ['reuseport', true],
  ['reuseportLb', true],
  ['dontroute', true],
  ['priority', 3],
  ['tos', 40],
  ['ttl', 9],
  ['recvtos', true],
  ['recvttl', true],
  ['recvPktinfo', true],
  ['broadcast', true],
  ['readPackets', 3],
  ['multicastTtl', 3],
  ['multicastLoop', false],
  ['multicastIf', '127.0.0.1'],
  ['bindToDevice', loopback],
  ['busyPollUs', 40],
];

describe('every option', () => {
  test.each(samples.map((sample) => ({ name: sample[0], sample })))(
    '$name is set by setopts, by a list, and by open, and reads back',
    async ({ sample: [name, value, read = value] }) => {
      const expected = name === 'recbuf' || name === 'sndbuf' ? (process.platform === 'linux' ? read : value) : read;
      const socket = await open();
      socket.setopts({ [name]: value });
      expect(socket.getopts([name])).toEqual({ [name]: expected });
      socket.close();
      const listed = await open();
      listed.setopts([[name, value]]);
      expect(listed.getopts([name])).toEqual({ [name]: expected });
      listed.close();
      const opened = await open({ [name]: value });
      expect(opened.getopts([name])).toEqual({ [name]: expected });
      opened.close();
    },
  );

  test.skipIf(!hasIpv6)('those of IPv6 alone', async () => {
    const socket = await udp.open(self, 0, { inet6: true, active: false, ipv6V6only: true, tclass: 8, recvtclass: true });
    expect(socket.getopts(['ipv6V6only', 'tclass', 'recvtclass', 'multicastIf'])).toEqual({
      ipv6V6only: true,
      tclass: 8,
      recvtclass: true,
      multicastIf: 0,
    });
    expect(() => socket.setopts({ ipv6V6only: false })).toThrow(reason('einval'));
    socket.close();
  });

  test('those of the system by number (TO-9)', async () => {
    const [level, priority] = [1, 12]; // SOL_SOCKET, SO_PRIORITY
    const word = Buffer.alloc(4);
    word.writeInt32LE(5);
    const socket = await open({ raw: [level, priority, word] });
    expect(socket.getopts(['priority', ['raw', level, priority, 4], ['raw', 6, 9999, 4]])).toEqual({
      priority: 5,
      raw: [[level, priority, word]],
    });
    expect(() =>
      socket.setopts([
        ['ttl', 5],
        ['raw', 6, 9999, word],
      ]),
    ).toThrow(reason('einval'));
    expect(socket.getopts(['ttl'])).toEqual({ ttl: 64 });
    socket.close();
  });
});

test('tos beyond a byte is refused, not cut, and booleans are strict (TO-7, TO-10)', async () => {
  const socket = await open();
  for (const options of [{ tos: 256 }, { tos: 300 }, { tos: -1 }, { broadcast: 1 }, { dontroute: 'maybe' }]) {
    expect(() => socket.setopts(options as object), JSON.stringify(options)).toThrow(BadArg);
  }
  expect(socket.getopts(['tos', 'broadcast'])).toEqual({ tos: 0, broadcast: false });
  socket.close();
});

test('netns acts in open alone, and options of TCP are refused by name, and left out when read (TO-3, TO-4, TO-11, UO-4)', async () => {
  const socket = await open();
  for (const name of ['packet', 'exitOnClose', 'sendTimeout', 'nodelay', 'keepalive', 'linger', 'highWatermark']) {
    expect(() => socket.setopts({ [name]: 1 } as object), name).toThrow(/no option of a UDP socket/);
  }
  expect(socket.getopts(['packet' as 'ttl', 'ttl', 'nodelay' as 'ttl'])).toEqual({ ttl: 64 });
  expect(() => socket.getopts(['foo' as 'ttl'])).toThrow(BadArg);
  expect(() => socket.setopts({ broadcst: true } as object)).toThrow(/did you mean broadcast\?/);
  expect(() => socket.setopts({ netns: '/x' } as object)).toThrow(/only be given when the socket is opened/);
  socket.close();
});

test('a refusal in the middle changes nothing, active and count included (FC-13, TO-1, TO-2)', async () => {
  const socket = await open({ active: 5, ttl: 30 });
  const all = ['active', 'ttl', 'recbuf', 'broadcast', 'mode', 'tos'] as const;
  const before = socket.getopts(all);
  for (const options of [
    { active: 3, ttl: 9, recbuf: 9000, broadcast: true, mode: 'list', tos: 8, bindToDevice: 'nosuch0' },
    [['bindToDevice', 'nosuch0'], ['ttl', 9], ['active', 3], 'list', ['recbuf', 9000]],
    { ttl: 0, active: 3, tos: 8 },
    { active: 32767, ttl: 9 },
    { lowMsgqWatermark: 10_000, ttl: 9 },
  ] as const) {
    expect(() => socket.setopts(options as UdpOptions), JSON.stringify(options)).toThrow(reason('einval'));
    expect(socket.getopts(all)).toEqual(before);
  }
  expect(await mailbox()).toEqual([]);
  socket.close();
});

test('active: the arithmetic of counts (FC-2..FC-9, FC-12)', async () => {
  const socket = await open();
  const read = () => socket.getopts(['active']).active;
  socket.setopts({ active: 5 });
  socket.setopts({ active: 3 });
  socket.setopts({ active: -2 });
  expect(read()).toBe(6);
  socket.setopts({ active: -6 });
  expect([read(), await mailbox()]).toEqual([false, [['udp_passive', socket]]]);
  socket.setopts([
    ['active', 5],
    ['active', -3],
  ]);
  expect([read(), await mailbox()]).toEqual([5, [['udp_passive', socket]]]);
  socket.setopts({ active: true });
  socket.setopts({ active: 2 });
  expect(read()).toBe(2);
  expect(() => socket.setopts({ active: 32767 })).toThrow(reason('einval'));
  expect(() => socket.setopts({ active: 40000 })).toThrow(reason('einval'));
  expect(() => socket.setopts({ active: 'twice' } as object)).toThrow(BadArg);
  socket.setopts({ active: false });
  expect([read(), await mailbox()]).toEqual([false, []]);
  socket.close();
});

test('recbuf reads doubled, and never touches the buffer, which is large already (TO-5, TO-6)', async () => {
  const socket = await open({ recbuf: 100_000 });
  expect(socket.getopts(['buffer', 'recbuf'])).toEqual({
    buffer: 65536,
    recbuf: process.platform === 'linux' ? 200_000 : 100_000,
  });
  socket.close();
});
