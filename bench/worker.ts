/** The process in which our side of one case runs: `worker.js CASE`. It starts the case, and makes a run whenever its parent asks. */
import { findCase } from './cases/index.js';
import { answerRuns } from './forked.js';

const found = findCase(process.argv[2] ?? '');
answerRuns(await found.start());
