/** What this machine has of what the tests beside others need. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { kernelProblem } from '../../../actors/sctp/stacks.js';

export function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

const problem = kernelProblem();

/** Why nothing can be run here that needs the kernel's SCTP; undefined if it can. */
export const missingKernel = problem === undefined ? undefined : `this kernel has no SCTP (${problem}); npm run lab has one`;

/** Why nothing can be run beside Erlang; undefined if it can. */
export const missing = missingKernel ?? (installed('erl') ? undefined : 'package erlang-base is not installed');
