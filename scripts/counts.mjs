/** The line 'N passed, N failed' that every program with tests in it prints last: written, and read from what a program has printed. */

/** @typedef {{ passed: number, failed: number }} Counts */

/**
 * Prints the sum, alone on its line.
 *
 * @param {readonly Counts[]} parts
 * @returns {number} the exit status: 0 if nothing failed
 */
export function printCounts(parts) {
  const passed = parts.reduce((sum, part) => sum + part.passed, 0);
  const failed = parts.reduce((sum, part) => sum + part.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/**
 * The counts of the last such line; nothing of either if there is none.
 *
 * @param {string} output
 * @returns {Counts}
 */
export function readCounts(output) {
  const last = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
  return { passed: Number(last?.[1] ?? 0), failed: Number(last?.[2] ?? 0) };
}

/**
 * How a program with tests in it went. One that failed without a failed test, or that counted no test, has one failure.
 *
 * @param {string} output
 * @param {number | null} status null if a signal ended it
 * @returns {Counts}
 */
export function countsOfRun(output, status) {
  const { passed, failed } = readCounts(output);
  return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed };
}
