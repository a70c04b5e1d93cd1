/**
 * Puts a seeded sample of the mutants of StrykerJS into runtime and actors, one at a time, and finds out which of them vitest's tests notice. For each
 * mutant it runs the tests that reach its place, until the first failure. StrykerJS works in a copy of the checkout.
 *
 * Texts are not mutated (stryker.config.mjs). A mutant is noticed if a test fails, if the process of the tests ends, or if they take too long.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../command.mjs';
import { shuffled } from './sample.mjs';
import { config, discover, identity, resultOf } from './typescriptMutants.mjs';

/** @typedef {import('./report.mjs').Result} Result */
/** @typedef {{ workers: number, mutants: string[], lines: string[] }} Sample read by the settings and the plugins of StrykerJS */

/**
 * @param {{ seed: number, count: number, workers: number, only: string }} options only: files whose path contains this
 * @returns {Promise<Result[]>}
 */
export async function mutateTypeScript({ seed, count, workers, only }) {
  const all = (await discover()).filter(({ fileName }) => fileName.includes(only));
  const chosen = shuffled(all, seed).slice(0, count);
  const lines = [...new Set(chosen.map(({ fileName, location: { start, end } }) => `${fileName}:${start.line}-${end.line}`))];
  const mutants = chosen.map((mutant) => identity(mutant));
  const file = join(root, '.cache/mutate/sample.json');
  mkdirSync(join(root, '.cache/mutate'), { recursive: true });
  writeFileSync(file, JSON.stringify(/** @type {Sample} */ ({ workers, mutants, lines })));
  process.env.MAILPORT_MUTATE_SAMPLE = file;
  process.chdir(root);
  // Loaded only here, because StrykerJS is large and the survey of C++ does not need it.
  const { Stryker } = await import('@stryker-mutator/core');
  const tested = await new Stryker({ configFile: config }).runMutationTest();
  return tested.flatMap((mutant) => resultOf(mutant) ?? []);
}
