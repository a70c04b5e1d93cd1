/** `npm run check`: the steps of `.ci/run` that a developer waits for. All of them run, so that one look shows all that is wrong. */
import { script } from './command.mjs';
import { runSteps } from './runSteps.mjs';
import { steps } from './steps.mjs';

await script(() => runSteps(steps.filter((step) => !step.inCiOnly)));
