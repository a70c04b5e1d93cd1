/** Runs vitest and says how many tests passed and failed. What fails without being a test (an import, a stray rejection) counts as one. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runVisibly } from './command.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * @param {string[]} args paths and options of vitest
 * @param {Record<string, string>} [env]
 * @returns {Promise<Counts>}
 */
export async function runVitest(args, env = {}) {
  const countsFile = join(root, '.cache/test/vitest.json');
  mkdirSync(dirname(countsFile), { recursive: true });
  rmSync(countsFile, { force: true });
  const status = await runVisibly([process.execPath, join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], {
    env: { ...env, MAILPORT_TEST_COUNTS: countsFile },
  });
  /** @type {Counts} */
  const counts = existsSync(countsFile) ? JSON.parse(readFileSync(countsFile, 'utf8')) : { passed: 0, failed: 0 };
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/**
 * The last line that every script with tests in it prints, alone on its line, for whoever adds up.
 *
 * @param {Counts[]} parts
 */
export function printCounts(parts) {
  const passed = parts.reduce((sum, part) => sum + part.passed, 0);
  const failed = parts.reduce((sum, part) => sum + part.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
