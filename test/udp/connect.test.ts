/** `connect` and `disconnect`: the peer of a socket, and what the network says of it (UC-1..UC-6, UE-1..UE-4, RV-12, FC-25). */
import { describe, expect, test } from 'vitest';
import { udp } from '../../actors/udp/index.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { hasIpv6, mailbox, next, open, texts } from './subject.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const socket = await open();
  socket.close();
  return socket.port;
}

test('only the peer is heard from then on, and the names tell (UC-1, UC-2, TI-1, TI-4)', async () => {
  const socket = await open({ ip: 'any' });
  const [peer, other] = [await open(), await open()];
  expect(() => socket.peername()).toThrow(reason('enotconn'));
  await socket.connect('localhost', peer.port);
  expect(socket.peername()).toEqual({ address: '127.0.0.1', port: peer.port });
  expect(socket.sockname()).toEqual({ address: '127.0.0.1', port: socket.port });
  expect(socket.info().states).toEqual(['connected', 'open']);
  await other.send('127.0.0.1', socket.port, 'stranger');
  await peer.send('127.0.0.1', socket.port, 'peer');
  expect(await socket.recv()).toEqual(['127.0.0.1', peer.port, Buffer.from('peer')]);
  await socket.send('to you');
  expect(await texts(peer, 1)).toEqual(['to you']);
  for (const each of [socket, peer, other]) each.close();
});

test('datagrams of others that came before are dropped (UC-3, UM-8)', async () => {
  const socket = await open();
  const [peer, other] = [await open(), await open()];
  await other.send('127.0.0.1', socket.port, 'early');
  await socket.connect('127.0.0.1', peer.port);
  await peer.send('127.0.0.1', socket.port, 'peer');
  expect(await socket.recv()).toEqual(['127.0.0.1', peer.port, Buffer.from('peer')]);
  for (const each of [socket, peer, other]) each.close();
});

test('a destination that is not the peer is eisconn, and the peer may be named (UC-4)', async () => {
  const socket = await open();
  const [peer, other] = [await open(), await open()];
  await socket.connect('127.0.0.1', peer.port);
  await expect(socket.send('127.0.0.1', other.port, 'x')).rejects.toThrow(reason('eisconn'));
  await expect(socket.send('127.0.0.2', peer.port, 'x')).rejects.toThrow(reason('eisconn'));
  await socket.send('127.0.0.1', peer.port, 'y');
  await socket.send('localhost', peer.port, 'z');
  expect(await texts(peer, 2)).toEqual(['y', 'z']);
  await expect(other.recv(0)).rejects.toThrow(reason('timeout'));
  for (const each of [socket, peer, other]) each.close();
});

test('connecting again changes the peer, and disconnect or port 0 takes it away (UC-5)', async () => {
  const socket = await open();
  const [one, two] = [await open(), await open()];
  await socket.connect('127.0.0.1', one.port);
  await socket.connect('127.0.0.1', two.port);
  await socket.send('x');
  expect(await texts(two, 1)).toEqual(['x']);
  socket.disconnect();
  expect(() => socket.peername()).toThrow(reason('enotconn'));
  expect(socket.sockname()).toMatchObject({ port: socket.port });
  await expect(socket.send('x')).rejects.toThrow(reason('einval'));
  await one.send('127.0.0.1', socket.port, 'from anybody');
  expect(await texts(socket, 1)).toEqual(['from anybody']);
  await socket.connect('127.0.0.1', one.port);
  await socket.connect('0.0.0.0', 0);
  expect(() => socket.peername()).toThrow(reason('enotconn'));
  socket.disconnect();
  for (const each of [socket, one, two]) each.close();
});

