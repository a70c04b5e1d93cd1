/**
 * Sends that are made without waiting in between. A stack may take them together. A call that is made after them finds them sent, as if each had gone
 * down by itself.
 */
import { describe, expect, test } from 'vitest';
import { BadArg, mainActor } from '../../runtime/index.js';
import { asActor, connected, nextTurn, overStacks, simulated, untilArrived, word } from './subjects.js';

const reasonOf = (outcome: PromiseSettledResult<void>) => (outcome.status === 'fulfilled' ? 'sent' : outcome.reason.reason);
const digits = Array.from({ length: 10 }, (_, digit) => `${digit}`);
const words = digits.map((digit) => `data:${digit}`);

overStacks((sctp) => {
  test('sends that are made together arrive in order, and each has its own outcome (SD-10)', async () => {
    const { server, client, atClient } = await connected(sctp, {}, { sctpInitmsg: { numOstreams: 2 } });
    const sends = digits.flatMap((digit) => [
      client.send(atClient, 0, digit),
      client.send(atClient, 2, 'no such stream'),
      client.send(999_999, 0, 'no such association'),
      client.send(atClient, 0, ''),
    ]);
    const outcomes = (await Promise.allSettled(sends)).map(reasonOf);
    expect(outcomes).toEqual(digits.flatMap(() => ['sent', 'einval', 'epipe', 'einval']));
    for (const expected of words) expect(word(await server.recv())).toBe(expected);
    client.close();
    server.close();
  });

  test('sends that are made together are sent, and count, when the caller asks info or getstat (OW-7, SD-13)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const sends = digits.map((digit) => client.send(atClient, 0, digit));
    expect(client.info()).toMatchObject({ waitingSends: 0 });
    sends.push(...digits.map((digit) => client.send(atClient, 0, digit)));
    expect(client.getstat()).toMatchObject({ sendCnt: 20, sendOct: 20, sendPend: 0 });
    await Promise.all(sends);
    for (const expected of [...words, ...words]) expect(word(await server.recv())).toBe(expected);
    client.close();
    server.close();
  });

  test('options that are set after the sends do not apply to them (SD-1, SO-8)', async () => {
    const { server, client, atClient } = await connected(sctp, {}, { sctpDefaultSendParam: { ppid: 1 } });
    const ppids = async (count: number) => {
      const found: (number | undefined)[] = [];
      while (found.length < count) found.push((await server.recv())[2][0]?.ppid);
      return found;
    };
    const before = digits.map((digit) => client.send(atClient, 0, digit));
    client.setopts({ sctpDefaultSendParam: { assocId: atClient, ppid: 2 } });
    const after = digits.map((digit) => client.send(atClient, 0, digit));
    await Promise.all([...before, ...after]);
    expect(await ppids(20)).toEqual([...digits.map(() => 1), ...digits.map(() => 2)]);
    client.close();
    server.close();
  });

  test('close and eof let the sends go first (CL-7, AS-2)', async () => {
    for (const end of ['close', 'eof'] as const) {
      const { server, client, atClient } = await connected(sctp);
      const sends = digits.map((digit) => client.send(atClient, 0, digit));
      if (end === 'close') client.close();
      else sends.push(client.eof(atClient));
      await Promise.all(sends);
      for (const expected of [...words, 'sctp_shutdown_event', 'shutdown_comp']) expect(word(await server.recv())).toBe(expected);
      if (end === 'eof') expect(word(await client.recv())).toBe('shutdown_comp');
      client.close();
      server.close();
      await nextTurn();
    }
  });

  test('abort finds the sends taken: they resolve, although it drops their messages (AS-2)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const sends = digits.map((digit) => client.send(atClient, 0, digit));
    const aborted = client.abort(atClient);
    const late = client.send(atClient, 0, 'late').catch((error: { reason: string }) => error.reason);
    expect((await Promise.allSettled(sends)).map(reasonOf)).toEqual(digits.map(() => 'sent'));
    await aborted;
    expect(await late).toBe('epipe');
    expect(word(await client.recv())).toBe('comm_lost');
    client.close();
    server.close();
    await nextTurn();
  });

  test('peeloff succeeds after such sends, and their messages arrive (PO-2)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const sends = digits.map((digit) => client.send(atClient, 0, digit));
    const peeled = client.peeloff(mainActor(), atClient);
    await Promise.all(sends);
    for (const expected of words) expect(word(await server.recv())).toBe(expected);
    for (const socket of [peeled, client, server]) socket.close();
    await nextTurn();
  });

  test('the sends of an owner that ends directly afterwards arrive (OW-1, CL-7)', async () => {
    const server = await sctp.open(mainActor(), 0, { ip: '127.0.0.1' });
    await server.listen(true);
    const sends = await asActor(async (self) => {
      const client = await sctp.open(self, 0, { ip: '127.0.0.1' });
      const { assocId } = await client.connect('127.0.0.1', server.port);
      // In an object, so that the actor does not wait for them: it ends in this very turn.
      return { all: digits.map((digit) => client.send(assocId, 0, digit)) };
    });
    await Promise.all(sends.all);
    for (const expected of ['comm_up', ...words]) expect(word(await server.recv())).toBe(expected);
    server.close();
    await nextTurn();
  });

  test('with nonBlockSend each send says at once that there is no room (SD-7)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192, nonBlockSend: true });
    const sends = Array.from({ length: 60 }, () => client.send(atClient, 0, Buffer.alloc(1000)));
    expect(client.info().waitingSends).toBe(0);
    const outcomes = (await Promise.allSettled(sends)).map(reasonOf);
    const taken = outcomes.indexOf('eagain');
    expect(taken).toBeGreaterThan(0);
    expect(outcomes).toEqual(outcomes.map((_, index) => (index < taken ? 'sent' : 'eagain')));
    client.close();
    server.close();
    await nextTurn();
  });

  test('a signal withdraws the sends that wait, and none that could be sent', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    const controllers = Array.from({ length: 60 }, () => new AbortController());
    const data = (index: number) => Buffer.alloc(1000, index);
    const sends = controllers.map(({ signal }, index) => client.send(atClient, 0, data(index), { signal }));
    const { waitingSends } = client.info();
    for (const controller of controllers) controller.abort();
    const outcomes = (await Promise.allSettled(sends)).map(reasonOf);
    expect(waitingSends).toBeGreaterThan(0);
    const wereTaken = outcomes.length - waitingSends;
    expect(outcomes.slice(0, wereTaken)).toEqual(Array(wereTaken).fill('sent'));
    // The kernel works beside us: when a send is withdrawn, it may have room for the next one.
    expect(outcomes[wereTaken]).toBe('aborted');
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome === 'sent') expect((await server.recv())[3]).toEqual(data(index));
      else expect(outcome).toBe('aborted');
    }
    client.close();
    server.close();
    await nextTurn();
  });

  test('a bad argument among them throws, and stops none of the others (SD-4)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const sends = digits.map((digit) => {
      expect(() => client.send(atClient, -1, digit)).toThrow(BadArg);
      return client.send(atClient, 0, digit);
    });
    await Promise.all(sends);
    await untilArrived(client);
    for (const expected of words) expect(word(await server.recv())).toBe(expected);
    client.close();
    server.close();
  });
});

describe('on a stack that takes many at once', () => {
  const { sctp } = simulated();

  test('options that are read after the sends are read when the sends have gone down', async () => {
    const { server, client, atClient } = await connected(sctp);
    const sends = digits.map((digit) => client.send(atClient, 0, digit));
    expect(client.getopts([['sctpStatus', { assocId: atClient }]]).sctpStatus).toMatchObject({ unackdata: 10 });
    await Promise.all(sends);
    for (const expected of words) expect(word(await server.recv())).toBe(expected);
    client.close();
    server.close();
  });
});
