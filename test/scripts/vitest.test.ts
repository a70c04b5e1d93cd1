/** How a run of vitest is counted: a run that tested nothing, or less than it was asked for, has failed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readCountsFile } from '../../scripts/vitest.mjs';

let folder = '';
const file = () => join(folder, 'counts.json');
const left = (passed: number, failed: number, skipped = 0) =>
  writeFileSync(file(), JSON.stringify({ passed, failed, skipped, files: ['test/sctp/send.test.ts', 'test/sctp/recv.test.ts'] }));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailport-counts-'));
  vi.spyOn(console, 'error').mockReturnValue(undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('the counts are those that the reporter left', () => {
  left(3, 2);
  expect(readCountsFile(file(), 1, [])).toEqual({ passed: 3, failed: 2 });
  left(3, 0);
  expect(readCountsFile(file(), 0, [])).toEqual({ passed: 3, failed: 0 });
});

test('a run that failed without a failed test, or left no count, has one failure', () => {
  left(3, 0);
  expect(readCountsFile(file(), 1, [])).toEqual({ passed: 3, failed: 1 });
  expect(readCountsFile(join(folder, 'none'), 0, [])).toEqual({ passed: 0, failed: 1 });
  expect(readCountsFile(join(folder, 'none'), 1, [])).toEqual({ passed: 0, failed: 1 });
});

test('a run in which no test has the wanted name has one failure, and one that skips its tests for a reason has none', () => {
  left(0, 0);
  expect(readCountsFile(file(), 0, ['-t', 'typo'])).toEqual({ passed: 0, failed: 1 });
  expect(console.error).toHaveBeenCalledExactlyOnceWith('no test was run');
  left(0, 0, 4);
  expect(readCountsFile(file(), 0, [])).toEqual({ passed: 0, failed: 0 });
});

test('a path in which there are no tests is a failure, though another has some', () => {
  left(3, 0);
  expect(readCountsFile(file(), 0, ['test/sctp/send.test.ts', 'test/sctp/typo.test.ts'])).toEqual({ passed: 3, failed: 1 });
  expect(console.error).toHaveBeenCalledExactlyOnceWith('no tests are in test/sctp/typo.test.ts');
});

test.each([
  [['test/sctp/send.test.ts:12', './test/sctp/recv.test.ts']],
  [['sctp/send', join(process.cwd(), 'test/sctp')]],
  [['test/sctp', '-t', 'typo', '--config', 'x.ts', '--testTimeout=5']],
])('paths are compared as vitest compares them: %j', (args) => {
  left(3, 0);
  expect(readCountsFile(file(), 0, args)).toEqual({ passed: 3, failed: 0 });
});
