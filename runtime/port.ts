/**
 * The contract between the runtime and the ports built on it (sockets): what a port is to links, monitors and exit signals, and what a
 * port may do to its owner's mailbox. The runtime knows nothing else of sockets. Mirrors Erlang's ports.
 */

import type { Pid } from './pid.js';
import type { LookedFor } from './watermark.js';
import type { PortBacklog } from './weight.js';

/** An entity other than an actor that takes part in links and monitors. Its identity is the object itself. */
export interface Port {
  /** Shown in reports, `#Port<7>` in Erlang. */
  readonly label: string;
  readonly isOpen: boolean;
  /** Its controlling process, if it has one. */
  readonly owner?: Pid;
  /** A linked actor has ended, for whatever reason (OW-1), or someone sent an exit signal. Runs at once, in the sender's turn. */
  onExit(from: Pid, reason: unknown): void;
}

/** What `runtime/ports.ts` exports for implementers of ports (not part of the public package). */
export interface PortApi {
  /** Links actor and port; false, and nothing happens, if the actor is dead. */
  linkPort(owner: Pid, port: Port): boolean;
  /** Removes the link, and a queued `['EXIT', port, _]` of it from the actor's mailbox, as erlang:unlink does. */
  unlinkPort(owner: Pid, port: Port): void;
  /**
   * The port has ended: its links get an exit signal `reason` (a trapping actor `['EXIT', port, reason]`; 'normal' does not end others, OW-4,
   * OW-5), its monitors `['DOWN', ref, 'port', port, reason]` (OW-9).
   */
  portExited(port: Port, reason: unknown): void;
  /** Puts a message into the mailbox and wakes its actor. Silent if it is dead. This is the hot path. */
  deliver(owner: Pid, message: unknown): void;
  /** The same, of a message of so many bytes: `port`, the port's own, counts them as long as it waits in the mailbox. */
  deliverWeighed(owner: Pid, message: unknown, port: PortBacklog, bytes: number): void;
  /** Messages waiting in the mailbox, 0 if dead. */
  backlog(owner: Pid): number;
  /** Bytes that all ports together have waiting in the mailbox, 0 if dead. */
  backlogBytes(owner: Pid): number;
  /** How many messages may wait there, Infinity unless it has a limit. What a port delivers is never refused: it has to stop reading by itself. */
  mailboxLimit(owner: Pid): number;
  /** The same in bytes. */
  mailboxLimitBytes(owner: Pid): number;
  /**
   * Calls once, as a task of its own, when `isDrained` holds: it is asked at once, whenever messages have been taken, and whenever the actor has looked
   * through all that wait and found nothing that it looks for, which is told then. It ends with the actor. Returns a canceller.
   */
  whenDrained(owner: Pid, isDrained: (lookedFor: LookedFor) => boolean, callback: () => void): () => void;
  /** All ports that the actor is linked to. */
  eachPort(owner: Pid, call: (port: Port) => void): void;
  /** Takes every queued message for which `match` holds out of the mailbox, in order (handoff, CP-11, CP-15). */
  extract(owner: Pid, match: (message: unknown) => boolean): unknown[];
  isAlive(pid: Pid): boolean;
  /** An actor waits for a call, and has its answer: an actor's turns are from the one to the other. */
  waitsForPort(pid: Pid): void;
  runsOn(pid: Pid): void;
  /** A call by this actor has failed with that error: if nobody awaits it, the actor ends with it. Gives the error. To be called before it is given to anybody. */
  charge<E extends object>(error: E, caller: Pid): E;
}
