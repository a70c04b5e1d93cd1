/** The jobs of the cases of messages by the plain sockets of mailport: `plainMessages.js JOB MEANS TRANSPORT RUN_MS` makes runs. */
import { type Job, type Means, start } from '../cases/messages.js';
import { answerRuns } from '../forked.js';

const [job, means, transport, runMs] = process.argv.slice(2);
answerRuns(await start(job as Job, means as Means, transport as 'tcp' | 'sctp', Number(runMs)));
