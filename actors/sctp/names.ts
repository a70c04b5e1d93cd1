/** Own and peers' addresses of a socket (MH-10..MH-14). */
import type { Handle, SctpStack } from '../../native/contract/sctp.js';
import { errnoError, type NameReason, SocketError } from '../socket/index.js';

/** An own or a peer's address. */
export type SockAddress = readonly [ip: string, port: number];

/**
 * All bound addresses; of an association, those that it has, as is meant without one on a one-to-one socket that is connected (MH-12).
 *
 * @throws SocketError 'einval' (no such association)
 */
export function ownNames(stack: SctpStack, handle: Handle, assocId: number, oneToOne: boolean, syscall: string): SockAddress[] {
  const bound = stack.sockname(handle);
  if (typeof bound === 'number') throw errnoError<NameReason>(bound, syscall);
  const own = assocId === 0 && !oneToOne ? bound.addresses : stack.localNames(handle, assocId);
  if (typeof own === 'number' && assocId !== 0) throw new SocketError<NameReason>('einval', syscall);
  const addresses = typeof own === 'number' ? bound.addresses : own;
  return addresses.map((address) => [address, bound.port]);
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
