/**
 * StrykerJS's settings. The environment variable MAILPORT_MUTATE_SAMPLE names the file of the sample (typescript.mjs); without it all mutants
 * are meant, which is what they are listed with.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const sampleFile = process.env.MAILPORT_MUTATE_SAMPLE;
/** @type {import('./typescript.mjs').Sample | undefined} */
const sample = sampleFile === undefined ? undefined : JSON.parse(readFileSync(sampleFile, 'utf8'));

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  // Lines of the sample only: each place that could be mutated costs the tests time.
  mutate: sample?.lines ?? ['runtime/**/*.ts', 'actors/**/*.ts'],
  // Texts: what an error says, what is logged. A wrong atom is no mistake that a compiler would let pass.
  mutator: { excludedMutations: ['StringLiteral'] },
  plugins: ['@stryker-mutator/vitest-runner', new URL('./strykerPlugins.mjs', import.meta.url).href],
  checkers: sample === undefined ? [] : ['sample'],
  testRunner: 'vitest',
  testRunnerNodeArgs: ['--max-old-space-size=1500'],
  vitest: { configFile: 'vitest.mutate.config.ts', related: false },
  coverageAnalysis: 'perTest',
  concurrency: sample?.workers ?? availableParallelism(),
  // Above what the tests took when all went well. A busy machine must not make an unnoticed mistake look noticed.
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 20,
  tempDirName: '.cache/mutate/typescript',
  // There is none of this name: StrykerJS would rewrite it by functions of TypeScript that version 7 has no more.
  tsconfigFile: 'none.json',
  ignorePatterns: [
    '.cache',
    '.ci',
    'coverage',
    'native/build/tests*',
    'native/build/Release/obj.target',
    'native/build/Release/.deps',
  ],
  reporters: ['survey'],
  allowConsoleColors: false,
  disableTypeChecks: true,
};
