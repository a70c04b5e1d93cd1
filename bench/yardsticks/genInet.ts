/** Erlang's gen_tcp and gen_udp: inet_flood.erl. */
import type { Yardstick } from '../case.js';
import { runApart } from '../cases/cpus.js';
import type { Setting } from '../cases/inetRun.js';
import { erlangCommand, erlangMachines, erlangMissing } from './erlangMachines.js';
import { number, output } from './program.js';

export function genInet(transport: 'tcp' | 'udp', { role, active, lengthBytes, bufferBytes, runMs }: Setting): Yardstick {
  const [buffers, length] = [String(bufferBytes), String(lengthBytes)];
  const shared = { module: 'inet_flood', runMs } as const;
  const name = `gen_${transport}`;
  if (role === 'count') {
    const server = ['count', transport, String(active), buffers];
    return erlangMachines(name, { ...shared, server, client: ['pour', transport, buffers, length], printedBy: 'server' });
  }
  return erlangMachines(name, {
    ...shared,
    server: ['echo', transport, String(active), buffers],
    client: ['ping', transport, String(active), buffers, length],
    printedBy: 'client',
    place: runApart,
  });
}

/** controlling_process of a socket with so many messages in the mailbox of its owner. */
export function genTcpHandoff(queued: number, runMs: number): Yardstick {
  return {
    name: 'gen_tcp',
    missing: erlangMissing,
    measure: async () =>
      number(await output(erlangCommand('inet_flood', 'handoff', String(queued), String(runMs)), runMs + 30_000)),
  };
}
