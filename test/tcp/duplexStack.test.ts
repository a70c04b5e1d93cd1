/** The stack over Duplexes of Node, by itself: what its contract says (native/contract/tcp.ts), call by call. */
import { constants } from 'node:os';
import { Duplex, duplexPair } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { DuplexStack } from '../../actors/tcp/duplexStack.js';
import { where } from '../../native/contract/batch.js';
import { inetOption, packetMode } from '../../native/contract/inet.js';
import { tcpKind, tcpRecord, unlimitedCredit } from '../../native/contract/tcp.js';

const { errno } = constants;
const names = new Map<number, string>(Object.entries(tcpKind).map(([name, number]) => [number, name]));

/** A stack that keeps an account of what it hands over: `data:…`, or the kind and its error. */
function stackWithAccount() {
  const told: string[] = [];
  const take = (records: number): void => {
    for (let base = 0; base < records * tcpRecord.words; base += tcpRecord.words) told.push(word(stack, base));
  };
  const stack = new DuplexStack(take);
  const drain = (handle: number): void => {
    for (let records = stack.drain(handle); records > 0; records = stack.drain(handle)) take(records);
  };
  return { stack, told, drain };
}

function word({ meta, slab, large }: DuplexStack, base: number): string {
  const what = meta[base + tcpRecord.kind]!;
  if (what !== tcpKind.data) return `${names.get(what)}:${meta[base + tcpRecord.error]}`;
  const offset = meta[base + tcpRecord.offset]!;
  const length = meta[base + tcpRecord.length]!;
  const isLarge = meta[base + tcpRecord.where] === where.large;
  const bytes = isLarge ? large[offset]! : slab.subarray(offset, offset + length);
  expect(bytes.length).toBe(length);
  return length > 32 ? `data of ${length}` : `data:${Buffer.from(bytes).toString('latin1')}`;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

const all = unlimitedCredit;

test('what comes is handed over as far as the credit goes, and the rest when there is more', async () => {
  const { stack, told, drain } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  stack.setOption(handle, inetOption.packet, [packetMode.one]);
  far.write('\x01a\x01b\x01c\x01d');
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  expect(told).toEqual([]);
  stack.setCredit(handle, 2, all);
  drain(handle);
  expect(told).toEqual(['data:a', 'data:b']);
  stack.setCredit(handle, all, 1);
  drain(handle);
  expect(told.slice(2)).toEqual(['data:c']);
  far.end('\x01e\x02f');
  far.resume();
  stack.setCredit(handle, all, all);
  drain(handle);
  await until(() => told.length === 6);
  expect(told.slice(3)).toEqual(['data:d', 'data:e', 'end:0']);
  expect(stack.close(handle, false)).toBe(1);
  await until(() => told.length === 7);
  expect([told[6], stack.stats(), near.destroyed]).toEqual([
    'flushed:0',
    { sockets: 0, queuedInBytes: 0, queuedOutBytes: 0 },
    true,
  ]);
});

test('without credit the Duplex is not read, and its peer stops writing', async () => {
  const { stack, told, drain } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  stack.setOption(handle, inetOption.buffer, [1000]);
  stack.setCredit(handle, 1, all);
  let written = 0;
  for (let room = true; room; ) {
    room = far.write(Buffer.alloc(1000));
    written += 1000;
    await nextTurn();
  }
  const [queuedIn] = stack.queuedBytes(handle);
  expect(told).toEqual(['data of 1000']);
  expect(queuedIn).toBeLessThanOrEqual(near.readableHighWaterMark + 2000);
  stack.setCredit(handle, all, all);
  drain(handle);
  await until(() => told.length === written / 1000);
  stack.close(handle, true);
});

// FC-32, FC-33
test('an end comes once, and only while there is credit', async () => {
  const { stack, told } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  far.end();
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  expect(told).toEqual([]);
  stack.setCredit(handle, 1, all);
  await until(() => told.length === 1);
  stack.setCredit(handle, 5, all);
  expect([told, stack.drain(handle)]).toEqual([['end:0'], 0]);
  // The other direction lives on.
  expect(stack.send(handle, Buffer.from('still'))).toBe(0);
  await until(() => far.readableLength === 5);
  expect(stack.shutdown(handle, 1)).toBe(0);
  expect(stack.send(handle, Buffer.from('no'))).toBe(-errno.EPIPE);
  expect(stack.close(handle, false)).toBeGreaterThanOrEqual(0);
});

test.each<[string, Error | undefined, number]>([
  ['a reset', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), errno.ECONNRESET],
  ['a time that is over', Object.assign(new Error('x'), { code: 'ETIMEDOUT' }), errno.ETIMEDOUT],
  ['an error of TLS', Object.assign(new Error('x'), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), errno.EPROTO],
  ['an error without a code', new Error('x'), errno.EIO],
  ['the end of the Duplex by another', undefined, errno.ECONNRESET],
])('%s is the end, for sends too', async (_, error, number) => {
  const { stack, told } = stackWithAccount();
  const [near] = duplexPair();
  const handle = stack.adopt(near);
  stack.setCredit(handle, all, all);
  near.destroy(error);
  await until(() => told.length === 1);
  expect(told).toEqual([`end:${number}`]);
  const first = stack.send(handle, Buffer.from('x'));
  expect([first, stack.send(handle, Buffer.from('x'))]).toEqual([
    error !== undefined && number === errno.ECONNRESET ? -errno.ECONNRESET : -errno.EPIPE,
    -errno.EPIPE,
  ]);
  expect(stack.close(handle, false)).toBe(0);
});

