/** The program that runs the engine's tests names the test that hangs or crashes, ends with its counts, and never with the status of success. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailport-runner-'));
  const [command = 'g++', ...words] = (process.env.CXX ?? 'g++').split(' ');
  const sources = [join(root, 'native/test/main.cc'), join(root, 'test/scripts/programs/endings.cc')];
  execFileSync(command, [...words, '-std=c++20', `-I${join(root, 'native/test')}`, '-o', join(folder, 'run'), ...sources]);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true }));

function run(...args: string[]) {
  const { status, stdout } = spawnSync(join(folder, 'run'), args, { encoding: 'utf8', env: { TEST_LIMIT_S: '1' } });
  return { status, lines: stdout.trimEnd().split('\n') };
}

test('a test that does not come back is named, with what it was at, and ends the run', () => {
  expect(run()).toEqual({
    status: 1,
    lines: [
      expect.stringContaining('endings.cc:8: 1'),
      expect.stringContaining('is 1'),
      expect.stringContaining('wanted 2'),
      expect.stringMatching(/^FAILED endings.cc: 2 fails/),
      'FAILED endings.cc: 3 hangs at seed 7: not back in time, and the run ends here',
      '1 passed, 2 failed',
    ],
  });
});

test('a test that crashes is named too', () => {
  expect(run('crashes')).toEqual({
    status: 1,
    lines: ['FAILED endings.cc: 4 crashes at seed 8: crashed, and the run ends here', '0 passed, 1 failed'],
  });
});

test('--bail ends the run at the first failure', () => {
  expect(run('--bail').lines.at(-1)).toBe('1 passed, 1 failed');
});

test('a filter that no test has is a failure', () => {
  expect(run('nothing')).toEqual({ status: 1, lines: ['no test is called *nothing*', '0 passed, 0 failed'] });
});
