/** Runs vitest and says how many tests passed and failed. A failure outside of tests (of an import, an unhandled rejection) counts as one failed test. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { root, runVisibly } from './command.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */

/** The program, for `node`. */
export const vitest = join(root, 'node_modules/vitest/vitest.mjs');

/**
 * @param {string[]} args paths and options of vitest
 * @param {Record<string, string>} [env]
 * @returns {Promise<Counts>}
 */
export async function runVitest(args, env = {}) {
  // A file for this process alone, because CI has several runs at once.
  const countsFile = join(root, `.cache/test/vitest-${process.pid}.json`);
  mkdirSync(dirname(countsFile), { recursive: true });
  try {
    const status = await runVisibly([process.execPath, vitest, 'run', ...args], {
      env: { ...env, MAILPORT_TEST_COUNTS: countsFile },
    });
    return readCountsFile(countsFile, status, args);
  } finally {
    rmSync(countsFile, { force: true });
  }
}

/**
 * What the reporter left. A run has one failure if it failed without a failed test, left no count, ran no test, or was given a path that no file
 * of tests has.
 *
 * @param {string} file
 * @param {number} status of vitest
 * @param {string[]} args of vitest
 * @returns {Counts}
 */
export function readCountsFile(file, status, args) {
  const none = { passed: 0, failed: 0, skipped: 0, files: [] };
  const { passed, failed, skipped, files } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : none;
  if (failed > 0) return { passed, failed };
  if (status !== 0) return { passed, failed: 1 };
  const unknown = pathsOf(args).filter((path) => !files.some((/** @type {string} */ name) => fits(name, path)));
  if (passed + skipped === 0) console.error('no test was run');
  else if (unknown.length > 0) console.error(`no tests are in ${unknown.join(', ')}`);
  else return { passed, failed: 0 };
  return { passed, failed: 1 };
}

/**
 * The paths among vitest's arguments. A word after an option may be its value, so it is not taken for a path.
 *
 * @param {string[]} args
 */
function pathsOf(args) {
  return args.filter((arg, at) => !arg.startsWith('-') && !args[at - 1]?.startsWith('-'));
}

/**
 * Whether vitest runs a file for this path: any part of the file's, with or without a line number.
 *
 * @param {string} name relative to the checkout
 * @param {string} path
 */
function fits(name, path) {
  const part = path.replace(/:\d+$/, '');
  return join(root, name).includes(part) || join(root, name).includes(resolve(root, part));
}
