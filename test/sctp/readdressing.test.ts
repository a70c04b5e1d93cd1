/** Changes of addresses while an association is there (RFC 5061), as far as applications see them. Packets and hostile peers are the subject of the C++ tests. */
import { beforeEach, expect, test } from 'vitest';
import { type SctpAssocChange, type SctpPaddrChange, type SctpSocket, SocketError } from '../../actors/sctp/index.js';
import { mainActor } from '../../runtime/index.js';
import { overStacks, word } from './subjects.js';

const self = mainActor();
const offered = { sctpAuthSupported: { assocValue: true }, sctpAsconfSupported: { assocValue: true } } as const;
const [first, second] = ['127.0.0.1', '127.0.0.2'] as const;

overStacks((sctp, name) => {
  beforeEach(async (context) => {
    if (name === 'simulated') context.skip('the simulated stack has one address');
    const probe = await sctp.open(self, 0, { ip: first });
    try {
      probe.setopts(offered);
    } catch (error) {
      if (!(error instanceof SocketError && error.reason === 'enotsup')) throw error;
      context.skip('this kernel lets no socket ask for it: Linux 5.4 or later does');
    } finally {
      probe.close();
    }
  });

  /** A server at the first address, and a client of it. */
  const associated = async (options: object = offered) => {
    const server = await sctp.open(self, 0, { ip: first, ...offered });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: first, ...options });
    const { assocId: atClient } = await client.connect(first, server.port);
    const { assocId: atServer } = (await server.recv())[3] as SctpAssocChange;
    return { server, client, atServer, atClient };
  };
  /** The next `count` changes of a peer's addresses. */
  const changes = async (socket: SctpSocket, count: number): Promise<string[]> => {
    const seen: string[] = [];
    while (seen.length < count) {
      const change = (await socket.recv())[3] as SctpPaddrChange;
      seen.push(`${change.state} ${change.addr[0]}`);
    }
    return seen;
  };

  test('an address that is added, preferred and taken away is told to the peer, which alone gets the events (RFC 5061 §4.2, MH-9, EV-6)', async () => {
    const { server, client, atServer, atClient } = await associated();
    expect(server.getopts([['sctpAsconfSupported', { assocId: 0 }]]).sctpAsconfSupported?.assocValue).toBe(true);
    await client.bindx(second, 'add');
    expect(await changes(server, 2)).toEqual([`addr_added ${second}`, `addr_confirmed ${second}`]);
    expect(server.peernames(atServer).map(([ip]) => ip)).toEqual([first, second]);
    client.setopts({ sctpSetPeerPrimaryAddr: { assocId: atClient, addr: [second, client.port] } });
    expect(await changes(server, 1)).toEqual([`addr_made_prim ${second}`]);
    await client.bindx(first, 'remove');
    expect(await changes(server, 1)).toEqual([`addr_removed ${first}`]);
    expect(server.peernames(atServer)).toEqual([[second, client.port]]);
    await client.send(atClient, 0, 'moved');
    const item = await server.recv();
    expect([item[0], word(item)]).toEqual([second, 'data:moved']);
    await expect(client.recv(0)).rejects.toMatchObject({ reason: 'timeout' });
    client.close();
    server.close();
  });

  test('without it on both ends nobody is told, and the peer cannot be asked to prefer an address (SO-18)', async () => {
    const { server, client, atServer, atClient } = await associated({});
    const prefer = () => client.setopts({ sctpSetPeerPrimaryAddr: { assocId: atClient, addr: [first, client.port] } });
    expect(prefer).toThrow(expect.objectContaining({ reason: 'einval', message: expect.stringContaining('eperm') }));
    expect(prefer).toThrow('set sctpAsconfSupported and sctpAuthSupported on both before they associate');
    await client.bindx(second, 'add');
    await client.send(atClient, 0, 'x');
    expect(word(await server.recv())).toBe('data:x');
    expect(server.peernames(atServer)).toEqual([[first, client.port]]);
    client.close();
    server.close();
  });
});
