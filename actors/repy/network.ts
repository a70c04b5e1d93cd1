/** Where a sandbox is. */
import type { Tcp } from '../tcp/index.js';
import type { Udp } from '../udp/index.js';

/** gen_tcp and gen_udp of a machine. */
export interface Network {
  readonly tcp: Tcp;
  readonly udp: Udp;
}
