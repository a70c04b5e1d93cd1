/**
 * The tests that load the addon, with an addon built with AddressSanitizer and UndefinedBehaviorSanitizer. Node itself is not instrumented,
 * so the sanitizers' libraries are preloaded. A report fails the run even if every test passed. Leaks are found in processes that end by
 * themselves (those that tests start; vitest ends its own). Arguments go to vitest.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSanitizedAddon } from './addon.mjs';
import { root, script } from './command.mjs';
import { reportsThatCount } from './sanitizerReports.mjs';
import { setUp } from './setup.mjs';
import { printCounts, runVitest } from './vitest.mjs';

/** Folders of test/ whose tests load the addon. */
const suites = ['native', 'sctp', 'interop', 'process', 'examples', 'regress'];

/** Instrumented code is a few times slower; what is being looked for is not slowness. */
const testTimeoutMs = 60_000;

await script(async () => {
  await setUp();
  const addon = await buildSanitizedAddon();
  const logs = join(root, '.cache/sanitizer-logs');
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const present = suites.map((suite) => `test/${suite}/`).filter((folder) => existsSync(join(root, folder)));
  const args = process.argv.length > 2 ? process.argv.slice(2) : present;
  const counts = await runVitest([...args, `--testTimeout=${testTimeoutMs}`, `--hookTimeout=${testTimeoutMs}`], {
    MAILPORT_ADDON: addon,
    LD_PRELOAD: ['libasan.so', 'libubsan.so'].map(library).join(':'),
    ASAN_OPTIONS: `log_path=${join(logs, 'asan')}:detect_leaks=1`,
    // Leaks are judged below, by their stacks; by status they would fail every program that a test starts.
    LSAN_OPTIONS: 'exitcode=0',
    // This one knows no log beside the other's: it writes to stderr and ends the process, which fails the test.
    UBSAN_OPTIONS: 'print_stacktrace=1',
  });
  const reports = readdirSync(logs).flatMap((file) => reportsThatCount(readFileSync(join(logs, file), 'utf8')));
  for (const report of reports) console.log(`\n${report}\n`);
  console.log(`${reports.length} sanitizer reports`);
  return printCounts([counts, { passed: 0, failed: reports.length }]);
});

/** @param {string} name */
function library(name) {
  return execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
}
