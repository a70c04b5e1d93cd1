/** A UDP port of a simulated host where packets of SCTP come to: a carrier of its stack. */
import type { Handle } from '../../../native/contract/batch.js';
import type { Name } from './inetSource.js';

export interface SctpPlace {
  /** Of the carrier. */
  readonly handle: Handle;
  /** The address that it is bound to, and the port. */
  readonly address: string;
  readonly port: number;
  /** A packet has come to one of the addresses. */
  take(packet: Uint8Array, from: Name, to: string): void;
}
