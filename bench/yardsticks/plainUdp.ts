/** Plain C and UDP: how much two processes can exchange over loopback when nothing is acknowledged, ordered or held back. */
import { runMs, type Yardstick } from '../case.js';
import { buildC, installed, number, output } from './program.js';

const limitMs = runMs * 5;

const names = { oneway: 'udp (C)', batched: 'udp (C, mmsg)', pingpong: 'udp (C)', looped: 'udp (C, epoll)' } as const;

/**
 * @param mode 'batched' sends and receives many datagrams with one system call; 'looped' is a ping-pong by an event loop, which any program with more than one
 * socket has
 * @param lengthBytes of each datagram
 * @param bufferBytes of the sockets of 'batched', as setsockopt counts them; 0 leaves the kernel's own
 */
export function plainUdp(mode: keyof typeof names, lengthBytes: number, bufferBytes = 0): Yardstick {
  return {
    name: names[mode],
    missing: () => (installed('gcc') === undefined ? 'gcc is not installed' : undefined),
    measure: async () => {
      const buffers = mode === 'batched' ? [String(bufferBytes)] : [];
      return number(await output([buildC('udp'), mode, String(lengthBytes), String(runMs / 1000), ...buffers], limitMs));
    },
  };
}
