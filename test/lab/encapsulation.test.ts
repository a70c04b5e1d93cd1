/** The kernel's stack at one end and mailport's own at the other, over UDP (RFC 6951), each in either role. */
import { describe, test } from 'vitest';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import { type Host, type Network, onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';
import { exchanges, matrixWithKernel } from './twoStacks.js';

/** UDP ports of the kernel's side and of ours. */
const [kernelPort, ourPort] = [9899, 9900];

const kernels = (host: Host) => ({ stack: 'kernel', ip: host.ips[0] }) as const;
const ours = (host: Host) =>
  ({
    stack: 'embedded',
    ip: host.ips[0],
    encapsPort: ourPort,
    remoteEncapsPort: kernelPort,
  }) as const;

onNetwork((network) => {
  describe.each(['kernel', 'embedded'] as const)('%s connects', (connecting) => {
    async function ends(options: SctpOpenOptions = {}) {
      const { here, there } = network();
      const [kernelHost, ourHost] = [there, here];
      const isKernel = connecting === 'kernel';
      const client = await Peer.open(isKernel ? kernelHost : ourHost, {
        ...(isKernel ? kernels(kernelHost) : ours(ourHost)),
        ...options,
      });
      const server = await Peer.listening(isKernel ? ourHost : kernelHost, {
        ...(isKernel ? ours(ourHost) : kernels(kernelHost)),
        ...options,
      });
      const address = (isKernel ? ourHost : kernelHost).ips[0];
      return { client, server, ...(await associate(client, server, address)) };
    }

    exchanges((options) => ends({ ...patient, ...options }));

    matrixWithKernel(network, { kernels, ours, connecting });

    test('a link that loses everything ends it with error 0 at both (EV-21, CL-12)', async () => {
      // With a limit of five it could be over before anything is sent: to cut a link takes a busy machine a while.
      const { client, server, atFrom, atTo } = await ends({ sctpAssocinfo: { asocmaxrxt: 20 } });
      network().cut(1);
      await client.socket.send(atFrom, 0, 'lost');
      await server.socket.send(atTo, 0, 'lost');
      for (const peer of [client, server]) await peer.until('comm_lost');
    });
  });
}, speakUdp);

function speakUdp({ there }: Network): void {
  there.set('sctp.intl_enable', 1);
  there.set('sctp.udp_port', kernelPort);
  there.set('sctp.encap_port', ourPort);
}
