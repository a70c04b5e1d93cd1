/** Plain C and TCP: how much two processes can exchange over loopback with nothing above the system calls but a header of 4 bytes. */
import type { Yardstick } from '../case.js';
import type { Setting } from '../cases/inetRun.js';
import { buildC, installed, number, output } from './program.js';

/** @param mode 'looped' is a ping-pong by an event loop, which any program with more than one socket has */
export function plainTcp(mode: 'oneway' | 'pingpong' | 'looped', { lengthBytes, runMs, bufferBytes }: Setting): Yardstick {
  return {
    name: mode === 'looped' ? 'tcp (C, epoll)' : 'tcp (C)',
    missing: () => (installed('gcc') === undefined ? 'gcc is not installed' : undefined),
    measure: async () => {
      const buffers = mode === 'oneway' ? [String(bufferBytes)] : [];
      return number(await output([buildC('tcp'), mode, String(lengthBytes), String(runMs / 1000), ...buffers], runMs * 5));
    },
  };
}
