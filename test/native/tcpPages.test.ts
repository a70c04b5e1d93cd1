/** The pages that the addon's TCP reads into: their reader may keep one that is well filled, and the stack goes on with another. */
import { expect, test } from 'vitest';
import { type Handle, tcpKind, tcpRecord, unlimitedCredit } from '../../native/index.js';
import { inPages, TcpUnderTest } from './tcpUnderTest.js';

const pageBytes = 64 * 1024;
const lengthBytes = 1000;

/** So many packets wait at a socket without credit. Packet `index` consists of that byte. */
async function waiting(it: TcpUnderTest, count: number): Promise<Handle> {
  const { client, server } = await it.pair('four', { recbuf: 1024 * 1024 });
  it.credit(server, 0);
  await it.sendAll(
    client,
    Array.from({ length: count }, (_, index) => Buffer.alloc(lengthBytes, index)),
  );
  await it.arrived(server, count * (lengthBytes + 4));
  it.credit(server, unlimitedCredit);
  return server;
}

/** The packets of a batch, where they lie. */
function packets({ stack }: TcpUnderTest, pages: readonly Uint8Array[], count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const base = index * tcpRecord.words;
    expect(stack.meta[base + tcpRecord.kind]).toBe(tcpKind.data);
    return inPages(pages, stack.meta[base + tcpRecord.offset]!, stack.meta[base + tcpRecord.length]!);
  });
}

function pagesOf(it: TcpUnderTest): readonly Uint8Array[] {
  const { pages, slab } = it.stack;
  if (pages === undefined) throw new Error('the stack has no pages');
  expect(slab).toBeUndefined();
  return pages;
}

/** Whether the reader may keep the page. */
const keep = (it: TcpUnderTest, index: number) => it.stack.keepPage?.(index);

/** Fills pages with other packets, so that what was read there before would be gone. */
async function overwrite(it: TcpUnderTest): Promise<void> {
  const other = await waiting(it, 500);
  while (it.drain(other).length > 0);
}

test('a page that is kept stays as it is, and those that are not are used again', async () => {
  const it = new TcpUnderTest();
  const server = await waiting(it, 200);
  const pages = pagesOf(it);
  const before = [...pages];
  const count = it.stack.drain(server);
  const taken = packets(it, before, count);
  expect(count).toBe(200);
  for (const [index, packet] of taken.entries()) expect(packet.every((byte) => byte === index)).toBe(true);
  expect([keep(it, 0), keep(it, 2)]).toEqual([true, true]);
  expect(pages.map((page, index) => page === before[index])).toEqual([false, true, false, true]);
  for (const page of pages) expect([page.length, page.buffer.byteLength]).toEqual([pageBytes, pageBytes]);
  await overwrite(it);
  const intact = taken.filter((packet, index) => packet.every((byte) => byte === index));
  const isKept = (packet: Uint8Array) => packet.buffer === before[0]?.buffer || packet.buffer === before[2]?.buffer;
  expect(intact).toEqual(taken.filter(isKept));
});

test('a page is given once, and only if half of it is used', async () => {
  const it = new TcpUnderTest();
  const half = Math.ceil(pageBytes / 2 / (lengthBytes + 4));
  expect(it.stack.drain(await waiting(it, half - 1))).toBe(half - 1);
  expect([0, 1, 2, 3].map((index) => keep(it, index))).toEqual([false, false, false, false]);
  expect(it.stack.drain(await waiting(it, half))).toBe(half);
  expect([0, 0, 1].map((index) => keep(it, index))).toEqual([true, false, false]);
});

test('what is no page is not given, and neither is one of a batch without payload', async () => {
  const it = new TcpUnderTest();
  const server = await waiting(it, 200);
  expect(it.stack.drain(server)).toBe(200);
  const odd = [4, 31, 32, 0xffffffff, -1, 0.5, Number.NaN, '0', null, undefined, {}];
  const given = odd.filter((index) => it.stack.keepPage?.(index as number));
  // Node-API makes whole numbers of numbers.
  expect(given.every((index) => typeof index === 'number' && Math.trunc(index || 0) === 0)).toBe(true);
  expect(it.stack.drain(server)).toBe(0);
  expect(keep(it, 0)).toBe(false);
});

test('payload of several sockets lies in one page, as far as it goes', async () => {
  const it = new TcpUnderTest();
  const servers: Handle[] = [];
  for (let count = 0; count < 20; count += 1) {
    const { client, server } = await it.pair('four');
    it.credit(server, 0);
    it.send(client, Buffer.alloc(lengthBytes, count));
    await it.arrived(server, lengthBytes + 4);
    servers.push(server);
  }
  const pages = pagesOf(it);
  const seen = new Set<ArrayBufferLike>();
  it.onBatch = () => {
    for (const packet of packets(it, pages, it.batches.at(-1) as number)) seen.add(packet.buffer);
  };
  for (const server of servers) it.credit(server, 1);
  for (const server of servers) await it.next(server, tcpKind.data);
  expect(seen.size).toBe(1);
});

test('no more is read than there is credit for, if packets are of one length', async () => {
  const it = new TcpUnderTest();
  const server = await waiting(it, 900);
  const copied = () => it.stack.stats().copiedBytes as number;
  it.credit(server, 100);
  it.stack.drain(server);
  const before = copied();
  for (let round = 1; round < 9; round += 1) {
    it.credit(server, 100);
    expect(it.stack.drain(server)).toBe(100);
    expect(it.stack.queuedBytes(server)[0]).toBe(0);
  }
  // A packet that the end of a page cuts.
  expect(copied() - before).toBeLessThanOrEqual(8 * 2 * 2 * (lengthBytes + 4));
});
