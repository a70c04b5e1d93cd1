/**
 * How the tests run while mistakes are put into the sources (`npm run mutate`): those alone that run the sources in their own process. What
 * starts programs runs them from `dist`, and what reads the sources would read them with all the mistakes in.
 */
import { defineConfig, mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import everywhere from './vitest.config.js';

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
      exclude: [
        'test/{fixtures,bench,beside,interop,lab,process,rules,scripts,types}/**',
        'test/{docs,layout}.test.ts',
        'test/examples/{behaviours,manual,readme,sessions}.test.ts',
      ],
      reporters: [],
      sequence: { sequencer: QuickestFirst },
      // A lost message is what most mistakes end in, and each is waited for that long.
      testTimeout: 8_000,
      hookTimeout: 8_000,
    },
  }),
);
