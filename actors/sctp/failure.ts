/** Errors of calls into a stack. */
import { isIPv6 } from 'node:net';
import type { SctpStack } from '../../native/contract.js';
import { type ConnectReason, errnoError, reasonOf, type SocketError, type SocketErrorDetails } from '../socket/index.js';

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

/** The error of a connect that gave `result`. What the stacks call 'einval' is a zone, if one has to be there and is wrong. */
export function connectError(
  stack: SctpStack,
  result: number,
  syscall: string,
  addresses: readonly string[],
  port: number,
): SocketError<ConnectReason> {
  const address = addresses.join();
  const isZone = reasonOf(-result) === 'einval' && addresses.some((each) => isIPv6(each) && /^fe[89ab]|%/i.test(each));
  const detail = isZone ? 'a link-local address needs the zone of an interface that is there, as in fe80::1%eth0' : undefined;
  return stackError(stack, result, syscall, { address, port, detail });
}
