/** `controllingProcess`, the owner's life and death, monitors of sockets, `close` (CP, OW, CL). */
import { describe, expect, test } from 'vitest';
import { BadArg, exit, isAlive, mainActor, type Pid, type Self, send, spawn, tag } from '../../runtime/index.js';
import {
  type AnySocket,
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

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overTransports((transport) => {
  const self = mainActor();

  /** An actor that collects its messages as words until told to tell. */
  function collector(): { readonly pid: Pid<never>; words(): Promise<string[]>; end(): void } {
    const words: string[] = [];
    const waiting: ((words: string[]) => void)[] = [];
    const pid = spawn(async (actor: Self<unknown>) => {
      for (;;) {
        const message = await actor.receive();
        if (message === 'tell') waiting.shift()?.(words.splice(0));
        else words.push(transport.word(message));
      }
    }) as Pid<never>;
    return {
      pid,
      words: () =>
        new Promise((resolve) => {
          waiting.push(resolve);
          send(pid, 'tell' as never);
        }),
      end: () => exit(pid, 'kill'),
    };
  }

  async function sent(texts: readonly string[], options?: PairOptions): Promise<Pair> {
    const pair = await transport.pair(options);
    for (const text of texts) await pair.send(text);
    await untilArrived(pair);
    return pair;
  }

  /** A pair whose receiver belongs to an actor that then does as told. */
  function owned(body: (actor: Self, receiver: AnySocket) => unknown): Promise<{ readonly pair: Pair; readonly owner: Pid }> {
    return new Promise((resolve, reject) => {
      const owner: Pid = spawn(async (actor: Self) => {
        const pair = await transport.pair({ owner: actor }).catch((error: Error) => {
          reject(error);
          throw error;
        });
        resolve({ pair, owner });
        await body(actor, pair.receiver);
      });
    });
  }

  const waits = (actor: Self) => actor.receive();

  describe('controllingProcess', () => {
    test('the opener owns it; afterwards the other does (CP-1, CP-2, CP-4, OW-7)', async () => {
      const heir = collector();
      const pair = await transport.pair();
      const { receiver } = pair;
      expect(receiver.owner).toBe(self.pid);
      receiver.controllingProcess(self, heir.pid);
      expect([receiver.owner, receiver.info().owner]).toEqual([heir.pid, heir.pid]);
      expect(() => receiver.controllingProcess(self, self.pid)).toThrow(reason('not_owner'));
      await closePair(pair);
      heir.end();
    });

    test('to the present owner it succeeds, whoever calls (CP-3)', async () => {
      const pair = await transport.pair({ receiver: { active: 3 } });
      pair.receiver.controllingProcess(self, self.pid);
      const stranger = spawn((other: Self) => pair.receiver.controllingProcess(other, self.pid));
      while (isAlive(stranger)) await nextTurn();
      expect([activeOf(pair.receiver), pair.receiver.owner === self.pid, await mailbox(transport)]).toEqual([3, true, []]);
      await closePair(pair);
    });

    test('the count goes along: a delivered message moves, later ones come to the new owner, and then the passive message (CP-10..CP-12)', async () => {
      const heir = collector();
      const pair = await sent(['m1']);
      pair.receiver.setopts({ active: 3 });
      pair.receiver.controllingProcess(self, heir.pid);
      expect([await heir.words(), activeOf(pair.receiver)]).toEqual([['data:m1'], 2]);
      await pair.send('m2');
      await pair.send('m3');
      while (activeOf(pair.receiver) !== false) await nextTurn();
      expect(await heir.words()).toEqual(['data:m2', 'data:m3', 'passive']);
      await closePair(pair);
      heir.end();
    });

    test.each([true, 'once', 5, false] as const)('%s is restored, and says nothing (CP-10)', async (active) => {
      const heir = collector();
      const pair = await transport.pair({ receiver: { active } });
      pair.receiver.controllingProcess(self, heir.pid);
      expect([activeOf(pair.receiver), await heir.words(), await mailbox(transport)]).toEqual([active, [], []]);
      await closePair(pair);
      heir.end();
    });

    test('every message of the socket moves, the passive message too, and messages of others stay (CP-15, CP-16)', async () => {
      const heir = collector();
      const pair = await sent(['m1']);
      const other = await sent(['x']);
      other.receiver.setopts({ active: 1 });
      pair.receiver.setopts({ active: 1 });
      send(self.pid, ['unrelated', pair.receiver] as never);
      pair.receiver.controllingProcess(self, heir.pid);
      expect(await heir.words()).toEqual(['data:m1', 'passive']);
      expect(await nextWords(transport, 2)).toEqual(['data:x', 'passive']);
      expect(await self.receive()).toEqual(['unrelated', pair.receiver]);
      await closePair(pair);
      await closePair(other);
      heir.end();
    });

    test('moved messages come before newer ones (CP-11)', async () => {
      const heir = collector();
      const expected = Array.from({ length: 20 }, (_, index) => `data:${index}`);
      const pair = await sent(expected.map((word) => word.slice(5)));
      pair.receiver.setopts({ active: 10 });
      pair.receiver.controllingProcess(self, heir.pid);
      pair.receiver.setopts({ active: 10 });
      expect(await heir.words()).toEqual([...expected.slice(0, 10), 'passive', ...expected.slice(10), 'passive']);
      await closePair(pair);
      heir.end();
    });

    test('with a message of its own that comes first, and another mode, in one step', async () => {
      const heir = collector();
      const pair = await sent(['a', 'b']);
      pair.receiver.setopts({ active: 1 });
      pair.receiver.controllingProcess(self, heir.pid, { active: 'once', message: () => ['yours'] } as never);
      expect([await heir.words(), activeOf(pair.receiver)]).toEqual([['yours', 'data:a', 'passive', 'data:b'], false]);
      await closePair(pair);
      heir.end();
    });

    test('to one who has ended it is badarg, and nothing has changed (CP-5, CP-6)', async () => {
      const pair = await sent(['x']);
      pair.receiver.setopts({ active: 3 });
      const gone = spawn(() => undefined);
      while (isAlive(gone)) await nextTurn();
      expect(() => pair.receiver.controllingProcess(self, gone as Pid<never>)).toThrow(reason('badarg'));
      expect([pair.receiver.owner === self.pid, activeOf(pair.receiver), await mailbox(transport)]).toEqual([
        true,
        2,
        ['data:x'],
      ]);
      await closePair(pair);
    });

    test('what is no Pid, or no self, throws BadArg (CP-7)', async () => {
      const pair = await transport.pair();
      for (const bad of [undefined, null, 'name', 7, {}, self]) {
        expect(() => pair.receiver.controllingProcess(self, bad as never)).toThrow(BadArg);
        if (bad !== self) expect(() => pair.receiver.controllingProcess(bad as never, self.pid)).toThrow(BadArg);
      }
      await closePair(pair);
    });

    test('on a closed socket it is closed (CP-8)', async () => {
      const pair = await transport.pair();
      await closePair(pair);
      expect(() => pair.receiver.controllingProcess(self, self.pid)).toThrow(reason('closed'));
    });

    test("the former owner's death changes nothing, the new one's closes (CP-17)", async () => {
      const heir = collector();
      const { pair, owner } = await owned((actor, receiver) => receiver.controllingProcess(actor, heir.pid));
      while (isAlive(owner)) await nextTurn();
      expect(pair.receiver.isOpen).toBe(true);
      heir.end();
      expect(pair.receiver.isOpen).toBe(false);
      await closePair(pair);
    });
  });

  describe("the owner's life", () => {
    test.each([
      ['returns', () => undefined],
      ['exits', (actor: Self) => actor.exit('shutdown')],
      ['exits normal', (actor: Self) => actor.exit('normal')],
    ])('an owner that %s closes its sockets (OW-1)', async (_how, end) => {
      const { pair } = await owned(end);
      while (pair.receiver.isOpen) await nextTurn();
      await closePair(pair);
    });

    test.each([true, 'once', 3, false] as const)(
      'in mode %s, with messages waiting, its death closes, and the sender is not disturbed (OW-1, OW-8)',
      async (active) => {
        const { pair, owner } = await owned(waits);
        for (const text of ['a', 'b', 'c', 'd']) await pair.send(text);
        await untilArrived(pair);
        pair.receiver.setopts({ active });
        exit(owner, 'kill');
        expect([pair.receiver.isOpen, pair.sender.isOpen]).toEqual([false, true]);
        await closePair(pair);
      },
    );

    test("an exit signal 'normal' that the owner ignores does not close (OW-2)", async () => {
      const { pair, owner } = await owned(waits);
      const killer = spawn((other: Self) => exit(owner, 'normal', other));
      while (isAlive(killer)) await nextTurn();
      expect([isAlive(owner), pair.receiver.isOpen]).toEqual([true, true]);
      exit(owner, 'kill');
      expect(pair.receiver.isOpen).toBe(false);
      await closePair(pair);
    });

    test("anybody else's death never closes it (OW-3)", async () => {
      const pair = await transport.pair();
      const user = spawn(async (actor: Self) => {
        await pair.send('x');
        await transport.recv(pair.receiver, Number.POSITIVE_INFINITY, actor);
        pair.receiver.setopts({ active: 1 });
      });
      while (isAlive(user)) await nextTurn();
      expect(pair.receiver.isOpen).toBe(true);
      await closePair(pair);
    });

    test('closing by another does not end an owner, and one who traps exits hears of it (OW-4, OW-5)', async () => {
      let heard: unknown;
      const { pair, owner } = await owned(async (actor) => {
        actor.trapExit = true;
        heard = await actor.receive(tag('EXIT'));
      });
      await nextTurn();
      await pair.receiver.close();
      while (isAlive(owner)) await nextTurn();
      expect(heard).toEqual(['EXIT', pair.receiver, 'normal']);
      await closePair(pair);
    });

    test('an owner who closes as itself does not hear of it (OW-5)', async () => {
      let heard: unknown = 'nothing yet';
      const { pair, owner } = await owned(async (actor, receiver) => {
        actor.trapExit = true;
        await receiver.close(actor);
        heard = await actor.receive({ after: 0 });
      });
      while (isAlive(owner)) await nextTurn();
      expect(heard).toBeUndefined();
      await closePair(pair);
    });

    test("monitors get 'DOWN' once: normal after close, the owner's reason after its death, noproc afterwards (OW-9)", async () => {
      const pair = await transport.pair();
      const [first, second, cancelled] = [self.monitor(pair.receiver), self.monitor(pair.receiver), self.monitor(pair.receiver)];
      self.demonitor(cancelled);
      await closePair(pair);
      expect(await self.receive()).toEqual(['DOWN', first, 'port', pair.receiver, 'normal']);
      expect(await self.receive()).toEqual(['DOWN', second, 'port', pair.receiver, 'normal']);
      const late = self.monitor(pair.receiver);
      expect(await self.receive()).toEqual(['DOWN', late, 'port', pair.receiver, 'noproc']);
      const { pair: other, owner } = await owned(waits);
      const ref = self.monitor(other.receiver);
      exit(owner, 'kill');
      expect(await self.receive()).toEqual(['DOWN', ref, 'port', other.receiver, 'killed']);
      await closePair(other);
    });
  });

  describe('close', () => {
    test('may be called by anybody, any number of times (CL-1, CL-2)', async () => {
      const pair = await transport.pair();
      const other = spawn(async () => pair.receiver.close());
      while (isAlive(other)) await nextTurn();
      expect(pair.receiver.isOpen).toBe(false);
      await pair.receiver.close();
      await pair.receiver.close(self);
      await closePair(pair);
    });

    test("leaves messages in the owner's mailbox, and no other comes (CL-4)", async () => {
      const pair = await sent(['x', 'y']);
      pair.receiver.setopts({ active: 'once' });
      pair.receiver.setopts({ active: true });
      await closePair(pair);
      await nextTurn();
      expect(await mailbox(transport)).toEqual(['data:x', 'data:y']);
    });

    test('every call afterwards is closed (CL-6)', async () => {
      const pair = await transport.pair();
      await closePair(pair);
      await expect(pair.send('x')).rejects.toThrow(reason('closed'));
      for (const socket of [pair.receiver, pair.sender]) {
        await expect(transport.recv(socket)).rejects.toThrow(reason('closed'));
        const throwing = [
          () => socket.setopts({ active: true }),
          () => socket.getopts(['active']),
          () => socket.info(),
          () => socket.controllingProcess(self, self.pid),
        ];
        for (const call of throwing) expect(call).toThrow(reason('closed'));
      }
    });
  });
});
