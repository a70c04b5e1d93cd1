/** Messages and packet modes: section TM of the rules. */
import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { PacketMode } from '../../actors/tcp/options.js';
import { closeAll, mailbox, nextWords, pair, word } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

/** Everything that the client has sent before has come to the server. */
async function roundTrip(server: { send(data: string): Promise<void> }, client: { recv(): Promise<unknown> }): Promise<void> {
  await server.send('?');
  await client.recv();
}

test('messages have a Buffer in mode binary and bytes in mode list; the mode counts at delivery (TM-1, TM-2, MS-6)', async () => {
  const { server, client } = await pair({ active: 2 });
  await client.send('ab');
  expect(await nextWords(1)).toEqual(['data:ab']);
  server.setopts({ mode: 'list' });
  await client.send('cd');
  expect(await nextWords(2)).toEqual(['list:99,100', 'tcp_passive']);
  await client.send('ef');
  expect(await server.recv()).toEqual([101, 102]);
  server.setopts({ mode: 'binary' });
  await closeAll(server, client);
});

test('raw: what a read gives, at most `buffer` bytes a message (TM-3)', async () => {
  const { server, client } = await pair({ buffer: 20_000 });
  await client.send(Buffer.alloc(100_000, 'x'));
  await client.close();
  let bytes = 0;
  for await (const data of server) {
    expect(data.length).toBeLessThanOrEqual(20_000);
    bytes += data.length;
  }
  expect(bytes).toBe(100_000);
  await server.close();
});

