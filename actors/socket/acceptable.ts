/**
 * What a server needs of a listening socket, whatever its transport: let newcomers in or not, wait for them, give each away or refuse it. A transport's listening
 * socket implements `Acceptable`, and `server.startLink` knows nothing else of it.
 */
import type { AnySelf, Pid, Port } from '../../runtime/index.js';
import type { Active } from './activeMode.js';
import type { SocketMessage } from './handoff.js';

/** A connection that has come and that no actor owns yet. */
export interface Newcomer<Socket, Arrival> {
  /** The transport's account of the connection: an event, an address. */
  readonly arrival: Arrival;
  /**
   * Gives the connection to an actor, who is sent `['socket', socket]` before anything else of it.
   *
   * @throws SocketError and nothing has happened: 'einval' if the connection has gone meanwhile; 'badarg', 'emfile', ...
   */
  handOff(self: AnySelf, to: Pid<SocketMessage<Port>>, active: Active): void;
  /**
   * What the new owner does first, where a connection is of no use before a handshake. Gives the socket that the handshake makes of the one that was handed off.
   * If the handshake fails, or is not over after `withinMs`, the connection ends, and the promise rejects with a SocketError.
   */
  readonly handshake?: ((self: AnySelf, given: Port, withinMs: number) => Promise<Socket>) | undefined;
  /** Ends the connection at once, if it has not gone by itself. */
  refuse(): void;
}

export interface Acceptable<Socket extends Port, Arrival> extends Port {
  readonly port: number;
  readonly owner: Pid;
  /**
   * Lets newcomers in, or no longer. A transport that can refuse connections early refuses them from then on; others let them wait. The first call makes the
   * socket passive. Whoever gets a newcomer gets the mode, too, that the socket had before.
   */
  admit(on: boolean): Promise<void>;
  /** The mode that the socket had before it was made to admit newcomers. */
  readonly newcomersActive: Active;
  /** Waits until there is a newcomer, and gives those that wait, `atMost` of them. The wait ends with the actor. @throws SocketError 'closed' */
  newcomers(self: AnySelf, atMost: number): Promise<readonly Newcomer<Socket, Arrival>[]>;
  /** Whether an error says no more than that the peer has gone, which is nobody's fault. */
  saysPeerHasGone(error: unknown): boolean;
}

const serverListeners = new WeakSet<Pid>();

/** Notes that an actor listens for a server. */
export function noteServerListener(pid: Pid): void {
  serverListeners.add(pid);
}

/**
 * Whether an actor listens for a server. Its socket may have to be opened again beside the connections that came by it, so a transport whose ports stay taken by
 * connections opens it for that (TL-10).
 */
export function listensForServer(pid: Pid): boolean {
  return serverListeners.has(pid);
}
