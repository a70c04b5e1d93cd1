/** Finding the addon, and the error if it is not there. */
import { afterEach, expect, test, vi } from 'vitest';
import { loadAddon } from '../../native/addon.js';

afterEach(() => vi.unstubAllEnvs());

test('the addon is found, and is the same one each time', () => {
  expect(loadAddon().embeddedSctp).toBeTypeOf('function');
  expect(loadAddon()).toBe(loadAddon());
});

test('a MAILPORT_ADDON that is not there is named in the error', () => {
  vi.stubEnv('MAILPORT_ADDON', '/nowhere/mailport.node');
  expect(() => loadAddon()).toThrow('mailport: MAILPORT_ADDON names /nowhere/mailport.node, which cannot be loaded');
});

test('a missing binary says what to run', () => {
  vi.stubEnv('MAILPORT_ADDON', '');
  expect(() => loadAddon(import.meta.dirname)).toThrow(/^mailport: there is no native addon for \w+-\w+; .*npm run build/);
});