describe.each<[PacketMode, number]>([
  [1, 255],
  [2, 65_535],
  [4, 300_000],
])('packet %s', (packet, longest) => {
  test('the header is put on each send and taken off each message, empty ones too (TM-5)', async () => {
    const { server, client } = await pair({ packet, active: true }, { packet });
    await client.send(['a', [98, Buffer.from('c')]]);
    await client.send('');
    await client.send('d');
    expect(await nextWords(3)).toEqual(['data:abc', 'data:', 'data:d']);
    await closeAll(server, client);
  });

  test('packets are put together from any pieces, and kept apart within one (TM-6)', async () => {
    const { server, client } = await pair({ packet, active: true });
    const header = Buffer.alloc(Number(packet));
    header[header.length - 1] = 3;
    const stream = Buffer.concat([header, Buffer.from('abc'), header, Buffer.from('def'), header, Buffer.from('ghi')]);
    for (const byte of stream.subarray(0, header.length + 5)) {
      await client.send(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.send(stream.subarray(header.length + 5));
    expect(await nextWords(3)).toEqual(['data:abc', 'data:def', 'data:ghi']);
    await closeAll(server, client);
  });

  test('the longest packet goes through, and `buffer` reads as before (TM-6)', async () => {
    const { server, client } = await pair({ packet }, { packet });
    await client.send(Buffer.alloc(longest, 'y'));
    expect((await server.recv()).length).toBe(longest);
    expect(server.getopts(['buffer'])).toEqual({ buffer: 1460 });
    await closeAll(server, client);
  });
});

test.each<[PacketMode, number]>([
  [1, 256],
  [2, 65_536],
])('a send that is longer than a header of %s can say is refused, and nothing of it leaves (TM-7)', async (packet, bytes) => {
  const { server, client } = await pair({ packet }, { packet });
  await expect(client.send(Buffer.alloc(bytes))).rejects.toThrow(reason('emsgsize'));
  await client.send('next');
  expect(String(await server.recv())).toBe('next');
  await closeAll(server, client);
});

describe('packetSize', () => {
  test('a packet of the limit is fine, a longer one ends an active socket with an error and no exit (TM-8, TM-9)', async () => {
    const { server, client } = await pair({ packet: 2, packetSize: 10, active: true }, { packet: 2 });
    await client.send('0123456789');
    await client.send('0123456789x');
    expect(await nextWords(3)).toEqual(['data:0123456789', 'tcp_error:emsgsize', 'tcp_closed']);
    expect(server.isOpen).toBe(false);
    await expect(client.recv()).rejects.toThrow(reason('closed'));
    await client.close();
  });

  test('a recv is told emsgsize once, and closed from then on (TM-9, TR-9)', async () => {
    const { server, client } = await pair({ packet: 2, packetSize: 10 }, { packet: 2 });
    await client.send('0123456789x');
    await expect(server.recv()).rejects.toThrow(reason('emsgsize'));
    await expect(server.recv()).rejects.toThrow(reason('closed'));
    await expect(client.recv()).rejects.toThrow(reason('closed'));
    await closeAll(server, client);
  });

  test('the error is told at once behind a good packet in the same read; trace 7 (TM-10)', async () => {
    const { server, client } = await pair({ packet: 2, packetSize: 10, active: true });
    await client.send(Buffer.from('\0\x02ok\0\x0b0123456789x', 'latin1'));
    expect(await nextWords(3)).toEqual(['data:ok', 'tcp_error:emsgsize', 'tcp_closed']);
    await closeAll(server, client);
  });

  test('it closes with exitOnClose false, too: framing is lost (TM-11)', async () => {
    const { server, client } = await pair({ packet: 2, packetSize: 10, active: true, exitOnClose: false }, { packet: 2 });
    await client.send('0123456789x');
    expect(await nextWords(2)).toEqual(['tcp_error:emsgsize', 'tcp_closed']);
    await expect(client.recv()).rejects.toThrow(reason('closed'));
    expect(server.isOpen).toBe(false);
    await closeAll(server, client);
  });
});

describe('lines', () => {
  test('each ends with its delimiter, CR is kept, an empty line is the delimiter alone (TM-12)', async () => {
    const { server, client } = await pair({ packet: 'line', active: true });
    await client.send('one\r\n\ntw');
    await client.send('o\n');
    expect(await nextWords(3)).toEqual(['data:one\r\n', 'data:\n', 'data:two\n']);
    await closeAll(server, client);
  });

  test('a line longer than `buffer` comes in pieces, which count; trace 11 (TM-13, TM-14, TM-21)', async () => {
    const { server, client } = await pair({ packet: 'line', buffer: 8, packetSize: 25, active: 5 });
    await client.send('0123456789abcdefghij\nxy\n');
    const words = ['data:01234567', 'data:89abcdef', 'data:ghij\n', 'data:xy\n'];
    expect(await nextWords(4)).toEqual(words);
    expect(server.getopts(['active'])).toEqual({ active: 1 });
    await closeAll(server, client);
  });

  test('packetSize below line and buffer is emsgsize (TM-14)', async () => {
    const { server, client } = await pair({ packet: 'line', packetSize: 10 });
    await client.send('0123456789abcdef\n');
    await expect(server.recv()).rejects.toThrow(reason('emsgsize'));
    await closeAll(server, client);
  });

  test('recbuf raises the pieces, an explicit buffer wins (TM-15, TO-5)', async () => {
    const raised = await pair({ packet: 'line', recbuf: 3000 });
    await raised.client.send(`${'x'.repeat(5000)}\n`);
    expect((await raised.server.recv()).length).toBe(3000);
    await closeAll(raised.server, raised.client);
    const given = await pair({ packet: 'line', recbuf: 3000, buffer: 100 });
    await given.client.send(`${'x'.repeat(5000)}\n`);
    expect((await given.server.recv()).length).toBe(100);
    await closeAll(given.server, given.client);
  });

  test.each([[0], [44], [255]])('the delimiter may be byte %i, and can be read (TM-16)', async (lineDelimiter) => {
    const { server, client } = await pair({ packet: 'line', lineDelimiter });
    await client.send(Buffer.from([97, lineDelimiter, 98, lineDelimiter]));
    expect(await server.recv()).toEqual(Buffer.from([97, lineDelimiter]));
    expect(await server.recv()).toEqual(Buffer.from([98, lineDelimiter]));
    expect(server.getopts(['lineDelimiter'])).toEqual({ lineDelimiter });
    await closeAll(server, client);
  });
});

test.each<[PacketMode, string]>([
  [4, '\0\0\0\x09part'],
  ['line', 'part of a line'],
])('packet %s: what is not complete when the peer closes is dropped (TM-17)', async (packet, part) => {
  const { server, client } = await pair({ packet, active: true });
  await client.send(Buffer.from(part, 'latin1'));
  await client.close();
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  expect(server.isOpen).toBe(false);
});

test('N counts packets, the rest waits for recv or setopts; trace 1 (TM-21, FC-20)', async () => {
  const { server, client } = await pair({ packet: 1, active: 2 });
  await client.send(Buffer.from('\x01a\x01b\x01c\x01d', 'latin1'));
  expect(await nextWords(3)).toEqual(['data:a', 'data:b', 'tcp_passive']);
  expect(server.getopts(['active'])).toEqual({ active: false });
  expect(word(['tcp', server, await server.recv()])).toBe('data:c');
  server.setopts({ active: 'once' });
  expect(await nextWords(1)).toEqual(['data:d']);
  expect(server.getopts(['active'])).toEqual({ active: false });
  await closeAll(server, client);
});

test('what is held is cut anew after a change of packet or mode, in one call with active, too (TM-22)', async () => {
  const { server, client } = await pair();
  await client.send(Buffer.from('\0\0\0\x03abcline one\nrest', 'latin1'));
  await roundTrip(server, client);
  server.setopts([
    ['packet', 4],
    ['active', 'once'],
  ]);
  expect(await mailbox()).toEqual(['data:abc']);
  server.setopts({ packet: 'line', mode: 'list', active: 'once' });
  expect(await mailbox()).toEqual([`list:${[...Buffer.from('line one\n')].join()}`]);
  server.setopts({ packet: 'raw', mode: 'binary' });
  expect(String(await server.recv())).toBe('rest');
  await closeAll(server, client);
});

test('active true: a change to raw delivers at once what waited for the rest of its packet (TM-22, TM-23)', async () => {
  const { server, client } = await pair({ packet: 4, active: true });
  await client.send(Buffer.from('\0\0\x10\0begin', 'latin1'));
  await roundTrip(server, client);
  expect(await mailbox()).toEqual([]);
  server.setopts({ packet: 'raw' });
  expect(await nextWords(1)).toEqual(['data:\0\0\x10\0begin']);
  await closeAll(server, client);
});

test('passive to active: first what is held, then what the kernel holds (TM-25)', async () => {
  const { server, client } = await pair({ packet: 'line' });
  await client.send('1\n2\n3\n');
  expect(String(await server.recv())).toBe('1\n');
  await client.send('4\n');
  await roundTrip(server, client);
  server.setopts({ active: true });
  expect(await mailbox()).toEqual(['data:2\n', 'data:3\n', 'data:4\n']);
  await closeAll(server, client);
});

test('switching packet and active in mid-stream keeps every byte in order', async () => {
  const { server, client } = await pair({ buffer: 100 });
  const sent = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));
  const sending = client.send(sent);
  const got: Buffer[] = [];
  const { self } = await import('./subjects.js');
  const take = async (): Promise<void> => {
    const message = (await self.receive()) as readonly unknown[];
    if (Buffer.isBuffer(message[2])) got.push(message[2]);
  };
  for (let turn = 0; got.reduce((sum, part) => sum + part.length, 0) < 10_000; turn += 1) {
    if (turn % 3 === 0) got.push((await server.recv(7)) as Buffer);
    else {
      server.setopts({ active: 'once', packet: turn % 3 === 1 ? 'raw' : 'line', lineDelimiter: turn % 251 });
      await take();
      server.setopts({ packet: 'raw' });
    }
  }
  await sending;
  await client.close();
  for await (const data of server) got.push(data as Buffer);
  expect(Buffer.concat(got).equals(sent)).toBe(true);
  await server.close();
});

