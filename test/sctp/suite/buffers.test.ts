/** OTP gen_sctp_SUITE: small buffers, sends that wait, and a wait in recv that a close ends. */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../../actors/sctp/messages.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { mainActor } from '../../../runtime/index.js';
import { asActor, nextTurn } from '../subjects.js';
import {
  changeOf,
  genSctpSuite,
  itemOf,
  loopback,
  nextChange,
  nextData,
  nextShutdown,
  nothingLeft,
  reason,
  socketProcess,
} from './suite.js';

const self = mainActor<SctpMessage>();

/** Waits until a connection has come to rest: for many turns on end nothing was sent, taken or acknowledged. */
async function untilQuiet(...sockets: readonly SctpSocket[]): Promise<void> {
  const state = () => sockets.map((socket) => JSON.stringify([socket.info().queuedBytes, socket.info().waitingSends])).join();
  for (let before = state(), quiet = 0; quiet < 50; quiet += 1) {
    await nextTurn();
    const now = state();
    if (now !== before) quiet = 0;
    before = now;
  }
}

genSctpSuite((sctp) => {
  test('buffers', async () => {
    // FC-24, RV-13, OPN-8
    const server = socketProcess((message) => message[1].setopts({ active: 'once' }));
    const receiver = await server.run((owner) => sctp.open(owner, 0, { ip: loopback, recbuf: 4096, active: 'once' }));
    await receiver.listen(true);
    const { recbuf = 0 } = receiver.getopts(['recbuf']);
    expect(recbuf).toBeGreaterThanOrEqual(4096);
    const size = recbuf + 4096;
    const sender = await sctp.open(self, 0, { ip: loopback, sndbuf: size });
    const { assocId } = await sender.connect(loopback, receiver.port);
    const up = itemOf(await server.next(), receiver);
    const atReceiver = changeOf(up.anc, up.content, 'comm_up').assocId;

    const data = Buffer.from(Array.from({ length: size }, (_, index) => (index * 7) & 255));
    await sender.send(assocId, 1, data);
    const { from, anc, content } = itemOf(await server.next(), receiver);
    expect([from, anc]).toMatchObject([[loopback, sender.port], [{ stream: 1, assocId: atReceiver }]]);
    expect(data.equals(content as Buffer)).toBe(true);
    sender.close();
    const ends = [await server.next(), await server.next()].map((end) => itemOf(end, receiver).content);
    expect(ends).toMatchObject([{ type: 'sctp_shutdown_event' }, { type: 'sctp_assoc_change', state: 'shutdown_comp' }]);
    expect(server.left()).toEqual([]);
    server.end();
  });

  test('send_block', async () => {
    // SD-7, SD-8, FC-28, FC-29
    const server = socketProcess();
    const receiver = await server.run((owner) => sctp.open(owner, 0, { ip: loopback }));
    await receiver.listen(true);
    const sender = await sctp.open(self, 0, { ip: loopback, sndbuf: 4096 });
    const { sndbuf = 0 } = sender.getopts(['sndbuf']);
    expect(sndbuf).toBeGreaterThanOrEqual(4096);
    receiver.setopts({ recbuf: 2 * sndbuf });
    const { assocId } = await sender.connect(loopback, receiver.port);
    const atReceiver = (await nextChange(receiver, 'comm_up')).assocId;

    const texts = Array.from({ length: 8 }, (_, index) => `${index}`.padEnd(sndbuf / 2, `${index} `));
    let taken = 0;
    const sending = asActor(async () => {
      for (const text of texts) {
        await sender.send(assocId, 0, text);
        taken += 1;
      }
    });
    await untilQuiet(sender, receiver);
    expect(sender.info().waitingSends).toBe(1);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(texts.length);

    receiver.setopts({ active: true });
    for (const text of texts) {
      const { from, anc, content } = itemOf(await server.next(), receiver);
      expect([from, anc]).toMatchObject([[loopback, sender.port], [{ stream: 0, assocId: atReceiver }]]);
      expect(String(content)).toBe(text);
    }
    await sending;
    expect([taken, sender.info().waitingSends, server.left()]).toEqual([texts.length, 0, []]);
    sender.close();
    server.end();
  });

  test('recv_close', async () => {
    // RV-7, RV-8, CL-1
    const server = await sctp.open(self, 0, { ip: loopback });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: loopback });
    await client.connect(loopback, server.port);
    await nextChange(server, 'comm_up');
    const waiting = asActor(async () => {
      await nothingLeft(server);
      return server.recv();
    });
    // It waits: whoever else asks is refused (RV-6).
    while ((await server.recv(0).catch((error: { reason: string }) => error.reason)) !== 'ealready') await nextTurn();
    server.close();
    await expect(waiting).rejects.toThrow(reason('closed'));
    client.close();
  });

  test('non_block_send', async () => {
    // SD-7, SO-10
    const server = await sctp.open(self, 0, { ip: loopback, recbuf: 16384 });
    await server.listen(true);
    const options = { nonBlockSend: true, sctpInitmsg: { numOstreams: 5 } };
    const client = await sctp.open(self, 0, { ip: loopback, ...options });
    expect(client.getopts(['nonBlockSend'])).toEqual({ nonBlockSend: true });
    const { assocId, outboundStreams } = await client.connect(loopback, server.port);
    expect(outboundStreams).toBe(5);
    const atServer = (await nextChange(server, 'comm_up')).assocId;

    const data = Buffer.alloc(14 * 1024, 'x');
    let sent = 0;
    const refusals = async () => {
      for (;;) {
        const outcome = await client.send(assocId, sent % 5, data).catch((error: { reason: string }) => error.reason);
        if (outcome !== undefined) return outcome;
        sent += 1;
      }
    };
    expect(await refusals()).toBe('eagain');
    // Full also when everything that can move has moved.
    await untilQuiet(client, server);
    expect(await refusals()).toBe('eagain');
    expect(sent).toBeGreaterThan(1);
    for (let index = 0; index < sent; index += 1) {
      const { info, text } = await nextData(server);
      expect([info.assocId, text.length]).toEqual([atServer, data.length]);
    }
    await nothingLeft(server);
    await client.send(assocId, 0, data);
    expect((await nextData(server)).text).toHaveLength(data.length);
    client.setopts({ nonBlockSend: false });
    expect(client.getopts(['nonBlockSend'])).toEqual({ nonBlockSend: false });
    client.close();
    await nextShutdown(server, atServer);
    server.close();
  });
});
