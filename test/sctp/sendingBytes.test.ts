/** The bytes that a socket keeps for peers that read nothing can be read, and are bounded over all associations. Sends go on when there is room. */
import { expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/index.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, nextTurn, overStacks, untilArrived } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();
const limit = 1_000_000;

overStacks((sctp, name) => {
  test('maxSendingBytes is an option with a least value, handed down to peeled-off sockets; the kernel has none', async () => {
    if (name === 'kernel') {
      await expect(sctp.open(self, { maxSendingBytes: limit })).rejects.toThrow(reason('enotsup'));
      return;
    }
    const { server, client, atServer } = await connected(sctp, { maxSendingBytes: limit });
    expect(server.getopts(['maxSendingBytes'])).toEqual({ maxSendingBytes: limit });
    expect(() => server.setopts({ maxSendingBytes: 65_535 })).toThrow(reason('einval'));
    expect(() => server.setopts({ maxSendingBytes: 'all' as never })).toThrow(BadArg);
    const peeled = server.peeloff(self, atServer);
    if (name !== 'simulated') expect(peeled.getopts(['maxSendingBytes'])).toEqual({ maxSendingBytes: limit });
    for (const socket of [peeled, client, server]) socket.close();
  });

  test('info tells the bytes that are not acknowledged, of the socket, of each association and of all sockets', async ({
    skip,
  }) => {
    if (name !== 'embedded') return skip('the kernel tells payload, and the simulated stack counts nothing');
    const { server, client, atServer, atClient } = await connected(sctp, { recbuf: 2000 });
    for (let index = 0; index < 20; index += 1) await client.send(atClient, 0, Buffer.alloc(1000));
    await nextTurn();
    const { bytes } = client.info().sending;
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(25_000);
    expect(client.info(atClient).sending.bytes).toBe(bytes);
    expect(server.info(atServer).sending.bytes).toBe(0);
    expect(sctp.memory().sendingBytes).toBeGreaterThanOrEqual(bytes);
    for (let index = 0; index < 20; index += 1) await server.recv();
    await untilArrived(client);
    expect(client.info().sending.bytes).toBe(0);
    client.close();
    server.close();
  });

  // sndbuf is a limit for one association: a hundred peers that read nothing would make a server keep a hundred times as much.
  test('peers that read nothing hold up no more than the limit; all that was sent arrives in order once they read', async ({
    skip,
  }) => {
    if (name !== 'embedded') return skip('the kernel’s send buffer is the socket’s');
    const { server, client, atServer } = await connected(sctp, { maxSendingBytes: limit, sndbuf: 200_000 }, { recbuf: 16_384 });
    const peers = [{ socket: client, assoc: atServer }];
    while (peers.length < 20) {
      const socket = await sctp.open(self, 0, { ip: '127.0.0.1', recbuf: 16_384 });
      await socket.connect('127.0.0.1', server.port);
      const [, , , event] = await server.recv();
      peers.push({ socket, assoc: (event as { readonly assocId: number }).assocId });
    }
    const sends = peers.flatMap(({ assoc }) =>
      Array.from({ length: 100 }, (_, index) => server.send(assoc, 0, Buffer.alloc(2000, index))),
    );
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    const { sending, waitingSends } = server.info();
    expect(sending.bytes).toBeGreaterThan(limit / 2);
    expect(sending.bytes).toBeLessThanOrEqual(limit);
    expect(waitingSends).toBeGreaterThan(1000);
    // Every association has got something, whichever asked first.
    for (const { socket } of peers) expect((await socket.recv())[3]).toEqual(Buffer.alloc(2000, 0));
    const readAll = async ({ socket }: { readonly socket: SctpSocket }) => {
      const came: number[] = [];
      while (came.length < 99) came.push(((await socket.recv())[3] as Buffer)[1999]!);
      expect(came).toEqual(Array.from({ length: 99 }, (_, index) => index + 1));
    };
    await Promise.all(peers.map(readAll));
    await Promise.all(sends);
    for (const { socket } of peers) await untilArrived(socket);
    for (const { socket } of [...peers, { socket: server }]) socket.close();
  });
});

overStacks((sctp, name) => {
  test('the limit of all sockets is told, set and checked, and neither limit is changed if one is wrong', async ({ skip }) => {
    if (name !== 'embedded') return skip('the engine’s');
    const before = sctp.memory();
    expect(before.maxSendingBytes).toBe(536_870_912);
    expect(sctp.memory({ maxSendingBytes: 100_000 })).toMatchObject({
      maxSendingBytes: 100_000,
      maxHeldBytes: before.maxHeldBytes,
    });
    for (const wrong of [65_535, -1, 1.5, Number.NaN, 2 ** 32, '1', null]) {
      expect(() => sctp.memory({ maxHeldBytes: 100_000, maxSendingBytes: wrong as never })).toThrow(BadArg);
    }
    expect(sctp.memory().maxHeldBytes).toBe(before.maxHeldBytes);
    expect(() => sctp.memory({ maxSending: 100_000 } as never)).toThrow(BadArg);
    expect(sctp.memory({ maxSendingBytes: before.maxSendingBytes }).maxSendingBytes).toBe(before.maxSendingBytes);
  });
});
