/** Plain C and the kernel's SCTP: how much two processes can exchange over loopback with nothing above the system calls. */
import type { Yardstick } from '../case.js';
import { buildC, installed, number, output } from './program.js';

/** How both sides of a run are set up, and how long they run. */
export interface KernelRun {
  /** Of each message. */
  readonly lengthBytes: number;
  readonly runMs: number;
  /** Of the send and the receive buffer of either side, as setsockopt counts them. */
  readonly bufferBytes: number;
}

const limitMs = 30_000;

export function plainSctp({ lengthBytes, runMs, bufferBytes }: KernelRun): Yardstick {
  return {
    name: 'sctp (C)',
    missing: () => (installed('gcc') === undefined ? 'gcc is not installed' : undefined),
    measure: async () => {
      return number(await output([buildC('sctp'), String(lengthBytes), String(runMs / 1000), String(bufferBytes)], limitMs));
    },
  };
}
