/** An association with several paths, over real sockets of loopback: of both families, confirmed, chosen, read and set one by one (EV-10, EV-19, EV-21, MS-11). */
import { expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { overStacks } from './subjects.js';

const self = mainActor();
const six = '::1';
const four = '127.0.0.1';

overStacks((sctp, name) => {
  /** Two sockets with an address of each family, and what comes to each, as words. */
  async function twoFamilies() {
    const options = { family: 'inet6', ip: [six, four] } as const;
    const server = await sctp.open(self, 0, options);
    await server.listen(true);
    const client = await sctp.open(self, 0, options);
    const { assocId } = await client.connect(six, server.port);
    const next = async (socket: SctpSocket) => {
      const [ip, , , content] = await socket.recv();
      if (!('type' in content)) return `${ip} data ${content}`;
      if (content.type === 'sctp_paddr_change') return `${ip} ${content.state} ${content.addr[0]} ${content.error}`;
      return `${ip} ${'state' in content ? content.state : content.type}`;
    };
    const close = () => [client, server].map((socket) => socket.close());
    return { server, client, assocId, next, close };
  }

  test('comm_up comes first, then the address of the other family is confirmed, at both ends', async ({ skip }) => {
    if (name === 'simulated') return skip('this stack has one path for each association');
    const { server, client, assocId, next, close } = await twoFamilies();
    expect(await next(server)).toBe('::1 comm_up');
    expect(await next(server)).toBe('::1 addr_confirmed 127.0.0.1 2');
    expect(await next(client)).toBe('::1 addr_confirmed 127.0.0.1 2');
    expect(client.peernames(assocId).map(([ip]) => ip)).toEqual([six, four]);
    expect(
      client
        .socknames(assocId)
        .map(([ip]) => ip)
        .sort(),
    ).toEqual([four, six]);
    expect(client.getopts([['sctpAssocinfo', { assocId }]]).sctpAssocinfo?.numberPeerDestinations).toBe(2);
    for (const ip of [six, four]) {
      const { sctpGetPeerAddrInfo } = client.getopts([['sctpGetPeerAddrInfo', { assocId, address: [ip, server.port] }]]);
      expect(sctpGetPeerAddrInfo).toMatchObject({ state: 'active', address: [ip, server.port], assocId });
    }
    close();
  });

  test('data comes from the primary address, and from another one once that is chosen; events show it', async ({ skip }) => {
    if (name === 'simulated') return skip('this stack has one path for each association');
    const { server, client, assocId, next, close } = await twoFamilies();
    expect([await next(server), await next(server), await next(client)]).toHaveLength(3);
    await client.send(assocId, 0, 'six');
    expect(await next(server)).toBe('::1 data six');
    client.setopts({ sctpPrimaryAddr: { assocId, addr: [four, server.port] } });
    expect(await next(client)).toBe('127.0.0.1 addr_made_prim 127.0.0.1 0');
    await client.send(assocId, 0, 'four');
    expect(await next(server)).toBe('127.0.0.1 data four');
    expect(client.getopts([['sctpStatus', { assocId }]]).sctpStatus?.primary.address).toEqual([four, server.port]);
    expect(() => client.setopts({ sctpPrimaryAddr: { assocId, addr: ['127.0.0.9', server.port] } })).toThrow(
      expect.objectContaining({ reason: 'einval' }),
    );
    close();
  });

  test('an association of several paths is peeled off with all of them', async ({ skip }) => {
    if (name === 'simulated') return skip('this stack has one path for each association');
    const { server, client, assocId, next, close } = await twoFamilies();
    const [, , , up] = await server.recv();
    expect(up).toMatchObject({ state: 'comm_up' });
    expect([await next(server), await next(client)]).toHaveLength(2);
    const peeled = server.peeloff(self, up as never);
    server.close();
    expect(
      peeled
        .peernames()
        .map(([ip]) => ip)
        .sort(),
    ).toEqual([four, six]);
    client.setopts({ sctpPrimaryAddr: { assocId, addr: [four, peeled.port] } });
    expect(await next(client)).toContain('addr_made_prim');
    await client.send(assocId, 0, 'to the one that was peeled off');
    expect(await next(peeled)).toBe('127.0.0.1 data to the one that was peeled off');
    peeled.close();
    close();
  });
});
