/** Which lines of the code the corpora of a target reach, by clang's counters. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../command.mjs';
import { build, corpusOf, programOf } from './build.mjs';

/**
 * Prints a table with a line for each file, and writes the sources with their counts below .cache/fuzz.
 *
 * @param {string} target
 * @returns {Promise<number>} the exit status
 */
export async function showCoverage(target) {
  await build('1');
  const folder = join(root, '.cache/fuzz/coverage');
  mkdirSync(folder, { recursive: true });
  const [raw, data] = [join(folder, `${target}.profraw`), join(folder, `${target}.profdata`)];
  const corpora = [corpusOf(target), join(root, '.cache/fuzz', target)].filter((path) => existsSync(path));
  const program = programOf(target, '1');
  execFileSync(program, ['-runs=0', ...corpora], { env: { ...process.env, LLVM_PROFILE_FILE: raw }, stdio: 'ignore' });
  execFileSync('llvm-profdata', ['merge', '-sparse', raw, '-o', data]);
  const report = [
    'report',
    program,
    `-instr-profile=${data}`,
    '-ignore-filename-regex=native/(test|fuzz)/',
    '-show-region-summary=false',
  ];
  console.log(execFileSync('llvm-cov', report, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));
  const show = [
    'show',
    program,
    `-instr-profile=${data}`,
    '-ignore-filename-regex=native/(test|fuzz)/',
    `-output-dir=${join(folder, target)}`,
  ];
  execFileSync('llvm-cov', show, { stdio: 'ignore' });
  console.log(`line by line: .cache/fuzz/coverage/${target}`);
  return 0;
}
