/**
 * Back-pressure reaches the sender. If the owner does not read and the peer never stops, `send` waits, and what both sides hold stays below a figure in bytes. Once
 * the owner reads again every message arrives, once and in order (FC-29, SD-7, TS-5). UDP has none: it loses what the receiver has no room for (UB-3).
 */
import { expect, test } from 'vitest';
import { exit, mainActor, type Pid, processInfo, type Self, send, spawn } from '../../runtime/index.js';
import { repeats } from '../support/effort.js';
import { activeOf, backlog, closePair, mailbox, nextTurn, overTransports, type Pair } from './transports.js';

const messageBytes = 1024;
const total = repeats(2000);
/** Asked for; kernels double them. */
const recbuf = 64 * 1024;
const sndbuf = 64 * 1024;
/** What TCP and SCTP may hold in buffers of both sides, with a segment on its way, and a queue of output. */
const mostHeld = 3 * (recbuf + sndbuf) + 64 * 1024;
/** Turns of the event loop in which nothing more may be taken for the sender to count as stopped. */
const quietTurns = 300;

overTransports((transport) => {
  const reliable = (name: string, body: () => Promise<void>): void =>
    test(name, { timeout: 60_000 }, async (context) => {
      if (transport.isLossy) context.skip('datagrams for which there is no room are lost: there is nothing to wait for');
      await body();
    });

  interface Flood {
    readonly pair: Pair;
    readonly sent: () => number;
    readonly finished: Promise<void>;
  }

  /** A sender that never stops, until it has sent all. */
  async function flooded(receiver: object = {}): Promise<Flood> {
    // With small buffers Nagle's algorithm and delayed acknowledgements wait for each other in the kernel, 200 ms at a time.
    const nodelay =
      transport.name === 'kernel sctp' ? { sctpNodelay: true } : transport.protocol === 'tcp' ? { nodelay: true } : {};
    const pair = await transport.pair({ receiver: { recbuf, ...receiver }, sender: { sndbuf, ...nodelay } });
    let sent = 0;
    const finished = (async () => {
      for (let index = 0; index < total; index += 1) {
        const payload = Buffer.alloc(messageBytes, '.');
        payload.write(`${index}`);
        await pair.send(payload);
        sent += 1;
      }
    })();
    return { pair, sent: () => sent, finished };
  }

  /** How many messages have been taken when no more are. */
  async function untilStopped({ sent, pair }: Flood): Promise<number> {
    let before = -1;
    for (let quiet = 0; quiet < quietTurns; quiet += 1) {
      if (sent() !== before || pair.sender.info().waitingSends === 0) quiet = 0;
      before = sent();
      await nextTurn();
    }
    return before;
  }

  const numberOf = (word: string): number => Number(word.slice(5).replace(/\.*$/, ''));

  async function takeAll({ pair }: Flood, from = 0): Promise<void> {
    const self = mainActor<unknown>();
    for (let next = from; next < total; ) {
      const word = transport.word(await self.receive());
      if (word === 'passive') pair.receiver.setopts({ active: 50 });
      else {
        expect([word.length, numberOf(word)]).toEqual(['data:'.length + messageBytes, next]);
        next += 1;
      }
    }
    pair.receiver.setopts({ active: false });
    expect((await mailbox(transport)).filter((word) => word !== 'passive')).toEqual([]);
  }

  reliable('a passive owner stops a sender that never stops; nothing is lost (FC-29)', async () => {
    const flood = await flooded();
    const stopped = await untilStopped(flood);
    expect(stopped).toBeLessThan(total);
    expect(stopped * messageBytes).toBeLessThanOrEqual(mostHeld);
    expect(flood.pair.sender.info().waitingSends).toBe(1);
    expect(backlog()).toBe(0);
    flood.pair.receiver.setopts({ active: 50 });
    await takeAll(flood);
    await flood.finished;
    await closePair(flood.pair);
  });

  for (const active of [true, 'once', 32767] as const) {
    reliable(
      `an owner with active ${active} that takes nothing stops it as well, and its mailbox stays within the watermarks (FC-29)`,
      async () => {
        const marks = {
          highMsgqWatermark: 40,
          lowMsgqWatermark: 10,
          highMsgqWatermarkBytes: 30_000,
          lowMsgqWatermarkBytes: 10_000,
        };
        const flood = await flooded({ ...marks, active });
        const stopped = await untilStopped(flood);
        const { mailboxLength = 0, mailboxBytes = 0 } = processInfo(mainActor().pid) ?? {};
        const waiting = active === 'once' ? 1 : 30;
        expect([mailboxLength, mailboxBytes]).toEqual([waiting, waiting * messageBytes]);
        expect(stopped * messageBytes).toBeLessThanOrEqual(mostHeld + 30_000);
        if (active === 'once') flood.pair.receiver.setopts({ active: 50 });
        await takeAll(flood);
        await flood.finished;
        await closePair(flood.pair);
      },
    );
  }

  reliable('a slow owner gets all of it, and never holds more than the watermarks (FC-29)', async () => {
    const most = 20_000;
    const marks = { highMsgqWatermarkBytes: most, lowMsgqWatermarkBytes: 5000 };
    const flood = await flooded({ ...marks, active: true });
    const self = mainActor<unknown>();
    let peak = 0;
    for (let next = 0; next < total; next += 1) {
      expect(numberOf(transport.word(await self.receive()))).toBe(next);
      peak = Math.max(peak, processInfo(self.pid)?.mailboxBytes ?? 0);
      if (next % 16 === 0) await nextTurn();
    }
    await flood.finished;
    expect(peak).toBeGreaterThan(5000);
    expect(peak).toBeLessThan(most + messageBytes);
    await closePair(flood.pair);
  });

  reliable(
    'the death of the owner ends sends that wait, or they are taken and lost; nobody waits for ever (OW-1, TS-15)',
    async () => {
      const owner: Pid = spawn(async (actor: Self) => actor.receive());
      const flood = await flooded();
      flood.pair.receiver.controllingProcess(mainActor(), owner as Pid<never>);
      await untilStopped(flood);
      exit(owner, 'kill');
      const outcome = await flood.finished.then(
        () => 'sent',
        (error: { name: string }) => error.name,
      );
      expect(outcome).toBe('SocketError');
      await closePair(flood.pair);
    },
  );

  reliable('a sender who gives up withdraws its message whole', async () => {
    const flood = await flooded();
    await untilStopped(flood);
    const controller = new AbortController();
    const extra = flood.pair.send('never sent', { signal: controller.signal });
    controller.abort();
    await expect(extra).rejects.toMatchObject({ reason: 'aborted' });
    flood.pair.receiver.setopts({ active: 50 });
    await takeAll(flood);
    await flood.finished;
    await closePair(flood.pair);
  });

  test('messages of a lossy transport that find room come in order, and the mailbox stays within the watermarks (FC-29, UB-3)', async () => {
    const pair = await transport.pair({ receiver: { highMsgqWatermark: 10, lowMsgqWatermark: 4, active: true } });
    for (let index = 0; index < 30; index += 1) {
      await pair.send(`${index}`);
      await nextTurn();
    }
    // A kernel may take its time.
    while (backlog() < 10) await nextTurn();
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(backlog()).toBe(10);
    const self = mainActor<unknown>();
    const words: string[] = [];
    while (words.length < 30) {
      words.push(transport.word(await self.receive()));
      expect(backlog()).toBeLessThanOrEqual(10);
      await nextTurn();
    }
    expect(words).toEqual(Array.from({ length: 30 }, (_, index) => `data:${index}`));
    expect(activeOf(pair.receiver)).toBe(true);
    await closePair(pair);
  });

  test('other messages of the owner count as its backlog, too', async () => {
    const pair = await transport.pair({ receiver: { highMsgqWatermark: 10, lowMsgqWatermark: 4 } });
    const self = mainActor<unknown>();
    await pair.send('x');
    for (let index = 0; index < 10; index += 1) send(self.pid, ['note', index] as never);
    pair.receiver.setopts({ active: true });
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(backlog()).toBe(10);
    for (let index = 0; index < 10; index += 1) expect(await self.receive()).toEqual(['note', index]);
    expect(transport.word(await self.receive())).toBe('data:x');
    await closePair(pair);
  });
});
