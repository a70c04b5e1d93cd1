/**
 * The kernel's stack at one end and mailport's own at the other, right above IP, each in either role. Both hosts are one kernel's, whose SCTP gets our packets as well, and
 * would tell the peer that it has no such port. So from our host only packets of SCTP leave that are marked as ours.
 */
import { describe } from 'vitest';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import { type Host, type Network, onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';
import { exchanges, matrixWithKernel } from './twoStacks.js';

/** A type of service that nothing else has. */
const ourMark = 0x10;

const kernels = (host: Host) => ({ stack: 'kernel', ip: host.ips[0] }) as const;
const ours = (host: Host) => ({ stack: 'embedded', over: 'ip', ip: host.ips[0], tos: ourMark }) as const;

onNetwork((network) => {
  describe.each(['kernel', 'embedded'] as const)('%s connects', (connecting) => {
    async function ends(options: SctpOpenOptions = {}) {
      const { here, there } = network();
      const isKernel = connecting === 'kernel';
      const client = await Peer.open(isKernel ? there : here, {
        ...(isKernel ? kernels(there) : ours(here)),
        ...patient,
        ...options,
      });
      const server = await Peer.listening(isKernel ? here : there, {
        ...(isKernel ? ours(here) : kernels(there)),
        ...patient,
        ...options,
      });
      return { client, server, ...(await associate(client, server, (isKernel ? here : there).ips[0])) };
    }

    exchanges(ends);

    matrixWithKernel(network, { kernels, ours, connecting });
  });
}, speakIp);

/** What the kernel sends through a virtual link has no checksum, unless the link is told not to promise one (ETHTOOL_STXCSUM of SIOCETHTOOL). */
const withChecksums = `
import array, fcntl, socket, struct
for link in ('link1', 'link2'):
    off = array.array('B', struct.pack('II', 0x17, 0))
    fcntl.ioctl(socket.socket(), 0x8946, struct.pack('16sP', link.encode(), off.buffer_info()[0]))
`;

function speakIp({ here, there }: Network): void {
  here.run('ip', 'rule', 'add', 'pref', '100', 'tos', `0x${ourMark.toString(16)}`, 'lookup', 'main');
  here.run('ip', 'rule', 'add', 'pref', '200', 'ipproto', 'sctp', 'type', 'blackhole');
  there.run('/usr/bin/python3', '-c', withChecksums);
  there.set('sctp.intl_enable', 1);
}
