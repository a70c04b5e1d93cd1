/** `peeloff`: who owns the new socket, which options it inherits, which items move to it, and which stay with the parent (PO). */
import { describe, expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import { BadArg, mainActor, type Pid } from '../../runtime/index.js';
import { asActor, connected, mailbox, nextTurn, nextWords, overStacks, pair, simulated, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();
/** Whether a send was taken. */
const taken = [() => true, () => false] as const;

overStacks((sctp) => {
  test('queued messages move to the new socket in order, the end of the association comes to it, and the parent gets nothing (PO-7, PO-11)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await client.send(atClient, 0, 'one');
    await client.send(atClient, 0, 'two');
    await untilArrived(client);
    const peeled = server.peeloff(self, atServer);
    expect([word(await peeled.recv()), word(await peeled.recv())]).toEqual(['data:one', 'data:two']);
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    await client.eof(atClient);
    expect([word(await peeled.recv()), word(await peeled.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    await expect(peeled.recv(1)).rejects.toThrow(reason('timeout'));
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('takes an id or an event; an unread comm_up moves, too (PO-1, PO-13)', async () => {
    const { server, client } = await pair(sctp);
    const change = await client.connect('127.0.0.1', server.port);
    const mine = client.peeloff(self, change);
    await mine.send(change, 0, 'x');
    const [, , , event] = await server.recv();
    const theirs = server.peeloff(self, event as SctpAssocChange);
    expect(word(await theirs.recv())).toBe('data:x');
    const other = await pair(sctp);
    await other.client.connect('127.0.0.1', other.server.port);
    const [, port] = other.client.sockname();
    const id = await idOfPeer(other.server);
    const early = other.server.peeloff(self, id);
    expect((await early.recv()).slice(0, 2)).toEqual(['127.0.0.1', port]);
    for (const socket of [mine, theirs, server, client, early, other.server, other.client]) socket.close();
  });

  test('the caller owns the new socket, whoever owns the parent (PO-3)', async () => {
    const { server, client, atServer } = await connected(sctp);
    let owner: Pid | undefined;
    const peeled = await asActor(async (actor) => {
      const socket = server.peeloff(actor, atServer);
      owner = actor.pid as Pid;
      expect(socket.owner).toBe(owner);
      return socket;
    });
    // Its owner has ended.
    while (peeled.isOpen) await nextTurn();
    expect(word(await client.recv())).toBe('sctp_shutdown_event');
    expect(server.isOpen).toBe(true);
    client.close();
    server.close();
  });

  test.each([
    [false, false],
    [true, true],
    ['once', 'once'],
    [7, 7],
  ] as const)(
    'active %s of the parent reads %s on the new socket, and the parent keeps its own (PO-5)',
    async (active, expected) => {
      const { server, client, atServer, atClient } = await connected(sctp);
      server.setopts({
        active,
        mode: 'list',
        buffer: 777,
        nonBlockSend: true,
        highMsgqWatermark: 99,
        lowMsgqWatermark: 9,
        sctpNodelay: true,
      });
      const peeled = server.peeloff(self, atServer);
      const names = ['active', 'mode', 'buffer', 'nonBlockSend', 'highMsgqWatermark', 'lowMsgqWatermark', 'sctpNodelay'] as const;
      expect(peeled.getopts(names)).toEqual(server.getopts(names));
      expect(peeled.getopts(['active']).active).toBe(expected);
      if (active !== false) {
        await client.send(atClient, 0, 'a');
        const message = (await self.receive()) as readonly unknown[];
        expect(message.slice(0, 2)).toEqual(['sctp', peeled]);
        expect(server.getopts(['active']).active).toBe(active);
      }
      for (const socket of [client, peeled, server]) socket.close();
      await mailbox();
    },
  );

  test('options of the parent are in force on it: no ancillary data, bytes as a list (PO-4, PO-12)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp, { sctpEvents: { dataIoEvent: false }, mode: 'list' });
    const peeled = server.peeloff(self, atServer);
    await client.send(atClient, 0, 'hi');
    expect((await peeled.recv()).slice(2)).toEqual([[], [104, 105]]);
    for (const socket of [client, peeled, server]) socket.close();
  });

  test("messages already in a mailbox keep the parent's name (PO-7)", async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await client.send(atClient, 0, 'x');
    await untilArrived(client);
    server.setopts({ active: 1 });
    const peeled = server.peeloff(self, atServer);
    expect(((await self.receive()) as readonly unknown[])[1]).toBe(server);
    expect(await nextWords(1)).toEqual(['passive']);
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('afterwards the parent knows nothing of it, and takes new clients (PO-9)', async () => {
    const { server, client, atServer } = await connected(sctp);
    const peeled = server.peeloff(self, atServer);
    await expect(server.send(atServer, 0, 'x')).rejects.toThrow(reason('epipe'));
    await expect(server.eof(atServer)).rejects.toThrow(reason('epipe'));
    await expect(server.abort(atServer)).rejects.toThrow(reason('epipe'));
    expect(server.getopts([['sctpStatus', { assocId: atServer }]])).toEqual({});
    expect(() => server.peeloff(self, atServer)).toThrow(reason('einval'));
    expect(() => peeled.peeloff(self, atServer)).toThrow(reason('einval'));
    await expect(peeled.connect('127.0.0.1', client.port)).rejects.toThrow(reason('eisconn'));
    await expect(peeled.connectInit('127.0.0.1', client.port)).rejects.toThrow(reason('eisconn'));
    await expect(server.connect('127.0.0.1', client.port)).rejects.toThrow(reason('eaddrnotavail'));
    await expect(peeled.listen(true)).rejects.toThrow(reason('einval'));
    const late = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await late.connect('127.0.0.1', server.port);
    expect((await server.recv()).slice(0, 2)).toEqual(['127.0.0.1', late.port]);
    for (const socket of [late, client, peeled, server]) socket.close();
  });

  test('it has names and a port, and sends both ways (PO-10, PO-11, MH-13)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    const peeled = server.peeloff(self, atServer);
    expect([peeled.port, peeled.peername(), peeled.sockname()]).toEqual([
      server.port,
      ['127.0.0.1', client.port],
      ['127.0.0.1', server.port],
    ]);
    expect(peeled.info()).toMatchObject({ type: 'stream', port: server.port });
    await peeled.send(atServer, 0, 'down');
    expect(word(await client.recv())).toBe('data:down');
    await client.send(atClient, 0, 'up');
    expect(word(await peeled.recv())).toBe('data:up');
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('any id names its association (PO-15, SD-11)', async () => {
    const { server, client, atServer } = await connected(sctp);
    const peeled = server.peeloff(self, atServer);
    for (const id of [0, atServer, 999_999]) {
      await peeled.send(id, 0, `to ${id}`);
      expect(word(await client.recv())).toBe(`data:to ${id}`);
    }
    expect(peeled.getopts([['sctpStatus', { assocId: 999_999 }]]).sctpStatus?.state).toBe('established');
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('an association that is being set up can be peeled off, and comm_up comes there (PO-14)', async () => {
    const { server, client } = await pair(sctp);
    const id = await client.connectInit('127.0.0.1', server.port);
    const peeled = client.peeloff(self, id);
    expect((await peeled.recv())[3]).toMatchObject({ state: 'comm_up' });
    await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('the end of its owner ends its association alone, by an abort if the parent lingers for 0 s (PO-15, CL-9, CL-11)', async () => {
    const { server, client, atServer } = await connected(sctp, { linger: [true, 0] });
    const other = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const { assocId } = await other.connect('127.0.0.1', server.port);
    await server.recv();
    await asActor((actor) => {
      server.peeloff(actor, atServer);
    });
    expect(word(await client.recv())).toBe('comm_lost');
    await other.send(assocId, 0, 'alive');
    expect(word(await server.recv())).toBe('data:alive');
    for (const socket of [client, other, server]) socket.close();
  });

  test('sends of others that wait for room go on when the association that fills the buffer leaves (SD-8)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, { sndbuf: 8192, nonBlockSend: true });
    const other = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await other.listen(true);
    const { assocId } = await client.connect('127.0.0.1', other.port);
    for (let quiet = 0; quiet < 20; quiet += 1) {
      while (await client.send(atClient, 0, Buffer.alloc(1000)).then(...taken)) quiet = 0;
      await nextTurn();
    }
    client.setopts({ nonBlockSend: false });
    const waiting = client.send(assocId, 0, 'for the other');
    const peeled = client.peeloff(self, atClient);
    await waiting;
    expect([word(await other.recv()), word(await other.recv())]).toEqual(['comm_up', 'data:for the other']);
    for (const socket of [client, other, peeled, server]) socket.close();
  });

  test('bad ids are einval, bad arguments BadArg (PO-2)', async () => {
    const { server, client, atServer } = await connected(sctp);
    for (const id of [0, 1, 2, 999_999]) expect(() => server.peeloff(self, id)).toThrow(reason('einval'));
    for (const id of [-1, 'x', null, undefined, {}]) expect(() => server.peeloff(self, id as never)).toThrow(BadArg);
    for (const actor of [null, undefined, {}, self.pid]) expect(() => server.peeloff(actor as never, atServer)).toThrow(BadArg);
    client.close();
    server.close();
  });

  test('while a connect of the association waits it is ebusy (PO-2)', async () => {
    const { server, client } = await pair(sctp);
    const connecting = client.connect('127.0.0.1', server.port);
    const id = await idOfPeer(client);
    expect(() => client.peeloff(self, id)).toThrow(reason('ebusy'));
    expect((await connecting).assocId).toBe(id);
    client.close();
    server.close();
  });

  test('while a send of the association waits it is ebusy (PO-2)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    const sends = Promise.allSettled(Array.from({ length: 60 }, () => client.send(atClient, 0, Buffer.alloc(1000))));
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(() => client.peeloff(self, atClient)).toThrow(reason('ebusy'));
    client.close();
    await sends;
    server.close();
  });
});

describe('when the stack refuses', () => {
  const { sctp, sim } = simulated();

  test('nothing has changed on the parent', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    sim().failNext('peeloff', 95);
    expect(() => server.peeloff(self, atServer)).toThrow(reason('enotsup'));
    expect(sctp.openSockets()).toHaveLength(2);
    await client.send(atClient, 0, 'x');
    expect(word(await server.recv())).toBe('data:x');
    client.close();
    server.close();
  });
});

/** The only association of a socket, by its comm_up in an active mode that is taken back. */
async function idOfPeer(socket: Awaited<ReturnType<typeof pair>>['server']): Promise<number> {
  for (let id = 3; ; id += 1) {
    if (Object.keys(socket.getopts([['sctpStatus', { assocId: id }]])).length > 0) return id;
    if (id > 100_000) throw new Error('no association');
  }
}
