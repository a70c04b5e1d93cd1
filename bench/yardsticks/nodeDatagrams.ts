/** Node's own datagrams: the cost of a round trip for a program of Node when nothing is acknowledged, ordered or held back. */
import type { Yardstick } from '../case.js';
import { printedBy } from './printed.js';

export const nodeDatagrams: Yardstick = {
  name: 'udp (node)',
  missing: () => undefined,
  measure: () => printedBy('datagramPingPong', 'round_trips'),
};
