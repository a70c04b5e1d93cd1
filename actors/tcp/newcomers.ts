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

export function saysPeerHasGone(error: unknown): boolean {
  return error instanceof SocketError && gone.has(error.reason);
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
