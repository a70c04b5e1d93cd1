/** Which options a peeled-off socket takes from its parent, and which the parent keeps (PO-4..PO-6, PO-12, MH-6). */
import { describe, expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import { mainActor } from '../../runtime/index.js';
import { mailbox, nextWords, overStacks, pair, untilArrived, word } from './subjects.js';

const self = mainActor();

overStacks((sctp) => {
  test('options that the stack keeps are in force on it (PO-12)', async () => {
    const options = {
      recbuf: 100_000,
      sndbuf: 60_000,
      linger: [true, 7],
      sctpNodelay: true,
      sctpMaxseg: 1000,
      sctpDisableFragments: true,
      sctpEvents: { shutdownEvent: false },
      sctpAdaptationLayer: { adaptationInd: 4711 },
      sctpInitmsg: { numOstreams: 7, maxAttempts: 3 },
    } as const;
    const names = Object.keys(options) as (keyof typeof options)[];
    const { server, client } = await pair(sctp, options);
    await client.connect('127.0.0.1', server.port);
    const [, , , up] = await server.recv();
    const before = server.getopts(names);
    expect(before).toMatchObject(options);
    const peeled = server.peeloff(self, up as SctpAssocChange);
    expect([peeled.getopts(names), server.getopts(names)]).toEqual([before, before]);
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('an option that is set on either afterwards does not change the other (PO-12)', async () => {
    const { server, client } = await pair(sctp);
    const { assocId } = await client.connect('127.0.0.1', server.port);
    await server.recv();
    const peeled = client.peeloff(self, assocId);
    peeled.setopts({ sctpNodelay: true, mode: 'list', linger: [true, 3] });
    client.setopts({ sctpMaxseg: 1000, buffer: 777 });
    const names = ['sctpNodelay', 'mode', 'linger', 'sctpMaxseg', 'buffer'] as const;
    expect(client.getopts(names)).toMatchObject({ sctpNodelay: false, mode: 'binary', linger: [false, 0], sctpMaxseg: 1000 });
    expect(peeled.getopts(names)).toMatchObject({ sctpNodelay: true, mode: 'list', linger: [true, 3] });
    expect(peeled.getopts(['sctpMaxseg', 'buffer'])).not.toMatchObject({ sctpMaxseg: 1000 });
    expect(peeled.getopts(['buffer']).buffer).not.toBe(777);
    for (const socket of [peeled, client, server]) socket.close();
  });

  describe.each([
    ['IPv4', '127.0.0.1'],
    ['IPv6', '::1'],
  ])('%s', (_family, ip) => {
    test.each([false, true, 'once', 7] as const)('active %s of the parent stays its own (PO-5, PO-6)', async (active) => {
      const server = await sctp.open(self, 0, { ip, linger: [true, 9], sctpNodelay: true });
      await server.listen(true);
      const client = await sctp.open(self, 0, { ip });
      await client.connect(ip, server.port);
      const [, , , up] = await server.recv();
      server.setopts({ active });
      const peeled = server.peeloff(self, up as SctpAssocChange);
      const names = ['active', 'linger', 'sctpNodelay'] as const;
      const expected = { active, linger: [true, 9], sctpNodelay: true };
      expect([server.getopts(names), peeled.getopts(names)]).toEqual([expected, expected]);
      expect(await mailbox()).toEqual([]);
      for (const socket of [client, peeled, server]) socket.close();
    });
  });

  test.each([
    [{}, '0.0.0.0', '127.0.0.1'],
    [{ inet6: true }, '::', '::1'],
  ] as const)(
    'a socket bound to any (%j) says so, whatever comes to it; what is peeled off says where it is (MH-14)',
    async (options, any, ip) => {
      const server = await sctp.open(self, 0, options);
      await server.listen(true);
      const client = await sctp.open(self, 0, { ip });
      const { assocId } = await client.connect(ip, server.port);
      const [, , , up] = await server.recv();
      expect([server.sockname(), server.socknames()]).toEqual([[any, server.port], [[any, server.port]]]);
      const peeled = client.peeloff(self, assocId);
      expect([peeled.sockname(), peeled.socknames()]).toEqual([[ip, client.port], [[ip, client.port]]]);
      expect(server.peernames(up as SctpAssocChange)).toEqual([[ip, client.port]]);
      for (const socket of [peeled, client, server]) socket.close();
    },
  );

  test('the family is the socket’s for good, and goes to peeled-off ones: names are looked up in it (MH-6)', async () => {
    const server = await sctp.open(self, 0, { inet6: true, ip: 'loopback' });
    await server.listen(true);
    const client = await sctp.open(self, 0, { inet6: true, ip: 'loopback' });
    const { assocId } = await client.connect('localhost', server.port);
    expect(client.peername(assocId)).toEqual(['::1', server.port]);
    server.setopts({ active: 3 });
    expect(await nextWords(1)).toEqual(['comm_up']);
    const peeled = client.peeloff(self, assocId);
    expect(peeled.peername()).toEqual(['::1', server.port]);
    await peeled.send(assocId, 0, 'six');
    await untilArrived(peeled);
    const message = (await self.receive()) as unknown as readonly unknown[];
    expect([message[2], word(message as never)]).toEqual(['::1', 'data:six']);
    for (const socket of [peeled, client, server]) socket.close();
    await mailbox();
  });
});
