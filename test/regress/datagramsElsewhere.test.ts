/** What has been reported of UDP in other systems, and what sockets here do in its place. Each test names the report. */
import { mainActor } from 'mailport';
import { type UdpOpenOptions, udp } from 'mailport/udp';
import { expect, test } from 'vitest';
import { failOnLeftovers } from '../support/setup.js';

const self = mainActor();
const home = '127.0.0.1';

failOnLeftovers(async () => {
  for (const socket of udp.openSockets()) await socket.close();
  const left: string[] = [];
  for (let message = self.receiveNow(); message !== undefined; message = self.receiveNow()) left.push(String(message[0]));
  return left;
});

const open = (options: UdpOpenOptions = {}) => udp.open(self, 0, { ip: home, active: false, ...options });

/** A port where nobody is. */
async function nobody(): Promise<number> {
  const socket = await open();
  await socket.close();
  return socket.port;
}

// ponylang/ponyc#5644, pupnp#498: an empty datagram closed the socket. UR-4, US-4, UM-4
test('empty datagrams are messages that count, and nothing ends', async () => {
  const [socket, client] = [await open({ active: 3 }), await open()];
  for (const text of ['', 'a', '', '', 'b']) await client.send(home, socket.port, text);
  const message = (text: string) => ['udp', socket, home, client.port, Buffer.from(text)];
  for (const text of ['', 'a', '']) expect(await self.receive()).toEqual(message(text));
  expect(await self.receive()).toEqual(['udp_passive', socket]);
  expect(await socket.recv()).toEqual([home, client.port, Buffer.from('')]);
  expect(await socket.recv()).toEqual([home, client.port, Buffer.from('b')]);
});

test('a thousand empty datagrams that nobody reads do no harm', async () => {
  const [socket, client] = [await open({ active: false }), await open()];
  for (let turn = 0; turn < 1000; turn += 1) await client.send(home, socket.port, '');
  expect((await socket.recv())[2]).toEqual(Buffer.from(''));
  socket.setopts({ active: 1 });
  expect((await self.receive())[0]).toBe('udp');
  expect(await self.receive()).toEqual(['udp_passive', socket]);
});

// oven-sh/bun#29135 and #35922: a peer that had gone ended the socket of a server. UE-1
test('a datagram to nobody is told neither to the socket nor to the send that follows', async () => {
  const [socket, peer] = [await open({ active: true }), await open()];
  const gone = await nobody();
  for (let turn = 0; turn < 10; turn += 1) {
    await socket.send(home, gone, 'dead');
    await socket.send(home, peer.port, `live ${turn}`);
    expect(String((await peer.recv())[2])).toBe(`live ${turn}`);
  }
  expect(socket.isOpen).toBe(true);
});

// oven-sh/bun#35922: an error that the call had told came once more as a message. US-5
test('a datagram that is too long is told once, by its send', async () => {
  const [socket, peer] = [await open({ active: true }), await open()];
  await socket.connect(home, peer.port);
  await expect(socket.send(Buffer.alloc(65_508))).rejects.toMatchObject({ reason: 'emsgsize' });
  await socket.send('short');
  expect(String((await peer.recv())[2])).toBe('short');
  await peer.send(home, socket.port, 'and back');
  expect(String((await self.receive())[4])).toBe('and back');
});

// jsbronder/asyncio-dgram#13: the second send to nobody raised, and the program ended. UE-3
test('a refusal is told to one call, and the one after that works', async () => {
  const socket = await open();
  await socket.connect(home, await nobody());
  await socket.send('one');
  await expect(socket.recv()).rejects.toMatchObject({ reason: 'econnrefused' });
  await socket.send('two');
  await expect(socket.recv()).rejects.toMatchObject({ reason: 'econnrefused' });
  await expect(socket.recv(0)).rejects.toMatchObject({ reason: 'timeout' });
});

// dnsimple/erldns#134: {active,N} was set for each datagram, and its counts added up. FC-3, FC-4
test('counts that are added for each datagram end at the limit, which changes nothing', async () => {
  const socket = await open({ active: 32_767 });
  expect(() => socket.setopts({ active: 100 })).toThrow(/einval/);
  expect(socket.getopts(['active'])).toEqual({ active: 32_767 });
  const client = await open();
  await client.send(home, socket.port, 'x');
  expect(String((await self.receive())[4])).toBe('x');
  socket.setopts({ active: 1 });
  expect(socket.getopts(['active'])).toEqual({ active: 32_767 });
});

// membraneframework/membrane_smelter_plugin#137: datagrams above the buffer were cut, and nobody noticed. UB-1, UB-2
test('nothing is cut with the default buffer, and a smaller one says that it has cut', async () => {
  const [whole, small, client] = [await open({ recbuf: 400_000 }), await open({ buffer: 100 }), await open({ sndbuf: 400_000 })];
  await client.send(home, whole.port, Buffer.alloc(65_507, 'x'));
  expect((await whole.recv())[2]).toEqual(Buffer.alloc(65_507, 'x'));
  await client.send(home, small.port, Buffer.alloc(101, 'x'));
  expect(await small.recv()).toEqual([home, client.port, { truncated: true }, Buffer.alloc(100, 'x')]);
});
