/** What the cases over a line have in common, whichever line it is. */
import type { SctpOpenOptions } from 'mailport/sctp';

export const bulkBytes = 16_384;
export const connectTimeoutMs = 30_000;
export const stream = 0;

/** Windows larger than what is on its way, and packets as Ethernet has them: some of the lines are on loopback, where packets could be 64 KiB. */
export const lineOptions: SctpOpenOptions = {
  stack: 'embedded',
  recbuf: 4 << 20,
  sndbuf: 4 << 20,
  sctpNodelay: true,
  sctpPeerAddrParams: { pathmtu: 1500, flags: ['pmtud_disable'] },
};
