/** Sending: section TS of the rules. A send for which there is no room waits unqueued, so it is sent whole or not at all. */
import { expect, test } from 'vitest';
import type { TcpSocket } from '../../actors/tcp/socket.js';
import { BadArg, exit, spawn } from '../../runtime/index.js';
import { closeAll, deferred, mailbox, nextTurn, nextWords, pair, readAll, self } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
const large = Buffer.alloc(8 * 1024 * 1024, 'L');

/** A client whose queue is not empty, as its peer does not read. */
async function blocked(options = {}, serverOptions = {}): Promise<{ server: TcpSocket; client: TcpSocket }> {
  const both = await pair({ recbuf: 8192, ...serverOptions }, { sndbuf: 8192, ...options });
  await both.client.send(large);
  return both;
}

test('any iolist is sent: text, bytes, nested lists, byte values (TS-1)', async () => {
  const { server, client } = await pair();
  await client.send(['text ', [Buffer.from('bytes '), [[118, 97], 'l']], new Uint8Array([33])]);
  await client.close();
  expect(await readAll(server)).toBe('text bytes val!');
  await server.close();
});

test.each([[undefined], [{}], [[256]], [['a', [-1]]], [42]])('%j is no iolist (TS-1)', async (data) => {
  const { server, client } = await pair();
  expect(() => client.send(data as never)).toThrow(BadArg);
  await closeAll(server, client);
});

test('nothing sends nothing in mode raw (TS-2)', async () => {
  const { server, client } = await pair();
  await client.send('');
  await client.send([]);
  await client.send('x');
  expect(String(await server.recv())).toBe('x');
  expect(client.getstat()).toMatchObject({ sendCnt: 3, sendOct: 1 });
  await closeAll(server, client);
});

test('into an empty queue a send of any size goes at once (TS-4)', async () => {
  const { server, client } = await blocked();
  expect(client.info().waitingSends).toBe(0);
  expect(client.getstat().sendPend).toBeGreaterThan(4 * 1024 * 1024);
  await client.close().then.call(Promise.resolve(), () => undefined);
  await closeAll(server);
});

test('a send that finds the queue full waits, and goes when there is room; later ones keep their order (TS-5, TS-6, TS-22)', async () => {
  const { server, client } = await blocked();
  const order: number[] = [];
  const sends = [1, 2, 3].map((number) => client.send(Buffer.alloc(6000, String(number))).then(() => order.push(number)));
  await nextTurn();
  expect(order).toEqual([]);
  expect(client.info()).toMatchObject({ waitingSends: 3, states: ['busy', 'connected', 'open'] });
  const reading = readAll(server);
  await Promise.all(sends);
  expect(order).toEqual([1, 2, 3]);
  await client.close();
  const text = await reading;
  expect(text.length).toBe(large.length + 18_000);
  expect(text.slice(large.length)).toBe('1'.repeat(6000) + '2'.repeat(6000) + '3'.repeat(6000));
  await server.close();
});

test('watermarks have their defaults; a high one below the low one pulls it down, and the other way round (TS-7)', async () => {
  const { server, client } = await pair();
  const marks = () => client.getopts(['highWatermark', 'lowWatermark']);
  expect(marks()).toEqual({ highWatermark: 8192, lowWatermark: 4096 });
  client.setopts({ highWatermark: 100 });
  expect(marks()).toEqual({ highWatermark: 100, lowWatermark: 100 });
  client.setopts({ lowWatermark: 5000 });
  expect(marks()).toEqual({ highWatermark: 5000, lowWatermark: 5000 });
  client.setopts({ highWatermark: -1 });
  expect(marks()).toEqual({ highWatermark: 0, lowWatermark: 0 });
  await closeAll(server, client);
});

test('a send that is out of time has sent nothing, and can be repeated (TS-9, TS-10, TS-11)', async () => {
  const { server, client } = await blocked({ sendTimeout: 30 });
  const outcomes = await Promise.allSettled([client.send(Buffer.alloc(9000, 'a')), client.send(Buffer.alloc(9000, 'b'))]);
  expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.reason)).toEqual(['timeout', 'timeout']);
  client.setopts({ sendTimeout: Number.POSITIVE_INFINITY });
  const again = client.send(Buffer.alloc(9000, 'b'));
  const reading = readAll(server);
  await again;
  await client.close();
  expect((await reading).slice(large.length)).toBe('b'.repeat(9000));
  await server.close();
});

test('sendTimeout 0 never waits (TS-12)', async () => {
  const { server, client } = await blocked({ sendTimeout: 0 });
  await expect(client.send(Buffer.alloc(9000))).rejects.toThrow(reason('timeout'));
  expect(client.info().waitingSends).toBe(0);
  const reading = readAll(server);
  await client.close();
  expect((await reading).length).toBe(large.length);
  await server.close();
});

