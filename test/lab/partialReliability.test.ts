/** Messages whose delivery is given up: after some retransmissions, or in favour of more important ones (RFC 7496 sections 3.2 and 3.3). */
import { expect, test } from 'vitest';
import { onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

onNetwork((network) => {
  /** Two associated sockets on link 1 alone, which is then cut. */
  async function apart(options = {}) {
    const { here, there } = network();
    const server = await Peer.listening(there, { ip: there.ips[0], ...patient });
    const client = await Peer.open(here, { ip: here.ips[0], sctpNodelay: true, ...patient, ...options });
    const { atFrom } = await associate(client, server, there.ips[0]);
    network().cut(1);
    return { server, client, atFrom };
  }

  const retransmitted = ({ socket }: Peer, assocId: number) =>
    socket.getopts([['sctpGetAssocStats', { assocId }]]).sctpGetAssocStats?.rtxchunks ?? 0;

  test('after as many retransmissions as it may have a message is dropped, and those after it arrive', async () => {
    const { server, client, atFrom } = await apart();
    await client.socket.send({ assocId: atFrom, prPolicy: 'rtx', prValue: 1 }, 'given up');
    await client.socket.send({ assocId: atFrom, prPolicy: 'rtx', prValue: 1000 }, 'patient');
    await client.socket.send(atFrom, 0, 'reliable');
    while (retransmitted(client, atFrom) < 9) await new Promise((resolve) => setImmediate(resolve));
    network().mend();
    expect(await server.words(2)).toEqual(['data patient', 'data reliable']);
    await client.socket.send(atFrom, 0, 'last');
    expect(await server.word()).toBe('data last');
  });

  test('without room messages of less importance are dropped for one of more, and for no other', async () => {
    const { server, client, atFrom } = await apart({ sndbuf: 20_000, nonBlockSend: true });
    const send = (prValue: number, text: string) =>
      client.socket.send({ assocId: atFrom, prPolicy: 'prio', prValue }, text.padEnd(900)).then(
        () => true,
        () => false,
      );
    let unimportant = 0;
    while (await send(9, `unimportant ${unimportant}`)) unimportant += 1;
    expect(await send(10, 'even less')).toBe(false);
    // The kernel begins with messages that have left, whose room comes free later. Each attempt goes on where the last one ended.
    while (!(await send(1, 'important')));
    network().mend();
    const before = await server.until(`data ${'important'.padEnd(900)}`);
    expect(before.length).toBeLessThan(unimportant);
    expect(before.every((word) => word.startsWith('data unimportant'))).toBe(true);
    client.socket.setopts({ nonBlockSend: false });
    await client.socket.send(atFrom, 0, 'last');
    expect(await server.word()).toBe('data last');
  });
});
