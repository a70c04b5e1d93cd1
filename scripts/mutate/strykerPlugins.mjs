/**
 * Two plugins for StrykerJS. The checker lets only the mutants of the sample pass: the settings of StrykerJS choose whole lines, and a line can hold
 * many mutants. The reporter prints each result as soon as it is known.
 */
import { readFileSync } from 'node:fs';
import { resultLine } from './report.mjs';
import { identity, resultOf } from './typescriptMutants.mjs';

/** @typedef {import('@stryker-mutator/api/core').Mutant} Mutant */

class SampleChecker {
  /** @type {Set<string>} */
  #wanted = new Set();

  async init() {
    const { mutants } = JSON.parse(readFileSync(process.env.MAILPORT_MUTATE_SAMPLE ?? '', 'utf8'));
    this.#wanted = new Set(mutants);
  }

  /** @param {Mutant[]} mutants */
  async check(mutants) {
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, this.#resultOf(mutant)]));
  }

  /** @param {Mutant[]} mutants */
  async group(mutants) {
    return [mutants.map(({ id }) => id)];
  }

  /** @param {Mutant} mutant */
  #resultOf(mutant) {
    // StrykerJS counts lines and columns from 0 here.
    return this.#wanted.has(identity(mutant, 1)) ? { status: 'passed' } : { status: 'compileError', reason: 'not in the sample' };
  }
}

class ProgressReporter {
  #count = 0;

  /** @param {import('@stryker-mutator/api/core').MutantResult} mutant */
  onMutantTested(mutant) {
    const result = resultOf(mutant);
    if (result === undefined) return;
    this.#count += 1;
    console.log(`${this.#count} ${result.noticed ? 'noticed  ' : 'UNNOTICED'} ${resultLine(result)}`);
  }
}

export const strykerPlugins = [
  { kind: 'Checker', name: 'sample', injectableClass: SampleChecker },
  { kind: 'Reporter', name: 'survey', injectableClass: ProgressReporter },
];
