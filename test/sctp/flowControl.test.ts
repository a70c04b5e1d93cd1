/** The option `active` over real traffic: which items a socket delivers, how it counts them, and when it tells its owner that it is passive (FC). */
import { describe, expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import { BadArg, mainActor, type Self, send, spawn } from '../../runtime/index.js';
import { backlog, connected, mailbox, nextTurn, nextWords, overStacks, pair, untilArrived, word } from './subjects.js';

const einval = expect.objectContaining({ name: 'SocketError', reason: 'einval' });

overStacks((sctp) => {
  const self = mainActor<SctpMessage>();
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });
  const read = (socket: Awaited<ReturnType<typeof open>>) => socket.getopts(['active']).active;

  describe('the value of active', () => {
    test('is false by default (FC-1, OPN-5)', async () => {
      const socket = await open();
      expect(read(socket)).toBe(false);
      socket.close();
    });

    test('a count that -3 takes down to 0 makes the socket passive and tells its owner; 0 tells the owner again (FC-5, FC-6)', async () => {
      const socket = await open({ active: 3 });
      expect([await mailbox(), read(socket)]).toEqual([[], 3]);
      socket.setopts({ active: -3 });
      expect([await mailbox(), read(socket)]).toEqual([['passive'], false]);
      socket.setopts({ active: 0 });
      expect([await mailbox(), read(socket)]).toEqual([['passive'], false]);
      socket.close();
    });

    test('a count beyond 16 bits is einval and changes nothing; -32768 takes the largest count below 0 (FC-2, FC-4)', async () => {
      const socket = await open();
      socket.setopts({ active: 32767 });
      expect(() => socket.setopts({ active: 1 })).toThrow(einval);
      expect(() => socket.setopts({ active: -32769 })).toThrow(einval);
      expect(read(socket)).toBe(32767);
      socket.setopts({ active: -32768 });
      expect([await mailbox(), read(socket)]).toEqual([['passive'], false]);
      socket.close();
    });

    test('true, once and false drop a count in silence, and a count that is too large changes none of them (FC-8)', async () => {
      const socket = await open();
      for (const [values, expected] of [
        [[3, true], true],
        [[3, 'once'], 'once'],
      ] as const) {
        for (const value of values) socket.setopts({ active: value });
        expect([await mailbox(), read(socket)]).toEqual([[], expected]);
      }
      expect(() => socket.setopts({ active: 32768 })).toThrow(einval);
      expect([await mailbox(), read(socket)]).toEqual([[], 'once']);
      socket.setopts({ active: false });
      expect([await mailbox(), read(socket)]).toEqual([[], false]);
      socket.close();
    });

    test.each([0, -5])('open with %i gives a passive socket whose passive message is there already (FC-10)', async (active) => {
      const socket = await open({ active });
      expect([await mailbox(), read(socket)]).toEqual([['passive'], false]);
      socket.close();
    });

    test('open takes the last of several values (FC-11)', async () => {
      const values = [
        [3, 3],
        [true, 3],
        [3, true],
      ] as const;
      for (const list of values) {
        const socket = await sctp.open(
          self,
          list.map((value) => ['active', value] as const),
        );
        expect(read(socket)).toBe(list[1]);
        socket.close();
      }
      expect(await mailbox()).toEqual([]);
    });

    test('setopts applies a list from its last element to its first (FC-12)', async () => {
      const socket = await open();
      socket.setopts([
        ['active', 5],
        ['active', -3],
      ]);
      expect([await mailbox(), read(socket)]).toEqual([['passive'], 5]);
      socket.setopts([
        ['active', 'once'],
        ['active', false],
      ]);
      expect([await mailbox(), read(socket)]).toEqual([[], 'once']);
      socket.close();
    });

    test('a list with an unknown name or an ill-typed value changes nothing (FC-13)', async () => {
      const socket = await open();
      for (const bad of [
        ['noSuchOption', 1],
        ['mode', 'text'],
        ['active', 'twice'],
        ['sctpNodelay', 1],
        ['sctpInitmsg', { numOstreams: -1 }],
      ]) {
        expect(() => socket.setopts([['active', 7], bad, ['sctpNodelay', true]] as never)).toThrow(BadArg);
        expect(socket.getopts(['active', 'sctpNodelay'])).toEqual({ active: false, sctpNodelay: false });
      }
      socket.close();
    });

    test('a list that fails in the stack changes nothing either (FC-13, SO-1)', async () => {
      const socket = await open();
      const bad = ['sctpDefaultSendParam', { assocId: 1, ppid: 5 }] as const;
      expect(() => socket.setopts([bad, ['active', 7], ['sctpNodelay', true]])).toThrow(einval);
      expect(() => socket.setopts([['active', 7], ['sctpNodelay', true], bad])).toThrow(einval);
      expect(socket.getopts(['active', 'sctpNodelay'])).toEqual({ active: false, sctpNodelay: false });
      socket.close();
    });

    test('anybody may set it; what comes of it goes to the owner (FC-14)', async () => {
      const socket = await open({ active: 2 });
      const done = new Promise<void>((resolve, reject) => {
        spawn(async (other: Self) => {
          socket.setopts({ active: -2 });
          if ((await other.receive({ after: 0 })) === undefined) resolve();
          else reject(new Error('the caller got a message'));
        });
      });
      await done;
      expect(await nextWords(1)).toEqual(['passive']);
      socket.close();
    });
  });

  describe('delivery', () => {
    test('with three messages queued, a count of 2 delivers two and the passive message at once, and leaves the third to recv (FC-20, FC-22, FC-27)', async () => {
      const { server, client, atClient } = await connected(sctp);
      for (const text of ['m1', 'm2', 'm3']) await client.send(atClient, 0, text);
      await untilArrived(client);
      server.setopts({ active: 2 });
      expect([await mailbox(), read(server)]).toEqual([['data:m1', 'data:m2', 'passive'], false]);
      expect(word(await server.recv())).toBe('data:m3');
      await expect(server.recv(0)).rejects.toMatchObject({ reason: 'timeout' });
      await client.abort(atClient);
      expect(word(await server.recv())).toBe('comm_lost');
      client.close();
      server.close();
    });

    test('with two messages queued, each once delivers one of them, without a passive message (FC-21, FC-28)', async () => {
      const { server, client, atClient } = await connected(sctp);
      for (const text of ['m1', 'm2']) await client.send(atClient, 0, text);
      await untilArrived(client);
      for (const text of ['m1', 'm2']) {
        server.setopts({ active: 'once' });
        expect([await mailbox(), read(server)]).toEqual([[`data:${text}`], false]);
      }
      client.close();
      server.close();
    });

    test('a count is shared by all items, and reads what is left (FC-9, FC-22, FC-23, FC-37)', async () => {
      const { server, client } = await pair(sctp, { active: 10 });
      const { assocId } = await client.connect('127.0.0.1', server.port);
      expect(await nextWords(1)).toEqual(['comm_up']);
      expect(read(server)).toBe(9);
      await client.send(assocId, 0, 'one');
      expect(await nextWords(1)).toEqual(['data:one']);
      expect(read(server)).toBe(8);
      await client.eof(assocId);
      expect(await nextWords(2)).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
      expect(read(server)).toBe(6);
      expect(word(await client.recv())).toBe('shutdown_comp');
      client.close();
      server.close();
    });

    test('at 1 a listener gets comm_up and the passive message; data waits for recv (FC-37)', async () => {
      const { server, client } = await pair(sctp, { active: 1 });
      const { assocId } = await client.connect('127.0.0.1', server.port);
      await client.send(assocId, 0, 'first');
      expect(await nextWords(2)).toEqual(['comm_up', 'passive']);
      expect(word(await server.recv())).toBe('data:first');
      client.close();
      server.close();
    });

    test('a large message is one item (FC-24, RV-13)', async () => {
      const { server, client, atClient } = await connected(sctp, {}, { sndbuf: 300_000 });
      server.setopts({ active: 1 });
      const bytes = Buffer.alloc(200_000);
      for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 7) & 255;
      await client.send(atClient, 0, bytes);
      const message = (await self.receive()) as SctpMessage;
      if (message[0] !== 'sctp') throw new Error('expected data');
      expect(bytes.equals(message[4][1] as Buffer)).toBe(true);
      expect(await nextWords(1)).toEqual(['passive']);
      client.close();
      server.close();
    });

    test('true to false leaves what was delivered; what comes later is for recv, and the order holds (FC-30)', async () => {
      const { server, client, atClient } = await connected(sctp);
      server.setopts({ active: true });
      await client.send(atClient, 0, 'early');
      expect(await nextWords(1)).toEqual(['data:early']);
      server.setopts({ active: false });
      await client.send(atClient, 0, 'late');
      expect(word(await server.recv())).toBe('data:late');
      expect(await mailbox()).toEqual([]);
      client.close();
      server.close();
    });

    test('list mode gives bytes, and is applied at delivery (MS-6)', async () => {
      const { server, client, atClient } = await connected(sctp);
      await client.send(atClient, 0, [1, 2, 255]);
      await untilArrived(client);
      server.setopts(['list']);
      expect(word(await server.recv())).toBe('list:1,2,255');
      expect(server.getopts(['mode']).mode).toBe('list');
      client.close();
      server.close();
    });
  });

  describe('watermarks', () => {
    test('true stops reading at the high mark and goes on at the low one; nothing is lost (FC-29)', async () => {
      const total = 500;
      const { server, client, atClient } = await connected(sctp, { highMsgqWatermark: 20, lowMsgqWatermark: 5 });
      server.setopts({ active: true });
      const sending = (async () => {
        for (let index = 0; index < total; index += 1) await client.send(atClient, 0, String(index));
      })();
      const seen: number[] = [];
      let most = 0;
      while (seen.length < total) {
        most = Math.max(most, backlog());
        const message = (await self.receive()) as SctpMessage;
        if (message[0] !== 'sctp' || !Buffer.isBuffer(message[4][1])) throw new Error(`expected data, not ${word(message)}`);
        seen.push(Number(message[4][1].toString()));
        // Let the network feed the mailbox as much as it may.
        if (seen.length % 7 === 0) await nextTurn();
      }
      await sending;
      expect(seen).toEqual(Array.from({ length: total }, (_, index) => index));
      expect(most).toBeGreaterThan(10);
      expect(most).toBeLessThanOrEqual(20);
      client.close();
      server.close();
      await mailbox();
    });

    test('the mailbox of an owner who does not look never grows above the high mark (FC-29)', async () => {
      const { server, client, atClient } = await connected(sctp, { highMsgqWatermark: 10, lowMsgqWatermark: 4 });
      for (let index = 0; index < 30; index += 1) await client.send(atClient, 0, `${index}`.padStart(2, '0'));
      await untilArrived(client);
      server.setopts({ active: true });
      expect(backlog()).toBe(10);
      const words = await nextWords(30);
      expect(words).toEqual(Array.from({ length: 30 }, (_, index) => `data:${`${index}`.padStart(2, '0')}`));
      client.close();
      server.close();
      await mailbox();
    });

    test('other messages of the owner count as its backlog, too', async () => {
      const { server, client, atClient } = await connected(sctp, { highMsgqWatermark: 10, lowMsgqWatermark: 4 });
      await client.send(atClient, 0, 'x');
      await untilArrived(client);
      for (let index = 0; index < 10; index += 1) send(self.pid, ['note', index] as never);
      server.setopts({ active: true });
      expect(backlog()).toBe(10);
      for (let index = 0; index < 10; index += 1) await self.receive();
      expect(await nextWords(1)).toEqual(['data:x']);
      client.close();
      server.close();
      await mailbox();
    });
  });
});
