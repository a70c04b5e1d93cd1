/** Errors of calls into a stack. */
import type { SctpStack } from '../../native/contract.js';
import { errnoError, reasonOf, type SocketError, type SocketErrorDetails } from '../socket/index.js';

/** The error of a call that gave `result`, a negative errno. It names the stack if that is what cannot do it, as the other one may. */
export function stackError<Reason extends string>(
  stack: SctpStack,
  result: number,
  syscall: string,
  details: SocketErrorDetails = {},
): SocketError<Reason> {
  const named = reasonOf(-result) === 'enotsup' ? { ...details, detail: `the ${stack.name} stack cannot do this` } : details;
  return errnoError(result, syscall, named);
}
