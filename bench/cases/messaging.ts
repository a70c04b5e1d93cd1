/** Clients and servers of messages beside the sockets below them: connections that are made and accepted, and requests one way. */
import { type Case, runMs } from '../case.js';
import { nodeProgram } from '../yardsticks/nodeProgram.js';
import type { Job } from './messages.js';

const messaging = (job: Job, transport: 'tcp' | 'sctp'): Case => ({
  name: `messaging-${job}-${transport}`,
  unit: job === 'connect' ? 'connections/s' : 'msg/s',
  moreIsBetter: true,
  // Loaded late: the cases of actors alone must not load the addon.
  start: async () => (await import('./messages.js')).start(job, 'messaging', transport, runMs),
  against: [
    // A bare connect tells the client nothing of the server, and a bare close waits for nobody.
    {
      yardstick: nodeProgram(`mailport/${transport}`, 'plainMessages', job, 'socket', transport, String(runMs)),
      budget: job === 'connect' ? null : 0.8,
    },
    ...(job === 'connect'
      ? [
          {
            yardstick: nodeProgram(
              `mailport/${transport}, same steps`,
              'plainMessages',
              job,
              'greeting',
              transport,
              String(runMs),
            ),
            budget: 0.8,
          },
        ]
      : []),
  ],
});

export const messagingCases: readonly Case[] = [
  messaging('connect', 'tcp'),
  messaging('connect', 'sctp'),
  messaging('oneway', 'tcp'),
  messaging('oneway', 'sctp'),
];
