/**
 * What a server needs of a listening socket, whatever its transport: let newcomers in or not, wait for the next one, give it away or refuse it. A
 * transport's socket implements `Acceptable`, and `server.startLink` knows nothing else of it.
 */
import type { AnySelf, Pid, Port } from '../../runtime/index.js';
import type { Active } from './activeMode.js';
import type { SocketMessage } from './handoff.js';

/** A connection that has come and that no actor owns yet. */
export interface Newcomer<Socket, Arrival> {
  /** What the transport tells of it. */
  readonly arrival: Arrival;
  /**
   * Gives it to an actor, which is sent `['socket', socket]` before anything else of it.
   *
   * @throws SocketError and nothing has happened: 'einval' if it has gone meanwhile; 'badarg', 'emfile', ...
   */
  handOff(self: AnySelf, to: Pid<SocketMessage<Socket>>, active: Active): Socket;
  /** Ends it at once, if it has not gone by itself. */
  refuse(): void;
}

export interface Acceptable<Socket extends Port, Arrival> extends Port {
  readonly port: number;
  /**
   * Lets newcomers in, or no longer. What the transport can refuse early it refuses then; others wait. At the first call the socket turns passive, and the
   * mode that it had is given to whoever gets a newcomer.
   */
  admit(on: boolean): Promise<void>;
  /** The mode that the socket had before it was made to admit newcomers. */
  readonly newcomersActive: Active;
  /** Waits for the next newcomer; the wait ends with the actor. @throws SocketError 'closed' */
  newcomer(self: AnySelf): Promise<Newcomer<Socket, Arrival>>;
  /** Whether an error says no more than that the peer has gone: nobody's fault. */
  saysPeerHasGone(error: unknown): boolean;
}
