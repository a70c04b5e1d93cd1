/** A script fails that names a folder of tests which is not there; it would pass without those tests. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { requirePresent, StepFailed } from '../../scripts/command.mjs';
import { filesBelow } from '../../scripts/fresh.mjs';
import { inTest, sanitizedSuites, suitesWithoutMutants } from '../../scripts/suites.mjs';

const inCheckout = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test('the folders that run under the sanitizers are there, the tests of the addon among them', () => {
  expect(sanitizedSuites()).toEqual(expect.arrayContaining(['test/native/', 'test/sctp/']));
});

test('the tests that no mistake is tried with are there', () => {
  expect(suitesWithoutMutants()).toEqual(expect.arrayContaining(['test/scripts/**', 'test/layout.test.ts']));
});

test('what is not there is named, and ends the script', () => {
  const message = 'not there, though a script names it: test/gone, test/gone.test.ts';
  expect(() => inTest(['native', 'gone', 'gone.test.ts'])).toThrow(new StepFailed(message));
  expect(() => requirePresent([inCheckout('test/native'), inCheckout('test/gone')])).toThrow(StepFailed);
  expect(() => filesBelow([inCheckout('test/gone')], ['.ts'])).toThrow(StepFailed);
});
