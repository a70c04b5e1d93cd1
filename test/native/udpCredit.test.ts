/** The credit of UDP sockets of the addon: how many datagrams may still be delivered, and when (FC). Datagrams that have none stay with the kernel. */
import { describe, expect, test } from 'vitest';
import { inetOption, udpKind, unlimitedCredit } from '../../native/index.js';
import { nextTurn, until } from './stackUnderTest.js';
import { UdpUnderTest } from './udpUnderTest.js';

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `datagram ${from + index}`);

function pair() {
  const it = new UdpUnderTest();
  const [from, to] = [it.socket(), it.socket()];
  it.set(to, inetOption.recbuf, 2_000_000);
  const send = (texts: readonly string[]) =>
    it.sendMany(
      from,
      texts.map((text) => [it.port(to), text] as const),
    );
  return { it, from, to, send };
}

describe('credit for datagrams', () => {
  // UM-4, FC-27.
  test.each([0, 1, 2, 3, 63, 64, 65, 199])('of %i lets so many of 200 come, and the rest later', async (credit) => {
    const { it, to, send } = pair();
    it.stack.setCredit(to, credit, unlimitedCredit);
    send(numbered(200));
    expect(await it.texts(to, credit)).toEqual(numbered(credit));
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(it.waiting(to)).toEqual([]);
    expect(it.stack.queuedBytes(to)).toEqual([0, 0]);
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    expect(await it.texts(to, 200 - credit)).toEqual(numbered(200 - credit, credit));
  });

  test('is given again inside the batch callback, one by one', async () => {
    const { it, to, send } = pair();
    it.stack.setCredit(to, 1, unlimitedCredit);
    it.onBatch = () => it.stack.setCredit(to, 1, unlimitedCredit);
    send(numbered(100));
    expect(await it.texts(to, 100)).toEqual(numbered(100));
    expect(new Set(it.batches)).toEqual(new Set([1]));
  });

  test('of none means that the socket is not read', async () => {
    const { it, to, send } = pair();
    it.stack.setCredit(to, 0, unlimitedCredit);
    const { readCalls } = it.stack.stats();
    send(numbered(100));
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(it.stack.stats().readCalls).toBe(readCalls);
    it.stack.setCredit(to, 100, unlimitedCredit);
    expect(await it.texts(to, 100)).toEqual(numbered(100));
  });
});

describe('credit for bytes', () => {
  test('is used up by the datagram that does not fit any more, which comes whole', async () => {
    const { it, from, to } = pair();
    it.stack.setCredit(to, unlimitedCredit, 2500);
    for (let index = 0; index < 10; index += 1) it.send(from, it.port(to), Buffer.alloc(1000, String(index)));
    const got = await it.texts(to, 3);
    expect(got.map((text) => text.length)).toEqual([1000, 1000, 1000]);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(it.waiting(to)).toEqual([]);
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    expect((await it.texts(to, 7)).map((text) => text[0])).toEqual(['3', '4', '5', '6', '7', '8', '9']);
  });

  test('is kept although the datagrams are longer than any before; what was read too far is held, and bounded', async () => {
    const { it, from, to } = pair();
    it.set(to, inetOption.recbuf, 4_000_000);
    // Small ones make the reader expect small ones.
    for (let round = 0; round < 60; round += 1) {
      it.send(from, it.port(to), 'small');
      await it.texts(to, 1);
    }
    it.stack.setCredit(to, 0, unlimitedCredit);
    let sent = 0;
    for (; sent < 40; sent += 1) it.send(from, it.port(to), Buffer.alloc(60_000, sent));
    it.stack.setCredit(to, unlimitedCredit, 100_000);
    for (let got = 0; got < 2; got += 1) expect((await it.next(to)).data.length).toBe(60_000);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(it.waiting(to)).toEqual([]);
    // A call reads 64 datagrams at most.
    expect(it.stack.queuedBytes(to)[0]).toBeLessThan(64 * 65_536);
    expect(it.stack.stats().queuedInBytes).toBe(it.stack.queuedBytes(to)[0]);
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    for (let index = 2; index < sent; index += 1) {
      const { data } = await it.next(to);
      expect([data.length, data[0]]).toEqual([60_000, index]);
    }
    expect(it.stack.queuedBytes(to)[0]).toBe(0);
  });
});

