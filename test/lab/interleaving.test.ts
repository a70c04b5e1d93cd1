/** What one association of a one-to-many socket can hold back of the others: nothing. */
import { expect, test } from 'vitest';
import { onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

onNetwork((network) => {
  const large = 100_000;

  test('half a message of one association, whose rest does not come, holds back no other association (RV-13)', async () => {
    const { here, there } = network();
    // The window is small against the message, so the kernel hands it over in parts.
    const server = await Peer.listening(there, { ...patient, recbuf: 4000 });
    const stalled = await Peer.open(here, { ...patient, ip: here.ips[0], sndbuf: 2 * large, sctpMaxseg: 600 });
    const { atFrom } = await associate(stalled, server, there.ips[0]);
    await stalled.socket.send(atFrom, 0, Buffer.alloc(large, 'x'));
    while (server.socket.info().queuedBytes[0] === 0) await new Promise((resolve) => setImmediate(resolve));
    network().cut(1);
    const waiting = server.until('comm_up');
    const other = await Peer.open(here, { ...patient, ip: here.ips[1] });
    const { assocId } = await other.socket.connect(there.ips[1], server.port);
    await waiting;
    await other.socket.send(assocId, 0, 'meanwhile');
    await server.until('data meanwhile');
    network().mend();
    const before = await server.until(`data of ${large} bytes`);
    expect(before.filter((word) => !word.startsWith('addr_'))).toEqual([]);
  });
});
