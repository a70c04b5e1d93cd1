/**
 * How the tests run that need a kernel with SCTP (`npm run test:lab`). Tests that run over several stacks run over the kernel's alone. The processor of
 * the lab is slow, so one process runs all files, with fresh modules for each, and the modules are transformed before the boot.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import { kernelTests } from './test/support/kernelTests.js';
import everywhere, { modulesIn } from './vitest.config.js';

const root = fileURLToPath(new URL('.', import.meta.url));

const { test: tests, ...rest } = everywhere;

export default defineConfig(
  mergeConfig(rest, {
    test: {
      ...tests,
      include: kernelTests(root),
      setupFiles: ['./test/support/freshModules.ts', './test/support/setup.ts'],
      sequence: { setupFiles: 'list' },
      env: { MAILPORT_TEST_STACK: 'kernel' },
      isolate: false,
      maxWorkers: 1,
      testTimeout: 60_000,
      hookTimeout: 60_000,
      experimental: { fsModuleCache: true, fsModuleCachePath: modulesIn('./.cache/lab/modules') },
    },
  }),
);
