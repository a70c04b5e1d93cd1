/** The option `active` where SCTP has more than other transports: events count, and options of the stack stand beside it (FC). The rest is in test/contract. */
import { describe, expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import { mainActor } from '../../runtime/index.js';
import { backlog, connected, mailbox, nextTurn, nextWords, overStacks, pair, word } from './subjects.js';

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

    test('a list that fails in the stack changes nothing either (FC-13, SO-1)', async () => {
      const socket = await open();
      const bad = ['sctpDefaultSendParam', { assocId: 1, ppid: 5 }] as const;
      expect(() => socket.setopts([bad, ['active', 7], ['sctpNodelay', true]])).toThrow(einval);
      expect(() => socket.setopts([['active', 7], ['sctpNodelay', true], bad])).toThrow(einval);
      expect(socket.getopts(['active', 'sctpNodelay'])).toEqual({ active: false, sctpNodelay: false });
      socket.close();
    });
  });

  describe('delivery', () => {
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
  });
});
