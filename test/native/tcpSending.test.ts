/** How the addon's TCP sends: headers, gathering, watermarks (TS), and what becomes of queued output when its socket is closed (TC). */
import { describe, expect, test } from 'vitest';
import { type Handle, inetOption, packetMode, tcpKind, unlimitedCredit } from '../../native/index.js';
import { nextTurn, until } from './stackUnderTest.js';
import { outcome, type Pair, TcpUnderTest } from './tcpUnderTest.js';

const text = (value: string) => Buffer.from(value);

/** A connection whose server reads nothing, and whose client has as much queued as it takes. */
async function stuck(
  it: TcpUnderTest,
  options: Parameters<TcpUnderTest['pair']>[1] = {},
): Promise<Pair & { readonly sent: number }> {
  const { client, server } = await it.pair('raw', options);
  it.credit(server, 0);
  return { client, server, sent: await it.fill(client) };
}

describe('a send', () => {
  // TS-2, TM-5.
  test('of nothing sends nothing in mode raw, and a header alone in packet modes', async () => {
    const it = new TcpUnderTest();
    const raw = await it.pair('raw');
    expect(it.send(raw.client, '')).toBe('');
    expect(it.stack.queuedBytes(raw.client)[1]).toBe(0);
    const { client, server } = await it.pair('two');
    expect(it.send(client, '')).toBe('');
    expect(await it.messages(server, 1)).toEqual([text('')]);
  });

  // TM-7.
  test('that its header cannot say is refused, and the stream stays whole', async () => {
    const it = new TcpUnderTest();
    for (const [mode, bytes] of [
      ['one', 256],
      ['two', 65_536],
    ] as const) {
      const { client, server } = await it.pair(mode);
      expect(it.send(client, Buffer.alloc(bytes))).toBe('EMSGSIZE');
      expect(it.send(client, Buffer.alloc(bytes - 1, 'x'))).toBe('');
      expect((await it.messages(server, 1))[0]?.length).toBe(bytes - 1);
    }
  });

  test('of a turn leaves with the others of that turn, in one call of the system', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    const calls = () => it.stack.stats().sendCalls as number;
    const before = calls();
    for (let count = 0; count < 100; count += 1) it.send(client, 'small');
    expect(calls()).toBe(before);
    expect(await it.messages(server, 100)).toHaveLength(100);
    expect(calls()).toBe(before + 1);
    const many = Array.from({ length: 50 }, () => text('many'));
    expect(it.stack.sendMany(client, many)).toBe(50);
    expect(await it.messages(server, 50)).toEqual(many);
    expect(calls()).toBe(before + 2);
  });

  test('that is large leaves at once, behind what was gathered before it', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    const before = it.stack.stats().sendCalls as number;
    it.send(client, 'small');
    const large = Buffer.alloc(50_000, 'l');
    it.send(client, large);
    expect(it.stack.stats().sendCalls).toBe(before + 1);
    expect(it.stack.queuedBytes(client)[1]).toBe(0);
    large.fill('!');
    expect((await it.messages(server, 2)).map(String)).toEqual(['small', 'l'.repeat(50_000)]);
  });

  // TS-4.
  test('of any size is taken whole by an empty queue', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw', { buffer: 100_000 });
    it.credit(server, 0);
    expect(it.send(client, Buffer.alloc(20_000_000, 'x'))).toBe('');
    expect(it.stack.queuedBytes(client)[1]).toBeGreaterThan(5_000_000);
    expect(it.send(client, 'x')).toBe('EAGAIN');
    it.credit(server, unlimitedCredit);
    expect((await it.bytes(server, 20_000_000)).every((byte) => byte === 120)).toBe(true);
    await it.next(client, tcpKind.writable);
  });

  // TS-5, TS-7: all or nothing.
  test('that would reach the high watermark waits for the low one', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw', { highWatermark: 3000, lowWatermark: 1000, buffer: 100_000 });
    it.credit(server, 0);
    const sent = await it.fill(client, Buffer.alloc(1_000_000));
    const queued = it.stack.queuedBytes(client)[1];
    expect(queued).toBeGreaterThan(3000);
    expect(it.send(client, 'x')).toBe('EAGAIN');
    expect(it.stack.queuedBytes(client)[1]).toBe(queued);
    expect(it.items.filter(({ socket }) => socket === client)).toEqual([]);
    it.credit(server, unlimitedCredit);
    await it.next(client, tcpKind.writable);
    expect(it.stack.queuedBytes(client)[1]).toBeLessThanOrEqual(1000);
    await it.bytes(server, sent);
  });

  test('to a peer that never reads ends with a bounded queue, whatever is tried', async () => {
    const it = new TcpUnderTest();
    const { client } = await stuck(it);
    for (const bytes of [1, 100, 10_000]) {
      for (let count = 0; count < 1000; count += 1) it.send(client, Buffer.alloc(bytes));
      await nextTurn();
    }
    // What one turn gathers, and the watermark.
    expect(it.stack.queuedBytes(client)[1]).toBeLessThanOrEqual(64 * 1024 + 8192);
  });

  // TS-16, TS-20.
  test('that waits hears of a reset; the first one after it is told so, and the next ones that the connection has ended', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await stuck(it);
    expect(it.send(client, Buffer.alloc(10_000))).toBe('EAGAIN');
    it.credit(client, 0);
    it.close(server, true);
    await it.next(client, tcpKind.writable);
    expect([it.send(client, 'x'), it.send(client, 'x')]).toEqual(['ECONNRESET', 'EPIPE']);
    it.credit(client, 1);
    expect((await it.next(client, tcpKind.end)).error).toBe('ECONNRESET');
    expect(it.stack.queuedBytes(client)[1]).toBe(0);
  });

  // TS-18.
  test('to a peer that has closed is taken once, and then answered with its reset', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(client, 0);
    it.close(server);
    let status = it.send(client, 'x');
    expect(status).toBe('');
    while (status === '') {
      await nextTurn();
      status = it.send(client, 'x');
    }
    expect(status).toBe('EPIPE');
  });
});

