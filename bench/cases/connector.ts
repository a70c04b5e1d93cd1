/** Connectors beside the sockets below them: connections that are made and accepted, and messages of 1 KiB one way. */
import { type Case, runMs, type Yardstick } from '../case.js';
import { nodeProgram } from '../yardsticks/nodeProgram.js';
import type { Job, Means } from './meetings.js';

type Transport = 'tcp' | 'sctp';

const ports = (job: Job, means: Means, transport: Transport): Yardstick => {
  const name = means === 'word' ? `mailport/${transport}, and a word` : `mailport/${transport}`;
  return nodeProgram(name, 'plainMeetings', job, means, transport, String(runMs));
};

// Loaded late: the cases of actors alone must not load the addon.
const run = (job: Job, means: Means, transport: Transport) => async () =>
  (await import('./meetings.js')).start(job, means, transport, runMs);

const casesOver = (transport: Transport): readonly Case[] => [
  {
    name: `connector-connect-${transport}`,
    unit: 'connections/s',
    moreIsBetter: true,
    start: run('connect', 'connector', transport),
    against: [
      { yardstick: ports('connect', 'word', transport), budget: 0.8 },
      // The kernel's connect does not wait for accept, and so does less.
      { yardstick: ports('connect', 'as connector', transport), budget: null },
    ],
  },
  {
    name: `connector-plain-${transport}`,
    unit: 'connections/s',
    moreIsBetter: true,
    start: run('connect', 'plain', transport),
    against: [{ yardstick: ports('connect', 'as connector', transport), budget: 0.8 }],
  },
  {
    name: `connector-oneway-${transport}`,
    unit: 'msg/s',
    moreIsBetter: true,
    start: run('oneway', 'connector', transport),
    against: [{ yardstick: ports('oneway', 'as connector', transport), budget: 0.8 }],
  },
];

export const connectorCases: readonly Case[] = [...casesOver('tcp'), ...casesOver('sctp')];
