/**
 * What a server needs of a listening socket, whatever its transport: let newcomers in or not, wait for the next one, give it away or refuse it. A
 * transport's socket implements `Acceptable`, and `server.startLink` knows nothing else of it.
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
  handOff(self: AnySelf, to: Pid<SocketMessage<Socket>>, active: Active): Socket;
  /** Ends the connection at once, if it has not gone by itself. */
  refuse(): void;
}

export interface Acceptable<Socket extends Port, Arrival> extends Port {
  readonly port: number;
  /**
   * Lets newcomers in, or no longer. A transport that can refuse connections early refuses them from then on; others let them wait. The first call makes the
   * socket passive. Whoever gets a newcomer gets the mode, too, that the socket had before.
   */
  admit(on: boolean): Promise<void>;
  /** The mode that the socket had before it was made to admit newcomers. */
  readonly newcomersActive: Active;
  /** Waits for the next newcomer; the wait ends with the actor. @throws SocketError 'closed' */
  newcomer(self: AnySelf): Promise<Newcomer<Socket, Arrival>>;
  /** Whether an error says no more than that the peer has gone, which is nobody's fault. */
  saysPeerHasGone(error: unknown): boolean;
}
