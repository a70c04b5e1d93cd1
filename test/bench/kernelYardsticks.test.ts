/** Each yardstick of the kernel's stack runs, and counts messages: two short runs of each. */
import { beforeEach, describe, expect, test } from 'vitest';
import { kernelProblem } from '../../actors/sctp/stacks.js';
import type { Yardstick } from '../../bench/case.js';
import { genSctp } from '../../bench/yardsticks/genSctp.js';
import { plainSctp } from '../../bench/yardsticks/plainSctp.js';

const run = { lengthBytes: 64, runMs: 100, bufferBytes: 512 * 1024 };
/** Enough for a compiler and for virtual machines of Erlang to start. */
const timeout = 60_000;

describe('kernel', () => {
  beforeEach((context) => {
    const problem = kernelProblem();
    if (problem !== undefined) context.skip(`this kernel has no SCTP: ${problem}`);
  });

  test.for<[string, Yardstick]>([
    ['plain C', plainSctp(run)],
    ['gen_sctp, active true', genSctp(true, run)],
    ['gen_sctp, active once', genSctp('once', run)],
    ['gen_sctp, active 100', genSctp(100, run)],
  ])('%s', { timeout }, async ([_name, yardstick], { skip }) => {
    const missing = yardstick.missing();
    if (missing !== undefined) skip(missing);
    try {
      for (let run = 0; run < 2; run += 1) expect(await yardstick.measure()).toBeGreaterThan(0);
    } finally {
      yardstick.stop?.();
    }
  });
});
