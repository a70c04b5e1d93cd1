/** The state of a UDP socket at the moment. */
import type { UdpStack } from '../../native/contract/udp.js';
import type { Pid } from '../../runtime/index.js';
import type { Active } from '../socket/index.js';

/** The state of a socket at the moment (TI-3, TI-4, OW-7). */
export interface UdpSocketInfo {
  readonly owner: Pid;
  readonly stack: UdpStack['name'];
  readonly family: 'inet' | 'inet6' | 'local';
  /** The local port; 0 of a local socket. */
  readonly port: number;
  readonly active: Active;
  /** As Erlang has them: 'open', and 'connected' before it (TI-4). */
  readonly states: readonly ('connected' | 'open')[];
  /** Bytes that have come and were not given out yet, as far as this process holds them; and bytes of sends that wait. */
  readonly queuedBytes: readonly [received: number, sent: number];
  /** How many sends wait for room. */
  readonly waitingSends: number;
}
