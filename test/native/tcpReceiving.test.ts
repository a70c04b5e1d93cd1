/** What the addon's TCP delivers: packets under credit (FC, TM). Exact lengths and the end are in tcpEnds.test.ts. */
import { describe, expect, test } from 'vitest';
import { type Handle, inetOption, packetMode, tcpKind } from '../../native/index.js';
import { nextTurn, until } from './stackUnderTest.js';
import { type Mode, outcome, TcpUnderTest } from './tcpUnderTest.js';

const text = (value: string) => Buffer.from(value);
const packetModes: readonly Mode[] = ['one', 'two', 'four', 'line'];
const numbered = (count: number) => Array.from({ length: count }, (_, index) => `message ${index}\n`);
const framed = (packet: string) => `\0\0\0${String.fromCharCode(packet.length)}${packet}`;

describe.each(packetModes)('packets of mode %s', (mode) => {
  test('come one for one, small and large, in order', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair(mode, { buffer: 400_000 });
    const most = { one: 254, two: 65_534, four: 300_000, line: 300_000, raw: 0 }[mode];
    const messages = [1, 2, 100, 254, 255, 1000, 16_000, 16_384, 65_000, 65_534, 65_536, 100_000, 300_000]
      .filter((length) => length <= most)
      .flatMap((length) => ['a', 'b', 'c'].map((letter) => `${letter.repeat(length - 1)}\n`));
    const sent = it.sendAll(client, messages);
    const got = await it.messages(server, messages.length);
    await sent;
    expect(got.map((data) => data.length)).toEqual(messages.map((message) => message.length));
    expect(got.every((data, index) => data.equals(text(messages[index] as string)))).toBe(true);
    expect(it.stack.queuedBytes(server)).toEqual([0, 0]);
  });

  // TM-21, FC-27.
  test.each([0, 1, 7])('%i of twenty that came together are delivered, and the rest later', async (credit) => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair(mode);
    it.credit(server, credit);
    for (const message of numbered(20)) it.send(client, message);
    await it.arrived(server, numbered(20).join('').length);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect(it.waiting(server)).toEqual(numbered(credit));
    it.credit(server, 100);
    expect(await it.messages(server, 20)).toEqual(numbered(20).map(text));
  });

  // TM-17.
  test('that is not complete when the peer ends is dropped', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair(mode);
    it.send(client, 'whole\n');
    it.set(client, { packet: packetMode.raw });
    it.send(client, { one: '\x05abc', two: '\0\x05abc', four: '\0\0\0\x05abc', line: 'abc', raw: '' }[mode]);
    it.close(client);
    expect(await it.messages(server, 1)).toEqual([text('whole\n')]);
    expect((await it.next(server, tcpKind.end)).error).toBe('');
    expect(it.waiting(server)).toEqual([]);
    expect(it.stack.queuedBytes(server)).toEqual([0, 0]);
  });
});