test('a connect that fails leaves no peer (UC-5, UC-1)', async () => {
  const socket = await open();
  const peer = await open();
  await socket.connect('127.0.0.1', peer.port);
  await expect(socket.connect('255.255.255.255', 9)).rejects.toThrow(reason('eacces'));
  expect(() => socket.peername()).toThrow(reason('enotconn'));
  await expect(socket.connect('host.invalid', 9)).rejects.toThrow(reason('nxdomain'));
  await expect(socket.connect('::1', 9)).rejects.toThrow(reason('eafnosupport'));
  for (const [address, port, argument] of [
    [5, 9, 'address'],
    ['127.0.0.1', -1, 'port'],
    ['127.0.0.1', 65536, 'port'],
    [{ local: '/x' }, 9, 'port'],
  ] as const) {
    expect(() => socket.connect(address as string, port)).toThrow(BadArg);
    expect(() => socket.connect(address as string, port)).toThrow(expect.objectContaining({ argument }));
  }
  await expect(socket.connect('127.0.0.1', 'nosuchservice')).rejects.toThrow(reason('einval'));
  socket.close();
  peer.close();
  await expect(socket.connect('127.0.0.1', 9)).rejects.toThrow(reason('closed'));
  expect(() => socket.disconnect()).toThrow(reason('closed'));
});

test('a recv that waits goes on over a connect (UC-6)', async () => {
  const socket = await open();
  const peer = await open();
  const waits = socket.recv();
  await socket.connect('127.0.0.1', peer.port);
  await peer.send('127.0.0.1', socket.port, 'x');
  expect((await waits)[2]).toEqual(Buffer.from('x'));
  socket.close();
  peer.close();
});

test.skipIf(!hasIpv6)('over IPv6, with a scope', async () => {
  const socket = await udp.open(self, 0, { ip: '::1', active: false });
  const peer = await udp.open(self, 0, { ip: '::1', active: false });
  await socket.connect('::1', peer.port);
  await socket.send('x');
  expect((await peer.recv()).slice(0, 2)).toEqual(['::1', socket.port]);
  await expect(socket.connect('fe80::1%nosuch0', 9)).rejects.toThrow(reason('einval'));
  await expect(peer.send('fe80::1%nosuch0', 9, 'x')).rejects.toThrow(/no interface as the address names/);
  socket.close();
  peer.close();
});

describe('what the network says', () => {
  test('is never told without a peer: sends succeed, and say nothing of arrival (UE-1, US-6)', async () => {
    const socket = await open({ active: true });
    const port = await deadPort();
    for (let at = 0; at < 3; at += 1) await socket.send('127.0.0.1', port, 'x');
    await socket.send('127.0.0.1', socket.port, 'self');
    expect((await next())[4]).toEqual(Buffer.from('self'));
    socket.close();
  });

  test('is one udp_error for each refused datagram, and does not count (UE-2, FC-25)', async () => {
    const socket = await open({ active: 2 });
    await socket.connect('127.0.0.1', await deadPort());
    for (let at = 0; at < 2; at += 1) {
      await socket.send('x');
      expect(await next()).toEqual(['udp_error', socket, 'econnrefused']);
    }
    expect(socket.getopts(['active'])).toEqual({ active: 2 });
    expect(socket.peername()).toBeDefined();
    socket.close();
  });

  test('fails the recv that waits, once; then all is as before (UE-3, UE-4, RV-12)', async () => {
    const socket = await open();
    const port = await deadPort();
    await socket.connect('127.0.0.1', port);
    const waits = socket.recv();
    await socket.send('x');
    await expect(waits).rejects.toThrow(reason('econnrefused'));
    await expect(socket.recv(0)).rejects.toThrow(reason('timeout'));
    const peer = await open({ port });
    await peer.send('127.0.0.1', socket.port, 'late');
    expect(await texts(socket, 1)).toEqual(['late']);
    socket.close();
    peer.close();
  });

  test('fails the next send of a passive socket, whose datagram is not sent (UE-3)', async () => {
    const socket = await open();
    const port = await deadPort();
    await socket.connect('127.0.0.1', port);
    await socket.send('a');
    const peer = await open({ port });
    await expect(socket.send('b')).rejects.toThrow(reason('econnrefused'));
    await socket.send('c');
    expect(await texts(peer, 1)).toEqual(['c']);
    expect(await mailbox()).toEqual([]);
    socket.close();
    peer.close();
  });

  test('each of many sends of one turn has its own outcome (UE-3)', async () => {
    const socket = await open();
    const port = await deadPort();
    await socket.connect('127.0.0.1', port);
    await socket.send('first');
    const peer = await open({ port });
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((text) => socket.send(text)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect(await texts(peer, 3)).toEqual(['b', 'c', 'd']);
    socket.close();
    peer.close();
  });
});
