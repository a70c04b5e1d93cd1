/** Options that change how messages are sent: default parameters and policies, maxseg, disable_fragments, nodelay (SD-1, SD-10, SO-8). */
import { expect, test } from 'vitest';
import type { SctpSendFailed } from '../../actors/sctp/events.js';
import { mainActor } from '../../runtime/index.js';
import { connected, overStacks, word } from './subjects.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overStacks((sctp, name) => {
  test('default parameters are those of each message that names a stream, for associations to come (SD-1, SO-8)', async () => {
    const sctpDefaultSendParam = { stream: 9, flags: ['unordered'], ppid: 4294967295, context: 5 } as const;
    const { server, client, atClient } = await connected(sctp, {}, { sctpDefaultSendParam });
    await client.send(atClient, 3, 'with defaults');
    const [, , [info], data] = await server.recv();
    expect(String(data)).toBe('with defaults');
    expect(info).toMatchObject({ stream: 3, flags: ['unordered'], ppid: 4294967295 });
    await client.send({ assocId: atClient, stream: 3 }, 'as it says');
    expect((await server.recv())[2]).toMatchObject([{ stream: 3, flags: [], ppid: 0 }]);
    client.close();
    server.close();
  });

  test('whatever the default policy, a message that can be delivered is delivered (RFC 7496)', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (const prPolicy of ['none', 'ttl', 'rtx', 'prio'] as const) {
      client.setopts({ sctpDefaultPrinfo: { assocId: atClient, prPolicy, prValue: 60_000 } });
      await client.send(atClient, 0, prPolicy);
      expect(word(await server.recv())).toBe(`data:${prPolicy}`);
    }
    client.close();
    server.close();
  });

  test('a lifetime by policy is the lifetime of the message, as its failure tells (EV-7)', async () => {
    if (name === 'simulated') return;
    const sctpDefaultPrinfo = { prPolicy: 'ttl', prValue: 60_000 } as const;
    const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, { sctpDefaultPrinfo });
    // The peer does not have room for all of it, so that the last part has not been delivered when the end comes.
    for (let index = 0; index < 20; index += 1) await client.send(atClient, 0, Buffer.alloc(5000, index));
    await client.abort(atClient);
    expect(word(await client.recv())).toBe('comm_lost');
    const failed = (await client.recv())[3] as SctpSendFailed;
    expect(failed).toMatchObject({ type: 'sctp_send_failed', info: { timetolive: 60_000 } });
    client.close();
    server.close();
  });

  test('with disable_fragments what does not fit one packet is emsgsize, below it is sent (SD-10)', async () => {
    if (name === 'simulated') return;
    const { server, client, atClient } = await connected(sctp, {}, { sctpDisableFragments: true });
    const point = client.getopts([['sctpStatus', { assocId: atClient }]]).sctpStatus!.fragmentationPoint;
    await expect(client.send(atClient, 0, Buffer.alloc(point + 1))).rejects.toEqual(reason('emsgsize'));
    await client.send(atClient, 0, Buffer.alloc(point));
    expect((await server.recv())[3]).toHaveLength(point);
    client.close();
    server.close();
  });

  test('with maxseg a message goes in chunks of that size, and arrives whole', async () => {
    if (name === 'simulated') return;
    const { server, client, atClient } = await connected(sctp, {}, { sctpMaxseg: 600, sctpNodelay: true });
    await client.send(atClient, 0, Buffer.alloc(2000, 'x'));
    expect((await server.recv())[3]).toHaveLength(2000);
    // The limit is the chunk's, header and all, on one stack, and its payload's on the other.
    expect(client.getopts([['sctpGetAssocStats', { assocId: atClient }]]).sctpGetAssocStats?.oodchunks).toBe(4);
    client.close();
    server.close();
  });

  test('an adaptation indication is told to the peer that wants to hear of it (EV-21)', async () => {
    if (name === 'simulated') return;
    const listener = { sctpAdaptationLayer: { adaptationInd: 7 }, sctpEvents: { adaptationLayerEvent: true } };
    const server = await sctp.open(self, 0, { ip: '127.0.0.1', ...listener });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: '127.0.0.1', ...listener, sctpAdaptationLayer: { adaptationInd: 4711 } });
    const { assocId } = await client.connect('127.0.0.1', server.port);
    expect((await client.recv())[3]).toEqual({ type: 'sctp_adaptation_event', adaptationInd: 7, assocId });
    expect(word(await server.recv())).toBe('comm_up');
    expect((await server.recv())[3]).toMatchObject({ type: 'sctp_adaptation_event', adaptationInd: 4711 });
    client.close();
    server.close();
  });
});
