/**
 * Runs before each test file. A test that leaves something open (a socket, a timer that holds the process) has failed even if its assertions
 * held: `failOnLeftovers` collects the checks, and every subject that opens things registers one here.
 */
import { afterEach } from 'vitest';

/** Names of what is still open, empty if all is well. May wait for closings under way; it must not wait for time. */
export type LeftoverCheck = () => string[] | Promise<string[]>;

const checks: LeftoverCheck[] = [];

/** Registers a check that is made after each test of this file. */
export function failOnLeftovers(check: LeftoverCheck): void {
  checks.push(check);
}

afterEach(async () => {
  const left = (await Promise.all(checks.map((check) => check()))).flat();
  if (left.length > 0) throw new Error(`the test left open: ${left.join(', ')}`);
});
