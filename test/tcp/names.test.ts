/** Names, counters, states: section TI of the rules. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { closeAll, listening, nextWords, pair, self } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

test('names of a listener and of the two ends (TI-1)', async () => {
  const listener = await listening();
  expect(listener.sockname()).toEqual({ address: '127.0.0.1', port: listener.port });
  expect(() => listener.peername()).toThrow(reason('enotconn'));
  const { server, client } = await pair();
  expect(server.peername()).toEqual(client.sockname());
  expect(client.peername()).toEqual(server.sockname());
  const { port } = client;
  await closeAll(listener, server, client);
  expect(client.port).toBe(port);
  expect(() => client.sockname()).toThrow(reason('closed'));
});

test('getstat counts deliveries and sends, with headers of packets (TI-2)', async () => {
  const { server, client } = await pair({ packet: 2 }, { packet: 2 });
  for (const data of ['abcd', 'ab', 'abcdef']) await client.send(data);
  for (let count = 0; count < 3; count += 1) await server.recv();
  expect(client.getstat()).toMatchObject({ sendCnt: 3, sendOct: 18, sendMax: 8, sendAvg: 6, sendPend: 0, recvCnt: 0 });
  expect(server.getstat()).toMatchObject({ recvCnt: 3, recvOct: 18, recvMax: 8, recvAvg: 6, sendCnt: 0, sendOct: 0 });
  await closeAll(server, client);
});

test('raw: deliveries are what reads gave (TI-2)', async () => {
  const { server, client } = await pair({ active: true, buffer: 100 });
  await client.send(Buffer.alloc(250));
  await nextWords(3);
  expect(server.getstat()).toMatchObject({ recvCnt: 3, recvOct: 250, recvMax: 100 });
  await closeAll(server, client);
});

test('info tells owner, mode, states and what waits (TI-3, TI-4)', async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192 });
  expect(client.info()).toEqual({
    owner: self.pid,
    stack: 'kernel',
    port: client.port,
    active: false,
    states: ['connected', 'open'],
    queuedBytes: [0, 0],
    waitingSends: 0,
    waitingAccepts: 0,
  });
  await client.send(Buffer.alloc(8 * 1024 * 1024));
  const held = client.send(Buffer.alloc(9000)).catch(() => undefined);
  expect(client.info()).toMatchObject({ states: ['busy', 'connected', 'open'], waitingSends: 1 });
  expect(client.info().queuedBytes[1]).toBeGreaterThan(0);
  client.setopts({ linger: [true, 0] });
  await client.close();
  await held;
  await server.close();
  expect(() => client.info()).toThrow(reason('closed'));
});

test('a socket shows as a port, in text, JSON and print', async () => {
  const { server, client } = await pair();
  expect(String(server)).toMatch(/^#Port<\d+>$/);
  expect(JSON.stringify([server])).toBe(`["${server}"]`);
  expect(inspect(['tcp', server])).toContain(String(server));
  await closeAll(server, client);
});
