/**
 * The settings of StrykerJS. The environment variable MAILPORT_MUTATE_SAMPLE names the file of the sample (typescript.mjs). Without it the settings
 * take all mutants, and typescriptMutants.mjs lists them so.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const sampleFile = process.env.MAILPORT_MUTATE_SAMPLE;
/** @type {import('./typescript.mjs').Sample | undefined} */
const sample = sampleFile === undefined ? undefined : JSON.parse(readFileSync(sampleFile, 'utf8'));

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  // Only the lines of the sample: each place with a mutant costs the tests time, whether the mutant is on or not.
  mutate: sample?.lines ?? ['runtime/**/*.ts', 'actors/**/*.ts'],
  // Texts are messages of errors and logs, or atoms, and the compiler would not let a wrong atom pass.
  mutator: { excludedMutations: ['StringLiteral'] },
  plugins: ['@stryker-mutator/vitest-runner', new URL('./strykerPlugins.mjs', import.meta.url).href],
  checkers: sample === undefined ? [] : ['sample'],
  testRunner: 'vitest',
  testRunnerNodeArgs: ['--max-old-space-size=1500'],
  vitest: { configFile: 'vitest.mutate.config.ts', related: false },
  coverageAnalysis: 'perTest',
  concurrency: sample?.workers ?? availableParallelism(),
  // In addition to the time that the tests take without a mistake. On a busy machine a timeout would count as noticed.
  timeoutMS: 30_000,
  dryRunTimeoutMinutes: 20,
  tempDirName: '.cache/mutate/typescript',
  // No file has this name. StrykerJS would rewrite tsconfig.json with functions that TypeScript 7 does not have any more.
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
