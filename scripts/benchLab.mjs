/**
 * `npm run bench:lab [case…] [-- --runs N]`: the same as `npm run bench`, inside the lab, as a rule for the cases of the kernel's stack, which are what
 * it runs if it is told none. All that is compared runs in the same boot. Everything is built before, outside, where it takes a tenth of the time.
 */
import { join } from 'node:path';
import { root, StepFailed, script } from './command.mjs';
import { runInLab } from './lab/machine.mjs';
import { installMissing, labPackages } from './lab/packages.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  const lacks = installMissing(labPackages);
  if (lacks.length > 0) throw new StepFailed(`the lab needs Debian (amd64), and these packages: ${lacks.join(', ')}`);
  await setUp();
  const args = process.argv.slice(2);
  const cases = args.some((arg) => !arg.startsWith('-') && Number.isNaN(Number(arg))) ? [] : ['sctp-kernel'];
  return runInLab([process.execPath, join(root, 'dist/bench/run.js'), ...cases, ...args]);
});