describe('the end of writing', () => {
  // TH-3, TH-4, reference trace 9: a send before it leaves is refused, and nothing else.
  test('goes out behind what is queued', async () => {
    const it = new TcpUnderTest();
    const { client, server, sent } = await stuck(it, { buffer: 100_000 });
    expect(outcome(it.stack.shutdown(client, 1))).toBe('');
    expect(it.send(client, 'x')).toBe('EPIPE');
    it.credit(server, unlimitedCredit);
    await it.bytes(server, sent);
    expect((await it.next(server, tcpKind.end)).error).toBe('');
    it.send(server, 'answer');
    expect(await it.messages(client, 1)).toEqual([text('answer')]);
  });

  test('of both directions also waits for the queue', async () => {
    const it = new TcpUnderTest();
    const { client, server, sent } = await stuck(it, { buffer: 100_000 });
    expect(outcome(it.stack.shutdown(client, 2))).toBe('');
    expect((await it.next(client, tcpKind.end)).error).toBe('');
    it.credit(server, unlimitedCredit);
    await it.bytes(server, sent);
    expect((await it.next(server, tcpKind.end)).error).toBe('');
  });
});

describe('a closed socket', () => {
  // TC-12.
  test('without output is gone at once; what this turn has sent arrives', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    it.send(client, 'last');
    expect(it.close(client)).toBe('');
    expect(it.stack.queuedBytes(client)).toEqual([0, 0]);
    expect(await it.messages(server, 1)).toEqual([text('last')]);
    await it.next(server, tcpKind.end);
  });

  test('with output goes on sending, and tells when all has left', async () => {
    const it = new TcpUnderTest();
    const { client, server, sent } = await stuck(it, { buffer: 100_000 });
    expect(it.close(client)).toBe('goes on');
    expect(it.stack.stats()).toMatchObject({ flushing: 1 });
    expect(outcome(it.stack.send(client, text('x')))).toBe('EBADF');
    it.credit(server, unlimitedCredit);
    await it.bytes(server, sent);
    expect((await it.next(client, tcpKind.flushed)).error).toBe('');
    expect((await it.next(server, tcpKind.end)).error).toBe('');
    expect(it.stack.stats()).toMatchObject({ flushing: 0, flushingBytes: 0 });
  });

  // TC-16: the closer waits that long, and the rest goes on leaving.
  test('that lingers is waited for that long; the rest still arrives', async () => {
    const it = new TcpUnderTest();
    const { client, server, sent } = await stuck(it, { buffer: 100_000 });
    it.stack.setOption(client, inetOption.linger, [1, 1]);
    expect(it.close(client)).toBe('goes on');
    expect((await it.next(client, tcpKind.flushed)).error).toBe('EAGAIN');
    it.credit(server, unlimitedCredit);
    await it.bytes(server, sent);
    expect((await it.next(server, tcpKind.end)).error).toBe('');
    expect(it.items.filter(({ socket }) => socket === client)).toEqual([]);
  });

  // TC-19, done better.
  test('whose peer takes nothing is given up after flushTimeout', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await stuck(it, { flushTimeout: 30 });
    expect(it.close(client)).toBe('goes on');
    expect((await it.next(client, tcpKind.flushed)).error).toBe('ETIMEDOUT');
    expect(it.stack.stats()).toMatchObject({ flushing: 0, flushingBytes: 0 });
    it.credit(server, unlimitedCredit);
    expect((await it.next(server, tcpKind.end)).error).toBe('ECONNRESET');
  });

  test('hears of a reset while it sends', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await stuck(it);
    expect(it.close(client)).toBe('goes on');
    it.close(server, true);
    expect((await it.next(client, tcpKind.flushed)).error).toBe('ECONNRESET');
    expect(it.stack.stats()).toMatchObject({ sockets: 1, flushing: 0 });
  });

  // TS-13: the peer gets what had left, and then an ordinary end.
  test('can be told to drop the rest', async () => {
    const it = new TcpUnderTest();
    const { client, server, sent } = await stuck(it);
    const dropped = it.stack.queuedBytes(client)[1];
    expect(it.close(client)).toBe('goes on');
    it.stack.drop(client);
    it.stack.drop(client);
    expect(it.stack.stats()).toMatchObject({ flushing: 0, flushingBytes: 0 });
    it.credit(server, unlimitedCredit);
    expect(await it.bytes(server, sent - dropped)).toHaveLength(sent - dropped);
    expect((await it.next(server, tcpKind.end)).error).toBe('');
  });

  // TC-16: linger of 0 seconds.
  test.each(['abort', 'linger', 'SO_LINGER'])('drops its output and resets the connection by %s', async (how) => {
    const it = new TcpUnderTest();
    const { client, server } = await stuck(it);
    if (how === 'linger') it.stack.setOption(client, inetOption.linger, [1, 0]);
    if (how === 'SO_LINGER') it.stack.setRawOption(client, 1, 13, new Uint8Array(Int32Array.of(1, 0).buffer));
    expect(it.close(client, how === 'abort')).toBe('');
    it.credit(server, unlimitedCredit);
    expect((await it.next(server, tcpKind.end)).error).toBe('ECONNRESET');
  });

  // TC-17: the stack keeps the option, and the kernel never waits.
  test('never blocks, however long it lingers', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(server, 0);
    it.stack.setRawOption(client, 1, 13, new Uint8Array(Int32Array.of(1, 60).buffer));
    expect(it.stack.getOption(client, inetOption.linger)).toEqual([1, 60]);
    expect(new Int32Array((it.stack.getRawOption(client, 1, 13, 8) as Uint8Array).slice().buffer)).toEqual(Int32Array.of(1, 60));
    it.send(client, Buffer.alloc(1000));
    await it.arrived(server, 1000);
    expect(it.close(client)).toBe('');
  });

  // TC-18.
  test('with data that nobody has read resets the connection, behind what it has sent', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(client, 0);
    it.send(server, 'unread');
    await it.arrived(client, 6);
    it.send(client, 'sent before');
    it.close(client);
    expect(await it.messages(server, 1)).toEqual([text('sent before')]);
    expect((await it.next(server, tcpKind.end)).error).toBe('ECONNRESET');
  });
});

