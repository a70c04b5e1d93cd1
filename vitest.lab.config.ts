/**
 * How the tests run that need a kernel with SCTP (`npm run test:lab`): the contract suite over the kernel's stack alone, and what is below test/lab.
 * Made for the lab, whose processor is slow: one process for all files, which gives each its modules afresh, and modules transformed before the boot.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import everywhere from './vitest.config.js';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Files with tests that run over every stack. */
function overStacks(): string[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.test.ts'),
  );
  return files.map((file) => `test/${file}`).filter((file) => readFileSync(join(root, file), 'utf8').includes('overStacks('));
}

const { test: tests, ...rest } = everywhere;

export default defineConfig(
  mergeConfig(rest, {
    test: {
      ...tests,
      include: ['test/lab/**/*.test.ts', ...overStacks()],
      setupFiles: ['./test/support/freshModules.ts', './test/support/setup.ts'],
      sequence: { setupFiles: 'list' },
      env: { MAILPORT_TEST_STACK: 'kernel' },
      isolate: false,
      maxWorkers: 1,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      experimental: { fsModuleCache: true, fsModuleCachePath: join(root, '.cache/lab/modules') },
    },
  }),
);
