/** The state of a TCP socket at the moment: who owns it, and which calls and bytes wait. */

import type { TcpStack } from '../../native/contract/tcp.js';
import type { Pid } from '../../runtime/index.js';
import type { Active } from '../socket/index.js';

/** As inet:info tells it (TI-4): 'accepting' while a call of accept waits, 'busy' while a send waits. Nothing once the connection has been let go of (TC-6). */
export type TcpState = 'listen' | 'open' | 'connected' | 'accepting' | 'busy';

/** The state of a socket at the moment (TI-3). */
export interface TcpSocketInfo {
  readonly owner: Pid;
  readonly stack: TcpStack['name'];
  readonly port: number;
  readonly active: Active;
  readonly states: readonly TcpState[];
  /** Bytes in this process: received and not given out yet; queued for sending. What the kernel has is not counted. */
  readonly queuedBytes: readonly [received: number, queued: number];
  /** How many sends wait for room, and how many calls of accept. */
  readonly waitingSends: number;
  readonly waitingAccepts: number;
}
