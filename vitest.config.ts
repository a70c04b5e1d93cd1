/** How the tests run: each file in a process of its own, without retries. `mailport` means the sources, and not dist. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Where transformed modules are kept: a folder below `folder` for the versions of all packages. vitest removes the folder when these change, and then cannot
 * write to it any more, so that the first run after a change would fail.
 */
export function modulesIn(folder: string): string {
  const versions = createHash('sha256')
    .update(readFileSync(source('./package-lock.json')))
    .digest('hex')
    .slice(0, 16);
  const all = source(folder);
  for (const other of entriesOf(all)) if (other !== versions) rmSync(`${all}/${other}`, { recursive: true, force: true });
  return `${all}/${versions}`;
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

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
    // vitest leaves one processor free, which is half of a small machine. Most tests wait more than they compute.
    maxWorkers: availableParallelism(),
    retry: 0,
    // For what hangs. Nothing here is to be fast: a machine may have other work, and other work may have priority.
    testTimeout: 90_000,
    hookTimeout: 90_000,
    // Half of the time of one test is the transforming of the modules that it imports. They are kept by their contents.
    experimental: { fsModuleCache: true, fsModuleCachePath: modulesIn('./.cache/test/modules') },
    coverage: { provider: 'v8', include: ['runtime/**', 'actors/**', 'native/*.ts'], reporter: ['text', 'json-summary'] },
  },
});
