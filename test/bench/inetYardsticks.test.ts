/** Each yardstick of TCP and UDP runs, and counts messages: two short runs of each. And node:net's framing in JavaScript frames. */
import { describe, expect, test } from 'vitest';
import type { Yardstick } from '../../bench/case.js';
import type { Setting } from '../../bench/cases/inetRun.js';
import { Forked } from '../../bench/forked.js';
import { Frames, framed } from '../../bench/yardsticks/frames.js';
import { genInet, genTcpHandoff } from '../../bench/yardsticks/genInet.js';
import { plainTcp } from '../../bench/yardsticks/plainTcp.js';
import { plainUdp } from '../../bench/yardsticks/plainUdp.js';
import { genTcpServe } from '../../bench/yardsticks/servers.js';
import { built } from '../support/built.js';

const count: Setting = { role: 'count', active: true, lengthBytes: 64, bufferBytes: 256 * 1024, runMs: 100 };
const echo: Setting = { ...count, role: 'echo', bufferBytes: 0 };
/** Enough for a compiler and for virtual machines of Erlang to start. */
const timeout = 60_000;

test.for<[string, Yardstick]>([
  ['TCP in plain C, one way', plainTcp('oneway', count)],
  ['TCP in plain C, 64 KiB one way', plainTcp('oneway', { ...count, lengthBytes: 65_536 })],
  ['TCP in plain C, there and back', plainTcp('pingpong', echo)],
  ['TCP in plain C, by epoll', plainTcp('looped', echo)],
  ['UDP in plain C, many a call', plainUdp('batched', 64, count.bufferBytes)],
  ['gen_tcp, active true', genInet('tcp', count)],
  ['gen_tcp, active 100', genInet('tcp', { ...count, active: 100 })],
  ['gen_udp, active true', genInet('udp', count)],
  ['gen_udp, active 100', genInet('udp', { ...count, active: 100 })],
  ['gen_tcp, there and back', genInet('tcp', { ...echo, active: 'once' })],
  ['gen_udp, there and back', genInet('udp', { ...echo, active: 100 })],
  ['controlling_process', genTcpHandoff(10, 100)],
  ['gen_tcp, a process for each connection', genTcpServe(100)],
])('%s', { timeout }, async ([_name, yardstick], { skip }) => {
  const missing = yardstick.missing();
  if (missing !== undefined) skip(missing);
  try {
    for (let run = 0; run < 2; run += 1) expect(await yardstick.measure()).toBeGreaterThan(0);
  } finally {
    yardstick.stop?.();
  }
});

describe('programs of Node', () => {
  test.for<[name: string, program: string, ...args: string[]]>([
    ['node:net, one way', 'nodeTcp', JSON.stringify(count)],
    ['node:net, 64 KiB one way', 'nodeTcp', JSON.stringify({ ...count, lengthBytes: 65_536 })],
    ['node:net, there and back', 'nodeTcp', JSON.stringify(echo)],
    ['node:dgram, one way', 'nodeUdp', JSON.stringify(count)],
    ['node:dgram, there and back', 'nodeUdp', JSON.stringify(echo)],
    ['node:net, a request of each connection', 'nodeServe', '100'],
  ])('%s', { timeout }, async ([_name, program, ...args]) => {
    const forked = await Forked.start(new URL(`file://${built(`bench/yardsticks/${program}.js`)}`), args, program);
    try {
      for (let run = 0; run < 2; run += 1) expect(await forked.measure()).toBeGreaterThan(0);
    } finally {
      await forked.stop();
    }
  });
});

test('frames come whole and in order, however the stream is cut', () => {
  const messages = [0, 1, 63, 64, 5000, 20_000].map((length, index) => Buffer.alloc(length, index + 1));
  const stream = Buffer.concat(messages.flatMap(framed));
  for (const cut of [1, 3, 4, 5, 1000, stream.length]) {
    const taken: Buffer[] = [];
    const frames = new Frames((message) => taken.push(Buffer.from(message)));
    for (let at = 0; at < stream.length; at += cut) frames.push(stream.subarray(at, at + cut));
    expect(taken).toEqual(messages);
  }
});
