/**
 * How the tests run while mistakes are put into the sources (`npm run mutate`). Only tests run that have the sources in their own process: programs
 * run from `dist`, which has no mistakes in it, and a test that reads the sources would read them with all mistakes at once.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { filesBelow } from './scripts/fresh.mjs';
import { suitesWithoutMutants } from './scripts/suites.mjs';
import everywhere from './vitest.config.js';

/** Tests that run programs from dist, which never fits sources with mistakes in them (test/support/built.ts). */
const ofPrograms = filesBelow([fileURLToPath(new URL('test', import.meta.url))], ['.test.ts']).filter((file) =>
  /from '((\.\.\/)+support\/built|\.\/program)\.js'/.test(readFileSync(file, 'utf8')),
);

const { test: tests, ...rest } = everywhere;

/** A run ends at its first failure, so the quick files go first. Where all files run, the slow ones do. */
class QuickestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).reverse();
  }
}

export default defineConfig(
  mergeConfig(rest, {
    test: {
      ...tests,
      exclude: [...suitesWithoutMutants(), ...ofPrograms],
      reporters: ['./scripts/mutate/loadFailures.mjs'],
      env: { MAILPORT_EXPLORED_RUNS: '2000' },
      // The modules are those of StrykerJS, in a folder that it makes for the run.
      experimental: { fsModuleCache: false },
      sequence: { sequencer: QuickestFirst },
      // Most mistakes lose a message, and the test then waits this long for the message.
      testTimeout: 8_000,
      hookTimeout: 8_000,
    },
  }),
);
