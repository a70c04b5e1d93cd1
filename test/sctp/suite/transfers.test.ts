/** OTP gen_sctp_SUITE: a connection, a message each way, and its end, in every kind of socket and mode. */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../../actors/sctp/messages.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { mainActor } from '../../../runtime/index.js';
import { asActor, untilArrived } from '../subjects.js';
import { changeOf, genSctpSuite, itemOf, loopback, nextChange, nextData, nextShutdown, nothingLeft } from './suite.js';

const self = mainActor<SctpMessage>();
const text = 'The quick brown fox jumps over a lazy dog 0123456789';
const statistics = ['recvAvg', 'recvCnt', 'recvMax', 'recvOct', 'sendAvg', 'sendCnt', 'sendMax', 'sendOct'] as const;

genSctpSuite((sctp) => {
  test('xfer_min', async () => {
    // CN-6, EV-14, SD-1, AS-2, EV-11, SD-13
    const server = await sctp.open(self, 0, { ip: loopback, type: 'seqpacket' });
    await server.listen(true);
    const before = server.getstat();
    const client = await sctp.open(self, 0, { ip: loopback });
    const up = await client.connect(loopback, server.port);
    expect(up).toMatchObject({ state: 'comm_up', error: 0 });
    const seen = await nextChange(server, 'comm_up');
    expect(seen).toMatchObject({ error: 0, from: [loopback, client.port] });
    expect([seen.outboundStreams, seen.inboundStreams]).toEqual([up.inboundStreams, up.outboundStreams]);

    await client.send(up.assocId, 0, text);
    expect(await nextData(server)).toMatchObject({
      text,
      from: [loopback, client.port],
      info: { stream: 0, assocId: seen.assocId },
    });
    await server.send(seen.assocId, 0, text);
    expect(await nextData(client)).toMatchObject({
      text,
      from: [loopback, server.port],
      info: { stream: 0, assocId: up.assocId },
    });
    await client.eof(up);
    await nextShutdown(server, seen.assocId);
    expect(await nextChange(client, 'shutdown_comp')).toMatchObject({ error: 0, assocId: up.assocId });
    const after = server.getstat();
    for (const name of statistics) expect(after[name], name).not.toBe(before[name]);
    for (const socket of [server, client]) await nothingLeft(socket);
    client.close();
    server.close();
  });

  test('xfer_active', async () => {
    // MS-1, CN-20, SD-5, EV-12, AS-2
    const server = await sctp.open(self, 0, { ip: loopback, active: true });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: loopback, active: true });
    const attempt = await client.connectInit(loopback, server.port);
    // Both are the main actor's: whose comm_up comes first is not said.
    const seen = new Map<SctpSocket, number>();
    while (seen.size < 2) {
      const { socket, anc, content } = await next();
      seen.set(socket, changeOf(anc, content, 'comm_up').assocId);
    }
    expect(seen.get(client)).toBe(attempt);
    const [atServer, atClient] = [seen.get(server)!, attempt];

    await asActor(() => client.send(atClient, 0, text));
    const there = await next();
    expect([there.socket, there.from, String(there.content)]).toEqual([server, [loopback, client.port], text]);
    expect(there.anc).toMatchObject([{ stream: 0, assocId: atServer }]);
    await server.send(atServer, 0, text);
    const back = await next();
    expect([back.socket, back.from, String(back.content)]).toEqual([client, [loopback, server.port], text]);
    expect(back.anc).toMatchObject([{ stream: 0, assocId: atClient }]);

    // What has not been acknowledged when the association is aborted would come back as send_failed (EV-21).
    await untilArrived(server);
    await client.abort(atClient);
    const ends = [await next(), await next()];
    for (const [socket, assocId] of [
      [server, atServer],
      [client, atClient],
    ] as const) {
      const end = ends.find((item) => item.socket === socket)!;
      expect(changeOf(end.anc, end.content, 'comm_lost').assocId).toBe(assocId);
    }
    client.close();
    server.close();
  });

  test('xfer_stream_min', async () => {
    // OPN-10, SO-3, SO-15, SD-5, CL-7, EV-11
    const server = await sctp.open(self, 0, { ip: loopback, type: 'seqpacket' });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: loopback, type: 'stream' });
    const up = await client.connect(loopback, server.port);
    const seen = await nextChange(server, 'comm_up');
    expect([seen.outboundStreams, seen.inboundStreams]).toEqual([up.inboundStreams, up.outboundStreams]);
    const path = client.getopts([['sctpGetPeerAddrInfo', { address: [loopback, server.port] }]]).sctpGetPeerAddrInfo;
    expect(path).toMatchObject({ state: 'active', assocId: up.assocId });

    await client.send(path!.assocId, 0, text);
    expect(await nextData(server)).toMatchObject({ text, info: { stream: 0, assocId: seen.assocId } });
    await asActor(() => server.send(seen.assocId, 0, text));
    expect(await nextData(client)).toMatchObject({ text, info: { stream: 0, assocId: up.assocId } });
    client.close();
    await nextShutdown(server, seen.assocId);
    await nothingLeft(server);
    server.close();
  });
});

/** The next item of a socket of the main actor, address events aside. */
async function next(): Promise<ReturnType<typeof itemOf> & { socket: SctpSocket }> {
  for (;;) {
    const message = await self.receive();
    const socket = message[1];
    const item = itemOf(message, socket);
    if (!('type' in item.content) || item.content.type !== 'sctp_paddr_change') return { ...item, socket };
  }
}
