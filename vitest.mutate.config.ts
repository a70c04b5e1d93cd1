/**
 * How the tests run while mistakes are put into the sources (`npm run mutate`): those alone that run the sources in their own process. What
 * starts programs runs them from `dist`, and what reads the sources would read them with all the mistakes in.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { filesBelow } from './scripts/fresh.mjs';
import { suitesWithoutMutants } from './scripts/suites.mjs';
import everywhere from './vitest.config.js';

/** Tests that run what was built: it never fits the sources, with mistakes in them (test/support/built.ts). */
const ofPrograms = filesBelow([fileURLToPath(new URL('test', import.meta.url))], ['.test.ts']).filter((file) =>
  /from '((\.\.\/)+support\/built|\.\/program)\.js'/.test(readFileSync(file, 'utf8')),
);

const { test: tests, ...rest } = everywhere;

/** A run ends at its first failure, so what is quick goes first: the other way round than where all are run. */
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
      sequence: { sequencer: QuickestFirst },
      // A lost message is what most mistakes end in, and each is waited for that long.
      testTimeout: 8_000,
      hookTimeout: 8_000,
    },
  }),
);
