/**
 * The stacks on which SCTP sockets may be opened, and the choice between them. This is the only file of the folder that touches the addon. The addon is loaded
 * with the first socket, not with the module.
 */
import { type BatchCallback, embeddedSctp, kernelSctp, kernelSctpStatus, type SctpStack } from '../../native/index.js';
import { BadArg } from '../../runtime/index.js';
import { reasonOf, SocketError } from '../socket/index.js';

export type StackName = 'embedded' | 'kernel';

/** A stack, and in words the reason for it. */
export interface StackChoice {
  readonly name: StackName;
  readonly why: string;
}

/** Opens the stack of this JavaScript environment; `onBatch` is called with everything that arrives. */
export type StackOpener = (onBatch: BatchCallback) => SctpStack;

/** The stacks on which sockets may be opened, by name. */
export type StackOpeners = { readonly [Name in StackName]?: StackOpener };

/**
 * The stack for a socket: that of the option, else that of MAILPORT_SCTP, else the kernel's where there is one, else the embedded one.
 *
 * @param wanted the option `stack`, checked
 * @throws BadArg if MAILPORT_SCTP names no stack
 */
export function chooseStack(openers: StackOpeners, wanted?: StackName): StackChoice {
  if (wanted !== undefined) return { name: wanted, why: 'the option `stack` says so' };
  const fromEnvironment = process.env.MAILPORT_SCTP;
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    if (fromEnvironment !== 'embedded' && fromEnvironment !== 'kernel') {
      throw new BadArg('MAILPORT_SCTP', "must be 'embedded' or 'kernel'");
    }
    return { name: fromEnvironment, why: 'MAILPORT_SCTP says so' };
  }
  if (openers.embedded === undefined) return { name: 'kernel', why: 'it is the only stack here' };
  if (openers.kernel === undefined) return { name: 'embedded', why: 'it is the only stack here' };
  const problem = kernelProblem();
  if (problem === undefined) return { name: 'kernel', why: 'this kernel has SCTP' };
  return { name: 'embedded', why: `this kernel has no SCTP (${problem})` };
}

/** @throws SocketError 'esocktnosupport' and the like if the stack is not there (OPN-4) */
export function openerOf(openers: StackOpeners, choice: StackChoice): StackOpener {
  const opener = openers[choice.name];
  const problem = opener === undefined ? 'esocktnosupport' : choice.name === 'kernel' ? kernelProblem() : undefined;
  if (opener !== undefined && problem === undefined) return opener;
  throw new SocketError(problem ?? 'esocktnosupport', 'open', {
    detail: `there is no SCTP of the ${choice.name} stack here; ${choice.why}`,
  });
}

/** Why the kernel cannot serve; undefined if it can. The addon is loaded by the call. */
export function kernelProblem(): string | undefined {
  kernelStatus ??= kernelSctpStatus();
  return kernelStatus === 0 ? undefined : reasonOf(-kernelStatus);
}

let kernelStatus: number | undefined;

/** The embedded stack of this environment. The addon is loaded by the call. */
export const openEmbedded: StackOpener = embeddedSctp;

/** The stack of the kernel. The addon is loaded by the call. */
export const openKernel: StackOpener = kernelSctp;

/** The stacks of this machine. */
export const stacks: StackOpeners = { embedded: openEmbedded, kernel: openKernel };
