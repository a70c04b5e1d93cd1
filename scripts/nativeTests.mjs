/** Runs the engine's own tests, a C++ program that native/test/run.sh builds, and reads from its last line how they went. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './command.mjs';

/**
 * @param {string[]} args `--sanitize`: built with AddressSanitizer and UndefinedBehaviorSanitizer
 * @returns {import('./vitest.mjs').Counts}
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
  const counts = readCounts(stdout ?? '');
  if (counts.failed === 0 && (status !== 0 || counts.passed === 0)) counts.failed = 1;
  return counts;
}

/**
 * The last line that says 'N passed, N failed'; nothing of either if none does.
 *
 * @param {string} output
 * @returns {import('./vitest.mjs').Counts}
 */
export function readCounts(output) {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return { passed: Number(last?.[1] ?? 0), failed: Number(last?.[2] ?? 0) };
}
