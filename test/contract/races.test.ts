/**
 * Calls that wait, or that are about to be made, while the socket is closed: by its owner, by another actor, by the death of its owner. Whatever the order, each
 * call has one outcome, nobody waits for ever, and nothing stays open (CL-5, CL-6, OW-1, RV-8, RV-9, TA-6, TS-15).
 */
import { describe, expect, test } from 'vitest';
import { exit, isAlive, mainActor, type Pid, type Self, spawn } from '../../runtime/index.js';
import { type AnySocket, backlog, closePair, mailbox, nextTurn, overTransports, type Pair } from './transports.js';

/** Each order is tried with the close so many turns after the call. */
const delays = [0, 1, 2, 5];

const outcomeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    (value) => (typeof value === 'string' ? value : 'done'),
    (error: { name: string; reason?: string }) => error.reason ?? error.name,
  );

overTransports((transport) => {
  /** An actor that owns the receiver of a pair and does nothing more. */
  async function owned(): Promise<{ readonly pair: Pair; readonly owner: Pid }> {
    return new Promise((resolve, reject) => {
      const owner: Pid = spawn(async (actor: Self) => {
        await transport.pair({ owner: actor }).then((pair) => resolve({ pair, owner }), reject);
        await actor.receive();
      });
    });
  }

  /** The ways in which a socket ends. Each is told the socket and its owner. */
  const closings: readonly (readonly [string, (socket: AnySocket, owner: Pid) => unknown])[] = [
    ['another actor closes it', (socket) => socket.close()],
    [
      'an actor that ends closes it',
      (socket) =>
        spawn((actor: Self) => {
          socket.close();
          actor.exit('shutdown');
        }),
    ],
    ['its owner is killed', (_socket, owner) => exit(owner, 'kill')],
    ['its owner gets the exit signal shutdown', (_socket, owner) => exit(owner, 'shutdown')],
  ];

  async function afterTurns(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
  }

  async function end({ pair, owner }: { readonly pair: Pair; readonly owner: Pid }): Promise<void> {
    while (pair.receiver.isOpen) await nextTurn();
    exit(owner, 'kill');
    await closePair(pair);
  }

  describe.each(closings)('%s', (_how, close) => {
    test('while a recv waits: the wait ends with closed (RV-8, RV-9)', async () => {
      for (const turns of delays) {
        const stage = await owned();
        const waiting = outcomeOf(transport.recv(stage.pair.receiver));
        await afterTurns(turns);
        close(stage.pair.receiver, stage.owner);
        expect(await waiting).toBe('closed');
        await end(stage);
      }
    });

    test('while a message is on its way to a recv: the recv gets it, or closed, and never both or neither', async () => {
      for (const turns of delays) {
        const stage = await owned();
        const waiting = outcomeOf(transport.recv(stage.pair.receiver));
        const sending = outcomeOf(stage.pair.send('x'));
        await afterTurns(turns);
        close(stage.pair.receiver, stage.owner);
        expect(['data:x', 'closed']).toContain(await waiting);
        await sending;
        await end(stage);
      }
    });

    test('while the peer sends: its sends are taken, or fail, and it stays open', async () => {
      for (const turns of delays) {
        const stage = await owned();
        const sending = [1, 2, 3, 4, 5].map((number) => outcomeOf(stage.pair.send(`${number}`)));
        await afterTurns(turns);
        close(stage.pair.receiver, stage.owner);
        const outcomes = await Promise.all(sending);
        expect(['done', 'closed', 'epipe', 'eshutdown', 'enotconn', 'einval', 'econnrefused', 'econnreset']).toEqual(
          expect.arrayContaining([...new Set(outcomes)]),
        );
        expect(stage.pair.sender.isOpen).toBe(true);
        await end(stage);
      }
    });

    test('in the turn in which it is given away: the new owner has a closed socket, or none, and no message comes later (CP-8)', async () => {
      for (const turns of delays) {
        const stage = await owned();
        const heir: Pid = spawn(async (actor: Self) => {
          for (;;) await actor.receive();
        });
        const holder: Pid = spawn(async (actor: Self) => {
          await new Promise<void>((resolve) => setImmediate(resolve));
          try {
            stage.pair.receiver.controllingProcess(actor, heir as Pid<never>);
          } catch {
            // It does not own the socket, or the socket is closed.
          }
        });
        stage.pair.receiver.setopts({ active: true });
        await stage.pair.send('x').catch(() => undefined);
        await afterTurns(turns);
        close(stage.pair.receiver, stage.owner);
        while (isAlive(holder)) await nextTurn();
        while (stage.pair.receiver.isOpen) await nextTurn();
        const before = backlog(heir as Pid<never>);
        await outcomeOf(stage.pair.send('y'));
        await afterTurns(5);
        expect(backlog(heir as Pid<never>)).toBe(before);
        exit(heir, 'kill');
        await end(stage);
      }
    });

    test('while it is active and messages come: those that came stay, and no other follows', async () => {
      for (const active of [true, 'once', 3] as const) {
        const stage = await owned();
        stage.pair.receiver.setopts({ active });
        for (const text of ['a', 'b', 'c', 'd']) await stage.pair.send(text);
        close(stage.pair.receiver, stage.owner);
        while (stage.pair.receiver.isOpen) await nextTurn();
        const before = backlog(stage.owner as Pid<never>);
        await afterTurns(5);
        expect(backlog(stage.owner as Pid<never>)).toBe(before);
        await end(stage);
      }
    });
  });

  test('a send that waits when its own socket closes fails with closed, at once, and the others behind it (TS-15)', async (context) => {
    if (transport.isLossy) context.skip('datagrams for which there is no room are lost: no send waits');
    for (const kill of [false, true]) {
      const self = mainActor();
      const { receiver, sender, send } = await transport.pair({ sender: { sndbuf: 5000 }, receiver: { recbuf: 5000 } });
      const owner: Pid = spawn(async (actor: Self) => actor.receive());
      sender.controllingProcess(self, owner as Pid<never>);
      const sending: Promise<string>[] = [];
      while (sender.info().waitingSends < 3) {
        sending.push(outcomeOf(send(Buffer.alloc(4000))));
        if (sending.length % 50 === 0) await nextTurn();
      }
      const waiting = sender.info().waitingSends;
      if (kill) exit(owner, 'kill');
      else void sender.close();
      const outcomes = await Promise.all(sending);
      expect(outcomes.slice(-waiting)).toEqual(Array.from({ length: waiting }, () => 'closed'));
      expect(outcomes.slice(0, -waiting).every((outcome) => outcome === 'done')).toBe(true);
      exit(owner, 'kill');
      await receiver.close();
      await sender.close();
    }
  });

  test('calls of every kind, on a socket that closes at a moment that varies, leave nothing behind', {
    timeout: 30_000,
  }, async () => {
    const self = mainActor();
    for (let round = 0; round < 40; round += 1) {
      const pair = await transport.pair({ receiver: { active: round % 4 === 0 } });
      const { receiver } = pair;
      const outcomes: Promise<string>[] = [];
      const attempt = (call: () => unknown): void => {
        outcomes.push(outcomeOf((async () => call())()));
      };
      for (let step = 0; step < 12; step += 1) {
        const choice = (round * 5 + step * 7) % 6;
        if (choice === 0) attempt(() => transport.recv(receiver, 20));
        else if (choice === 1) attempt(() => pair.send(`${step}`));
        else if (choice === 2) attempt(() => receiver.setopts({ active: step % 2 === 0 ? 'once' : 2 }));
        else if (choice === 3) attempt(() => receiver.setopts({ active: false }));
        else if (choice === 4) attempt(() => receiver.info());
        else attempt(() => receiver.controllingProcess(self, self.pid));
        if ((round + step) % 3 === 0) await nextTurn();
        if (step === round % 12) {
          const closer = round % 2 === 0 ? () => receiver.close() : () => void spawn(() => void receiver.close());
          closer();
        }
      }
      while (receiver.isOpen) await nextTurn();
      for (const outcome of await Promise.all(outcomes)) expect(typeof outcome).toBe('string');
      await closePair(pair);
      // Messages that came before the close, and none of the close itself.
      expect((await mailbox(transport)).filter((word) => !/^(data:\d+|passive)$/.test(word))).toEqual([]);
    }
  });
});
