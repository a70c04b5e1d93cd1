/**
 * The contract between the runtime and ports, of which sockets are made: how a port takes part in links, monitors and exit signals, and what it may do
 * with its owner's mailbox. The runtime knows nothing else of sockets. Mirrors Erlang's ports.
 */
import type { Clock } from './clock.js';
import type { Pid } from './pid.js';
import type { LookedFor } from './watermark.js';
import type { PortBacklog } from './weight.js';

/** Something other than an actor that takes part in links and monitors: a socket. In messages it stands for itself. */
export interface Port {
  /** Its name in reports, such as `#Port<7>`. */
  readonly label: string;
  readonly isOpen: boolean;
  /** The actor that owns the port, Erlang's controlling process. */
  readonly owner?: Pid;
  /** It is of a simulated network. So it has no time of its own, and a simulated run may have it. */
  readonly isSimulated?: boolean;
  /** Called when a linked actor has ended, for whatever reason, or when an exit signal is sent to the port: at once, in the turn of the sender (OW-1). */
  onExit(from: Pid, reason: unknown): void;
}

/** What `runtime/ports.ts` exports for those who implement ports. Not part of the public package. */
export interface PortApi {
  /** Links an actor and a port. False, and nothing has happened, if the actor has ended. */
  linkPort(owner: Pid, port: Port): boolean;
  /** Removes the link, and takes an `['EXIT', port, _]` that came by it out of the actor's mailbox, as erlang:unlink does. */
  unlinkPort(owner: Pid, port: Port): void;
  /**
   * The port has ended. Linked actors get an exit signal with the reason: one that traps exits the message `['EXIT', port, reason]`, and 'normal' ends nobody
   * (OW-4, OW-5). Actors that monitor the port get `['DOWN', ref, 'port', port, reason]` (OW-9).
   */
  portExited(port: Port, reason: unknown): void;
  /** Puts a message into the mailbox and wakes the actor. Does nothing if the actor has ended. This is the hot path. */
  deliver(owner: Pid, message: unknown): void;
  /** `deliver` for a message of so many bytes. `port` counts the bytes as long as the message waits in the mailbox. */
  deliverWeighed(owner: Pid, message: unknown, port: PortBacklog, bytes: number): void;
  /** How many messages wait in the mailbox; 0 if the actor has ended. */
  backlog(owner: Pid): number;
  /** How many bytes of all ports together wait in the mailbox; 0 if the actor has ended. */
  backlogBytes(owner: Pid): number;
  /** How many messages may wait in the mailbox, Infinity without a limit. The mailbox never refuses a port's message: the port has to stop reading by itself. */
  mailboxLimit(owner: Pid): number;
  /** How many bytes may wait in the mailbox, Infinity without a limit. */
  mailboxLimitBytes(owner: Pid): number;
  /**
   * Calls `callback` once, in a microtask of its own, when `isDrained` holds or the actor has ended. `isDrained` is asked at once, whenever messages have been
   * taken, and whenever the actor has looked through its mailbox in vain; it is given what the actor looks for then. Returns a function that cancels it.
   */
  whenDrained(owner: Pid, isDrained: (lookedFor: LookedFor) => boolean, callback: () => void): () => void;
  /** Calls `call` with each port that the actor is linked to. */
  eachPort(owner: Pid, call: (port: Port) => void): void;
  /** Takes all waiting messages for which `match` holds out of the mailbox, and returns them in order, for a handoff (CP-11, CP-15). */
  extract(owner: Pid, match: (message: unknown) => boolean): unknown[];
  isAlive(pid: Pid): boolean;
  /** The clock of the actor's system, by which the timeouts of its calls are counted. */
  clockOf(pid: Pid): Clock;
  /** The actor begins to wait for a port's call: its turn is over. */
  waitsForPort(pid: Pid): void;
  /** The port's call has its answer: the actor's next turn begins. */
  runsOn(pid: Pid): void;
  /**
   * Notes that a call by this actor has failed with that error, and returns the error. If nobody awaits the call, the actor ends with the error. To be called
   * before anybody gets the error.
   */
  charge<E extends object>(error: E, caller: Pid): E;
}
