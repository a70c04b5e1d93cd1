/**
 * Random scripts of a passive socket: packets, lines and bytes that are sent in any pieces, and read. mailport and Erlang must give the same, until a packet that is
 * too long or the end: the systems go on differently after those (TR-9). A failure names its seed.
 */
import { tcp } from 'mailport/tcp';
import { describe, expect, test } from 'vitest';
import { failOnLeftovers } from '../../support/setup.js';
import { bothSides } from '../harness/bothSides.js';
import { runScript } from '../harness/runner.js';
import type { Side } from '../harness/side.js';
import { at, type Script, type Step, script } from './script.js';
import { plain } from './scripts/openings.js';
import { scriptTests } from './scriptTests.js';

failOnLeftovers(() => tcp.openSockets().map(({ port }) => `socket ${port}`));

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
/** Milliseconds that a recv waits for what does not come. */
const briefMs = 5;

const modes = ['raw', 1, 2, 4, 'line'] as const;
const buffers = [1460, 64, 8, 5] as const;
/** No limit in OTP, where 0 is none either. Here 0 stands for 64 MiB (TM-8). */
const unlimited = 0x7fffffff;
const packetSizes = [unlimited, unlimited, 6, 30] as const;
/** Packets of every mode, whole and in part. */
const pieces = [
  '\x01a',
  '\x02bc',
  '\x00\x01d',
  '\x00\x03efg',
  '\x00\x00\x00\x02hi',
  'x\n',
  'line\n',
  '\n',
  'longer than eight\n',
  'z',
  '\x00',
  '\x05ab',
];

/** Numbers below a limit, the same for the same seed: mulberry32. */
function numbers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

function randomScript(seed: number): Script {
  const below = numbers(seed);
  const oneOf = <T>(values: readonly T[]): T => values[below(values.length)]!;
  const packet = oneOf(modes);
  // In mode raw the system is free where it cuts, unless it is told how much is wanted.
  const recv = (...time: readonly [] | readonly [timeoutMs: number]): Step =>
    at('p', ['recv', 'a', packet === 'raw' ? 1 + below(20) : 0, ...time]);
  const step = (): Step => {
    const kind = below(10);
    if (kind < 4) return at('q', ['send', 'c', Array.from({ length: 1 + below(4) }, () => oneOf(pieces))]);
    return kind < 9 ? recv(briefMs) : at('p', ['recv', 'a', 1 + below(6), briefMs]);
  };
  return script(`seed ${seed}`, [
    at('p', ['listen', 'l', 0, { ...plain, packet, buffer: oneOf(buffers), packetSize: oneOf(packetSizes) }]),
    at('q', ['connect', 'c', 'there', '@l', plain]),
    at('p', ['accept', 'l', 'a']),
    Array.from({ length: 20 }, step),
    at('q', ['close', 'c']),
    Array.from({ length: 6 }, () => recv()),
  ]);
}

/** The lines up to a failure that ends what can be compared. */
function comparable(lines: readonly string[]): readonly string[] {
  const last = lines.findIndex((line) => /-> error (emsgsize|closed|enotconn)$/.test(line));
  return last < 0 ? lines : lines.slice(0, last + 1);
}

describe('random scripts', () => {
  const { transport } = scriptTests;
  const sides = bothSides(scriptTests);

  test.each(seeds)('are performed alike: TM-6, TM-8, TM-13, TR-2, seed %i', async (seed) => {
    const made = randomScript(seed);
    const perform = async (side: Side) => comparable((await runScript(made, [side], () => side, transport)).seen);
    expect(await perform(sides.mailport)).toEqual(await perform(sides.erlang));
  });
});
