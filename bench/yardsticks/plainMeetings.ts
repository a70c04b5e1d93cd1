/** The jobs of the cases of connectors and of repy by the sockets below them: `plainMeetings.js JOB MEANS TRANSPORT RUN_MS [TOGETHER]` makes runs. */
import type { TransportName } from 'mailport/connector';
import { type Job, type Means, start } from '../cases/meetings.js';
import { answerRuns } from '../forked.js';

const [job, means, transport, runMs, together] = process.argv.slice(2);
answerRuns(
  await start(
    job as Job,
    means as Means,
    transport as TransportName,
    Number(runMs),
    together === undefined ? undefined : Number(together),
  ),
);
