/** Options: section TO of the rules. */
import { expect, test } from 'vitest';
import { BadArg } from '../../runtime/index.js';
import { closeAll, listening, mailbox, pair } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

test('what a connection begins with', async () => {
  const { server, client } = await pair();
  expect(
    client.getopts([
      'active',
      'mode',
      'packet',
      'packetSize',
      'lineDelimiter',
      'buffer',
      'exitOnClose',
      'showEconnreset',
      'sendTimeout',
      'sendTimeoutClose',
      'highWatermark',
      'lowWatermark',
      'highMsgqWatermark',
      'lowMsgqWatermark',
      'flushTimeout',
      'nodelay',
      'keepalive',
      'linger',
      'reuseaddr',
      'priority',
      'tos',
      'ttl',
      'dontroute',
    ]),
  ).toEqual({
    active: false,
    mode: 'binary',
    packet: 'raw',
    packetSize: 0,
    lineDelimiter: 10,
    buffer: 1460,
    exitOnClose: true,
    showEconnreset: false,
    sendTimeout: Number.POSITIVE_INFINITY,
    sendTimeoutClose: false,
    highWatermark: 8192,
    lowWatermark: 4096,
    highMsgqWatermark: 8192,
    lowMsgqWatermark: 4096,
    flushTimeout: 60_000,
    nodelay: false,
    keepalive: false,
    linger: [false, 0],
    reuseaddr: false,
    priority: 0,
    tos: 0,
    ttl: 64,
    dontroute: false,
  });
  await closeAll(server, client);
});

test('active is true unless the options say otherwise (FC-1)', async () => {
  const listener = await listening({ active: undefined as never });
  expect(listener.getopts(['active'])).toEqual({ active: true });
  await listener.close();
});

test('names and types are checked first, and a refusal undoes what was set before it (TO-1, FC-12, FC-13)', async () => {
  const { server, client } = await pair();
  expect(() =>
    client.setopts([
      ['nodelay', true],
      ['nosuch' as never, 1],
    ]),
  ).toThrow(BadArg);
  expect(() =>
    client.setopts([
      ['ttl', 0],
      ['nodelay', true],
      ['packet', 4],
      ['active', 3],
      ['mode', 'list'],
    ]),
  ).toThrow(reason('einval'));
  expect(client.getopts(['nodelay', 'packet', 'active', 'mode'])).toEqual({
    nodelay: false,
    packet: 'raw',
    active: false,
    mode: 'binary',
  });
  client.setopts([
    ['active', 5],
    ['active', -3],
  ]);
  expect(client.getopts(['active'])).toEqual({ active: 5 });
  expect(await mailbox()).toEqual(['tcp_passive']);
  await closeAll(server, client);
});

test('each refusal of the system is told (TO-2)', async () => {
  const { server, client } = await pair();
  for (const options of [{ raw: [6, 9999, Buffer.alloc(4)] }, { keepCount: 0 }, { keepIdle: 0 }, { tclass: 4 }]) {
    expect(() => client.setopts(options as never)).toThrow(reason('einval'));
  }
  client.setopts({ buffer: 0 });
  expect(client.getopts(['buffer'])).toEqual({ buffer: 1 });
  await closeAll(server, client);
});

test('getopts keeps to names, leaves out what does not apply, and refuses what is unknown (TO-3)', async () => {
  const { server, client } = await pair();
  expect(client.getopts(['tclass', 'readPackets' as never, 'nodelay'])).toEqual({ nodelay: false });
  expect(() => client.getopts(['foo' as never])).toThrow(BadArg);
  await closeAll(server, client);
});

test.each([['readPackets'], ['broadcast'], ['multicastTtl'], ['gro']])('%s is of UDP alone (TO-4)', async (name) => {
  const { server, client } = await pair();
  expect(() => client.setopts([[name as never, 1]])).toThrow(BadArg);
  await closeAll(server, client);
});

test('recbuf raises buffer, never lowers it, and not once it was set (TO-5, TO-6)', async () => {
  const { server, client } = await pair();
  client.setopts({ recbuf: 5000 });
  expect(client.getopts(['buffer', 'recbuf'])).toEqual({ buffer: 5000, recbuf: 10_000 });
  client.setopts({ recbuf: 3000 });
  expect(client.getopts(['buffer'])).toEqual({ buffer: 5000 });
  client.setopts({ buffer: 100 });
  client.setopts({ recbuf: 9000 });
  expect(client.getopts(['buffer'])).toEqual({ buffer: 100 });
  client.setopts({ sndbuf: 20_000 });
  expect(client.getopts(['sndbuf'])).toEqual({ sndbuf: 40_000 });
  await closeAll(server, client);
});

test('linger reads as set, and booleans are strict (TO-7, TO-8)', async () => {
  const { server, client } = await pair();
  client.setopts({ linger: [true, 7] });
  expect(client.getopts(['linger'])).toEqual({ linger: [true, 7] });
  client.setopts({ linger: [false, 0] });
  expect(() => client.setopts({ linger: [1, 2] as never })).toThrow(BadArg);
  expect(() => client.setopts({ nodelay: 1 as never })).toThrow(BadArg);
  await closeAll(server, client);
});

test('raw options are set and read as they are (TO-9)', async () => {
  const { server, client } = await pair();
  const on = Buffer.alloc(4);
  on.writeInt32LE(1);
  client.setopts({ raw: [6, 1, on] });
  expect(client.getopts(['nodelay'])).toEqual({ nodelay: true });
  expect(client.getopts([['raw', 6, 1, 4]] as never)).toEqual({ raw: [[6, 1, on]] });
  await closeAll(server, client);
});

test.each([[256], [300], [-1]])('tos %i is a mistake (TO-10)', async (tos) => {
  const { server, client } = await pair();
  expect(() => client.setopts({ tos })).toThrow(BadArg);
  await closeAll(server, client);
});

test.each([
  ['netns', '/run/netns/x'],
  ['ip', '127.0.0.1'],
  ['port', 1],
  ['fd', 3],
  ['backlog', 3],
])('%s is for opening alone (TO-11)', async (name, value) => {
  const { server, client } = await pair();
  expect(() => client.setopts([[name as never, value]])).toThrow(BadArg);
  await closeAll(server, client);
});

test('keepalive and its three times', async () => {
  const { server, client } = await pair();
  const wanted = { keepalive: true, keepIdle: 30, keepInterval: 5, keepCount: 4 };
  client.setopts(wanted);
  expect(client.getopts(['keepalive', 'keepIdle', 'keepInterval', 'keepCount'])).toEqual(wanted);
  await closeAll(server, client);
});
