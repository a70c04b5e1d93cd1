/** Which options a peeled-off socket has from its parent, as in OTP 27.2 (PO-4, PO-5, PO-12). The parent loses none of them. */
import { expect, test } from 'vitest';
import type { SctpReadableOptions } from '../../actors/sctp/index.js';
import { mainActor } from '../../runtime/index.js';
import { connected, overStacks, simulated } from './subjects.js';

const self = mainActor();

overStacks((sctp, name) => {
  const inherited = {
    mode: 'list',
    buffer: 1234,
    nonBlockSend: true,
    highMsgqWatermark: 9000,
    lowMsgqWatermark: 10,
    recbuf: 100_000,
    sndbuf: 100_000,
    linger: [true, 3],
    reuseaddr: true,
    priority: 4,
    tos: 16,
    ttl: 9,
    recvtos: true,
    recvttl: true,
    sctpNodelay: true,
    sctpMaxseg: 900,
    sctpDisableFragments: true,
    sctpAutoclose: 3600,
    sctpAdaptationLayer: { type: 'sctp_setadaptation', adaptationInd: 5 },
    sctpInitmsg: { type: 'sctp_initmsg', numOstreams: 10, maxInstreams: 9, maxAttempts: 3, maxInitTimeo: 60000 },
  } as const;
  const names = Object.keys(inherited) as (keyof SctpReadableOptions)[];

  test('it takes over every option of the socket, and the parent keeps its own (PO-4, PO-5, PO-12)', async () => {
    const { server, client, atServer } = await connected(sctp, inherited);
    server.setopts({ sctpEvents: { shutdownEvent: false } });
    const before = server.getopts(names);
    expect(before).toEqual(inherited);
    const peeled = server.peeloff(self, atServer);
    expect(peeled.getopts(names)).toEqual(inherited);
    expect(peeled.getopts(['sctpEvents']).sctpEvents).toMatchObject({ shutdownEvent: false, dataIoEvent: true });
    expect(server.getopts(names)).toEqual(before);
    peeled.setopts({ sctpNodelay: false, linger: [false, 0], mode: 'binary' });
    expect(server.getopts(names)).toEqual(before);
    peeled.close();
    client.close();
    server.close();
  });

  test('on IPv6 it takes over the traffic class (PO-5)', async () => {
    const server = await sctp.open(self, 0, { ip: '::1', tclass: 32, recvtclass: true });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: '::1' });
    await client.connect('::1', server.port);
    const [, , , event] = await server.recv();
    const peeled = server.peeloff(self, event as never);
    expect(peeled.getopts(['tclass', 'recvtclass'])).toEqual({ tclass: 32, recvtclass: true });
    peeled.close();
    client.close();
    server.close();
  });

  test('what is sent by one UDP socket is not set for one of those that share it', async () => {
    const { server, client, atServer } = await connected(sctp, { tos: 16 });
    const peeled = server.peeloff(self, atServer);
    if (name === 'embedded') {
      expect(() => peeled.setopts({ tos: 32 })).toThrow(
        expect.objectContaining({ reason: 'enotsup', message: expect.stringContaining('embedded') }),
      );
      peeled.setopts({ tos: 16 });
      server.setopts({ tos: 32 });
      expect(peeled.getopts(['tos'])).toEqual({ tos: 32 });
    } else {
      peeled.setopts({ tos: 32 });
      expect([server.getopts(['tos']), peeled.getopts(['tos'])]).toEqual([{ tos: 16 }, { tos: 32 }]);
    }
    peeled.close();
    client.close();
    server.close();
  });
});

const failing = simulated();

test('if an option cannot be handed on, the new socket is closed and nothing of it is left (PO-5)', async () => {
  const { sctp, sim } = failing;
  const { server, client, atServer } = await connected(sctp, { sctpNodelay: true });
  const getOption = sim().getOption.bind(sim());
  // The new socket says that it does not have the option, and does not take it.
  sim().getOption = (handle, number, ...rest) => (handle > 2 && number === 5 ? [0] : getOption(handle, number, ...rest));
  const before = sim().openSockets;
  sim().failNext('setOption', 1);
  expect(() => server.peeloff(self, atServer)).toThrow(
    expect.objectContaining({ reason: 'einval', syscall: 'peeloff', message: expect.stringContaining('sctpNodelay') }),
  );
  expect([sim().openSockets, sctp.openSockets()]).toEqual([before, [server, client]]);
  client.close();
  server.close();
});
