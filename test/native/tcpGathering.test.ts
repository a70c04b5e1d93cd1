/** While a peer sends as fast as it can, the kernel tells of it only when a lot has come, and the loop sleeps a moment for that: nothing waits longer. */
import { availableParallelism, platform } from 'node:os';
import { describe, expect, test } from 'vitest';
import type { Handle } from '../../native/index.js';
import { tcpKind } from '../../native/index.js';
import { nextTurn } from './stackUnderTest.js';
import { type Pair, TcpUnderTest } from './tcpUnderTest.js';

const bulk = Buffer.alloc(100_000, 'b');
const [solSocket, soRcvlowat] = [1, 18];

const gathered = ({ stack }: TcpUnderTest) => stack.stats().gathered as number;

function mark({ stack }: TcpUnderTest, socket: Handle): number {
  const value = stack.getRawOption(socket, solSocket, soRcvlowat, 4);
  if (typeof value === 'number') throw new Error(`SO_RCVLOWAT: ${value}`);
  return Buffer.from(value).readInt32LE();
}

/** A connection whose only ready socket has given `turns` turns of the loop a lot to read. */
async function streamed(it: TcpUnderTest, turns = 5): Promise<Pair> {
  const pair = await it.pair('four', { recbuf: 1024 * 1024, sndbuf: 1024 * 1024 });
  await stream(it, pair, turns);
  return pair;
}

async function stream(it: TcpUnderTest, { client, server }: Pair, turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    expect(it.send(client, bulk)).toBe('');
    expect((await it.next(server, tcpKind.data)).data.equals(bulk)).toBe(true);
  }
}

describe.runIf(platform() === 'linux' && availableParallelism() > 1)('a peer that sends a lot', () => {
  test('is told of when a lot has come, and little that comes then is told of too', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await streamed(it);
    expect(gathered(it)).toBeGreaterThan(0);
    for (let length = 1; length < 200; length += 1) {
      const before = gathered(it);
      await stream(it, { client, server }, length % 3);
      it.send(client, Buffer.alloc(length, 's'));
      expect((await it.next(server, tcpKind.data)).data).toEqual(Buffer.alloc(length, 's'));
      expect(gathered(it)).toBeGreaterThanOrEqual(before);
    }
  });

  test('leaves no mark behind, and a mark that was set by hand stays', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await streamed(it);
    expect(gathered(it)).toBeGreaterThan(0);
    expect(mark(it, server)).toBe(1);
    await nextTurn();
    expect(mark(it, server)).toBe(1);
    const five = Buffer.alloc(4);
    five.writeInt32LE(5);
    expect(it.stack.setRawOption(server, solSocket, soRcvlowat, five)).toBe(0);
    const before = gathered(it);
    await stream(it, { client, server });
    expect([gathered(it), mark(it, server)]).toEqual([before, 5]);
  });

  test('little that comes while the loop never sleeps is told of', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await streamed(it);
    const other = await it.pair('four');
    for (let round = 0; round < 50; round += 1) {
      await stream(it, { client, server }, 3);
      it.send(client, 'little');
      while (!it.waiting(server).includes('little')) {
        it.send(other.client, 'busy');
        await nextTurn();
      }
      await it.next(server, tcpKind.data);
    }
    expect(gathered(it)).toBeGreaterThan(0);
  });

  test('its end, its reset and the close of the socket need no mark', async () => {
    const it = new TcpUnderTest();
    const ended = await streamed(it);
    it.send(ended.client, 'last');
    it.close(ended.client);
    expect(String((await it.next(ended.server, tcpKind.data)).data)).toBe('last');
    expect((await it.next(ended.server, tcpKind.end)).error).toBe('');
    const reset = await streamed(it);
    it.close(reset.client, true);
    expect((await it.next(reset.server, tcpKind.end)).error).toBe('ECONNRESET');
    const closed = await streamed(it);
    it.close(closed.server);
    await streamed(it);
    expect(gathered(it)).toBeGreaterThan(0);
  });

  test('is not waited for without memory for a lot', async () => {
    const it = new TcpUnderTest();
    const pair = await it.pair('four', { recbuf: 64 * 1024, sndbuf: 1024 * 1024 });
    await stream(it, pair);
    expect(gathered(it)).toBe(0);
  });
});
