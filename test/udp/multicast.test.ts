/** Groups on the loopback interface, for real: joined and left, with sources, how they are sent to, and what the system refuses (UG-1..UG-5). */
import { networkInterfaces } from 'node:os';
import { beforeEach, describe, expect, test } from 'vitest';
import { interfaceIndex } from '../../actors/socket/inetWords.js';
import { type UdpOptions, type UdpSocket, udp } from '../../actors/udp/index.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { loopback, open, texts } from './subject.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const group = '239.77.1.1';
const other = '239.77.1.2';

/** What a socket hears of datagrams to groups that are sent one after the other; the last one is to the socket itself, so that the wait has an end. */
async function heard(socket: UdpSocket, sender: UdpSocket, groups: readonly string[], own = '127.0.0.1'): Promise<string[]> {
  for (const to of groups) await sender.send(to, socket.port, to);
  await sender.send(own, socket.port, 'end');
  const all: string[] = [];
  for (;;) {
    const [text = ''] = await texts(socket, 1);
    if (text === 'end') return all;
    all.push(text);
  }
}

const sender = () => open({ ip: 'any', multicastIf: '127.0.0.1' });
const receiver = (options: UdpOptions = {}) => open({ ip: 'any', ...options });

test.each([
  ['an address', '127.0.0.1'],
  ['a name', loopback],
  ['an index', interfaceIndex(loopback)!],
])('a group that is joined by %s of the interface is heard, until it is left (UG-1)', async (_, via) => {
  const [socket, from] = [await receiver(), await sender()];
  expect(await heard(socket, from, [group])).toEqual([]);
  socket.setopts({ addMembership: [group, via] });
  expect(await heard(socket, from, [group])).toEqual([group]);
  socket.setopts({ dropMembership: [group, via] });
  expect(await heard(socket, from, [group])).toEqual([]);
  socket.close();
  from.close();
});

test('in open, several at once, and with an index beside the address (UG-1)', async () => {
  const index = interfaceIndex(loopback)!;
  const socket = await receiver({
    addMembership: [
      [group, '127.0.0.1', index],
      [other, loopback],
    ],
  });
  const from = await sender();
  expect(await heard(socket, from, [group, other])).toEqual([group, other]);
  socket.setopts([
    ['dropMembership', [group, index]],
    ['dropMembership', [other, index]],
  ]);
  expect(await heard(socket, from, [group, other])).toEqual([]);
  socket.close();
  from.close();
});

test('of a source alone that source is heard (RFC 4607)', async () => {
  const socket = await receiver({ addSourceMembership: ['232.7.7.7', '127.0.0.1', loopback] });
  const from = await open({ ip: '127.0.0.1', multicastIf: '127.0.0.1' });
  expect(() => socket.setopts({ addSourceMembership: ['232.7.7.7', '127.0.0.1', loopback] })).toThrow(reason('eaddrinuse'));
  const stranger = await open({ ip: '127.0.0.2', multicastIf: '127.0.0.1' });
  await stranger.send('232.7.7.7', socket.port, 'stranger');
  expect(await heard(socket, from, ['232.7.7.7'])).toEqual(['232.7.7.7']);
  socket.setopts({ dropSourceMembership: ['232.7.7.7', '127.0.0.1', loopback] });
  expect(await heard(socket, from, ['232.7.7.7'])).toEqual([]);
  expect(() => socket.setopts({ dropSourceMembership: ['232.7.7.7', '127.0.0.1', loopback] })).toThrow(reason('eaddrnotavail'));
  for (const each of [socket, from, stranger]) each.close();
});