test('hundreds that are closed with output at once all leave, each told once', async () => {
  const it = new TcpUnderTest();
  const pairs: (Pair & { readonly sent: number })[] = [];
  for (let count = 0; count < 100; count += 1) {
    const { client, server } = await it.pair('raw', { recbuf: 4096, sndbuf: 4096, buffer: 100_000 });
    it.credit(server, 0);
    it.send(client, Buffer.alloc(3_000_000));
    pairs.push({ client, server, sent: 3_000_000 });
  }
  const flushed = new Map<Handle, number>();
  expect(pairs.map(({ client }) => it.close(client))).toEqual(Array(100).fill('goes on'));
  for (const { server } of pairs) it.credit(server, unlimitedCredit);
  await until(() => {
    for (const { kind, socket } of it.items.splice(0))
      if (kind === tcpKind.flushed) flushed.set(socket, (flushed.get(socket) ?? 0) + 1);
    return flushed.size === 100;
  });
  expect([...flushed.values()]).toEqual(Array(100).fill(1));
  expect(it.stack.stats()).toMatchObject({ flushing: 0, flushingBytes: 0, queuedOutBytes: 0 });
});

test('a mode that changes between two sends changes the header of the second one alone', async () => {
  const it = new TcpUnderTest();
  const { client, server } = await it.pair('four');
  it.set(server, { packet: packetMode.raw });
  it.send(client, 'a');
  it.set(client, { packet: packetMode.one });
  it.send(client, 'b');
  expect((await it.bytes(server, 7)).toString('latin1')).toBe('\0\0\0\x01a\x01b');
});
