/** The connections that come to a listening socket, as `server` wants them. Implements the seam of actors/socket/acceptable.ts. */
import { BadArg } from '../../runtime/index.js';
import { type Accepts, type Active, Backlog, SocketError, type SocketPort, type SockName } from '../socket/index.js';
import type { TcpData } from './received.js';

/** What a server tells a session of its connection: the name of the peer; the address is '' if the peer has gone already. */
export type TcpArrival = SockName;

/** A socket, as this file needs it. */
interface Stream extends SocketPort<TcpData> {
  peername(): SockName;
  setopts(options: { readonly active?: Active; readonly linger?: readonly [boolean, number] }): void;
}

const gone: ReadonlySet<string> = new Set(['closed', 'enotconn', 'econnreset', 'etimedout', 'ehostunreach', 'enetunreach']);

/**
 * A packet beyond `packetSize` is the peer's doing, and has ended the connection (TM-9), so no stranger can have a crash reported by sending one. A `send` that is
 * too long is a mistake of the session.
 */
export function saysPeerHasGone(error: unknown): boolean {
  if (!(error instanceof SocketError)) return false;
  return gone.has(error.reason) || (error.reason === 'emsgsize' && error.syscall === 'recv');
}

/** The newcomers of a listening socket, which is passive from now on. `active`: its mode. */
export function newcomersOf<Socket extends Stream>(
  socket: Stream,
  active: Active,
  accepts: Accepts<Socket> | undefined,
): Backlog<Socket, TcpArrival> {
  if (accepts === undefined) throw new BadArg('spec.listen', 'must give a socket that listens, as `tcp.listen` does');
  socket.setopts({ active: false });
  return new Backlog<Socket, TcpArrival>({ accepts, active, arrivalOf, refuse });
}

function arrivalOf(_self: unknown, socket: Stream): TcpArrival {
  try {
    return socket.peername();
  } catch {
    return { address: '', port: 0 };
  }
}

function refuse(socket: Stream): void {
  socket.setopts({ linger: [true, 0] });
  socket.close();
}
