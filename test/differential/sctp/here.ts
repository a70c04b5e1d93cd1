/** Whether this machine has a kernel with SCTP, and Erlang. */
import { kernelProblem } from '../../../actors/sctp/stacks.js';
import { installed } from '../../support/installed.js';

const problem = kernelProblem();

/** The reason why tests of the kernel's SCTP cannot run here; undefined if they can. */
export const missingKernel = problem === undefined ? undefined : `this kernel has no SCTP (${problem}); npm run lab has one`;

/** The reason why differential tests cannot run here; undefined if they can. */
export const missing = missingKernel ?? (installed('erl') ? undefined : 'package erlang-base is not installed');
