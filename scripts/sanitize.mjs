/**
 * Runs the tests that load the addon with an addon that has AddressSanitizer and UndefinedBehaviorSanitizer built in. Node itself is not
 * instrumented, so the libraries of the sanitizers are preloaded. A report fails the run even if every test passed. Leaks are found in processes
 * that end by themselves: the programs that tests start, and not the processes of vitest. Arguments go to vitest, instead of the list of folders.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { buildSanitizedAddon } from './addon.mjs';
import { root, StepFailed, script } from './command.mjs';
import { printCounts } from './counts.mjs';
import { reportsThatCount } from './sanitizerReports.mjs';
import { setUp } from './setup.mjs';
import { sanitizedSuites } from './suites.mjs';
import { runVitest } from './vitest.mjs';

/** Instrumented code is a few times slower, and a slow test is no failure here. */
const testTimeoutMs = 60_000;

await script(async () => {
  const args = process.argv.length > 2 ? process.argv.slice(2) : sanitizedSuites();
  await setUp();
  const addon = await buildSanitizedAddon();
  const logs = join(root, '.cache/sanitizer-logs');
  rmSync(logs, { recursive: true, force: true });
  mkdirSync(logs, { recursive: true });
  const counts = await runVitest([...args, `--testTimeout=${testTimeoutMs}`, `--hookTimeout=${testTimeoutMs}`], {
    MAILPORT_ADDON: addon,
    LD_PRELOAD: ['libasan.so', 'libubsan.so'].map(library).join(':'),
    ASAN_OPTIONS: `log_path=${join(logs, 'asan')}:detect_leaks=1`,
    // Leaks are judged below, by their stacks. A status for any leak would fail every program that a test starts, because Node leaks on purpose.
    LSAN_OPTIONS: 'exitcode=0',
    // UndefinedBehaviorSanitizer has no log of its own beside the other's: it writes to stderr and ends the process, which fails the test.
    UBSAN_OPTIONS: 'print_stacktrace=1',
  });
  const reports = readdirSync(logs).flatMap((file) => reportsThatCount(readFileSync(join(logs, file), 'utf8')));
  for (const report of reports) console.log(`\n${report}\n`);
  console.log(`${reports.length} sanitizer reports`);
  return printCounts([counts, { passed: 0, failed: reports.length }]);
});

/**
 * The file of a library of g++'s. The linker passes over one that it cannot preload, so this fails.
 *
 * @param {string} name
 */
function library(name) {
  const file = execFileSync('g++', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();
  if (!isAbsolute(file)) throw new StepFailed(`g++ came without ${name}, which the sanitizers need`);
  return file;
}
