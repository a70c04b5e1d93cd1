/** Runs the C++ tests, a program that native/test/run.sh builds, and reads the counts from its last line. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './command.mjs';
import { countsOfRun } from './counts.mjs';

/**
 * @param {string[]} args of native/test/run.sh
 * @returns {import('./counts.mjs').Counts}
 */
export function runNativeTests(args) {
  const { status, stdout, error } = spawnSync(join(root, 'native/test/run.sh'), args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  process.stdout.write(stdout ?? '');
  if (error !== undefined) console.error(`native/test/run.sh: ${error.message}`);
  return countsOfRun(stdout ?? '', status);
}
