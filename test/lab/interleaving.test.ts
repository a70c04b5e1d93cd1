/** One association of a one-to-many socket holds back no other. */
import { expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

onNetwork((network) => {
  const large = 100_000;

  /** A server, and the id of its association that has half a large message of a client whose link is cut; and one more client. */
  async function halfMessage() {
    const { here, there } = network();
    // The window is small against the message, so the kernel hands it over in parts.
    const server = await Peer.listening(there, { ...patient, recbuf: 4000 });
    const stalled = await Peer.open(here, { ...patient, ip: here.ips[0], sndbuf: 2 * large, sctpMaxseg: 600 });
    const { atFrom, atTo } = await associate(stalled, server, there.ips[0]);
    await stalled.socket.send(atFrom, 0, Buffer.alloc(large, 'x'));
    while (server.socket.info().queuedBytes[0] === 0) await new Promise((resolve) => setImmediate(resolve));
    network().cut(1);
    const other = await Peer.open(here, { ...patient, ip: here.ips[1] });
    return { server, atTo, other, address: there.ips[1] };
  }
  const items = (words: readonly string[]) => words.filter((word) => !word.startsWith('addr_'));

  test('half a message of one association, whose rest does not come, holds back no other association (RV-13)', async () => {
    const { server, other, address } = await halfMessage();
    const waiting = server.until('comm_up');
    const { assocId } = await other.socket.connect(address, server.port);
    await waiting;
    await other.socket.send(assocId, 0, 'meanwhile');
    await server.until('data meanwhile');
    network().mend();
    expect(items(await server.until(`data of ${large} bytes`))).toEqual([]);
  });

  test('half a message moves with its association when that is peeled off, and nothing is left behind (PO-7, RV-13)', async () => {
    const { server, atTo, other, address } = await halfMessage();
    // Part of the message has been read already.
    expect(items(await server.left())).toEqual([]);
    const peeled = server.socket.peeloff(mainActor(), atTo);
    const { assocId } = await other.socket.connect(address, server.port);
    await other.socket.send(assocId, 0, 'meanwhile');
    expect(items(await server.until('data meanwhile'))).toEqual(['comm_up']);
    network().mend();
    for (;;) {
      const [, , , content] = await peeled.recv();
      if (!Buffer.isBuffer(content)) continue;
      expect(content).toHaveLength(large);
      break;
    }
    peeled.close();
    expect(items(await server.left())).toEqual([]);
  });
});
