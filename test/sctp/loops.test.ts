/** Sockets in the language's own constructs, `for await` and `using`, and the counters of getstat. */
import { expect, test } from 'vitest';
import type { SctpItem } from '../../actors/sctp/received.js';
import { exit, mainActor, spawn } from '../../runtime/index.js';
import { connected, contentWord, deferred, overStacks, pair, word } from './subjects.js';

overStacks((sctp) => {
  const self = mainActor();

  test('for await gives every item in order, and ends when the socket closes', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (const text of ['a', 'b']) await client.send(atClient, 0, text);
    await client.eof(atClient);
    const words: string[] = [];
    for await (const [ip, port, anc, content] of server) {
      expect([ip, port]).toEqual(['127.0.0.1', client.port]);
      words.push(`${contentWord(content)}${anc.length}`);
      if (contentWord(content) === 'shutdown_comp') server.close();
    }
    expect(words).toEqual(['data:a1', 'data:b1', 'sctp_shutdown_event0', 'shutdown_comp0']);
    client.close();
  });

  test('events that tell of errors are items of the loop, too, and do not end it (RV-16)', async () => {
    const { server, client, atServer } = await connected(sctp, { recbuf: 4096 }, { recbuf: 4096 });
    // More than the peer's window takes, so that something is unsent when it aborts.
    for (let sent = 0; sent < 8; sent += 1) await server.send(atServer, 0, Buffer.alloc(4096));
    await server.abort(atServer);
    const items: SctpItem[] = [];
    for await (const item of server) {
      items.push(item);
      if (contentWord(item[3]) === 'sctp_send_failed') break;
    }
    expect(contentWord(items[0]![3])).toBe('comm_lost');
    expect(items.at(-1)![3]).toMatchObject({ type: 'sctp_send_failed', assocId: atServer });
    expect(server.isOpen).toBe(true);
    client.close();
    server.close();
  });

  test('an item that was given just before the socket closes is an item all the same', async () => {
    const { server, client, atServer } = await connected(sctp, { recbuf: 4096 }, { recbuf: 4096 });
    const items = server.messages();
    let next = items.next();
    for (let sent = 0; sent < 8; sent += 1) await server.send(atServer, 0, Buffer.alloc(4096));
    await server.abort(atServer);
    expect(contentWord((await next).value![3])).toBe('comm_lost');
    // Reads the item at once, before the loop hears of it.
    next = items.next();
    server.close();
    expect(contentWord((await next).value![3])).toBe('sctp_send_failed');
    expect(await items.next()).toEqual({ done: true, value: undefined });
    client.close();
  });

  test('on a one-to-one socket the loop ends with the association: its end, and the messages that could not be sent, come last', async () => {
    const { server, client, atServer, atClient } = await connected(sctp, { recbuf: 4096 }, { recbuf: 4096 });
    const peeled = server.peeloff(self, atServer);
    await client.send(atClient, 0, 'a');
    expect(word(await peeled.recv())).toBe('data:a');
    for (let sent = 0; sent < 8; sent += 1) await peeled.send(atServer, 0, Buffer.alloc(4096));
    await peeled.abort(atServer);
    const words: string[] = [];
    for await (const [, , , content] of peeled) words.push(contentWord(content));
    expect(words[0]).toBe('comm_lost');
    expect([...new Set(words.slice(1))]).toEqual(['sctp_send_failed']);
    expect(peeled.isOpen).toBe(true);
    for (const socket of [client, peeled, server]) socket.close();
  });

  test('the loop of an actor that is not the owner ends with the actor, and leaves the slot free (RV-14)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const looping = deferred<void>();
    const pid = spawn(async (actor) => {
      const items = server.messages(actor);
      const first = items.next();
      looping.resolve();
      await first;
    });
    await looping.promise;
    exit(pid, 'kill');
    await client.send(atClient, 0, 'x');
    expect(word(await server.recv())).toBe('data:x');
    expect(() => server.messages(5 as never)).toThrow(expect.objectContaining({ argument: 'options' }));
    client.close();
    server.close();
  });

  test('the reason for which an active socket refuses recv ends the loop (RV-1)', async () => {
    const { server, client } = await connected(sctp);
    server.setopts({ active: 'once' });
    const loop = (async () => {
      for await (const item of server) expect(item).toBeUndefined();
    })();
    await expect(loop).rejects.toThrow(expect.objectContaining({ reason: 'einval' }));
    client.close();
    server.close();
  });

  test('the end of an await using block closes the socket', async () => {
    const { server, client } = await pair(sctp);
    const socket = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await socket[Symbol.asyncDispose]();
    expect(socket.isOpen).toBe(false);
    server[Symbol.dispose]();
    expect(server.isOpen).toBe(false);
    await socket[Symbol.asyncDispose]();
    client.close();
  });

  test('getstat counts messages with their bytes, and events (SD-13)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const nothing = { recvOct: 0, recvCnt: 0, recvMax: 0, recvAvg: 0, recvDvi: 0 };
    expect(client.getstat()).toMatchObject({ sendOct: 0, sendCnt: 0, sendMax: 0, sendAvg: 0, sendPend: 0 });
    for (const size of [100, 300]) await client.send(atClient, 0, Buffer.alloc(size));
    expect(client.getstat()).toMatchObject({ sendOct: 400, sendCnt: 2, sendMax: 300, sendAvg: 200, sendPend: 0 });
    expect([word(await server.recv()).length, word(await server.recv()).length]).toEqual([105, 305]);
    // comm_up, and two messages.
    expect(server.getstat()).toMatchObject({ recvOct: 400, recvCnt: 3, recvMax: 300, recvAvg: 133 });
    expect(server.getstat().recvDvi).toBeGreaterThan(0);
    const fresh = await sctp.open(self);
    expect(fresh.getstat()).toMatchObject(nothing);
    for (const socket of [fresh, client, server]) socket.close();
    expect(() => server.getstat()).toThrow(expect.objectContaining({ reason: 'closed' }));
  });

  test('getstat tells the bytes that wait for room', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    const sends: Promise<void>[] = [];
    while (client.info().waitingSends < 2) sends.push(client.send(atClient, 0, Buffer.alloc(4000)));
    expect(client.getstat().sendPend).toBe(8000);
    for (let taken = 0; taken < sends.length; taken += 1) await server.recv();
    await Promise.all(sends);
    expect(client.getstat()).toMatchObject({ sendPend: 0, sendCnt: sends.length });
    client.close();
    server.close();
  });
});
