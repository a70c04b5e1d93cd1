/** The kernel's stack at one end and mailport's own at the other, over UDP: authenticated chunks (RFC 4895), and addresses that change while an association is there (RFC 5061). */
import { describe, expect, test } from 'vitest';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import { type Host, type Network, onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';
import { exchanges } from './twoStacks.js';

/** UDP ports of the kernel's side and of ours. */
const [kernelPort, ourPort] = [9899, 9900];

const ours = (host: Host) => ({ stack: 'embedded', ip: host.ips[0], encapsPort: ourPort, remoteEncapsPort: kernelPort }) as const;

const authenticated: SctpOpenOptions = {
  ...patient,
  sctpAuthSupported: { assocValue: true },
  sctpAsconfSupported: { assocValue: true },
  sctpAuthChunk: ['data', 'sack', 'heartbeat', 'heartbeat_ack', 'abort', 'shutdown', 'shutdown_ack'],
  sctpAuthKey: { keyNumber: 5, key: 'a secret of both ends' },
  sctpAuthActiveKey: { keyNumber: 5 },
};

onNetwork((network) => {
  describe.each(['kernel', 'embedded'] as const)('%s connects', (connecting) => {
    describe.each([['sha1'], ['sha256', 'sha1']] as const)('%s', (...sctpHmacIdent) => {
      async function ends(kernelIps: readonly string[], more: SctpOpenOptions = {}) {
        const { here, there } = network();
        const isKernel = connecting === 'kernel';
        const ofKernel = { stack: 'kernel', ip: kernelIps, ...authenticated, sctpHmacIdent, ...more } as const;
        const ofOurs = { ...ours(here), ...authenticated, sctpHmacIdent, ...more };
        const client = await Peer.open(isKernel ? there : here, isKernel ? ofKernel : ofOurs);
        const server = await Peer.listening(isKernel ? here : there, isKernel ? ofOurs : ofKernel);
        return { client, server, ...(await associate(client, server, (isKernel ? here : there).ips[0])) };
      }

      // With one address at each end no event comes between the messages.
      exchanges((more) => ends([network().there.ips[0]], more));

      test('our address comes, is preferred and goes, as the kernel sees it (RFC 5061 §4.2, MH-9, EV-6)', async () => {
        const { here, there } = network();
        const { client, server, atFrom, atTo } = await ends(there.ips);
        const [our, at, kernel] = connecting === 'kernel' ? [server, atTo, client] : [client, atFrom, server];
        await our.socket.bindx(here.ips[1], 'add');
        await kernel.until(`addr_added ${here.ips[1]}`);
        await kernel.until(`addr_confirmed ${here.ips[1]}`);
        our.socket.setopts({ sctpSetPeerPrimaryAddr: { assocId: at, addr: [here.ips[1], our.port] } });
        await kernel.until(`addr_made_prim ${here.ips[1]}`);
        await our.socket.bindx(here.ips[0], 'remove');
        await kernel.until(`addr_removed ${here.ips[0]}`);
        await our.socket.send(at, 0, 'moved');
        await kernel.until('data moved');
      });

      test('an address of the kernel goes and comes, as we see it (RFC 5061 §4.2, MH-9, EV-6)', async () => {
        const { there } = network();
        const { client, server, atFrom, atTo } = await ends(there.ips);
        const [our, at, kernel, atKernel] =
          connecting === 'kernel' ? [server, atTo, client, atFrom] : [client, atFrom, server, atTo];
        await our.until(`addr_confirmed ${there.ips[1]}`);
        await kernel.socket.bindx(there.ips[1], 'remove');
        await our.until(`addr_removed ${there.ips[1]}`);
        await kernel.socket.bindx(there.ips[1], 'add');
        await our.until(`addr_added ${there.ips[1]}`);
        await our.until(`addr_confirmed ${there.ips[1]}`);
        kernel.socket.setopts({ sctpSetPeerPrimaryAddr: { assocId: atKernel, addr: [there.ips[1], kernel.port] } });
        await our.until(`addr_made_prim ${there.ips[1]}`);
        await our.socket.send(at, 0, 'there');
        await kernel.until('data there');
      });
    });
  });

  // A kernel that listens takes no authenticated COOKIE ECHO, whoever sends it (Linux 6.1), so this is about ours alone.
  test('who does not know the key does not get in where COOKIE ECHO has to be authenticated', async () => {
    const { here, there } = network();
    const all = [...(authenticated.sctpAuthChunk ?? []), 'cookie_echo', 'cookie_ack'] as const;
    const server = await Peer.listening(here, { ...ours(here), ...authenticated, sctpAuthChunk: all });
    const kernel = {
      stack: 'kernel',
      ip: there.ips[0],
      ...authenticated,
      sctpInitmsg: { maxAttempts: 2, maxInitTimeo: 100 },
    } as const;
    const stranger = await Peer.open(there, { ...kernel, sctpAuthKey: { keyNumber: 5, key: 'another' } });
    await expect(stranger.socket.connect(here.ips[0], server.port)).rejects.toMatchObject({ reason: 'cant_assoc' });
    const friend = await Peer.open(there, { ...kernel, sctpInitmsg: { maxAttempts: 8 } });
    await friend.socket.connect(here.ips[0], server.port);
    await server.until('comm_up');
  });
}, speakUdp);

function speakUdp({ there }: Network): void {
  there.set('sctp.udp_port', kernelPort);
  there.set('sctp.encap_port', ourPort);
}
