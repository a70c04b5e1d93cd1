/** In a process that has no descriptor left, a call that fails has changed nothing. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { built } from '../support/built.js';
import { overStacks } from './subjects.js';

const program = fileURLToPath(new URL('programs/scarceDescriptors.mjs', import.meta.url));

/** The output of the program, which runs with few descriptors. */
async function outcome(stack: string, ...args: readonly string[]): Promise<unknown> {
  built('actors/sctp/index.js'); // Which the program imports.
  const limited = ['-c', 'ulimit -n 400; exec "$0" "$@"', process.execPath, program, ...args];
  const { stdout } = await promisify(execFile)('sh', limited, { env: { ...process.env, MAILPORT_SCTP: stack } });
  return JSON.parse(stdout);
}

overStacks((_, name) => {
  test("open rejects with 'emfile' when no descriptor is free", async ({ skip }) => {
    if (name === 'simulated') return skip('it has no descriptors');
    expect(await outcome(name)).toEqual({ open: 'emfile' });
  });

  test("accept and peeloff give 'emfile', and can be called again: the association goes on", async ({ skip }) => {
    if (name !== 'kernel') return skip('associations of this stack have no descriptors of their own');
    expect(await outcome(name, 'all')).toEqual({
      open: 'emfile',
      accept: 'emfile',
      peeloff: 'emfile',
      still: 'established',
      data: ['to accepted', 'to peeled off'],
    });
  });
});