test('a send that would fill the queue to its mark is refused, and told of when there is room', async () => {
  const { stack, told } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  stack.setOption(handle, inetOption.highWatermark, [1000]);
  stack.setOption(handle, inetOption.lowWatermark, [100]);
  // Into an empty queue anything goes (TS-4).
  expect(stack.send(handle, Buffer.alloc(100_000))).toBe(0);
  expect(stack.send(handle, Buffer.alloc(1))).toBe(-errno.EAGAIN);
  expect(stack.queuedBytes(handle)).toEqual([0, 100_000]);
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  expect(told).toEqual([]);
  far.resume();
  await until(() => told.length === 1);
  expect([told, stack.queuedBytes(handle)]).toEqual([['writable:0'], [0, 0]]);
  expect(stack.sendMany(handle, [Buffer.alloc(500), Buffer.alloc(400), Buffer.alloc(200), Buffer.alloc(1)])).toBe(2);
  stack.close(handle, true);
});

test('what is sent leaves behind the header of its mode, and its bytes are the sender’s again', async () => {
  const { stack } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  const bytes = Buffer.from('abc');
  for (const mode of [packetMode.raw, packetMode.line, packetMode.one, packetMode.two, packetMode.four]) {
    stack.setOption(handle, inetOption.packet, [mode]);
    expect(stack.send(handle, bytes)).toBe(0);
  }
  bytes.fill('x');
  stack.setOption(handle, inetOption.packet, [packetMode.one]);
  expect(stack.send(handle, Buffer.alloc(256))).toBe(-errno.EMSGSIZE);
  expect(stack.send(handle, Buffer.alloc(0))).toBe(0);
  await until(() => far.readableLength > 0);
  expect(far.read().toString('latin1')).toBe('abcabc\x03abc\0\x03abc\0\0\0\x03abc\0');
  stack.close(handle, true);
});

test('what a turn sends leaves in one write', async () => {
  const writes: number[] = [];
  const sink = new Duplex({
    read: () => undefined,
    writev: (chunks, done) => {
      writes.push(chunks.length);
      done();
    },
  });
  const { stack } = stackWithAccount();
  const handle = stack.adopt(sink);
  for (let count = 0; count < 50; count += 1) stack.send(handle, Buffer.from('x'));
  await nextTurn();
  expect(writes).toEqual([50]);
  stack.close(handle, true);
});