test('failures are told, each with its reason (UG-2, TO-2)', async () => {
  const socket = await receiver({ addMembership: [group, '127.0.0.1'] });
  expect(() => socket.setopts({ addMembership: [group, '127.0.0.1'] })).toThrow(reason('eaddrinuse'));
  expect(() => socket.setopts({ dropMembership: [other, '127.0.0.1'] })).toThrow(reason('eaddrnotavail'));
  expect(() => socket.setopts({ addMembership: [group, '203.0.113.9'] })).toThrow(reason('enodev'));
  expect(() => socket.setopts({ addMembership: [group, 999999] })).toThrow(reason('enodev'));
  expect(() => socket.setopts({ multicastIf: '203.0.113.9' })).toThrow(reason('eaddrnotavail'));
  await expect(receiver({ addMembership: [group, 999999] })).rejects.toThrow(reason('enodev'));
  socket.close();
});

test('a list of which one is refused leaves no membership behind (FC-13)', async () => {
  const [socket, from] = [await receiver(), await sender()];
  expect(() =>
    socket.setopts({
      addMembership: [
        [group, '127.0.0.1'],
        [other, 999999],
        [other, '127.0.0.1'],
      ],
      ttl: 9,
    }),
  ).toThrow(reason('enodev'));
  expect(await heard(socket, from, [group, other])).toEqual([]);
  expect(socket.getopts(['ttl'])).toEqual({ ttl: 64 });
  socket.close();
  from.close();
});

test('values of a wrong type are BadArg (UG-1, UG-4)', async () => {
  const socket = await receiver();
  for (const [options, argument] of [
    [{ addMembership: group }, 'options.addMembership'],
    [{ addMembership: [] }, 'options.addMembership'],
    [{ addMembership: ['ff02::1', 1] }, 'options.addMembership[0]'],
    [{ addMembership: ['10.0.0.1', '127.0.0.1'] }, 'options.addMembership[0]'],
    [{ dropMembership: ['240.0.0.1', '127.0.0.1'] }, 'options.dropMembership[0]'],
    [{ addSourceMembership: ['127.0.0.1', group, '127.0.0.1'] }, 'options.addSourceMembership[0]'],
    [{ addMembership: [group, 'nosuch0'] }, 'options.addMembership[1]'],
    [{ addMembership: [group, '127.0.0.1', 'lo'] }, 'options.addMembership[2]'],
    [{ addSourceMembership: [group] }, 'options.addSourceMembership'],
    [{ addSourceMembership: [group, '::1', '127.0.0.1'] }, 'options.addSourceMembership[1]'],
    [{ addSourceMembership: [group, '127.0.0.1', 'nosuch0'] }, 'options.addSourceMembership[2]'],
    [{ multicastTtl: 256 }, 'options.multicastTtl'],
    [{ multicastLoop: 1 }, 'options.multicastLoop'],
    [{ multicastIf: 'any' }, 'options.multicastIf'],
    [{ multicastIf: 1 }, 'options.multicastIf'],
  ] as const) {
    expect(() => socket.setopts(options as object), argument).toThrow(BadArg);
    expect(() => socket.setopts(options as object)).toThrow(expect.objectContaining({ argument }));
  }
  expect(() => socket.getopts(['addMembership' as 'ttl'])).toThrow(/can only be set/);
  expect(() => socket.setopts({ addMembership: ['10.0.0.1'] })).toThrow(
    '10.0.0.1 is no group: must be 224.0.0.0 to 239.255.255.255',
  );
  socket.close();
  const ofV6 = await udp.open(self, 0, { inet6: true, active: false });
  expect(() => ofV6.setopts({ addMembership: ['fe80::1', 1] })).toThrow(
    'fe80::1 is no group: must be an address that begins with ff',
  );
  ofV6.close();
});

