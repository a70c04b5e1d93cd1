/**
 * The addon holds nothing more after many rounds of calls that make, wait for, abort or abandon something: no descriptors, no handles of the loop, and nothing that its
 * stack counts. A round that leaves one thing behind leaves fifty.
 */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Handle, kind } from '../../native/index.js';
import { nextTurn, overStacks, StackUnderTest, until } from './stackUnderTest.js';

const rounds = 50;

/** Handles that libuv has, by kind, as Node's report lists them. */
function loopHandles(): Record<string, number> {
  const { libuv } = process.report.getReport() as unknown as { libuv: { type: string }[] };
  const counts: Record<string, number> = {};
  for (const { type } of libuv) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

interface Held {
  readonly descriptors: number;
  readonly polls: number;
  readonly timers: number;
}

function held(): Held {
  const handles = loopHandles();
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return { descriptors, polls: handles.poll ?? 0, timers: handles.timer ?? 0 };
}

overStacks((name) => {
  interface Stage {
    readonly it: StackUnderTest;
    readonly listener: Handle;
  }

  const everything: [what: string, round: (stage: Stage) => Promise<void> | void][] = [
    [
      'a socket is opened and closed',
      ({ it }) => {
        it.close(it.socket());
      },
    ],
    [
      'an open fails for a port that is taken',
      ({ it, listener }) => {
        expect(it.tryOpen({ port: it.port(listener) })).toBeLessThan(0);
      },
    ],
    [
      'an association ends by close',
      async ({ it, listener }) => {
        const socket = it.socket();
        const { remote } = await it.associate(socket, listener);
        it.send(socket, remote, Buffer.from('x'));
        it.close(socket);
        await it.nextWhere((item) => item.socket === listener && item.kind === kind.assocChange && item.assocId === remote);
      },
    ],
    [
      'an association is aborted by its socket',
      async ({ it, listener }) => {
        const socket = it.socket();
        const { remote } = await it.associate(socket, listener);
        it.close(socket, true);
        await it.nextWhere((item) => item.socket === listener && item.kind === kind.assocChange && item.assocId === remote);
      },
    ],
    [
      'a connect is refused',
      async ({ it }) => {
        const [socket, deaf] = [it.socket(), it.socket()];
        it.stack.connect(socket, ['127.0.0.1'], it.port(deaf), true);
        await it.next(socket, kind.connectResult);
        for (const each of [socket, deaf]) it.close(each);
      },
    ],
    [
      'a socket is closed while it connects, watched, or not any more',
      async ({ it, listener }) => {
        const [watched, unwatched] = [it.socket(), it.socket()];
        it.stack.connect(watched, ['127.0.0.1'], it.port(listener), true);
        const assoc = it.stack.connect(unwatched, ['127.0.0.1'], it.port(listener), true);
        it.stack.unwatch(unwatched, assoc);
        for (const each of [watched, unwatched]) it.close(each, true);
        await nextTurn();
      },
    ],
    [
      'a peeled-off socket is closed before its parent, and after it',
      async ({ it, listener }) => {
        for (const first of ['peeled', 'parent'] as const) {
          const parent = it.socket();
          const { local, remote } = await it.associate(parent, listener);
          const peeled = it.stack.peeloff(parent, local);
          expect(peeled).toBeGreaterThan(0);
          for (const each of first === 'peeled' ? [peeled, parent] : [parent, peeled]) it.close(each, true);
          await it.nextWhere((item) => item.socket === listener && item.kind === kind.assocChange && item.assocId === remote);
        }
      },
    ],
    [
      'a listener is closed with associations that nobody has accepted',
      async ({ it }) => {
        const [stream, socket] = [it.listener({ oneToOne: true }), it.socket()];
        it.stack.accept(stream);
        it.stack.connect(socket, ['127.0.0.1'], it.port(stream), true);
        await it.next(socket, kind.connectResult);
        it.close(stream, true);
        await it.next(socket, kind.assocChange);
        it.close(socket, true);
      },
    ],
    [
      'a socket is closed with messages that nobody has read, queued, blocked and large',
      async ({ it }) => {
        const [reader, socket] = [it.listener(), it.socket()];
        const { local } = await it.associate(socket, reader);
        it.stack.setCredit(reader, 0, 0);
        for (const bytes of [1, 1000, 100_000]) it.send(socket, local, Buffer.alloc(bytes));
        await nextTurn();
        it.close(reader);
        it.close(socket, true);
      },
    ],
    [
      'a send waits for room when its socket is closed',
      async ({ it }) => {
        const [reader, socket] = [it.listener(), it.socket()];
        const { local } = await it.associate(socket, reader);
        it.stack.setCredit(reader, 0, 0);
        while (it.send(socket, local, Buffer.alloc(60_000)) === 0) await nextTurn();
        for (const each of [socket, reader]) it.close(each, true);
      },
    ],
  ];

  test.each(everything)('nothing is left when %s', async (_what, round) => {
    const it = new StackUnderTest();
    const listener = it.listener();
    const stage = { it, listener };
    // The first rounds make what is made once and kept: routes, and memory.
    await round(stage);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    const before = held();
    for (let count = 0; count < rounds; count += 1) {
      await round(stage);
      it.items.length = 0;
    }
    await until(() => held().descriptors <= before.descriptors && held().polls <= before.polls);
    const after = held();
    expect(after).toMatchObject({ descriptors: before.descriptors, polls: before.polls });
    // V8 has a timer of the loop for each of its own delayed tasks, which come and go.
    expect(after.timers - before.timers).toBeLessThan(rounds);
    // The kernel tells of an end in one more notification, which its listener may not have read yet when the association is gone.
    await until(() => {
      const { associations = 0, queuedInBytes = 0, queuedOutBytes = 0, queuedInItems = 0 } = it.stack.stats();
      return associations + queuedInBytes + queuedOutBytes + queuedInItems === 0;
    });
    expect(name).toBe(it.stack.name);
  });
});
