/** Own and peers' addresses of a socket (MH-10..MH-14). */
import type { Handle, SctpStack } from '../../native/contract.js';
import { errnoError, type NameReason, SocketError } from '../socket/index.js';

/** An own or a peer's address. */
export type SockAddress = readonly [ip: string, port: number];

/** All bound addresses. @throws SocketError */
export function boundNames(stack: SctpStack, handle: Handle, syscall: string): SockAddress[] {
  const name = stack.sockname(handle);
  if (typeof name === 'number') throw errnoError<NameReason>(name, syscall);
  return name.addresses.map((address) => [address, name.port]);
}

/**
 * The addresses of a peer: of the association, or without one of the only peer of a one-to-one socket.
 *
 * @throws SocketError 'enotconn' (no peer), 'einval' (no such association), however the stack puts it
 */
export function peerNames(
  stack: SctpStack,
  handle: Handle,
  assocId: number | undefined,
  oneToOne: boolean,
  syscall: string,
): SockAddress[] {
  if (assocId === undefined && !oneToOne) throw new SocketError<NameReason>('enotconn', syscall);
  const names = stack.peernames(handle, assocId ?? 0);
  if (typeof names !== 'number' && names.length > 0) return names.map(({ address, port }) => [address, port]);
  throw new SocketError<NameReason>(assocId === undefined ? 'enotconn' : 'einval', syscall);
}
