/** Options of an association with several paths: values for all paths, and values that one path has for itself. */
import { expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { overStacks } from './subjects.js';

const self = mainActor();
const ips = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;
const einval = expect.objectContaining({ name: 'SocketError', reason: 'einval' });

overStacks((sctp, name) => {
  /** A client whose association has three paths, and what reads and sets parameters of one, or of all. */
  async function multihomed(type: 'seqpacket' | 'stream' = 'seqpacket') {
    const server = await sctp.open(self, 0, { ip: ips });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: ips, type });
    const { assocId } = await client.connect(ips[0], server.port);
    const path = (index: number) => ({ assocId, address: [ips[index] as string, server.port] as const });
    const read = (index: number) => ({
      ...client.getopts([['sctpPeerAddrParams', path(index)]]).sctpPeerAddrParams,
      encapsulated: client.getopts([['sctpRemoteUdpEncapsPort', path(index)]]).sctpRemoteUdpEncapsPort?.port,
    });
    const all = () => [0, 1, 2].map(read);
    const close = () => [client, server].map((socket: SctpSocket) => socket.close());
    return { client, assocId, path, all, close };
  }

  /** Paths that differ in everything that they have for themselves. */
  async function unequal(type?: 'seqpacket' | 'stream') {
    const it = await multihomed(type);
    it.client.setopts([
      ['sctpPeerAddrParams', { ...it.path(1), hbinterval: 7000, pathmaxrxt: 9, sackdelay: 80 }],
      ['sctpPeerAddrParams', { ...it.path(2), pathmtu: 1300, flags: ['hb_disable', 'pmtud_disable', 'sackdelay_disable'] }],
      ['sctpRemoteUdpEncapsPort', { ...it.path(2), port: 9902 }],
    ]);
    return it;
  }

  test.for(['seqpacket', 'stream'] as const)(
    'what is left out of a record for an association stays as it is on each path (type %s)',
    async (type, { skip }) => {
      if (name === 'simulated') return skip('this stack has one path for each association');
      const { client, assocId, all, close } = await unequal(type);
      const before = all();
      expect(before).toMatchObject([
        { hbinterval: 30000, pathmaxrxt: 5, sackdelay: 200, flags: ['hb_enable', 'pmtud_enable', 'sackdelay_enable'] },
        { hbinterval: 7000, pathmaxrxt: 9, sackdelay: 80 },
        { pathmtu: 1300, flags: ['hb_disable', 'pmtud_disable', 'sackdelay_disable'], encapsulated: 9902 },
      ]);
      // A one-to-one socket has no other association.
      const whole = type === 'stream' ? {} : { assocId };
      client.setopts({ sctpPeerAddrParams: { ...whole, pathmaxrxt: 3 } });
      expect(all()).toEqual(before.map((path) => ({ ...path, pathmaxrxt: 3 })));
      client.setopts({ sctpPeerAddrParams: { ...whole }, sctpRemoteUdpEncapsPort: { ...whole } });
      expect(all()).toEqual(before.map((path) => ({ ...path, pathmaxrxt: 3 })));
      // The record does not give the flag, so it does not turn on what one path has off.
      client.setopts({ sctpPeerAddrParams: { ...whole, hbinterval: 400 } });
      expect(all()).toMatchObject(before.map(({ flags }) => ({ flags })));
      expect(all().slice(0, 2)).toMatchObject([{ hbinterval: 400 }, { hbinterval: 400 }]);
      client.setopts({ sctpPeerAddrParams: { ...whole, flags: ['hb_disable'] } });
      expect(all()).toMatchObject(
        before.map(({ flags = [] }) => ({ flags: flags.map((flag) => (flag === 'hb_enable' ? 'hb_disable' : flag)) })),
      );
      close();
    },
  );

  test('an association’s setting that is put back gives each path what it had (FC-13)', async ({ skip }) => {
    if (name === 'simulated') return skip('this stack has one path for each association');
    const { client, assocId, all, close } = await unequal();
    const before = all();
    const options = [
      ['sctpMaxseg', 100],
      [
        'sctpPeerAddrParams',
        {
          assocId,
          hbinterval: 100,
          pathmaxrxt: 2,
          pathmtu: 1400,
          sackdelay: 20,
          flags: ['hb_enable', 'pmtud_disable', 'sackdelay_enable'],
        },
      ],
      ['sctpRemoteUdpEncapsPort', { assocId, port: 9904 }],
    ] as const;
    expect(() => client.setopts(options)).toThrow(einval);
    expect(all()).toEqual(before);
    client.setopts(options.slice(1));
    expect(all()).toMatchObject(
      ips.map(() => ({ hbinterval: 100, pathmaxrxt: 2, pathmtu: 1400, sackdelay: 20, encapsulated: 9904 })),
    );
    close();
  });
});
