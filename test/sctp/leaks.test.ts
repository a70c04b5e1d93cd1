/**
 * Every call that waits, however its wait ends, leaves nothing behind: no listener on a signal, no timer, no place in a list, no socket and no
 * actor. A leak of one object per call goes unnoticed until a server that stays up has made the call a million times.
 */
import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { Sctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { defaultSystem, exit, mainActor, realClock, reply, type Self, spawn } from '../../runtime/index.js';
import { connected, deferred, mailbox, overStacks } from './subjects.js';

const rounds = 30;

/** Timers that have been set, and neither cleared nor run. */
const timers = new Set<unknown>();

beforeEach(() => {
  timers.clear();
  const { setTimer, clearTimer } = realClock;
  vi.spyOn(realClock, 'setTimer').mockImplementation((afterMs, callback) => {
    const timer = setTimer(afterMs, () => {
      timers.delete(timer);
      callback();
    });
    timers.add(timer);
    return timer;
  });
  vi.spyOn(realClock, 'clearTimer').mockImplementation((timer) => {
    timers.delete(timer);
    clearTimer(timer);
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

interface World {
  readonly sctp: Sctp;
  readonly socket: SctpSocket;
  readonly peer: SctpSocket;
  readonly assoc: number;
}

/** A call that waits, its answer, and the counter in `info()` of such waits. */
interface Waits {
  readonly begin: (world: World, self: Self<SctpMessage>, timeoutMs: number, signal: AbortSignal) => Promise<unknown>;
  readonly answer?: (world: World) => Promise<unknown>;
  readonly waiting?: 'waitingSends' | 'waitingAccepts' | 'waitingConnects';
}

/** What the world would hold if nothing had ever waited. */
interface Left {
  readonly timers: number;
  readonly listeners: number;
  readonly actors: number;
  readonly sockets: number;
}

overStacks((sctp) => {
  const main = mainActor<SctpMessage>();

  const recv: Waits = {
    begin: ({ socket }, _, timeoutMs, signal) => socket.recv(timeoutMs, { signal }),
    answer: ({ peer, assoc }) => peer.send(assoc, 0, 'x'),
  };
  const accept: Waits = {
    begin: ({ socket }, self, timeoutMs, signal) =>
      socket.accept(self, timeoutMs, { signal }).then((accepted) => accepted.close()),
    waiting: 'waitingAccepts',
  };
  const send: Waits = {
    begin: ({ socket, assoc }, _self, _timeoutMs, signal) => socket.send(assoc, 0, Buffer.alloc(60_000), { signal }),
    waiting: 'waitingSends',
  };

  /** Waits until the promise has settled, either way. */
  const ended = (promise: Promise<unknown>): Promise<unknown> => promise.catch(() => undefined);

  async function left(signal: AbortSignal): Promise<Left> {
    await new Promise((resolve) => setImmediate(resolve));
    return {
      timers: timers.size,
      listeners: getEventListeners(signal, 'abort').length + getEventListeners(main.signal, 'abort').length,
      actors: defaultSystem.actorCount,
      sockets: sctp.openSockets().length,
    };
  }

  /** Runs `round` many times, and compares what is left with what there was before. The first rounds may build up what is kept for good. */
  async function leavesNothing(signal: AbortSignal, round: () => Promise<void>): Promise<void> {
    for (let warmUp = 0; warmUp < 2; warmUp += 1) await round();
    const before = await left(signal);
    for (let count = 0; count < rounds; count += 1) await round();
    expect(await left(signal)).toEqual(before);
  }

  async function receiving(): Promise<World> {
    const { server, client, atClient } = await connected(sctp);
    return { sctp, socket: server, peer: client, assoc: atClient };
  }

  async function listening(): Promise<World> {
    const socket = await sctp.open(main, 0, { ip: '127.0.0.1', type: 'stream' });
    await socket.listen(true);
    return { sctp, socket, peer: socket, assoc: 0 };
  }

  /** A sender that finds no room: its peer does not read. */
  async function sending(): Promise<World> {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 65_536 });
    const filled = [0, 1, 2, 3].map(() => ended(client.send(atClient, 0, Buffer.alloc(60_000))));
    await new Promise((resolve) => setImmediate(resolve));
    void filled;
    return { sctp, socket: client, peer: server, assoc: atClient };
  }

  const close = ({ socket, peer }: World): void => {
    socket.close();
    if (peer !== socket) peer.close();
  };

  for (const [name, waits, world] of [
    ['recv', recv, receiving],
    ['accept', accept, listening],
    ['send', send, sending],
  ] as const) {
    test(`${name}: waits that time out, or are aborted, leave nothing`, async () => {
      const place = await world();
      const { signal } = new AbortController();
      const inUse = place.socket.info();
      await leavesNothing(signal, async () => {
        if (name !== 'send') await ended(waits.begin(place, main, 1, signal));
        const controller = new AbortController();
        const aborted = ended(waits.begin(place, main, 60_000, controller.signal));
        controller.abort();
        await aborted;
        expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      });
      if (waits.waiting !== undefined) expect(place.socket.info()[waits.waiting]).toBe(inUse[waits.waiting]);
      close(place);
      await mailbox();
    });

    test(`${name}: waits that the end of their socket ends leave nothing`, async () => {
      const { signal } = new AbortController();
      await leavesNothing(signal, async () => {
        const place = await world();
        const waiting = ended(waits.begin(place, main, 60_000, signal));
        close(place);
        await waiting;
        await mailbox();
      });
    });

    test(`${name}: waits of an actor that is killed leave nothing`, async () => {
      const { signal } = new AbortController();
      const place = await world();
      await leavesNothing(signal, async () => {
        const begun = deferred<void>();
        const pid = spawn(async (self: Self<SctpMessage>) => {
          // As the docs say: an actor that is not the owner gives its own signal.
          const waiting = waits.begin(place, self, 60_000, self.signal);
          begun.resolve();
          await ended(waiting);
        });
        await begun.promise;
        const down = main.monitor(pid);
        exit(pid, 'kill');
        await main.receive(reply(down));
      });
      if (waits.waiting !== undefined) expect(place.socket.info()[waits.waiting]).toBeLessThanOrEqual(4);
      close(place);
      await mailbox();
    });
  }

  test('recv: waits that are answered leave nothing, whoever waits next', async () => {
    const place = await receiving();
    const { signal } = new AbortController();
    await leavesNothing(signal, async () => {
      const waiting = recv.begin(place, main, 60_000, signal);
      await recv.answer?.(place);
      await waiting;
    });
    close(place);
  });

  test('accept: waits that are answered leave nothing', async () => {
    const place = await listening();
    const { signal } = new AbortController();
    await leavesNothing(signal, async () => {
      const waiting = accept.begin(place, main, 60_000, signal);
      const client = await sctp.open(main, 0, { ip: '127.0.0.1', type: 'stream' });
      await client.connect('127.0.0.1', place.socket.port);
      await waiting;
      client.close();
      await mailbox();
    });
    close(place);
  });

  test('connect: attempts that succeed, are refused, or run out of time leave nothing', async () => {
    const { signal } = new AbortController();
    const server = await sctp.open(main, 0, { ip: '127.0.0.1' });
    await server.listen(true);
    await leavesNothing(signal, async () => {
      const client = await sctp.open(main, 0, { ip: '127.0.0.1' });
      const { assocId } = await client.connect('127.0.0.1', server.port, {}, 60_000);
      await client.abort(assocId);
      await ended(client.connect('127.0.0.1', 1, {}, 60_000));
      await ended(client.connect('127.0.0.1', server.port, {}, 0));
      expect(client.info().waitingConnects).toBe(0);
      client.close();
      while ((server.info().associations?.open ?? 0) > 0) await server.recv(1_000);
      await mailbox();
    });
    server.close();
  });

  test('sockets that are opened and closed, by their owner or with it, leave nothing', async () => {
    const { signal } = new AbortController();
    await leavesNothing(signal, async () => {
      (await sctp.open(main, { active: true })).close();
      const pid = spawn(async (self: Self<SctpMessage>) => {
        await sctp.open(self, { active: 'once' });
        await self.receive();
      });
      const down = main.monitor(pid);
      while (sctp.openSockets().length === 0) await new Promise((resolve) => setImmediate(resolve));
      exit(pid, 'kill');
      await main.receive(reply(down));
    });
  });
});
