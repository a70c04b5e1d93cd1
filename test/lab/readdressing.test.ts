/** Addresses of an association that change while it lives (RFC 5061), on hosts that allow it: net.sctp.addip_enable. */
import { expect, test } from 'vitest';
import { type Network, onNetwork } from './network.js';
import { associate, Peer } from './peers.js';

onNetwork((network) => {
  test('one end asks the other to send to another of its addresses, which alone is told (EV-21)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there);
    const client = await Peer.open(here);
    const { atFrom, atTo } = await associate(client, server, there.ips[0]);
    await server.until(`addr_confirmed ${here.ips[1]}`);
    await client.until(`addr_confirmed ${there.ips[1]}`);
    server.socket.setopts({ sctpSetPeerPrimaryAddr: { assocId: atTo, addr: [there.ips[1], server.port] } });
    expect((await client.next())[3]).toMatchObject({
      state: 'addr_made_prim',
      addr: [there.ips[1], server.port],
      assocId: atFrom,
    });
    await client.socket.send(atFrom, 0, 'x');
    expect((await server.next())[0]).toBe(here.ips[1]);
  });

  test('an address that comes or goes at one end is told at the other (MH-9, EV-6)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there, { ip: there.ips[0] });
    const client = await Peer.open(here);
    const { atFrom } = await associate(client, server, there.ips[0]);
    await server.until(`addr_confirmed ${here.ips[1]}`);
    await server.socket.bindx(there.ips[1], 'add');
    await client.until(`addr_added ${there.ips[1]}`);
    expect(client.socket.peernames(atFrom)).toHaveLength(2);
    await client.until(`addr_confirmed ${there.ips[1]}`);
    await server.socket.bindx(there.ips[1], 'remove');
    await client.until(`addr_removed ${there.ips[1]}`);
    expect(client.socket.peernames(atFrom)).toEqual([[there.ips[0], server.port]]);
  });
}, allowReaddressing);

function allowReaddressing({ here, there }: Network): void {
  for (const host of [here, there]) {
    host.set('sctp.addip_enable', 1);
    // Without this both ends would have to agree on authenticated chunks.
    host.set('sctp.addip_noauth_enable', 1);
  }
}
