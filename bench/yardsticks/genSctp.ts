/** Erlang's gen_sctp: sctp_flood.erl. */
import type { Yardstick } from '../case.js';
import { erlangMachines } from './erlangMachines.js';
import type { KernelRun } from './plainSctp.js';

/** @param active of the receiver; a count is given again whenever it is used up */
export function genSctp(active: true | 'once' | number, { lengthBytes, runMs, bufferBytes }: KernelRun): Yardstick {
  return erlangMachines('gen_sctp', {
    module: 'sctp_flood',
    server: ['count', String(active), String(bufferBytes)],
    client: ['pour', String(bufferBytes), String(lengthBytes)],
    printedBy: 'server',
    runMs,
  });
}
