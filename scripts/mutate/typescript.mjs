/**
 * Puts a seeded sample of StrykerJS's mutants into runtime and actors, one at a time, and sees which of them vitest's tests notice: of those
 * alone that reach the place, until the first failure. StrykerJS works in a copy of the checkout.
 *
 * Left out by rule: texts (settings in stryker.config.mjs). Noticed is what fails a test, ends its process or outlasts it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../command.mjs';
import { shuffled } from './sample.mjs';
import { config, discover, identity, resultOf } from './typescriptMutants.mjs';

/** @typedef {import('./report.mjs').Result} Result */
/** @typedef {{ workers: number, mutants: string[], lines: string[] }} Sample what the settings and the plugins of StrykerJS read */

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
  // Only here: it is large, and the other survey has no need of it.
  const { Stryker } = await import('@stryker-mutator/core');
  const tested = await new Stryker({ configFile: config }).runMutationTest();
  return tested.flatMap((mutant) => resultOf(mutant) ?? []);
}
