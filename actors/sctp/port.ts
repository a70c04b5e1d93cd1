/**
 * The only file of this folder that touches the addon: which stack serves a socket and why, and how it is opened.
 * The addon is loaded with the first socket, not with the module.
 */
import { constants } from 'node:os';
import { type BatchCallback, embeddedSctp, type SctpStack } from '../../native/index.js';
import { BadArg } from '../../runtime/index.js';
import { SocketError } from '../socket/index.js';

export type StackName = 'embedded' | 'kernel';

/** Which stack, and for what reason, in words. */
export interface StackChoice {
  readonly name: StackName;
  readonly why: string;
}

/** Opens the stack of this JavaScript environment; `onBatch` gets everything that arrives. */
export type StackOpener = (onBatch: BatchCallback) => SctpStack;

/** -EAGAIN, the one result of a call that is not a failure. */
export const again = -constants.errno.EAGAIN;

const stackNames: readonly unknown[] = ['embedded', 'kernel'] satisfies StackName[];

/**
 * The stack for a socket: what the option says, else MAILPORT_SCTP, else the embedded one. Kernel SCTP is not part of this version, so it is never
 * taken unasked.
 *
 * @throws BadArg if `wanted` or MAILPORT_SCTP names no stack
 */
export function chooseStack(wanted: unknown = undefined): StackChoice {
  if (wanted !== undefined) return { name: checkStackName(wanted, 'stack'), why: 'the option `stack` says so' };
  const fromEnvironment = process.env.MAILPORT_SCTP;
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    return { name: checkStackName(fromEnvironment, 'MAILPORT_SCTP'), why: 'MAILPORT_SCTP says so' };
  }
  return { name: 'embedded', why: 'the kernel stack is not supported by this version of mailport' };
}

/** @throws SocketError 'esocktnosupport' for the kernel stack, which this version does not have (OPN-4) */
export function refuseKernel(choice: StackChoice): void {
  if (choice.name === 'embedded') return;
  throw new SocketError('esocktnosupport', 'open', {
    detail: `the kernel stack is not supported by this version; ${choice.why}`,
  });
}

/** The embedded stack of this environment. The addon is loaded by the call. */
export const openEmbedded: StackOpener = embeddedSctp;

function checkStackName(name: unknown, argument: string): StackName {
  if (stackNames.includes(name)) return name as StackName;
  throw new BadArg(argument, "must be 'embedded' or 'kernel'");
}