describe('drain', () => {
  test('moves what is allowed at once, until nothing is', async () => {
    const { it, to, send } = pair();
    it.stack.setCredit(to, 0, unlimitedCredit);
    send(numbered(10));
    expect(it.drain(to)).toEqual([]);
    it.stack.setCredit(to, 1, unlimitedCredit);
    expect(it.drain(to).map((item) => item.data.toString())).toEqual(numbered(1));
    expect(it.drain(to)).toEqual([]);
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    const rest: string[] = [];
    for (let items = it.drain(to); items.length > 0; items = it.drain(to))
      rest.push(...items.map((item) => item.data.toString()));
    expect(rest).toEqual(numbered(9, 1));
    await nextTurn();
    expect(it.items).toEqual([]);
  });

  test('inside the batch callback gives nothing: what there is comes with a batch of its own', async () => {
    const { it, to, send } = pair();
    it.stack.setCredit(to, 1, unlimitedCredit);
    const drained: number[] = [];
    it.onBatch = () => {
      it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
      drained.push(it.drain(to).length);
    };
    send(numbered(50));
    expect(await it.texts(to, 50)).toEqual(numbered(50));
    expect(new Set(drained)).toEqual(new Set([0]));
  });
});

describe('reading', () => {
  test('joins many datagrams to one batch, of readPackets at most', async () => {
    const { it, to, send } = pair();
    expect(it.get(to, inetOption.readPackets)).toEqual([256]);
    expect(it.set(to, inetOption.readPackets, 0)).toBe('EINVAL');
    it.stack.setCredit(to, 0, unlimitedCredit);
    for (const most of [256, 5]) {
      it.set(to, inetOption.readPackets, most);
      send(numbered(1000));
      it.batches.length = 0;
      it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
      await it.texts(to, 1000);
      it.stack.setCredit(to, 0, unlimitedCredit);
      expect(Math.max(...it.batches)).toBe(most);
    }
  });

  test('of a flooded socket lets others have their turn', async () => {
    const { it, to, send } = pair();
    const quiet = it.socket();
    it.stack.setCredit(to, 0, unlimitedCredit);
    send(numbered(1000));
    send(numbered(1000));
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    // Reading has begun when the other one gets something.
    await it.next(to);
    it.send(quiet, it.port(quiet), 'me too');
    await it.next(quiet);
    // The two are polled in turn, so the flooded one has had one or two turns meanwhile.
    expect(it.waiting(to).length).toBeLessThan(1000);
    await it.texts(to, 1999);
  });

  test('needs one call for one datagram, and the calls grow with what comes', async () => {
    const { it, to, from, send } = pair();
    const before = it.stack.stats().readCalls!;
    for (let round = 0; round < 7; round += 1) {
      it.send(from, it.port(to), 'one');
      await it.texts(to, 1);
    }
    expect(it.stack.stats().readCalls! - before).toBe(7);
    it.stack.setCredit(to, 0, unlimitedCredit);
    send(numbered(1000));
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    await it.texts(to, 1000);
    // 16 full calls, and those by which the reader learns how much comes.
    expect(it.stack.stats().readCalls! - before - 7).toBeLessThan(32);
  });

  test('keeps the order when the sizes of datagrams change all the time', async () => {
    const { it, from, to } = pair();
    it.set(to, inetOption.recbuf, 4_000_000);
    const lengths = Array.from({ length: 300 }, (_, index) => (index * 7919) % (index % 10 === 0 ? 30_000 : 700));
    for (const [index, length] of lengths.entries()) it.send(from, it.port(to), Buffer.alloc(length + 1, index));
    for (const [index, length] of lengths.entries()) {
      const { data, flags } = await it.next(to);
      expect([data.length, data[0], data.at(-1), flags]).toEqual([length + 1, index & 255, index & 255, 0]);
    }
  });
});

test('a batch callback that throws is an uncaught exception, and the socket reads on', async () => {
  const { it, to, send } = pair();
  const thrown: unknown[] = [];
  const listeners = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => thrown.push(error));
  it.onBatch = () => {
    it.onBatch = () => {};
    throw new Error('thrown by the test');
  };
  send(['first']);
  await until(() => thrown.length > 0);
  for (const listener of listeners) process.on('uncaughtException', listener);
  send(['second']);
  expect(await it.texts(to, 2)).toEqual(['first', 'second']);
  expect(it.items.some(({ kind }) => kind === udpKind.error)).toBe(false);
});
