/** How the tests run: each file in a process of its own, without retries. `mailport` means the sources, and not dist. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^mailport$/, replacement: source('./actors/index.ts') },
      { find: /^mailport\/(\w+)$/, replacement: `${source('./actors')}/$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/summaryReporter.ts'],
    setupFiles: ['./test/support/setup.ts'],
    pool: 'forks',
    retry: 0,
    // For what hangs. Nothing here is to be fast: a machine may have other work, and other work may have priority.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // Half of the time of one test is the transforming of the modules that it imports. They are kept by their contents.
    experimental: { fsModuleCache: true, fsModuleCachePath: source('./.cache/test/modules') },
    coverage: { provider: 'v8', include: ['runtime/**', 'actors/**', 'native/*.ts'], reporter: ['text', 'json-summary'] },
  },
});
