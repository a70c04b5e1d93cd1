/** Giving sockets away: section TP of the rules. */
import { expect, test } from 'vitest';
import { type Self, spawn } from '../../runtime/index.js';
import { asActor, closeAll, listening, mailbox, nextTurn, nextWords, pair, readAll, self, tcp, word } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

test('messages move in order and before anything later, tcp_passive and tcp_error too; those of others stay (TP-1, CP-15)', async () => {
  const { server, client } = await pair({ active: 2, packet: 1, packetSize: 3, exitOnClose: false }, { packet: 1 });
  await client.send('a');
  await client.send('b');
  await server.send('?');
  await client.recv();
  expect(
    await asActor(async (me) => {
      server.controllingProcess(self, me.pid);
      const first = await mailbox(me);
      await client.send('c');
      server.setopts({ active: 1 });
      return [...first, ...(await nextWords(2, me))];
    }),
  ).toEqual(['data:a', 'data:b', 'tcp_passive', 'data:c', 'tcp_passive']);
  expect(await mailbox()).toEqual([]);
  await closeAll(server, client);
});

test('the peer has closed, and exitOnClose: the port is gone, everything stays with the caller (TP-2)', async () => {
  const { server, client } = await pair({ active: true });
  await client.send('last');
  await client.close();
  while (server.isOpen) await nextTurn();
  await asActor((me) => expect(() => server.controllingProcess(self, me.pid)).toThrow(reason('closed')));
  expect(await mailbox()).toEqual(['data:last', 'tcp_closed']);
});

test('the same with exitOnClose false: the transfer is finished, messages and mode and owner (TP-3)', async () => {
  const { server, client } = await pair({ active: true, exitOnClose: false });
  await client.send('last');
  client.shutdown('write');
  const words: string[] = [];
  await asActor(async (me) => {
    // Both messages wait in the former owner's mailbox.
    while (server.getstat().recvCnt < 1) await nextTurn();
    await nextTurn();
    server.controllingProcess(self, me.pid);
    words.push(...(await nextWords(2, me)));
    expect(server.owner).toBe(me.pid);
    expect(server.getopts(['active'])).toEqual({ active: true });
    await server.send('from the new owner');
  });
  expect(words).toEqual(['data:last', 'tcp_closed']);
  expect(await readAll(client)).toBe('from the new owner');
  expect(await mailbox()).toEqual([]);
  await closeAll(server, client);
});

test('the peer has closed, passive and unnoticed: the new owner gets data and tcp_closed when it goes active (TP-4)', async () => {
  const { server, client } = await pair();
  await client.send('last');
  await client.close();
  const words = await asActor(async (me) => {
    server.controllingProcess(self, me.pid);
    server.setopts({ active: true });
    return nextWords(2, me);
  });
  expect(words).toEqual(['data:last', 'tcp_closed']);
});

test('queued output is neither waited for nor lost, and calls that wait are not disturbed (TP-5)', async () => {
  const { server, client } = await pair({ recbuf: 8192 }, { sndbuf: 8192 });
  await client.send(Buffer.alloc(4 * 1024 * 1024));
  const receiving = client.recv(1);
  const held = client.send(Buffer.alloc(10_000));
  const reading = readAll(server);
  const listener = await listening();
  const accepting = listener.accept(self);
  await asActor(async (me) => {
    client.controllingProcess(self, me.pid);
    listener.controllingProcess(self, me.pid);
    await held;
    await server.send('x');
    expect(String(await receiving)).toBe('x');
    const other = await tcp.connect(me, '127.0.0.1', listener.port);
    await (await accepting).close();
    await other.close();
    await client.close();
  });
  expect((await reading).length).toBe(4 * 1024 * 1024 + 10_000);
  await server.close();
});

test('a first message and a mode go along (CP-21)', async () => {
  const { server, client } = await pair();
  await client.send('one');
  const words = await asActor(async (me) => {
    server.controllingProcess(self, me.pid, { message: (socket) => ['yours', socket], active: 1 });
    return nextWords(3, me);
  });
  expect(words).toEqual(['yours', 'data:one', 'tcp_passive']);
  await closeAll(server, client);
});

test('a thousand handoffs under load lose, double and disorder nothing, whatever the mode', async () => {
  const { server, client } = await pair({ packet: 2, active: 3 }, { packet: 2 });
  const count = 20_000;
  const sending = (async () => {
    for (let number = 0; number < count; number += 1) await client.send(String(number));
    await client.close();
  })();
  const got: number[] = [];
  let handoffs = 0;
  await new Promise<void>((resolve, reject) => {
    const take = async (me: Self<unknown>): Promise<void> => {
      for (let taken = 0; ; ) {
        const message = (await me.receive()) as readonly unknown[];
        const what = word(message);
        if (what === 'tcp_closed') return resolve();
        if (what === 'tcp_passive' && server.isOpen)
          server.setopts({ active: handoffs % 3 === 0 ? 'once' : handoffs % 3 === 1 ? 5 : true });
        if (what.startsWith('data:')) {
          got.push(Number(what.slice(5)));
          taken += 1;
          if (handoffs % 3 === 0 && server.isOpen && server.getopts(['active']).active === false) server.setopts({ active: 2 });
        }
        if (taken >= 20 && server.isOpen) break;
      }
      handoffs += 1;
      const next = spawn((other: Self<unknown>) => take(other).catch(reject));
      if (server.isOpen) server.controllingProcess(me, next);
      else reject(new Error('closed too early'));
      // Its own end would close a socket that it still owned.
    };
    const first = spawn((me: Self<unknown>) => take(me).catch(reject));
    server.controllingProcess(self, first);
  });
  await sending;
  expect(handoffs).toBeGreaterThan(200);
  expect(got).toEqual(Array.from({ length: count }, (_, index) => index));
});
