/** Runs the engine's own tests, a C++ program that native/test/run.sh builds, and reads from its last line how they went. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './command.mjs';
import { countsOfRun } from './counts.mjs';

/**
 * @param {string[]} args `--sanitize`: built with AddressSanitizer and UndefinedBehaviorSanitizer
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
