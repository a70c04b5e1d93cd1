/** Exact lengths and bytes that are put back (TR), and how the end of a connection is told (TC, TH). */
import { describe, expect, test } from 'vitest';
import { tcpKind } from '../../native/index.js';
import { nextTurn, until } from './stackUnderTest.js';
import { outcome, TcpUnderTest } from './tcpUnderTest.js';

const text = (value: string) => Buffer.from(value);

describe('an exact length', () => {
  // TR-2, TR-3.
  test.each([3, 5000, 200_000])('of %i bytes is waited for, and what comes after stays in the kernel', async (length) => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(server, 0);
    it.stack.expect(server, length);
    it.credit(server, 1);
    it.send(client, Buffer.alloc(length - 1, 'x'));
    await it.arrived(server, length - 1);
    await nextTurn();
    expect(it.waiting(server)).toEqual([]);
    it.send(client, 'yzz');
    const [data] = await it.messages(server, 1);
    expect(data?.toString()).toBe(`${'x'.repeat(length - 1)}y`);
    expect(it.stack.queuedBytes(server)[0]).toBe(0);
    // The wish is fulfilled.
    it.credit(server, 1);
    expect(await it.messages(server, 1)).toEqual([text('zz')]);
  });

  // Reference trace 3.
  test('that is given up leaves its bytes, also behind the end of the peer', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    for (const round of [1, 2]) {
      it.stack.expect(server, 5);
      it.credit(server, 1);
      it.send(client, 'abc');
      await until(() => it.stack.queuedBytes(server)[0] === 3);
      it.credit(server, 0);
      it.stack.expect(server, 0);
      if (round === 1) expect(it.drained(server, 1)).toEqual(['abc']);
    }
    it.close(client);
    await it.arrived(server, 7);
    it.stack.expect(server, 3);
    expect(it.drained(server, 1)).toEqual(['abc']);
    expect(it.drained(server, 1)).toEqual(['end ']);
  });

  // TR-4, reference trace 4.
  test('that the end of the peer cuts short is lost', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(server, 0);
    it.send(client, 'abc');
    it.close(client);
    await it.arrived(server, 4);
    it.stack.expect(server, 5);
    expect(it.drained(server, 1)).toEqual(['end ']);
    expect(it.stack.queuedBytes(server)[0]).toBe(0);
    expect(outcome(it.stack.unrecv(server, text('x')))).toBe('ENOTCONN');
  });

  // TR-12.
  test('unrecv puts bytes in front, and they survive the end of the peer', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(server, 0);
    it.send(client, 'end');
    it.close(client);
    await it.arrived(server, 4);
    it.stack.unrecv(server, text('second '));
    it.stack.unrecv(server, text('first '));
    expect(it.drained(server, 5)).toEqual(['first second ', 'end', 'end ']);
  });
});

describe('the end', () => {
  // FC-33, TC-4, TC-5, reference trace 5.
  test('comes behind the data, with credit and without using it, once', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('one');
    it.credit(server, 0);
    for (const message of ['a', 'b']) it.send(client, message);
    it.close(client);
    await it.arrived(server, 5);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect(it.items.filter(({ socket }) => socket === server)).toEqual([]);
    expect(it.drained(server, 1)).toEqual(['a']);
    expect(it.drained(server, 1)).toEqual(['b']);
    expect(it.drained(server, 1)).toEqual(['end ']);
    expect(it.drained(server, 1)).toEqual([]);
  });

  // TC-9, TC-10.
  test('by a reset comes behind what had come, and says so', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.send(client, 'data');
    expect(await it.messages(server, 1)).toEqual([text('data')]);
    it.close(client, true);
    expect((await it.next(server, tcpKind.end)).error).toBe('ECONNRESET');
    expect(it.send(server, 'x')).toBe('EPIPE');
  });

  // TH-2, TH-9.
  test('of one direction leaves the other one', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.send(client, 'question');
    expect(outcome(it.stack.shutdown(client, 1))).toBe('');
    expect(outcome(it.stack.shutdown(client, 1))).toBe('');
    expect(it.send(client, 'x')).toBe('EPIPE');
    expect(await it.messages(server, 1)).toEqual([text('question')]);
    await it.next(server, tcpKind.end);
    it.send(server, 'answer');
    expect(await it.messages(client, 1)).toEqual([text('answer')]);
    it.stack.shutdown(server, 2);
    expect((await it.next(client, tcpKind.end)).error).toBe('');
  });

  // TC-13. tcpi_segs_in is at byte 140 of the system's struct tcp_info.
  test.runIf(process.platform === 'linux').each(['close', 'shutdown'] as const)(
    'by %s right behind a send travels with the data',
    async (how) => {
      const it = new TcpUnderTest();
      const { client, server } = await it.pair('four');
      const segments = () => Buffer.from(it.stack.getRawOption(server, 6, 11, 256) as Uint8Array).readUInt32LE(140);
      const before = segments();
      it.send(client, 'the last');
      if (how === 'close') expect(it.close(client)).toBe('');
      else expect(outcome(it.stack.shutdown(client, 1))).toBe('');
      expect(await it.messages(server, 1)).toEqual([text('the last')]);
      expect((await it.next(server, tcpKind.end)).error).toBe('');
      expect(segments() - before).toBe(1);
    },
  );

  // TH-6.
  test('of reading comes behind what the kernel holds', async () => {
    const it = new TcpUnderTest();
    const { client, server } = await it.pair('raw');
    it.credit(server, 0);
    it.send(client, 'held');
    await it.arrived(server, 4);
    it.stack.shutdown(server, 0);
    it.credit(server, 5);
    expect(await it.messages(server, 1)).toEqual([text('held')]);
    expect((await it.next(server, tcpKind.end)).error).toBe('');
    expect(it.send(server, 'still sends')).toBe('');
    expect(await it.messages(client, 1)).toEqual([text('still sends')]);
  });
});