describe('credit', () => {
  test.each([
    [0, 0],
    [1, 1],
    [100, 1],
    [101, 2],
  ])('of %i bytes lets %i messages of 100 through, the last one whole', async (bytes, delivered) => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    it.credit(server, 1000, bytes);
    for (let count = 0; count < 5; count += 1) it.send(client, 'x'.repeat(100));
    await it.arrived(server, 520);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect(it.waiting(server)).toHaveLength(delivered);
  });

  // TM-3, FC-29.
  test('in mode raw limits what is read: the rest stays in the kernel', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(server, 0);
    it.send(client, 'x'.repeat(5000));
    await it.arrived(server, 5000);
    expect(it.drained(server, 1).map((data) => data.length)).toEqual([1460]);
    expect(it.stack.queuedBytes(server)).toEqual([0, 0]);
    expect(it.drained(server, 10).map((data) => data.length)).toEqual([1460, 1460, 620]);
    expect(it.drained(server, 10)).toEqual([]);
  });

  test('0 closes the window: the peer comes to a stop, and this process holds nothing', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    it.credit(server, 0);
    const sent = await it.fill(client, Buffer.alloc(10_000, 'p'));
    expect(it.stack.queuedBytes(server)).toEqual([0, 0]);
    it.credit(server, 0xffffffff);
    expect(await it.messages(server, sent / 10_000)).toHaveLength(sent / 10_000);
    await it.next(client, tcpKind.writable);
  });

  test('of one packet at a time reads ahead no more than one read', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    it.credit(server, 0);
    const sent = await it.fill(client, Buffer.alloc(100, 'p'));
    for (let count = 0; count < 1000; count += 1) {
      expect(it.drained(server, 1)).toHaveLength(1);
      expect(it.stack.queuedBytes(server)[0]).toBeLessThanOrEqual(64 * 1024);
    }
    it.credit(server, 0xffffffff);
    expect(await it.messages(server, sent / 100 - 1000)).toHaveLength(sent / 100 - 1000);
  });

  test('set inside the batch callback counts for the next batch, also 0', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    it.credit(server, 0);
    for (const message of numbered(20)) it.send(client, message);
    await it.arrived(server, 20);
    let batches = 0;
    it.onBatch = () => {
      batches += 1;
      it.credit(server, batches < 5 ? 2 : 0);
    };
    it.credit(server, 1);
    await until(() => batches === 5);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect(it.waiting(server)).toEqual(numbered(9));
  });

  test('a socket with much to read leaves others their turn', async () => {
    const it = new TcpUnderTest();
    const [busy, quiet] = [await it.pair('four'), await it.pair('four')];
    it.credit(busy.server, 0);
    const piece = Buffer.alloc(1000, 'b');
    const sent = await it.fill(busy.client, piece);
    it.credit(busy.server, 0xffffffff);
    it.send(quiet.client, 'me too');
    await it.next(quiet.server, tcpKind.data);
    const before = it.items.filter(({ socket }) => socket === busy.server).length;
    // What it may read in the turn in which the other came, and in the one before.
    expect(before * piece.length).toBeLessThan(sent);
    await it.messages(busy.server, sent / piece.length);
  });

  test('of several sockets that fill every batch each has its turn', async () => {
    const it = new TcpUnderTest();
    const piece = Buffer.alloc(1000, 'b');
    const pairs = [await it.pair('four'), await it.pair('four'), await it.pair('four'), await it.pair('four')];
    const sent = new Map<Handle, number>();
    for (const { client, server } of pairs) {
      it.credit(server, 0);
      sent.set(server, await it.fill(client, piece));
    }
    for (const { server } of pairs) it.credit(server, 0xffffffff);
    const arrived = () => it.items.filter(({ kind }) => kind === tcpKind.data);
    await until(() => arrived().length * piece.length === [...sent.values()].reduce((sum, bytes) => sum + bytes));
    // What one of them may read in a batch, and a little more than that.
    const mostBytes = 2 * 256 * 1024;
    const before = new Map<Handle, number>();
    for (const { socket } of arrived()) {
      if (!before.has(socket)) expect(Math.max(0, ...before.values())).toBeLessThanOrEqual(mostBytes);
      before.set(socket, (before.get(socket) ?? 0) + piece.length);
    }
    expect(before).toEqual(sent);
  });
});

describe('what a stranger announces', () => {
  // TM-8, TM-9, TM-10.
  test.each(['one', 'two', 'four', 'line'] as const)(
    'beyond packetSize ends the connection at once, behind the good packets: %s',
    async (mode) => {
      const it = new TcpUnderTest();
      const { client, server } = await it.pair(mode, { packetSize: 10 });
      it.set(client, { packetSize: 0 });
      it.send(client, 'ok\n');
      it.send(client, `${'x'.repeat(10)}\n`);
      expect(await it.messages(server, 1)).toEqual([text('ok\n')]);
      expect((await it.next(server, tcpKind.end)).error).toBe('EMSGSIZE');
      expect(it.stack.queuedBytes(server)).toEqual([0, 0]);
      it.send(client, 'more\n');
      for (let turn = 0; turn < 5; turn += 1) await nextTurn();
      expect(it.items.filter(({ socket }) => socket === server)).toEqual([]);
      // TM-11: what was sent the other way is not lost.
      expect(it.send(server, 'why\n')).toBe('');
      expect(await it.messages(client, 1)).toEqual([text('why\n')]);
    },
  );

  test('is not allocated: two gigabytes from each of a hundred cost next to nothing', async () => {
    const it = new TcpUnderTest();
    const before = process.memoryUsage().rss;
    const servers: Handle[] = [];
    for (let count = 0; count < 100; count += 1) {
      const { client, server } = await it.pair('four', { packetSize: 0x7fffffff });
      it.set(client, { packet: packetMode.raw });
      it.send(client, Buffer.from([0x7f, 0xff, 0xff, 0xfb, 1]));
      servers.push(server);
    }
    await until(() => servers.every((server) => it.stack.queuedBytes(server)[0] === 5));
    // As much as the clients' and servers' other memory may be; two gigabytes are far away.
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('sent byte by byte costs the same for each byte', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four', { nodelay: 1 });
    it.set(client, { packet: packetMode.raw });
    const copied = () => it.stack.stats().copiedBytes as number;
    const before = copied();
    const message = framed('x'.repeat(100));
    for (const byte of message.repeat(10)) {
      it.send(client, byte);
      await nextTurn();
    }
    expect(await it.messages(server, 10)).toEqual(Array(10).fill(text('x'.repeat(100))));
    expect(copied() - before).toBeLessThanOrEqual(3 * 10 * message.length);
  });
});

describe('switching in mid-stream', () => {
  // TM-22, TM-25.
  test('cuts what is held anew, and loses nothing', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('line');
    it.credit(server, 1);
    it.set(client, { packet: packetMode.raw });
    it.send(client, `line\n${framed('four')}raw`);
    await it.arrived(server, 16);
    expect(await it.messages(server, 1)).toEqual([text('line\n')]);
    it.set(server, { packet: packetMode.four });
    expect(it.drained(server, 1)).toEqual(['four']);
    it.set(server, { packet: packetMode.raw });
    expect(it.drained(server, 5)).toEqual(['raw']);
  });

  test('of a socket with credit delivers at once', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('four');
    it.set(client, { packet: packetMode.raw });
    it.send(client, '\0\0\0\x09ab');
    await until(() => it.stack.queuedBytes(server)[0] === 6);
    it.set(server, { packet: packetMode.raw });
    expect(await it.messages(server, 1)).toEqual([text('\0\0\0\x09ab')]);
  });

  // TM-13, TM-16, TM-24.
  test('of delimiter and buffer counts from the next cut on', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('line', { buffer: 8 });
    it.set(server, { buffer: 8 });
    it.send(client, '0123456789abcdefghij\nxy\nab;c');
    expect(await it.messages(server, 4)).toEqual(['01234567', '89abcdef', 'ghij\n', 'xy\n'].map(text));
    it.set(server, { lineDelimiter: ';'.charCodeAt(0) });
    expect(await it.messages(server, 1)).toEqual([text('ab;')]);
  });
});