test('sendTimeoutClose drops the queue and closes; an active socket tells at once; trace 10 (TS-13, TS-14)', async () => {
  const { server, client } = await blocked({ sendTimeout: 20, sendTimeoutClose: true, active: true });
  await expect(client.send(Buffer.alloc(9000))).rejects.toThrow(reason('timeout'));
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  await expect(client.send('x')).rejects.toThrow(reason('closed'));
  expect(client.isOpen).toBe(false);
  const text = await readAll(server);
  expect(text.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThan(large.length);
  await closeAll(server, client);
});

test('sendTimeoutClose of a passive socket: send and recv are closed (TS-13, TS-19)', async () => {
  const { server, client } = await blocked({ sendTimeout: 20, sendTimeoutClose: true });
  const other = client.send(Buffer.alloc(9000));
  await expect(client.send(Buffer.alloc(9000))).rejects.toThrow();
  await expect(other).rejects.toThrow(reason('timeout'));
  await expect(client.send('x')).rejects.toThrow(reason('closed'));
  await expect(client.recv()).rejects.toThrow(reason('closed'));
  await readAll(server);
  await closeAll(server, client);
});

test('senders that wait are told of a close at once (TS-15)', async () => {
  const { server, client } = await blocked({ linger: [true, 0] });
  const waiting = client.send(Buffer.alloc(9000));
  await client.close();
  await expect(waiting).rejects.toThrow(reason('closed'));
  await server.close();
});

test("senders that wait are told of the owner's death at once (TS-15)", async () => {
  const { server, client } = await blocked({ linger: [true, 0] });
  const owner = spawn(async (me) => {
    await me.receive();
  });
  client.controllingProcess(self, owner);
  const waiting = client.send(Buffer.alloc(9000));
  exit(owner, 'kill');
  await expect(waiting).rejects.toThrow(reason('closed'));
  expect(client.isOpen).toBe(false);
  await server.close();
});

test('senders that wait are told at once that the peer has gone; an active socket gets tcp_closed, too (TS-16)', async () => {
  const { server, client } = await blocked({ active: true });
  const waiting = client.send(Buffer.alloc(9000));
  server.setopts({ linger: [true, 0] });
  await server.close();
  await expect(waiting).rejects.toThrow(reason('closed'));
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  await client.close();
});

test('the signal, or the death, of a sender withdraws what waits, and nothing of it is sent (TS-17)', async () => {
  const { server, client } = await blocked();
  const controller = new AbortController();
  const withdrawn = client.send(Buffer.alloc(9000, 'w'), controller);
  const started = deferred<void>();
  const sender = spawn(async (me) => {
    const sending = client.send(Buffer.alloc(9000, 's'), me);
    started.resolve();
    await sending;
  });
  await started.promise;
  const last = client.send(Buffer.alloc(9000, 'z'));
  controller.abort();
  await expect(withdrawn).rejects.toThrow(reason('aborted'));
  exit(sender, 'kill');
  const reading = readAll(server);
  await last;
  await client.close();
  expect((await reading).slice(large.length)).toBe('z'.repeat(9000));
  await server.close();
});

test('the peer has closed, and the end has not been read: a send may succeed once, and is closed from then on (TS-18, TS-20)', async () => {
  const { server, client } = await pair();
  await server.close();
  await client.send('first');
  await expect(untilRefused(client)).resolves.toBe('closed');
  await expect(client.send('later')).rejects.toThrow(reason('closed'));
  await client.close();
});

test('the end has been read: closed throughout (TS-19)', async () => {
  const { server, client } = await pair();
  await server.close();
  await expect(client.recv()).rejects.toThrow(reason('closed'));
  for (let call = 0; call < 2; call += 1) await expect(client.send('x')).rejects.toThrow(reason('closed'));
  await client.close();
});

test('with showEconnreset a send tells of a reset once (TS-20)', async () => {
  const { server, client } = await pair({}, { showEconnreset: true });
  server.setopts({ linger: [true, 0] });
  await server.close();
  await expect(untilRefused(client)).resolves.toBe('econnreset');
  await expect(client.send('later')).rejects.toThrow(reason('closed'));
  await expect(client.recv()).rejects.toThrow(reason('econnreset'));
  await client.close();
});

test('a loop of sends that nobody awaits keeps its order and loses nothing', async () => {
  const { server, client } = await pair({}, { packet: 4 });
  server.setopts({ packet: 4 });
  const sends: Promise<void>[] = [];
  for (let number = 0; number < 5000; number += 1) sends.push(client.send(`message ${number}`));
  for (let number = 0; number < 5000; number += 1) expect(String(await server.recv())).toBe(`message ${number}`);
  await Promise.all(sends);
  expect(await mailbox()).toEqual([]);
  await closeAll(server, client);
});

test('a listener cannot send, and a closed socket is closed (TL-19)', async () => {
  const { listening } = await import('./subjects.js');
  const listener = await listening();
  await expect(listener.send('x')).rejects.toThrow(reason('enotconn'));
  await listener.close();
  await expect(listener.send('x')).rejects.toThrow(reason('closed'));
});

/** Sends until a send fails, and gives the reason. */
async function untilRefused(socket: TcpSocket): Promise<unknown> {
  for (;;) {
    try {
      await socket.send('x');
    } catch (error) {
      return (error as { reason?: unknown }).reason;
    }
    await nextTurn();
  }
}
