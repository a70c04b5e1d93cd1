/**
 * joyent/libuv#690 and #1189, uNetworking/uWebSockets#445: a listener whose connections cannot be accepted, because every descriptor is taken, kept its loop turning.
 * Here only a call of accept tries, and the loop sleeps between calls (TA-8).
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { built } from '../support/built.js';

const program = fileURLToPath(new URL('./programs/idleWithoutDescriptors.mjs', import.meta.url));

test('a loop that cannot accept sleeps', async () => {
  built('actors/tcp/index.js'); // Which the program imports.
  const run = promisify(execFile);
  const { stdout } = await run('sh', ['-c', 'ulimit -n 400; exec "$0" "$1"', process.execPath, program]);
  const { idleTurns, ...outcome } = JSON.parse(stdout) as { idleTurns: number; reasons: string[]; data: string };
  expect(outcome).toEqual({ reasons: ['emfile', 'emfile'], data: 'still queued' });
  // A loop that does not sleep turns thousands of times.
  expect(idleTurns).toBeLessThan(100);
});
