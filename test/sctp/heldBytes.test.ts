/** The bytes that peers make a socket hold can be read, are bounded, and are given back, also those of associations that have ended. */
import { expect, test } from 'vitest';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, nextTurn, overStacks, untilArrived } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp, name) => {
  test('maxHeldBytes is an option with a least value, handed down to peeled-off sockets', async () => {
    const { server, client, atServer } = await connected(sctp, { maxHeldBytes: 1_000_000 });
    expect(server.getopts(['maxHeldBytes'])).toEqual({ maxHeldBytes: 1_000_000 });
    expect(() => server.setopts({ maxHeldBytes: 65_535 })).toThrow(reason('einval'));
    expect(() => server.setopts({ maxHeldBytes: 'all' as never })).toThrow(BadArg);
    const peeled = server.peeloff(self, atServer);
    if (name !== 'simulated') expect(peeled.getopts(['maxHeldBytes'])).toEqual({ maxHeldBytes: 1_000_000 });
    for (const socket of [peeled, client, server]) socket.close();
  });

  test('info and getstat tell the unread bytes, of the socket and of each association, until they are read', async ({ skip }) => {
    if (name !== 'embedded') return skip('the kernel holds what is unread, and the simulated stack counts nothing');
    const { server, client, atServer, atClient } = await connected(sctp);
    for (let index = 0; index < 10; index += 1) await client.send(atClient, 0, Buffer.alloc(1000));
    await untilArrived(client);
    const { bytes, ofEnded } = server.info().held;
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThan(15_000);
    expect(ofEnded).toBe(0);
    expect(server.getstat().recvPend).toBe(bytes);
    expect(server.info(atServer).held.bytes).toBe(bytes);
    expect(() => server.info(999)).toThrow(reason('einval'));
    expect(sctp.memory().heldBytes).toBeGreaterThanOrEqual(bytes);
    await client.abort(atClient);
    while (server.info().held.ofEnded === 0) await nextTurn();
    for (let index = 0; index < 10; index += 1) await server.recv();
    await server.recv();
    expect(server.info().held).toEqual({ bytes: 0, ofEnded: 0 });
    client.close();
    server.close();
  });

  // 200 rounds of associating, sending and aborting held 92 MiB that no counter had.
  test('associations that come, send and go hold no more than the limit, and are let in again once it is read', async ({
    skip,
  }) => {
    if (name !== 'embedded') return skip('the kernel holds what is unread, and the simulated stack counts nothing');
    const { server, client } = await connected(sctp, { maxHeldBytes: 1_000_000 });
    let refused = 0;
    for (let round = 0; round < 50; round += 1) {
      const peer = await sctp.open(self, 0, { ip: '127.0.0.1' });
      const change = await peer.connect('127.0.0.1', server.port).catch((error: { reason: string; event: unknown }) => error);
      if ('reason' in change) {
        expect(change).toMatchObject({ reason: 'cant_assoc', event: { error: 4 } });
        refused += 1;
      } else {
        await peer.send(change.assocId, 0, Buffer.alloc(100_000));
        await untilArrived(peer);
        await peer.abort(change.assocId);
      }
      peer.close();
      expect(server.info().held.bytes).toBeLessThan(500_000);
    }
    expect(refused).toBeGreaterThan(40);
    while ((await server.recv(0).catch(() => undefined)) !== undefined);
    expect(server.info().held.ofEnded).toBe(0);
    await client.connect('127.0.0.1', (await sctp.open(self, 0, { ip: '127.0.0.1' })).port).catch(() => undefined);
    const late = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await late.connect('127.0.0.1', server.port);
    for (const socket of [late, ...sctp.openSockets()]) socket.close();
    await nextTurn();
  });
});

overStacks((sctp, name) => {
  test('memory() reads, sets and checks the limit of all sockets', async ({ skip }) => {
    if (name !== 'embedded') return skip('the engine’s');
    const { maxHeldBytes } = sctp.memory();
    expect(maxHeldBytes).toBe(536_870_912);
    expect(sctp.memory({ maxHeldBytes: 100_000 }).maxHeldBytes).toBe(100_000);
    for (const wrong of [65_535, -1, 1.5, Number.NaN, 2 ** 32, '1', null]) {
      expect(() => sctp.memory({ maxHeldBytes: wrong as never })).toThrow(BadArg);
    }
    expect(() => sctp.memory({ maxHeld: 100_000 } as never)).toThrow(BadArg);
    expect(sctp.memory({ maxHeldBytes }).maxHeldBytes).toBe(maxHeldBytes);
  });
});
