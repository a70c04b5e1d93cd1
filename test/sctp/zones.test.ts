/** Zones of link-local IPv6 addresses: the interface is part of a peer's address, and a connect by an interface that is not there fails at once. */
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { overStacks } from './subjects.js';

const self = mainActor();
const noZone = expect.objectContaining({ reason: 'einval', message: expect.stringContaining('fe80::1%eth0') });
/** Larger than the number of any interface. */
const nobodys = 2 ** 31 - 1;
const linkLocal = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, address }) => family === 'IPv6' && address.startsWith('fe80:'));

overStacks((sctp, name) => {
  test('without a zone, or with one that is not there, a connect fails at once', async () => {
    if (name === 'simulated') return;
    const socket = await sctp.open(self, 0, { family: 'inet6' });
    for (const address of ['fe80::1', `fe80::1%${nobodys}`, 'fe80::1%nosuch', 'febf::1', `fe80::1%${2 ** 32}`]) {
      await expect(socket.connect(address, 5000), address).rejects.toEqual(noZone);
      await expect(socket.connectInit(address, 5000), address).rejects.toEqual(noZone);
    }
    await expect(socket.connect({ addr: 'fe80::1', port: 5000, scopeId: nobodys }), 'a map').rejects.toEqual(noZone);
    expect(socket.info().waitingConnects).toBe(0);
    socket.close();
  });

  test('a peer has its zone in events and names, and is found by it', async (context) => {
    if (name === 'simulated') return;
    if (linkLocal?.family !== 'IPv6') return context.skip('no link-local address here');
    const address = `${linkLocal.address}%${linkLocal.scopeid}`;
    const server = await sctp.open(self, 0, { ip: address });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: address });
    const { assocId } = await client.connect(address, server.port);
    expect(client.peernames(assocId)).toEqual([[address, server.port]]);
    const key = { address: [address, server.port] as [string, number] };
    expect(client.getopts([['sctpGetPeerAddrInfo', key]])).toHaveProperty('sctpGetPeerAddrInfo');
    const [ip] = await server.recv();
    expect(ip).toBe(address);
    client.close();
    server.close();
  });
});
