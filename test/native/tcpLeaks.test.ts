/**
 * The addon's TCP holds nothing more after many rounds of calls that make, wait for, abort or abandon something: no descriptors, no handles of the loop, and nothing
 * that its stack counts.
 */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Handle, inetFamily, packetMode, tcpKind, unlimitedCredit } from '../../native/index.js';
import { nextTurn, until } from './stackUnderTest.js';
import { TcpUnderTest } from './tcpUnderTest.js';

const rounds = 50;

function held(): { descriptors: number; handles: number } {
  const { libuv } = process.report.getReport() as unknown as { libuv: { type: string }[] };
  const handles = libuv.filter(({ type }) => type === 'poll' || type === 'timer').length;
  return { descriptors: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0, handles };
}

interface Stage {
  readonly it: TcpUnderTest;
  readonly listener: Handle;
}

async function connected({ it, listener }: Stage): Promise<{ client: Handle; server: Handle }> {
  const client = it.connecting(listener);
  await it.next(client, tcpKind.connected);
  return { client, server: await it.accept(listener) };
}

const everything: [what: string, round: (stage: Stage) => Promise<void> | void][] = [
  ['a socket is opened and closed', ({ it }) => void it.close(it.socket(inetFamily.ipv6))],
  [
    'a bind fails',
    ({ it, listener }) => {
      const socket = it.socket();
      expect(it.stack.bind(socket, '127.0.0.1', it.name(listener).port)).toBeLessThan(0);
      it.close(socket);
    },
  ],
  [
    'a connect is refused, or given up',
    async ({ it }) => {
      const deaf = it.socket();
      it.stack.bind(deaf, '127.0.0.1', 0);
      const { address, port } = it.name(deaf);
      const [refused, given] = [it.socket(), it.socket()];
      for (const socket of [refused, given]) it.stack.connect(socket, address, port);
      it.close(given);
      await it.next(refused, tcpKind.connected);
      for (const socket of [refused, deaf]) it.close(socket);
    },
  ],
  [
    'a connect waits for a full local listener, and is given up',
    async ({ it }) => {
      const full = it.listener({ family: inetFamily.local, address: `\0mailport leaks ${process.pid}` }, 0);
      const clients = Array.from({ length: 3 }, () => it.connecting(full));
      await nextTurn();
      for (const socket of [...clients, full]) it.close(socket);
    },
  ],
  [
    'a connection ends from either side',
    async (stage) => {
      const { it } = stage;
      for (const abort of [false, true]) {
        const { client, server } = await connected(stage);
        it.credit(server, 1);
        it.close(client, abort);
        await it.next(server, tcpKind.end);
        it.close(server);
      }
    },
  ],
  [
    'a listener is closed with connections that nobody has accepted',
    async ({ it }) => {
      const own = it.listener();
      const client = it.connecting(own);
      await it.next(client, tcpKind.connected);
      it.close(own);
      it.close(client);
    },
  ],
  [
    'a socket is closed with packets that nobody has taken: held, unfinished, long, and put back',
    async (stage) => {
      const { it } = stage;
      const { client, server } = await connected(stage);
      it.set(server, { packet: packetMode.four });
      it.credit(server, 1);
      it.send(client, Buffer.concat([Buffer.from([0, 0, 0, 1, 1, 0, 0, 0, 1, 2, 0, 1, 0, 0]), Buffer.alloc(50_000)]));
      await it.next(server, tcpKind.data);
      it.stack.unrecv(server, Buffer.alloc(1000));
      it.close(server);
      it.close(client, true);
    },
  ],
  [
    'a send waits for room when its socket is closed, flushed, dropped, or reset by the peer',
    async (stage) => {
      const { it } = stage;
      for (const ending of ['abort', 'drop', 'reset', 'read'] as const) {
        const { client, server } = await connected(stage);
        it.send(client, Buffer.alloc(9_000_000));
        expect(it.send(client, Buffer.alloc(10_000))).toBe('EAGAIN');
        const goesOn = it.close(client, ending === 'abort') === 'goes on';
        expect(goesOn).toBe(ending !== 'abort');
        if (ending === 'drop') it.stack.drop(client);
        if (ending === 'reset') it.close(server, true);
        if (ending === 'read') it.credit(server, unlimitedCredit);
        if (ending === 'reset' || ending === 'read') await it.next(client, tcpKind.flushed);
        it.close(server, true);
        it.items.length = 0;
      }
    },
  ],
];

test.each(everything)('nothing is left when %s', async (_what, round) => {
  const it = new TcpUnderTest();
  const stage = { it, listener: it.listener() };
  // The first rounds make what is made once and kept.
  await round(stage);
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  const before = held();
  for (let count = 0; count < rounds; count += 1) {
    await round(stage);
    it.items.length = 0;
  }
  await until(() => held().descriptors <= before.descriptors);
  // V8 has a timer of the loop for each of its own delayed tasks, which come and go.
  expect(held().handles - before.handles).toBeLessThan(rounds / 2);
  expect(it.stack.stats()).toMatchObject({ sockets: 1, flushing: 0, flushingBytes: 0, queuedInBytes: 0, queuedOutBytes: 0 });
});
