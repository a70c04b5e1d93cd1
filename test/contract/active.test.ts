/** The option `active`: what it counts, what a socket delivers because of it, and when it tells its owner that it is passive (FC). */
import { describe, expect, test } from 'vitest';
import { mainActor, type Self, send, spawn } from '../../runtime/index.js';
import {
  activeOf,
  closePair,
  mailbox,
  nextTurn,
  nextWords,
  overTransports,
  type Pair,
  type PairOptions,
  untilArrived,
} from './transports.js';

const einval = expect.objectContaining({ name: 'SocketError', reason: 'einval' });

overTransports((transport) => {
  const self = mainActor();
  const state = async ({ receiver }: Pair) => [await mailbox(transport), activeOf(receiver)];

  async function sent(texts: readonly string[], options?: PairOptions): Promise<Pair> {
    const pair = await transport.pair(options);
    for (const text of texts) await pair.send(text);
    await untilArrived(pair);
    return pair;
  }

  describe('the value of active', () => {
    test('a number is added to the count, which reads what is left (FC-3, FC-9)', async () => {
      const pair = await transport.pair();
      for (const [value, left] of [
        [5, 5],
        [3, 8],
        [-2, 6],
      ] as const) {
        pair.receiver.setopts({ active: value });
        expect(await state(pair)).toEqual([[], left]);
      }
      await closePair(pair);
    });

    test('a count that -3 takes down to 0 makes the socket passive and tells its owner; 0 tells the owner again (FC-5, FC-6)', async () => {
      const pair = await transport.pair({ receiver: { active: 3 } });
      expect(await state(pair)).toEqual([[], 3]);
      pair.receiver.setopts({ active: -3 });
      expect(await state(pair)).toEqual([['passive'], false]);
      pair.receiver.setopts({ active: 0 });
      expect(await state(pair)).toEqual([['passive'], false]);
      await closePair(pair);
    });

    test('a count beyond 16 bits is einval and changes nothing; -32768 takes the largest count below 0 (FC-2, FC-4)', async () => {
      const pair = await transport.pair();
      const { receiver } = pair;
      receiver.setopts({ active: 32767 });
      for (const value of [1, 32767, 32768, -32769]) expect(() => receiver.setopts({ active: value })).toThrow(einval);
      expect(await state(pair)).toEqual([[], 32767]);
      receiver.setopts({ active: -32768 });
      expect(await state(pair)).toEqual([['passive'], false]);
      await closePair(pair);
    });

    test.each([true, 'once', false] as const)(
      '%s drops a count in silence, and a number counts from 0 behind it (FC-7, FC-8)',
      async (value) => {
        const pair = await transport.pair({ receiver: { active: 3 } });
        pair.receiver.setopts({ active: value });
        expect(await state(pair)).toEqual([[], value]);
        pair.receiver.setopts({ active: 2 });
        expect(await state(pair)).toEqual([[], 2]);
        pair.receiver.setopts({ active: value });
        pair.receiver.setopts({ active: -1 });
        expect(await state(pair)).toEqual([['passive'], false]);
        await closePair(pair);
      },
    );

    test('a list is applied from its last element to its first (FC-12)', async () => {
      const pair = await transport.pair();
      pair.receiver.setopts([
        ['active', 5],
        ['active', -3],
      ]);
      expect(await state(pair)).toEqual([['passive'], 5]);
      pair.receiver.setopts([
        ['active', 'once'],
        ['active', false],
      ]);
      expect(await state(pair)).toEqual([[], 'once']);
      await closePair(pair);
    });

    test('a list with an unknown name or an ill-typed value changes nothing (FC-13)', async () => {
      const pair = await transport.pair();
      for (const bad of [
        ['noSuchOption', 1],
        ['mode', 'text'],
        ['active', 'twice'],
        ['recbuf', 'large'],
      ]) {
        for (const list of [
          [bad, ['active', 7]],
          [['active', 7], bad],
        ])
          expect(() => pair.receiver.setopts(list)).toThrow();
        expect(await state(pair)).toEqual([[], false]);
      }
      await closePair(pair);
    });

    test('anybody may set it; what comes of it goes to the owner (FC-14)', async () => {
      const pair = await sent(['a']);
      const gotByOther = new Promise((resolve) => {
        spawn(async (other: Self) => {
          pair.receiver.setopts({ active: 1 });
          resolve(await other.receive({ after: 0 }));
        });
      });
      expect(await gotByOther).toBeUndefined();
      expect(await nextWords(transport, 2)).toEqual(['data:a', 'passive']);
      await closePair(pair);
    });
  });

  describe('delivery', () => {
    test('with three messages queued, a count of 2 delivers two and the passive message at once, and leaves the third to recv (FC-20, FC-22, FC-27, FC-28)', async () => {
      const pair = await sent(['m1', 'm2', 'm3']);
      pair.receiver.setopts({ active: 2 });
      expect(await state(pair)).toEqual([['data:m1', 'data:m2', 'passive'], false]);
      expect(await transport.recv(pair.receiver)).toBe('data:m3');
      await expect(transport.recv(pair.receiver, 0)).rejects.toMatchObject({ reason: 'timeout' });
      await closePair(pair);
    });

    test('with two messages queued, each once delivers one of them, without a passive message (FC-21, FC-28)', async () => {
      const pair = await sent(['m1', 'm2']);
      for (const text of ['m1', 'm2']) {
        pair.receiver.setopts({ active: 'once' });
        expect(await state(pair)).toEqual([[`data:${text}`], false]);
      }
      await closePair(pair);
    });

    test('each message takes 1 off the count, and no other message of the socket comes between the last and the passive one (FC-9, FC-20, FC-22)', async () => {
      const pair = await transport.pair({ receiver: { active: 3 } });
      for (const [text, left] of [
        ['one', 2],
        ['two', 1],
        ['three', false],
      ] as const) {
        await pair.send(text);
        expect(await nextWords(transport, 1)).toEqual([`data:${text}`]);
        expect(activeOf(pair.receiver)).toBe(left);
      }
      expect(await nextWords(transport, 1)).toEqual(['passive']);
      await closePair(pair);
    });

    test('a large message is one item (FC-24, RV-13)', async () => {
      const bytes = Buffer.alloc(60_000);
      for (let index = 0; index < bytes.length; index += 1) bytes[index] = (index * 7) & 255;
      const pair = await transport.pair({ sender: { sndbuf: 300_000 } });
      pair.receiver.setopts({ active: 1 });
      await pair.send(bytes);
      expect((await nextWords(transport, 2)).map((word) => word.length)).toEqual([`data:${bytes}`.length, 'passive'.length]);
      pair.receiver.setopts({ active: 1 });
      await pair.send(bytes);
      expect(await nextWords(transport, 2)).toEqual([`data:${bytes}`, 'passive']);
      await closePair(pair);
    });

    test('true to false leaves what was delivered; what comes later is for recv, and the order holds (FC-30)', async () => {
      const pair = await transport.pair({ receiver: { active: true } });
      await pair.send('early');
      expect(await nextWords(transport, 1)).toEqual(['data:early']);
      pair.receiver.setopts({ active: false });
      await pair.send('late');
      expect(await transport.recv(pair.receiver)).toBe('data:late');
      expect(await mailbox(transport)).toEqual([]);
      await closePair(pair);
    });

    test('list mode gives bytes, and is applied at delivery (MS-6)', async () => {
      const pair = await sent(['\x01\x02\x7f', 'abc']);
      pair.receiver.setopts(['list']);
      expect(await transport.recv(pair.receiver)).toBe('list:1,2,127');
      pair.receiver.setopts(['binary']);
      expect(await transport.recv(pair.receiver)).toBe('data:abc');
      await closePair(pair);
    });

    test('messages that look like those of a socket are no concern of it: they stay where they are', async () => {
      const pair = await sent(['a']);
      send(self.pid, [transport.protocol, 'nobody'] as never);
      pair.receiver.setopts({ active: 'once' });
      expect(await self.receive()).toEqual([transport.protocol, 'nobody']);
      expect(await mailbox(transport)).toEqual(['data:a']);
      await closePair(pair);
    });
  });

  describe('any order of switches, with messages queued, gives every message once and in order', () => {
    const values = [true, false, 'once', 1, 2, 3, -1, 0] as const;

    test('by messages and by recv (FC-22, FC-27, FC-28, FC-30, RV-1)', async () => {
      for (let round = 0; round < 12; round += 1) {
        const total = 40;
        const texts = Array.from({ length: total }, (_, index) => `${index}`);
        const pair = await transport.pair();
        const seen: string[] = [];
        const take = async () => {
          for (const word of await mailbox(transport)) if (word !== 'passive') seen.push(word);
        };
        for (const [index, text] of texts.entries()) {
          await pair.send(text);
          const choice = (index * (round + 3) + round) % (values.length + 3);
          if (choice < values.length) pair.receiver.setopts({ active: values[choice]! });
          // Only what the mailbox does not hold may be asked for by recv, or the order would be that of the reader.
          else if (activeOf(pair.receiver) === false) {
            await take();
            const word = await transport.recv(pair.receiver, 0).catch(({ reason }: { reason: string }) => reason);
            if (word !== 'timeout') seen.push(word);
          } else await nextTurn();
        }
        await untilArrived(pair);
        pair.receiver.setopts({ active: true });
        while (seen.length < total) {
          await take();
          await nextTurn();
        }
        expect(seen).toEqual(texts.map((text) => `data:${text}`));
        await closePair(pair);
      }
    });
  });
});
