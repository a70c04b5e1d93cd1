/**
 * The exact shape of what arrives, and what stays: the tuples of messages and of `recv`, messages larger than the window, and waits in vain, which leave nothing behind (MS, FC,
 * RV).
 */
import { expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { connected, mailbox, nextTurn, nextWords, overStacks, pair, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('data and events are pairs in a message and flat in recv (MS-1, MS-2, MS-8..MS-11)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    const source = ['127.0.0.1', client.port];
    const info = {
      type: 'sctp_sndrcvinfo',
      stream: 2,
      flags: [],
      ppid: 3_000_000_000,
      context: 0,
      timetolive: 0,
      tsn: expect.any(Number),
      cumtsn: 0,
      assocId: atServer,
    };
    for (const text of ['a', 'b']) await client.send({ assocId: atClient, stream: 2, ppid: 3_000_000_000, context: 9 }, text);
    expect(await server.recv()).toEqual([...source, [{ ...info, ssn: 0 }], Buffer.from('a')]);
    server.setopts({ active: 2 });
    expect(await self.receive()).toEqual(['sctp', server, ...source, [[{ ...info, ssn: 1 }], Buffer.from('b')]]);
    await client.eof(atClient);
    expect(await self.receive()).toEqual(['sctp', server, ...source, [[], { type: 'sctp_shutdown_event', assocId: atServer }]]);
    expect(await self.receive()).toEqual(['sctp_passive', server]);
    const change = { state: 'shutdown_comp', error: 0, assocId: atServer };
    expect(await server.recv()).toEqual([...source, [], expect.objectContaining(change)]);
    client.close();
    server.close();
  });

  test('events look the same in list mode (MS-6, MS-7)', async () => {
    const { server, client } = await pair(sctp, { mode: 'list', active: 3 });
    const { assocId } = await client.connect('127.0.0.1', server.port);
    await client.send(assocId, 0, 'hi');
    await untilArrived(client);
    await client.abort(assocId);
    expect(await nextWords(4)).toEqual(['comm_up', 'list:104,105', 'comm_lost', 'passive']);
    client.close();
    server.close();
  });

  test('a count given to an active or a once socket counts from zero (FC-3, FC-5, FC-7)', async () => {
    const socket = await open();
    const set = (...values: (boolean | 'once' | number)[]) => {
      for (const active of values) socket.setopts({ active });
      return socket.getopts(['active']).active;
    };
    expect([set(true, 2), set(3), set(-2), await mailbox()]).toEqual([2, 5, 3, []]);
    expect([set('once', -1), await mailbox()]).toEqual([false, ['passive']]);
    expect([set(true, 0), await mailbox()]).toEqual([false, ['passive']]);
    expect([set('once', 4), set(32763), await mailbox()]).toEqual([4, 32767, []]);
    socket.close();
  });

  test('after a poll or a timeout in vain nothing is read ahead (RV-4, RV-5, FC-29)', async () => {
    const { server, client, atClient } = await connected(sctp);
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    await client.send(atClient, 0, 'x');
    await untilArrived(client);
    expect(server.info().queuedBytes[0]).toBeGreaterThan(0);
    expect(word(await server.recv(0))).toBe('data:x');
    await expect(server.recv(1)).rejects.toThrow(reason('timeout'));
    const life = new AbortController();
    const waiting = server.recv(1_000_000, { signal: life.signal });
    life.abort();
    await expect(waiting).rejects.toThrow(reason('aborted'));
    await client.send(atClient, 0, 'y');
    await untilArrived(client);
    expect(server.info().queuedBytes[0]).toBeGreaterThan(0);
    client.close();
    server.close();
  });

  test('a once that has been used, and a count, stop the reading in the middle of what is there (FC-21, FC-27)', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (let index = 0; index < 600; index += 1) await client.send(atClient, 0, '12345');
    await untilArrived(client);
    const [all] = server.info().queuedBytes;
    for (const [active, read] of [
      ['once', 1],
      [300, 301],
    ] as const) {
      server.setopts({ active });
      expect(server.info().queuedBytes[0]).toBe((all / 600) * (600 - read));
    }
    const words = await mailbox();
    expect([words.length, words.at(-1)]).toEqual([302, 'passive']);
    client.close();
    server.close();
  });

  test('recv gives one item of whichever association is next (RV-2)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    const other = await open();
    const { assocId } = await other.connect('127.0.0.1', server.port);
    expect((await server.recv()).slice(0, 2)).toEqual(['127.0.0.1', other.port]);
    await other.send(assocId, 0, 'second');
    await untilArrived(other);
    await client.eof(atClient);
    const items = [await server.recv(), await server.recv(), await server.recv()];
    expect(items.map(word)).toEqual(['data:second', 'sctp_shutdown_event', 'shutdown_comp']);
    expect(items.map((item) => item[1])).toEqual([other.port, client.port, client.port]);
    expect(items.at(-1)?.[3]).toMatchObject({ assocId: atServer });
    for (const socket of [other, client, server]) socket.close();
  });

  test('a wait goes on until a message larger than the window is whole (RV-13, RV-17)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 4000, buffer: 100 }, { sndbuf: 100_000 });
    const before = server.getopts(['buffer']);
    const waiting = server.recv();
    const sent = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * 11) & 255));
    await client.send(atClient, 0, sent);
    const [, , , data] = await waiting;
    expect(sent.equals(data as Buffer)).toBe(true);
    expect(server.getopts(['buffer'])).toEqual(before);
    client.close();
    server.close();
  });

  test('the half of a message whose peer aborts is dropped, and the wait gets comm_lost (RV-18)', async ({ skip }) => {
    if (name === 'simulated') skip('the simulated network carries any message in one piece');
    const { server, client, atClient } = await connected(sctp, { recbuf: 4000 }, { sndbuf: 1_000_000 });
    const waiting = server.recv();
    await client.send(atClient, 0, Buffer.alloc(1_000_000));
    while (client.info().queuedBytes[1] === 1_000_000) await nextTurn();
    await client.abort(atClient);
    expect(word(await waiting)).toBe('comm_lost');
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('an error event is an item like any other: recv gives it, and the next one goes on (RV-12, RV-16, MS-4, MS-12, EV-7)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 20_000 });
    for (let index = 0; index < 20; index += 1)
      await client.send({ assocId: atClient, stream: 3, ppid: 5 }, Buffer.alloc(1000, index));
    await nextTurn();
    await client.abort(atClient);
    expect((await client.recv())[3]).toMatchObject({ state: 'comm_lost', error: 12, assocId: atClient });
    const failed = { type: 'sctp_send_failed', error: 12, assocId: atClient, info: { stream: 3, ppid: 5, flags: [] } };
    const item = await client.recv();
    expect(item).toMatchObject(['127.0.0.1', server.port, [], failed]);
    const { data } = item[3] as unknown as { data: Buffer };
    expect([Buffer.isBuffer(data), data.length]).toEqual([true, 1000]);
    // Counted, with a tag of its own, and with its payload in binary whatever the mode (FC-26, FC-38, MS-7).
    client.setopts({ mode: 'list', active: 2 });
    for (let next = 0; next < 2; next += 1) {
      const message = (await self.receive()) as unknown as readonly unknown[];
      expect(message).toMatchObject(['sctp_error', client, '127.0.0.1', server.port, [[], failed]]);
      const [, event] = message[4] as [unknown, { data: Buffer }];
      expect([Buffer.isBuffer(event.data), event.data[0]]).toEqual([true, data[0]! + 1 + next]);
    }
    expect([await mailbox(), client.getopts(['active']).active]).toEqual([['passive'], false]);
    expect(atServer).not.toBe(0);
    client.close();
    server.close();
  });
});