test('multicastTtl, multicastLoop and multicastIf are set and read (UG-3, UG-4, UG-5)', async () => {
  const socket = await receiver({ addMembership: [group, '127.0.0.1'], recvttl: true });
  const from = await sender();
  expect(from.getopts(['multicastTtl', 'multicastLoop', 'multicastIf'])).toEqual({
    multicastTtl: 1,
    multicastLoop: true,
    multicastIf: '127.0.0.1',
  });
  from.setopts({ multicastTtl: 7 });
  await from.send(group, socket.port, 'x');
  expect((await socket.recv())[2]).toEqual({ ttl: 7 });
  from.setopts({ multicastLoop: false });
  expect(from.getopts(['multicastTtl', 'multicastLoop'])).toEqual({ multicastTtl: 7, multicastLoop: false });
  from.setopts({ multicastIf: '0.0.0.0' });
  expect(from.getopts(['multicastIf'])).toEqual({ multicastIf: '0.0.0.0' });
  socket.close();
  from.close();
});

/** Loopback has no IPv6 multicast on most systems: an interface with a link-local address has. */
const link = Object.entries(networkInterfaces())
  .flatMap(([name, all]) => (all ?? []).map(({ address, scopeid }) => ({ name, address, index: scopeid ?? 0 })))
  .find(({ address }) => /^fe80:/i.test(address));

describe('IPv6', () => {
  const six = 'ff02::7701';
  const { name, address, index } = link ?? { name: '', address: '', index: 0 };
  const open6 = (options: UdpOptions = {}) => udp.open(self, 0, { inet6: true, active: false, ...options });

  beforeEach((context) => {
    if (link === undefined) context.skip('no interface here has IPv6 multicast');
  });

  test.each([
    ['a name', name],
    ['an index', index],
  ])('a group is joined by %s, heard, and left; the interface of sending is an index (UG-1, UG-4)', async (_, via) => {
    const socket = await open6();
    const from = await open6({ multicastIf: via });
    expect(from.getopts(['multicastIf'])).toEqual({ multicastIf: index });
    expect(await heard(socket, from, [six], '::1')).toEqual([]);
    socket.setopts({ addMembership: [six, via] });
    expect(await heard(socket, from, [six], '::1')).toEqual([six]);
    expect(() => socket.setopts({ addMembership: [six, via] })).toThrow(reason('eaddrinuse'));
    socket.setopts({ dropMembership: [six, via] });
    expect(await heard(socket, from, [six], '::1')).toEqual([]);
    socket.close();
    from.close();
  });

  test('a source alone; and an IPv4 address is no interface (UG-1)', async () => {
    const ssm = 'ff32::7701';
    const socket = await open6({ addSourceMembership: [ssm, address, name] });
    const from = await udp.open(self, 0, { ip: `${address}%${name}`, multicastIf: name, active: false });
    expect(() => socket.setopts({ addSourceMembership: [ssm, address, name] })).toThrow(reason('eaddrinuse'));
    await from.send(ssm, socket.port, 'from the source');
    expect(await socket.recv()).toEqual([`${address}%${index}`, from.port, Buffer.from('from the source')]);
    expect(() => socket.setopts({ addMembership: [six, '127.0.0.1'] })).toThrow(
      expect.objectContaining({ argument: 'options.addMembership[1]' }),
    );
    expect(() => socket.setopts({ multicastIf: 999999 })).toThrow(reason('enodev'));
    socket.close();
    from.close();
  });

  test('link-local addresses have a scope, by name or index, when they are given, and by index when they are told', async () => {
    const socket = await udp.open(self, 0, { ip: `${address}%${name}`, active: false });
    expect(socket.sockname()).toEqual({ address: `${address}%${index}`, port: socket.port });
    await socket.send(`${address}%${name}`, socket.port, 'a');
    await socket.send(`${address}%${index}`, socket.port, 'b');
    const from = [`${address}%${index}`, socket.port];
    expect([await socket.recv(), await socket.recv()]).toEqual([
      [...from, Buffer.from('a')],
      [...from, Buffer.from('b')],
    ]);
    await socket.connect(`${address}%${name}`, socket.port);
    await socket.send(`${address}%${index}`, socket.port, 'c');
    expect(socket.peername()).toEqual({ address: `${address}%${index}`, port: socket.port });
    expect(await texts(socket, 1)).toEqual(['c']);
    socket.close();
  });
});
