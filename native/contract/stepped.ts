/** A stack whose caller tells the time and makes the turns, for simulations. It is the embedded one; its sockets are opened over carriers alone. */
import type { Handle } from './batch.js';
import type { SctpStack } from './sctp.js';

export interface SteppedSctpStack extends SctpStack {
  /** Everything happens at this time from now on, in microseconds. Time does not go back. */
  setTime(us: number): void;
  /**
   * Timers that are due run, packets that have come are read, and what that gives reason to is sent: as records of kind.packet. The number of records of the
   * batch, which has to be consumed before the next call. To be called again until it is 0 and `nextStep` is later than now.
   */
  step(): number;
  /** When the next step is due, in microseconds: now if there is something to do, Infinity if there is nothing. */
  nextStep(): number;
  /** The host that the packet was sent to has said, by ICMP, that nobody has the port. */
  refused(carrier: Handle, packet: Uint8Array, address: string, port: number): number;
  /** The packet that was sent there was lost, as only packets of so many bytes pass, and whoever lost it has said so, by ICMP. */
  tooBig(carrier: Handle, packet: Uint8Array, address: string, port: number, bytes: number): number;
}
