/** Plain C and UDP: how much two processes can exchange over loopback when nothing is acknowledged, ordered or held back. */
import { runMs, type Yardstick } from '../case.js';
import { build, installed, number, output } from './program.js';

const limitMs = runMs * 5;

/**
 * @param mode 'looped' is a ping-pong by an event loop, which any program with more than one socket has
 * @param lengthBytes of each datagram
 */
export function plainUdp(mode: 'oneway' | 'pingpong' | 'looped', lengthBytes: number): Yardstick {
  return {
    name: mode === 'looped' ? 'udp (C, epoll)' : 'udp (C)',
    missing: () => (installed('gcc') === undefined ? 'gcc is not installed' : undefined),
    measure: async () => {
      const program = build('udp.c', 'udp', (from, to) => ['gcc', '-O2', '-o', to, from]);
      return number(await output([program, mode, String(lengthBytes), String(runMs / 1000)], limitMs));
    },
  };
}