test.each([
  ['goes on for a while', 'flushTimeout', inetOption.flushTimeout, [1]],
  ['lingers for no time', 'linger', inetOption.linger, [1, 0]],
] as const)('a close with output for a peer that does not read %s', async (_, _name, option, value) => {
  const { stack, told } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  stack.setOption(handle, option, value);
  far.pause();
  for (let count = 0; count < 3; count += 1) stack.send(handle, Buffer.alloc(100_000));
  const result = stack.close(handle, false);
  expect(result).toBe(option === inetOption.linger ? 0 : 1);
  if (result === 1) await until(() => told.length === 1);
  expect(told).toEqual(result === 1 ? [`flushed:${errno.ETIMEDOUT}`] : []);
  expect([near.destroyed, stack.stats().sockets]).toEqual([true, 0]);
});

test('a packet that is too long loses the framing: what was whole, then EMSGSIZE', async () => {
  const { stack, told } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  stack.setOption(handle, inetOption.packet, [packetMode.four]);
  stack.setOption(handle, inetOption.packetSize, [10]);
  stack.setCredit(handle, all, all);
  far.write('\0\0\0\x02ok\x7f\xff\xff\xff', 'latin1');
  await until(() => told.length === 2);
  expect(told).toEqual(['data:ok', `end:${errno.EMSGSIZE}`]);
  stack.close(handle, true);
});

test('large payloads and many small ones go in several batches, in order', async () => {
  const { stack, told } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  stack.setOption(handle, inetOption.packet, [packetMode.two]);
  stack.setCredit(handle, all, all);
  const small = Array.from({ length: 1000 }, (_, index) => `\0\x04${String(index).padStart(4, '0')}`).join('');
  far.write(small, 'latin1');
  far.write(Buffer.concat([Buffer.from('\x9c\x40', 'latin1'), Buffer.alloc(40_000)]));
  await until(() => told.length === 1001);
  expect(told.slice(0, 1000).every((each, index) => Number(each.slice(5)) === index)).toBe(true);
  expect(told[1000]).toBe('data of 40000');
  stack.close(handle, true);
});

test('exact reads, and bytes that are put back', async () => {
  const { stack, told, drain } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  stack.expect(handle, 5);
  stack.setCredit(handle, 1, all);
  far.write('abc');
  await nextTurn();
  expect(told).toEqual([]);
  far.write('defg');
  await until(() => told.length === 1);
  stack.unrecv(handle, Buffer.from('xy'));
  stack.setCredit(handle, 1, all);
  drain(handle);
  expect(told).toEqual(['data:abcde', 'data:xyfg']);
  stack.close(handle, true);
});

test('a shut read side gives what has come, then the end, and drops what comes later', async () => {
  const { stack, told, drain } = stackWithAccount();
  const [near, far] = duplexPair();
  const handle = stack.adopt(near);
  far.write('early');
  await nextTurn();
  expect(stack.shutdown(handle, 0)).toBe(0);
  far.write('late');
  stack.setCredit(handle, all, all);
  drain(handle);
  await nextTurn();
  expect([told, near.readableLength]).toEqual([['data:early', 'end:0'], 0]);
  expect(stack.send(handle, Buffer.from('x'))).toBe(0);
  stack.close(handle, true);
});

test('streams of this process that write to each other are not heard of in the middle of a call', async () => {
  const { stack, told } = stackWithAccount();
  const [near, far] = duplexPair();
  const [one, two] = [stack.adopt(near), stack.adopt(far)];
  for (const handle of [one, two]) stack.setCredit(handle, all, all);
  await nextTurn();
  for (const handle of [one, two]) expect(stack.send(handle, Buffer.from(`from ${handle}`))).toBe(0);
  expect(told).toEqual([]);
  await until(() => told.length === 2);
  for (const handle of [one, two]) stack.close(handle, true);
});
