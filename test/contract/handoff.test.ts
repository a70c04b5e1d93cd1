/**
 * Lossless handoff: while a peer sends, a socket goes through 1,000 owners, some of whom die. The owners together, in the order of their ownership, receive every
 * message once and in order (CP-9..CP-12, CP-19, CP-22).
 */
import { expect, test } from 'vitest';
import { exit, isAlive, mainActor, type Pid, type Self, send, spawn } from '../../runtime/index.js';
import { repeats } from '../support/effort.js';
import { type AnySocket, closePair, nextTurn, overTransports, type Pair } from './transports.js';

const handoffs = repeats(1000);
/** How many messages each owner, in turn, takes before it gives the socket away. Most owners leave some messages in their mailboxes. */
const takes = [0, 1, 2, 7, 3];
/** Enough that the last owner has its share, too. */
const total = handoffs * 3 + 500;
/** Messages that a sender has on the way to a receiver that loses what it has no room for. */
const mostUnderway = 64;

type Mode = true | 'once' | number;
type Turn = readonly ['turn', number];

overTransports((transport) => {
  /** What the owners have taken, together. */
  interface Log {
    readonly seen: string[];
    readonly pids: Pid<never>[];
    failure: unknown;
  }

  /** Takes some messages, then gives the socket to the next owner. The last owner takes all that are left. */
  function spawnOwner(socket: AnySocket, mode: Mode, log: Log): Pid<Turn> {
    const body = async (self: Self<Turn>): Promise<void> => {
      const [, index] = await self.receive((message): message is Turn => message[0] === 'turn');
      const isLast = index === handoffs;
      for (let left = isLast ? Number.POSITIVE_INFINITY : takes[index % takes.length]!; left > 0 && log.seen.length < total; ) {
        const message = (await self.receive()) as readonly unknown[];
        expect(message[1]).toBe(socket);
        const word = transport.word(message);
        if (word === 'passive') socket.setopts({ active: mode });
        else {
          log.seen.push(word);
          left -= 1;
          if (mode === 'once') socket.setopts({ active: 'once' });
        }
      }
      if (isLast) {
        await self.receive();
        return;
      }
      const next = spawnOwner(socket, mode, log);
      socket.controllingProcess(self, next as Pid<never>);
      // Nothing of the socket was left behind.
      expect(await self.receive({ after: 0 })).toBeUndefined();
      send(next, ['turn', index + 1]);
    };
    const pid = spawn((self: Self<Turn>) =>
      body(self).catch((error: unknown) => {
        log.failure ??= error;
        throw error;
      }),
    );
    log.pids.push(pid as Pid<never>);
    return pid;
  }

  async function sendAll(pair: Pair, log: Log): Promise<void> {
    for (let index = 0; index < total; index += 1) {
      await pair.send(`${index}`);
      while (transport.isLossy && index - log.seen.length > mostUnderway && log.failure === undefined) await nextTurn();
    }
  }

  const everyMessage = Array.from({ length: total }, (_, index) => `data:${index}`);

  test.each([true, 'once', 3, 50] as Mode[])(
    'active %s: 1,000 handoffs under full load lose, double and reorder nothing (CP-9..CP-12, CP-19, CP-22, TP-1)',
    { timeout: 60_000 },
    async (mode) => {
      const pair = await transport.pair({ receiver: { highMsgqWatermark: 200, lowMsgqWatermark: 50 } });
      const log: Log = { seen: [], pids: [], failure: undefined };
      const first = spawnOwner(pair.receiver, mode, log);
      pair.receiver.controllingProcess(mainActor(), first as Pid<never>);
      pair.receiver.setopts({ active: mode });
      send(first, ['turn', 0]);
      await sendAll(pair, log);
      while (log.seen.length < total && log.failure === undefined) await nextTurn();
      expect(log.failure).toBeUndefined();
      expect(log.seen).toEqual(everyMessage);
      exit(log.pids.at(-1)!, 'kill');
      await closePair(pair);
    },
  );

  test('false: 1,000 owners take by recv what is theirs, and nothing is lost, doubled or reordered (CP-10, RV-10)', {
    timeout: 60_000,
  }, async () => {
    const pair = await transport.pair();
    const seen: string[] = [];
    const log = { seen, pids: [], failure: undefined };
    const sending = sendAll(pair, log);
    let holder: Self = mainActor();
    let finish: () => void = () => undefined;
    for (let index = 0; index < handoffs; index += 1) {
      const next = await new Promise<Self>((resolve) => {
        spawn(async (self: Self) => {
          resolve(self);
          await new Promise<void>((end) => {
            finish = end;
          });
        });
      });
      pair.receiver.controllingProcess(holder, next.pid);
      holder = next;
      for (let left = takes[index % takes.length]!; left > 0; left -= 1) seen.push(await transport.recv(pair.receiver));
    }
    while (seen.length < total) seen.push(await transport.recv(pair.receiver));
    await sending;
    expect(seen).toEqual(everyMessage);
    finish();
    exit(holder.pid, 'kill');
    await closePair(pair);
  });

  test('a former owner that dies, at once or later, takes nothing along (CP-17)', { timeout: 60_000 }, async () => {
    const pair = await transport.pair();
    const seen: string[] = [];
    const texts = Array.from({ length: 300 }, (_, index) => `${index}`);
    let owner: Self<unknown> = mainActor<unknown>();
    const former: Pid[] = [];
    const taken = (message: unknown): void => {
      const word = transport.word(message);
      if (word !== 'passive') seen.push(word);
    };
    for (const [index, text] of texts.entries()) {
      await pair.send(text);
      pair.receiver.setopts({ active: index % 3 === 0 ? true : 2 });
      const next = await new Promise<Self<unknown>>((resolve) => {
        spawn(async (self: Self<unknown>) => {
          resolve(self);
          await new Promise(() => undefined);
        });
      });
      pair.receiver.controllingProcess(owner, next.pid as Pid<never>);
      if (owner !== mainActor<unknown>()) former.push(owner.pid);
      owner = next;
      // By a sequence that looks random: at once, some handoffs later, or never.
      if ((index * 7) % 3 === 0) while (former.length > 0) exit(former.pop()!, 'kill');
      if ((index * 11) % 5 === 0) await nextTurn();
    }
    expect(pair.receiver.isOpen).toBe(true);
    pair.receiver.setopts({ active: true });
    // The last owner's mailbox holds all of it, as nobody has taken anything.
    const last = mainActor<unknown>();
    await nextTurn();
    const mover = owner;
    while (seen.length < texts.length) {
      pair.receiver.controllingProcess(mover, last.pid as Pid<never>);
      while (seen.length < texts.length) taken(await last.receive());
    }
    expect(seen).toEqual(texts.map((text) => `data:${text}`));
    exit(mover.pid, 'kill');
    for (const pid of former) exit(pid, 'kill');
    expect(isAlive(mover.pid)).toBe(false);
    await closePair(pair);
    for (let message = await last.receive({ after: 0 }); message !== undefined; message = await last.receive({ after: 0 })) {
      expect(transport.word(message)).toBe('passive');
    }
  });
});
