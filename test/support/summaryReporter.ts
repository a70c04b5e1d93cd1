/**
 * Shows why tests were skipped, which vitest's own reporter does not, and how many rules are cited, and leaves the counts in the file that MAILPORT_TEST_COUNTS names, for
 * scripts that add them up.
 */
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, Vitest } from 'vitest/node';
import { coverageLine, ruleCoverage } from '../rules/coverage.js';

export default class SummaryReporter implements Reporter {
  /** Whether tests were chosen by name: vitest counts the others among those that were skipped. */
  #byName = false;

  onInit(vitest: Vitest): void {
    this.#byName = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    const reasons = new Map<string, { count: number; readonly files: Set<string> }>();
    for (const module of modules) {
      // A file that could not be loaded has no tests that could fail.
      if (module.errors().length > 0) counts.failed += 1;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'pending') continue;
        if (result.state === 'skipped' && result.note === undefined && this.#byName) continue;
        counts[result.state] += 1;
        if (result.state !== 'skipped') continue;
        const reason = result.note ?? 'no reason given';
        const skipped = reasons.get(reason) ?? { count: 0, files: new Set() };
        skipped.count += 1;
        skipped.files.add(module.relativeModuleId);
        reasons.set(reason, skipped);
      }
    }
    for (const [reason, { count, files }] of reasons) {
      const [where] = files;
      console.log(`skipped ${count} in ${files.size === 1 ? where : `${files.size} files`}: ${reason}`);
    }
    if (modules.some((module) => module.relativeModuleId === 'test/rules/rules.test.ts'))
      for (const coverage of ruleCoverage()) console.log(coverageLine(coverage));
    const file = process.env.MAILPORT_TEST_COUNTS;
    if (file !== undefined)
      writeFileSync(file, JSON.stringify({ ...counts, files: modules.map((module) => module.relativeModuleId) }));
  }
}
