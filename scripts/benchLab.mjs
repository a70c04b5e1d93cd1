/**
 * `npm run bench:lab [case…] [-- --runs N]`: does the same as `npm run bench` inside the lab. Without the name of a case it runs those of the
 * kernel's stack. Cases and yardsticks run in the same boot. Everything is built before the boot, because building in the lab takes ten times as
 * long.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, script } from './command.mjs';
import { runInLab } from './lab/machine.mjs';
import { requireLabPackages } from './lab/packages.mjs';
import { setUp } from './setup.mjs';

await script(async () => {
  requireLabPackages();
  await setUp();
  const args = process.argv.slice(2);
  // bench/run.ts takes the same options, and judges them.
  const { positionals } = parseArgs({
    args,
    strict: false,
    allowPositionals: true,
    options: { json: { type: 'string' }, runs: { type: 'string' } },
  });
  const cases = positionals.length > 0 ? [] : ['sctp-kernel'];
  return runInLab([process.execPath, join(root, 'dist/bench/run.js'), ...cases, ...args]);
});