test('large packets leave the addon without being copied, small ones without more than a piece', async () => {
  const it = new TcpUnderTest();
  const { client, server } = await it.pair('four');
  const before = it.stack.stats().copiedBytes as number;
  const large = Buffer.alloc(256 * 1024, 'l');
  const sent = it.sendAll(client, Array(20).fill(large));
  for (let count = 0; count < 20; count += 1) {
    const { data, isLarge } = await it.next(server, tcpKind.data);
    expect([data.length, isLarge]).toEqual([large.length, true]);
  }
  await sent;
  const copied = (it.stack.stats().copiedBytes as number) - before;
  expect(copied).toBeLessThanOrEqual(64 * 1024 + 20 * 4096);
});

test('what the sockets of one look have to read is handed over in one call', async () => {
  const it = new TcpUnderTest();
  const pairs = [];
  for (let count = 0; count < 50; count += 1) pairs.push(await it.pair('four'));
  for (const { client, server } of pairs) {
    it.credit(server, 0);
    it.send(client, 'hello');
  }
  for (const { server } of pairs) await it.arrived(server, 9);
  // The loop has been told of all of them.
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  const before = it.batches.length;
  for (const { server } of pairs) it.credit(server, 1);
  for (const { server } of pairs) await it.next(server, tcpKind.data);
  expect(it.batches.length - before).toBe(1);
});

test('options of framing and limits read as they were set', () => {
  const it = new TcpUnderTest();
  const socket = it.socket();
  const get = (option: number) => it.stack.getOption(socket, option);
  expect(get(inetOption.buffer)).toEqual([1460]);
  expect([get(inetOption.highWatermark), get(inetOption.lowWatermark)]).toEqual([[8192], [4096]]);
  // TS-7.
  it.set(socket, { highWatermark: 1000 });
  expect(get(inetOption.lowWatermark)).toEqual([1000]);
  it.set(socket, { lowWatermark: 2000 });
  expect(get(inetOption.highWatermark)).toEqual([2000]);
  for (const [option, value] of [
    [inetOption.packet, 3],
    [inetOption.packet, 6],
    [inetOption.lineDelimiter, 256],
    [inetOption.buffer, 0],
    [inetOption.nodelay, 2],
    [inetOption.broadcast, 1],
    [9999, 1],
  ] as const) {
    expect(outcome(it.stack.setOption(socket, option, [value])), `${option} = ${value}`).toBe('EINVAL');
  }
  expect(outcome(it.stack.setOption(socket, inetOption.packet, []))).toBe('EINVAL');
  it.set(socket, { nodelay: 1, keepalive: 1, keepIdle: 11, keepInterval: 12, keepCount: 3 });
  const names = ['nodelay', 'keepalive', 'keepIdle', 'keepInterval', 'keepCount'] as const;
  expect(names.map((name) => get(inetOption[name]))).toEqual([[1], [1], [11], [12], [3]]);
});
