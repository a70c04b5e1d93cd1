/** Sends that wait for room, and go down together once there is room: their order, the outcome of each, and calls that come in between (SD-7, SD-8, SD-10). */
import { beforeEach, describe, expect, test } from 'vitest';
import { createSctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { kernelProblem, openKernel } from '../../actors/sctp/stacks.js';
import type { SctpStack } from '../../native/contract/sctp.js';
import { mainActor } from '../../runtime/index.js';
import { connected, nextTurn, noLeftovers, overStacks, word } from './subjects.js';

const small = { recbuf: 8192 };
const reasonOf = (outcome: PromiseSettledResult<void>) => (outcome.status === 'fulfilled' ? 'sent' : outcome.reason.reason);

/** Sends until one send waits, so that all that follow wait, too. */
async function fill(socket: SctpSocket, assocId: number): Promise<Promise<void>[]> {
  const sends: Promise<void>[] = [];
  while (socket.info().waitingSends === 0) {
    sends.push(socket.send(assocId, 0, Buffer.alloc(1000, 'f')));
    if (sends.length % 64 === 0) await nextTurn();
  }
  return sends;
}

/** Reads until `count` messages have come. */
async function read(socket: SctpSocket, count: number): Promise<Buffer[]> {
  const payloads: Buffer[] = [];
  while (payloads.length < count) {
    const [, , , data] = await socket.recv();
    payloads.push(data as Buffer);
  }
  return payloads;
}

overStacks((sctp) => {
  test('waiting sends that nobody awaits fail in silence when the socket closes, the others with closed (CL-7, SD-7)', async () => {
    const unseen: unknown[] = [];
    const see = (error: unknown) => unseen.push(error);
    process.on('unhandledRejection', see);
    const { server, client, atClient } = await connected(sctp, small, { sndbuf: 8192 });
    while (client.info().waitingSends < 3) void client.send(atClient, 0, Buffer.alloc(1000));
    void client.eof(atClient);
    const awaited = client.send(atClient, 0, 'x');
    client.close();
    await nextTurn();
    await nextTurn();
    await expect(awaited).rejects.toThrow(expect.objectContaining({ reason: 'closed' }));
    process.off('unhandledRejection', see);
    expect(unseen).toEqual([]);
    server.close();
  });

  test('each waiting send has its own outcome, and messages that are taken arrive in order (SD-8, SD-10)', async () => {
    const { server, client, atClient } = await connected(sctp, small, { sndbuf: 8192, sctpInitmsg: { numOstreams: 3 } });
    const filling = await fill(client, atClient);
    const { sndbuf = 0 } = client.getopts(['sndbuf']);
    const sends = Array.from({ length: 200 }, (_, index) => {
      if (index % 20 === 7) return client.send(atClient, 3, `no such stream ${index}`);
      if (index % 20 === 9) return client.send(atClient, 0, '');
      if (index % 20 === 11) return client.send(atClient, 0, Buffer.alloc(sndbuf + 1));
      if (index % 20 === 13) return client.send(999_999, 0, 'no such association');
      return client.send({ assocId: atClient, stream: 1, ppid: index }, `${index}`);
    });
    const outcomes = Promise.allSettled(sends);
    await read(server, filling.length);
    const expected = sends.map(
      (_, index) => ['einval', 'einval', 'emsgsize', 'epipe'][[7, 9, 11, 13].indexOf(index % 20)] ?? 'sent',
    );
    const arrived: [string, number | undefined][] = [];
    while (arrived.length < expected.filter((outcome) => outcome === 'sent').length) {
      const [, , [info], data] = await server.recv();
      arrived.push([String(data), info?.ppid]);
    }
    expect(arrived).toEqual(expected.flatMap((outcome, index) => (outcome === 'sent' ? [[`${index}`, index]] : [])));
    expect((await outcomes).map(reasonOf)).toEqual(expected);
    await Promise.all(filling);
    client.close();
    server.close();
  });

  // With Nagle the kernel takes a delayed acknowledgement's time for every few of them, so there are fewer.
  test.each([
    [true, 400],
    [false, 40],
  ])('nothing is left behind, however small it is and however little room there is (nodelay %s)', async (sctpNodelay, count) => {
    const { server, client, atClient } = await connected(sctp, small, { sndbuf: 4096, sctpNodelay });
    // On several streams, because messages of one stream may share packets, and the last of them must not wait for more.
    for (const streams of [1, 3]) {
      const sends = Array.from({ length: count }, (_, index) => client.send(atClient, index % streams, Buffer.from([index])));
      const payloads = await read(server, sends.length);
      if (streams === 1) expect(payloads.map(([byte]) => byte)).toEqual(sends.map((_, index) => index % 256));
      await Promise.all(sends);
    }
    client.close();
    server.close();
  });

  test('abort fails the waiting sends of its association; those of another go on (AS-2)', async () => {
    const { server, client, atClient } = await connected(sctp, small, { sndbuf: 8192 });
    const other = await sctp.open(mainActor(), 0, { ip: '127.0.0.1' });
    await other.listen(true);
    const { assocId: atOther } = await client.connect('127.0.0.1', other.port);
    await other.recv();
    const filling = Promise.allSettled(await fill(client, atClient));
    const sends = Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => client.send(index % 2 === 0 ? atClient : atOther, 0, `${index}`)),
    );
    await client.abort(atClient);
    expect((await sends).map(reasonOf)).toEqual(Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? 'epipe' : 'sent')));
    const payloads = await read(other, 20);
    expect(payloads.map(String)).toEqual(Array.from({ length: 20 }, (_, index) => `${2 * index + 1}`));
    expect((await filling).map(reasonOf)).toContain('epipe');
    for (const socket of [client, other, server]) socket.close();
    await nextTurn();
  });

  test('eof waits its turn behind the waiting sends, and all of them arrive (AS-2)', async () => {
    const { server, client, atClient } = await connected(sctp, small, { sndbuf: 8192 });
    const sends = await fill(client, atClient);
    for (let index = 0; index < 100; index += 1) sends.push(client.send(atClient, 0, `${index}`));
    const ended = client.eof(atClient);
    const late = client.send(atClient, 0, 'too late').catch((error: { reason: string }) => error.reason);
    await read(server, sends.length);
    await Promise.all([...sends, ended]);
    expect(['eshutdown', 'epipe']).toContain(await late);
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    expect(word(await client.recv())).toBe('shutdown_comp');
    client.close();
    server.close();
  });

  test('closing in between fails the sends that wait, and no other (SD-7)', async () => {
    const { server, client, atClient } = await connected(sctp, small, { sndbuf: 8192 });
    const sends = await fill(client, atClient);
    for (let index = 0; index < 100; index += 1) sends.push(client.send(atClient, 0, `${index}`));
    const outcomes = Promise.allSettled(sends);
    const { waitingSends } = client.info();
    client.close();
    const words = (await outcomes).map(reasonOf);
    expect(words).toEqual(words.map((_, index) => (index < words.length - waitingSends ? 'sent' : 'closed')));
    server.close();
    await nextTurn();
  });
});

describe('kernel', () => {
  let stack: SctpStack | undefined;
  const sctp = createSctp({
    kernel: (onBatch) => {
      stack = openKernel(onBatch);
      return stack;
    },
  });
  noLeftovers(sctp);

  beforeEach((context) => {
    const problem = kernelProblem();
    if (problem !== undefined) context.skip(`this kernel has no SCTP: ${problem}`);
  });

  test('waiting sends go down in far fewer system calls than there are messages', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 65536 }, { sndbuf: 65536, sctpNodelay: true });
    const filling = await fill(client, atClient);
    const sends = Array.from({ length: 2000 }, () => client.send(atClient, 0, 'x'));
    const before = stack?.stats().sendCalls ?? 0;
    await read(server, filling.length + sends.length);
    await Promise.all([...filling, ...sends]);
    const calls = (stack?.stats().sendCalls ?? 0) - before;
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThan(sends.length / 2);
    client.close();
    server.close();
  });
});
