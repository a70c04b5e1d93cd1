/** Datagrams that travel as one piece (options gso and gro): they arrive as they were sent, and credit is as exact as without. */
import { describe, expect, test } from 'vitest';
import { inetOption, udpFlag, unlimitedCredit } from '../../native/index.js';
import { nextTurn } from './stackUnderTest.js';
import { UdpUnderTest } from './udpUnderTest.js';

const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `datagram ${from + index}`);

describe.skipIf(process.platform !== 'linux')('datagrams that the kernel joins and takes apart', () => {
  function joined() {
    const it = new UdpUnderTest();
    const [from, to] = [it.socket(), it.socket()];
    it.set(to, inetOption.recbuf, 4_000_000);
    expect(it.get(to, inetOption.gro)).toEqual([0]);
    expect(it.set(to, inetOption.gro, 1)).toBe('ok');
    expect(it.set(from, inetOption.gso, 1)).toBe('ok');
    expect([it.get(to, inetOption.gro), it.get(from, inetOption.gso)]).toEqual([[1], [1]]);
    const send = (texts: readonly string[]) =>
      it.sendMany(
        from,
        texts.map((text) => [it.port(to), text] as const),
      );
    return { it, from, to, send };
  }
  const padded = (count: number, from = 0) => numbered(count, from).map((text) => text.padEnd(100, '.'));

  test('arrive as they were sent, with a fraction of the calls', async () => {
    const { it, to, send } = joined();
    const before = it.stack.stats();
    // A shorter one ends a piece, and an empty one or a longer one is of none.
    const texts = [...padded(200), 'short', ...padded(5, 200), '', 'x'.repeat(500), ...padded(64, 300)];
    expect(send(texts)).toEqual(texts.map(() => 'ok'));
    expect(await it.texts(to, texts.length)).toEqual(texts);
    const after = it.stack.stats();
    expect(after.sendCalls! - before.sendCalls!).toBeLessThanOrEqual(3);
    expect(after.readCalls! - before.readCalls!).toBeLessThan(20);
  });

  test.each([1, 2, 63, 64, 65, 150])('a credit of %i is exact all the same; what it leaves over is held', async (credit) => {
    const { it, to, send } = joined();
    it.stack.setCredit(to, credit, unlimitedCredit);
    send(padded(200));
    expect(await it.texts(to, credit)).toEqual(padded(credit));
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(it.waiting(to)).toEqual([]);
    // The rest of one piece at most, as the reader has seen by then that the kernel joins datagrams.
    expect(it.stack.queuedBytes(to)[0]).toBeLessThanOrEqual(65_536);
    it.stack.setCredit(to, 1, unlimitedCredit);
    expect(it.drain(to).map((item) => item.data.toString())).toEqual(padded(1, credit));
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    expect(await it.texts(to, 199 - credit)).toEqual(padded(199 - credit, credit + 1));
  });

  test('cost one call for many also where the kernel has joined none', async () => {
    const { it, from, to } = joined();
    it.set(from, inetOption.gso, 0);
    it.stack.setCredit(to, 0, unlimitedCredit);
    it.sendMany(
      from,
      padded(800).map((text) => [it.port(to), text] as const),
    );
    const before = it.stack.stats().readCalls!;
    it.onBatch = () => it.stack.setCredit(to, 100, unlimitedCredit);
    it.stack.setCredit(to, 100, unlimitedCredit);
    expect(await it.texts(to, 800)).toEqual(padded(800));
    expect(it.stack.stats().readCalls! - before).toBeLessThan(40);
  });

  test('are cut each by itself', async () => {
    const { it, to, send } = joined();
    it.set(to, inetOption.buffer, 10);
    send([...padded(3), 'short']);
    for (const text of [...padded(3), 'short']) {
      const item = await it.next(to);
      expect([item.data.toString(), item.flags]).toEqual([text.slice(0, 10), text.length > 10 ? udpFlag.truncated : 0]);
    }
  });

  test('are sent one by one where a piece is refused', async () => {
    const { it, to, from } = joined();
    const port = it.port(to);
    const large = Buffer.alloc(30_000, 'L');
    // Two segments of that size are more than a datagram of the device: each goes by itself.
    expect(
      it.sendMany(from, [
        [port, large],
        [port, large],
        [port, 'end'],
      ]),
    ).toEqual(['ok', 'ok', 'ok']);
    expect((await it.texts(to, 3)).map((text) => text.length)).toEqual([30_000, 30_000, 3]);
  });

  test('of others are dropped when the socket connects, also those that are held', async () => {
    const { it, to, from, send } = joined();
    it.stack.setCredit(to, 1, unlimitedCredit);
    send(padded(50));
    expect(await it.texts(to, 1)).toEqual(padded(1));
    const peer = it.socket();
    expect(it.stack.connect(to, '127.0.0.1', it.port(peer))).toBe(0);
    expect(it.stack.queuedBytes(to)).toEqual([0, 0]);
    it.stack.setCredit(to, unlimitedCredit, unlimitedCredit);
    it.send(peer, it.port(to), 'peer');
    expect(await it.texts(to, 1)).toEqual(['peer']);
    expect(it.waiting(to)).toEqual([]);
    expect(it.port(from)).not.toBe(it.port(peer));
  });
});
