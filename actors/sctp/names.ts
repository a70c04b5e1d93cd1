/** The addresses of a socket, and those of its peers (MH-10..MH-14). */
import type { NameReason, SockAddress } from '../socket/index.js';
import { sctpError, stackError } from './failure.js';
import type { StackSocket } from './stackSocket.js';

/**
 * The addresses of an association; or all bound addresses if `assocId` is 0, except on a one-to-one socket that is connected: there 0 stands for its association
 * (MH-12).
 *
 * @throws SocketError 'einval' (no such association)
 */
export function ownNames({ stack, handle, oneToOne }: StackSocket, assocId: number, syscall: string): SockAddress[] {
  const bound = stack.sockname(handle);
  if (typeof bound === 'number') throw stackError<NameReason>(stack, bound, syscall);
  const own = assocId === 0 && !oneToOne ? bound.addresses : stack.localNames(handle, assocId);
  if (typeof own === 'number' && assocId !== 0) throw sctpError<NameReason>('einval', syscall);
  const addresses = typeof own === 'number' ? bound.addresses : own;
  return addresses.map((address) => [address, bound.port]);
}

/**
 * The addresses of a peer: of the association, or without `assocId` of the only peer of a one-to-one socket.
 *
 * @throws SocketError 'enotconn' (no peer), 'einval' (no such association), whichever errno the stack gives
 */
export function peerNames({ stack, handle, oneToOne }: StackSocket, assocId: number | undefined, syscall: string): SockAddress[] {
  if (assocId === undefined && !oneToOne) throw sctpError<NameReason>('enotconn', syscall);
  const names = stack.peernames(handle, assocId ?? 0);
  if (typeof names !== 'number' && names.length > 0) return names.map(({ address, port }) => [address, port]);
  throw sctpError<NameReason>(assocId === undefined ? 'enotconn' : 'einval', syscall);
}
