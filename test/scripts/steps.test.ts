/** CI's runner: every step runs, failures are named and counted, and what goes on beside the steps has priority over them and ends with the runner. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Step } from '../../scripts/steps.mjs';
import { cannotRun, steps } from '../../scripts/steps.mjs';

const inCheckout = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const runner = `import { runSteps } from ${JSON.stringify(inCheckout('scripts/runSteps.mjs'))};
process.exitCode = await runSteps(JSON.parse(process.argv[1]));`;

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mailport-steps-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

const shell = (name: string, command: string, rest: Partial<Step> = {}): Step => ({
  name,
  command: ['sh', '-c', command],
  ...rest,
});

function start(list: readonly Step[], env: Record<string, string> = {}) {
  const { CI: _, ...ours } = process.env;
  const args = ['--input-type=module', '-e', runner, JSON.stringify(list)];
  return spawn(process.execPath, args, { env: { ...ours, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The status, and what was printed without the lines that begin and end a step. */
async function run(list: readonly Step[], env?: Record<string, string>) {
  const runner = start(list, env);
  let output = '';
  runner.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const [status] = await once(runner, 'close');
  return { status, lines: output.split('\n').filter((line) => line !== '' && !line.startsWith('===')) };
}

test('every step runs, the counts are added up, and the status is that of success', async () => {
  const list = [
    shell('build', 'echo built'),
    shell('a', 'echo "1 passed, 0 failed"; echo "3 passed, 0 failed"', { counts: true }),
    shell('b', 'echo "4 passed, 0 failed"', { counts: true }),
  ];
  expect(await run(list)).toEqual({
    status: 0,
    lines: ['built', '1 passed, 0 failed', '3 passed, 0 failed', '4 passed, 0 failed', '7 passed, 0 failed'],
  });
});

test('steps after one that fails run too, and each that failed is named and counted', async () => {
  const list = [
    shell('build', 'exit 3'),
    shell('lint', 'kill -9 $$'),
    { name: 'types', command: ['no-such-program'] },
    shell('tests', 'echo "5 passed, 2 failed" >&2; exit 1', { counts: true }),
    shell('more tests', 'echo "1 passed, 0 failed"; exit 1', { counts: true }),
  ];
  const { status, lines } = await run(list);
  expect(status).toBe(1);
  expect(lines.slice(-6)).toEqual([
    'failed: build',
    'failed: lint',
    'failed: types',
    'failed: tests',
    'failed: more tests',
    '6 passed, 6 failed',
  ]);
});

test('the end of what a failed step printed is shown again after all others, so that a cut log still tells the cause', async () => {
  const list = [
    shell('tests', 'seq -f "line %g" 500; echo "the cause"; echo "1 passed, 1 failed"; exit 1', { counts: true }),
    shell('more tests', 'seq -f "noise %g" 500; echo "1 passed, 0 failed"', { counts: true }),
  ];
  const { lines } = await run(list);
  const again = lines.slice(lines.lastIndexOf('noise 500') + 2);
  expect(again).toEqual([
    ...Array.from({ length: 118 }, (_, at) => `line ${at + 383}`),
    'the cause',
    '1 passed, 1 failed',
    'failed: tests',
    '2 passed, 1 failed',
  ]);
});

test('a step that should count tests and counts none has failed', async () => {
  const { status, lines } = await run([shell('tests', 'true', { counts: true }), shell('lint', 'true')]);
  expect([status, ...lines]).toEqual([1, 'failed: tests', '0 passed, 1 failed']);
});

test('a step that the machine cannot run is skipped, but not in CI', async () => {
  const list = [shell('lab', `exit ${cannotRun}`, { counts: true, maySkip: true })];
  expect((await run(list)).lines.at(-1)).toBe('0 passed, 0 failed');
  expect((await run(list, { CI: 'true' })).lines.at(-1)).toBe('0 passed, 1 failed');
});

test('a step beside the others goes on while they run, has priority over them, and is shown and counted in the end', async () => {
  const nice = `node -p 'require("os").getPriority()'`;
  const mark = join(folder, 'mark');
  const list = [
    shell('lab', `${nice}; until [ -e ${mark} ]; do sleep 0.02; done; echo "2 passed, 1 failed"`, { beside: true, counts: true }),
    shell('tests', `${nice}; touch ${mark}; echo "3 passed, 0 failed"`, { counts: true }),
  ];
  const { status, lines } = await run(list);
  const [others, first, lab] = lines;
  expect(Number(others)).toBeGreaterThan(Number(lab));
  const again = [lab, '2 passed, 1 failed'];
  expect([first, ...lines.slice(3)]).toEqual([
    '3 passed, 0 failed',
    '2 passed, 1 failed',
    ...again,
    'failed: lab',
    '5 passed, 1 failed',
  ]);
  expect(status).toBe(1);
});

test('a signal ends the steps, with all that they started', async () => {
  const pids = join(folder, 'pids');
  const hang = `sleep 100 & echo $! >>${pids}; wait`;
  const runner = start([shell('lab', hang, { beside: true }), shell('tests', hang)]);
  const started = () => (existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').map(Number) : []);
  await vi.waitFor(() => expect(started()).toHaveLength(2), 10_000);
  runner.kill('SIGTERM');
  expect((await once(runner, 'close'))[0]).toBe(128 + 15);
  const isThere = (pid: number) =>
    existsSync(`/proc/${pid}`) && !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  await vi.waitFor(() => expect(started().filter(isThere)).toEqual([]), 10_000);
});

test('the tests of the kernel go on beside all steps after the build, and .ci/run takes all steps', () => {
  expect(statSync(inCheckout('.ci/run')).mode & 0o111).toBe(0o111);
  expect(readFileSync(inCheckout('scripts/ci.mjs'), 'utf8')).toContain('runSteps(steps)');
  const names = steps.map(({ name }) => name);
  const beside = steps.filter((step) => step.beside);
  expect(beside.map(({ name }) => name)).toEqual(['SCTP of the kernel']);
  expect(names.slice(0, 3)).toEqual(['test peers', 'build', 'SCTP of the kernel']);
  expect(steps.filter((step) => step.counts)).toHaveLength(5);
});
