/** `.ci/run`: everything that has to hold before a change is taken, from a clean checkout. */
import { script } from './command.mjs';
import { runSteps } from './runSteps.mjs';
import { steps } from './steps.mjs';

await script(() => runSteps(steps));
