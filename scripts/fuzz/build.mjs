/** The fuzz targets, and building them with clang. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { root, runQuietly } from '../command.mjs';

const folder = join(root, 'native/fuzz');

/** @returns {string[]} */
export function targetNames() {
  return readdirSync(folder)
    .filter((file) => file.endsWith('_fuzz.cc'))
    .map((file) => file.replace(/_fuzz\.cc$/, ''))
    .sort();
}

/** Whether there is a clang++ with libFuzzer. */
export function canBuild() {
  try {
    const library = execFileSync('clang++', ['--rtlib=compiler-rt', '-print-libgcc-file-name'], { encoding: 'utf8' }).trim();
    return existsSync(library) && readdirSync(dirname(library)).some((file) => /^libclang_rt\.fuzzer[-.]/.test(file));
  } catch {
    return false;
  }
}

/**
 * @param {'' | '1'} [coverage] '1': with counters of lines, and without the sanitizers
 * @returns {Promise<void>}
 */
export async function build(coverage = '') {
  const command = ['make', '-s', `-j${availableParallelism()}`, '-f', join(folder, 'Makefile'), `COVERAGE=${coverage}`];
  if (hasCache()) command.push('CXX=ccache clang++');
  await runQuietly('building the fuzz targets', command);
}

/**
 * @param {string} target
 * @param {'' | '1'} [coverage]
 */
export function programOf(target, coverage = '') {
  return join(root, 'native/build', coverage === '' ? 'fuzz' : 'fuzz-coverage', target);
}

/** @param {string} target */
export function corpusOf(target) {
  return join(folder, 'corpus', target);
}

export const dictionary = join(folder, 'sctp.dict');

function hasCache() {
  return (process.env.PATH ?? '').split(':').some((directory) => existsSync(join(directory, 'ccache')));
}