test('a frame in very many pieces costs no more than its bytes', async () => {
  const { server, client } = await pair({ packet: 4, active: true });
  const header = Buffer.from('\0\0\x40\0', 'latin1');
  await client.send(header);
  for (let piece = 0; piece < 64; piece += 1) {
    await client.send(Buffer.alloc(256, 97));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { self } = await import('./subjects.js');
  const [, , data] = (await self.receive()) as readonly [string, unknown, Buffer];
  expect(data.length).toBe(16_384);
  await closeAll(server, client);
});

test('long messages that nobody keeps are collected without a collection of everything', async () => {
  const { server, client } = await pair({ packet: 4 }, { packet: 4 });
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as { detail: { kind: number } }[]) {
      if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections += 1;
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const message = Buffer.alloc(64 * 1024);
  // 384 MiB. Where V8 has to collect everything, it does so every 30 to 60 MiB.
  for (let round = 0; round < 768; round += 1) {
    const sent = Promise.all(Array.from({ length: 8 }, () => client.send(message)));
    for (let index = 0; index < 8; index += 1) expect((await server.recv()).length).toBe(message.length);
    await sent;
  }
  await nextTurn();
  observer.disconnect();
  expect(collections).toBeLessThanOrEqual(3);
  await closeAll(server, client);
});
