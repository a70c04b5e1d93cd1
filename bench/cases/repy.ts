/** The sandbox repy beside the sockets of TCP below it: connections that are made and accepted, and messages of 1 KiB one way, each of which is awaited. */
import { type Case, runMs } from '../case.js';
import { nodeProgram } from '../yardsticks/nodeProgram.js';
import type { Job } from './meetings.js';

/** A send of repy may be taken in part, so whoever sends awaits it before the next. */
const together = 1;

const sandboxed = (job: Job): Case => ({
  name: `repy-${job}`,
  unit: job === 'connect' ? 'connections/s' : 'msg/s',
  moreIsBetter: true,
  // Loaded late: the cases of actors alone must not load the addon.
  start: async () => (await import('./meetings.js')).start(job, 'repy', 'tcp', runMs, together),
  against: [
    {
      yardstick: nodeProgram('mailport/tcp', 'plainMeetings', job, 'socket', 'tcp', String(runMs), String(together)),
      budget: 0.8,
    },
  ],
});

export const repyCases: readonly Case[] = [sandboxed('connect'), sandboxed('oneway')];
