/**
 * SCTP of the kernel's stack, from an actor of one process to an actor of another, over loopback, beside gen_sctp in the same active mode and beside C.
 * All sides have the same buffers and no Nagle. Where the kernel has no SCTP these run in the lab: `npm run bench:lab`.
 */
import type { Case } from '../case.js';
import { genSctp } from '../yardsticks/genSctp.js';
import { plainSctp } from '../yardsticks/plainSctp.js';
import type { Setting } from './sctpRun.js';

/** With Erlang's default, and Nagle, 64-byte messages wait for delayed acknowledgements. */
const bufferBytes = 512 * 1024;
/** Short, so that all of them fit in a few minutes of the lab, where starting a virtual machine of Erlang takes seconds. */
const runMs = 1_000;

/** Loaded late: the cases of actors alone must not load the addon. */
const client = () => import('./sctpClient.js');

/** @param together whether the sender makes many sends before it waits for them, or waits for each */
const oneWay = (active: true | 'once' | 100, lengthBytes: number, together = false): Case => {
  const run = { lengthBytes, runMs, bufferBytes };
  const setting: Setting = {
    role: 'count',
    active,
    options: { stack: 'kernel', recbuf: bufferBytes, sndbuf: bufferBytes, sctpNodelay: true },
  };
  return {
    name: `sctp-kernel-${together ? 'together' : active}-${lengthBytes}`,
    unit: 'msg/s',
    moreIsBetter: true,
    missing: async () => (await client()).missingStack('kernel'),
    start: async () => {
      const { burstOnce, floodOnce, start } = await client();
      const flood = together ? burstOnce : floodOnce;
      return start(setting, (connection, data) => flood(connection, data, runMs), lengthBytes);
    },
    against: [
      { yardstick: genSctp(active, run), budget: together ? 2 : 1.3 },
      { yardstick: plainSctp(run), budget: together ? 0.7 : 0.45 },
    ],
  };
};

export const sctpKernel: readonly Case[] = [64, 1024].flatMap((lengthBytes) => [
  oneWay(true, lengthBytes),
  oneWay('once', lengthBytes),
  oneWay(100, lengthBytes),
  oneWay(true, lengthBytes, true),
]);
