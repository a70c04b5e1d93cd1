/** The transports over which messages are tested: TCP of the system, the embedded SCTP, the kernel's where there is one, and TCP in memory. */
import type { MessagingTransport } from '../../actors/messaging/index.js';
import { createSctp, type Sctp } from '../../actors/sctp/open.js';
import { kernelProblem, openEmbedded, openKernel as openKernelSctp } from '../../actors/sctp/stacks.js';
import { createTcp, type Tcp } from '../../actors/tcp/open.js';
import { openKernel as openKernelTcp } from '../../actors/tcp/stacks.js';
import { SimulatedNetwork } from '../../actors/testing/index.js';
import { failOnLeftovers } from '../support/setup.js';

export interface Named {
  readonly name: string;
  readonly transport: MessagingTransport;
  /** What a stranger uses. */
  readonly tcp?: Tcp;
  readonly sctp?: Sctp;
}

/** The lab is for the kernel's SCTP. Over the other transports the tests run outside, in a tenth of the time. */
export const isInLab = process.env.MAILPORT_LAB !== undefined;

/** A transport of its own for each caller, so that what is left open is its own. Every test must close what it has opened. */
export function transports(): Named[] {
  const tcp = createTcp(openKernelTcp);
  const sctp = createSctp({ embedded: openEmbedded });
  const simulated = new SimulatedNetwork().tcp;
  const elsewhere: Named[] = [
    { name: 'tcp', transport: tcp, tcp },
    { name: 'embedded sctp', transport: sctp, sctp },
    { name: 'simulated tcp', transport: simulated, tcp: simulated },
  ];
  const all = isInLab ? [] : elsewhere;
  if (kernelProblem() === undefined) {
    const kernel = createSctp({ kernel: openKernelSctp });
    all.push({ name: 'kernel sctp', transport: kernel, sctp: kernel });
  }
  failOnLeftovers(async () => {
    const left: string[] = [];
    for (const { name, transport } of all) {
      // What has been closed at one end may still be on its way to the other.
      for (let turns = 0; turns < 200 && transport.openSockets().length > 0; turns += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      const sockets = transport.openSockets();
      if (sockets.length > 0) left.push(`${sockets.length} sockets of ${name}`);
      for (const socket of sockets) void socket.close();
    }
    return left;
  });
  return all;
}
