/** The kernel's stack at one end and mailport's own at the other, over UDP (RFC 6951), each in either role. */
import { describe, expect, test } from 'vitest';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import { type Host, type Network, onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

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

    test('messages with all they carry, up to a megabyte, travel both ways, and eof ends it', async () => {
      const { client, server, atFrom, atTo } = await ends(patient);
      const directions = [
        [client, atFrom, server],
        [server, atTo, client],
      ] as const;
      for (const [from, id, to] of directions) {
        await from.socket.send({ assocId: id, stream: 2, ppid: 46 }, 'ordered');
        expect((await to.next()).slice(2)).toMatchObject([[{ stream: 2, ppid: 46, flags: [], ssn: 0 }], Buffer.from('ordered')]);
        await from.socket.send({ assocId: id, stream: 1, flags: ['unordered'] }, 'unordered');
        expect((await to.next()).slice(2)).toMatchObject([[{ stream: 1, flags: ['unordered'] }], Buffer.from('unordered')]);
        from.socket.setopts({ sndbuf: 4 * 2 ** 20 });
        const large = Buffer.from(Uint8Array.from({ length: 2 ** 20 }, (_, at) => (at * 17 + (at >> 8)) % 251));
        await from.socket.send(id, 0, large);
        const [, , , data] = await to.next();
        expect(Buffer.isBuffer(data) && data.equals(large)).toBe(true);
      }
      await client.socket.eof(atFrom);
      expect(await server.words(2)).toEqual(['shutdown_event', 'shutdown_comp']);
      expect(await client.words(1)).toEqual(['shutdown_comp']);
    });

    test('an abort by either end is comm_lost with its cause at both (EV-12, EV-17)', async () => {
      for (const who of ['client', 'server'] as const) {
        const the = await ends();
        await the[who].socket.abort(who === 'client' ? the.atFrom : the.atTo);
        expect((await the.client.change('comm_lost')).error).toBe(12);
        expect((await the.server.change('comm_lost')).error).toBe(12);
      }
    });

    test('a link that loses everything ends it with error 0 at both (EV-21, CL-12)', async () => {
      const { client, server, atFrom, atTo } = await ends();
      network().cut(1);
      await client.socket.send(atFrom, 0, 'lost');
      await server.socket.send(atTo, 0, 'lost');
      for (const peer of [client, server]) await peer.until('comm_lost');
    });
  });
}, speakUdp);

function speakUdp({ there }: Network): void {
  there.set('sctp.udp_port', kernelPort);
  there.set('sctp.encap_port', ourPort);
}
