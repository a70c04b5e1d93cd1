/** Runs vitest and says how many tests passed and failed. What fails without being a test (an import, a stray rejection) counts as one. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, runVisibly } from './command.mjs';

/** @typedef {{ passed: number, failed: number }} Counts */

/** The program, for `node`. */
export const vitest = join(root, 'node_modules/vitest/vitest.mjs');

/**
 * @param {string[]} args paths and options of vitest
 * @param {Record<string, string>} [env]
 * @returns {Promise<Counts>}
 */
export async function runVitest(args, env = {}) {
  // Of this process alone: CI runs several at once.
  const countsFile = join(root, `.cache/test/vitest-${process.pid}.json`);
  mkdirSync(dirname(countsFile), { recursive: true });
  try {
    const status = await runVisibly([process.execPath, vitest, 'run', ...args], {
      env: { ...env, MAILPORT_TEST_COUNTS: countsFile },
    });
    return readCountsFile(countsFile, status);
  } finally {
    rmSync(countsFile, { force: true });
  }
}

/**
 * What the reporter left; a run that failed without a failed test, or without a count, has one failure.
 *
 * @param {string} file
 * @param {number} status of vitest
 * @returns {Counts}
 */
export function readCountsFile(file, status) {
  const { passed, failed } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { passed: 0, failed: 0 };
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed };
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
