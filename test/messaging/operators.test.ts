/** The operators of the document, one by one, over each transport. A comment above a test cites the sentence that it holds. */
import { exit, mainActor, type Self, spawn } from 'mailport';
import { describe, expect, test } from 'vitest';
import { endOf } from '../../actors/messaging/connection.js';
import { nextTurn, reasonOf, staged, turns, until } from './stage.js';
import { transports } from './transports.js';

const main = mainActor();

describe.each(transports())('over $name', (named) => {
  // Start: servers' = servers \cup {s}
  test('a server that was started is among the servers until it is stopped', async () => {
    const { messaging, server, end } = await staged(named);
    expect(messaging.servers()).toEqual([server]);
    expect(server.isRunning).toBe(true);
    await end();
    expect(messaging.servers()).toEqual([]);
    expect(server.isRunning).toBe(false);
  });

  // Start: UNCHANGED conns
  test('a start changes no connection', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const other = await messaging.Server.start(main, { transport: named.transport, options: { ip: '127.0.0.1' } });
    expect(messaging.connections()).toEqual([accepted]);
    expect(client.isOpen).toBe(true);
    await messaging.Server.stop(other);
    await end();
  });

  test('a server is not started on a port that is taken, and nothing is left of the attempt', async () => {
    const { messaging, server, end } = await staged(named);
    const { Server } = messaging;
    const options = { ip: '127.0.0.1' };
    expect(await reasonOf(Server.start(main, { transport: named.transport, port: server.port, options }))).toBe('eaddrinuse');
    expect(messaging.servers()).toEqual([server]);
    await end();
    const again = await Server.start(main, { transport: named.transport, port: server.port, options });
    expect(again.port).toBe(server.port);
    await Server.stop(again);
  });

  // Connect: [id |-> connId, src |-> c, dst |-> s, req |-> <<>>, res |-> <<>>]
  test('both ends of a connection have its id, source and destination, and empty queues', async () => {
    const { server, client, accepted, end } = await staged(named);
    expect(client.id).toBe(1);
    expect(accepted.info()).toEqual({ ...client.info() });
    expect(client.info()).toMatchObject({ id: 1, dst: { address: '127.0.0.1', port: server.port }, queued: 0, queuedBytes: 0 });
    await end();
  });

  // connId == Min({i \in 1 .. (maxId + 1) : i \notin DOMAIN conns})
  test('a connection gets the smallest id that is free, over all servers', async () => {
    const { messaging, client, connect, end } = await staged(named);
    const { Server, Client } = messaging;
    const other = await Server.start(main, { transport: named.transport, options: { ip: '127.0.0.1' } });
    const second = await Client.connect(main, { transport: named.transport, port: other.port });
    const third = await connect();
    expect([client.id, second.id, third.id]).toEqual([1, 2, 3]);
    await Client.disconnect(second);
    await Client.disconnect(client);
    const more = [await connect(), await connect(), await connect()];
    expect(more.map(({ id }) => id)).toEqual([1, 2, 4]);
    expect(messaging.connections().map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    await Server.stop(other);
    await end();
  });

  test('nobody can connect to a server that does not run', async () => {
    const { messaging, connect, end } = await staged(named);
    await end();
    expect(['econnrefused', 'cant_assoc', 'closed']).toContain(await reasonOf(connect()));
    expect(messaging.connections()).toEqual([]);
  });

  // Disconnect: conns' = [x \in DOMAIN conns \ {c.id} |-> conns[x]]
  test('a disconnect drops the connection with both queues, and no other', async () => {
    const { messaging, client, accepted, connect, end } = await staged(named);
    const { Server, Client } = messaging;
    const other = await connect();
    await Client.send(client, 'lost');
    await Server.send(accepted, 'lost too');
    await until(() => accepted.info().queued === 1 && client.info().queued === 1);
    await Client.disconnect(client);
    expect(messaging.connections().map(({ id }) => id)).toEqual([other.id]);
    expect([client.info(), accepted.info()]).toMatchObject([
      { isOpen: false, reason: 'closed', queued: 0 },
      { isOpen: false, reason: 'closed', queued: 0 },
    ]);
    for (const call of [
      Client.send(client, 1),
      Client.receive(client),
      Client.reply(client, 1),
      Client.handle(client, () => 1),
    ]) {
      expect(await reasonOf(call)).toBe('closed');
    }
    for (const call of [
      Server.send(accepted, 1),
      Server.receive(accepted),
      Server.reply(accepted, 1),
      Server.handle(accepted, () => 1),
    ]) {
      expect(await reasonOf(call)).toBe('closed');
    }
    await Client.disconnect(client);
    expect(other.isOpen).toBe(true);
    await end();
  });

  test('what waits for a message when the connection ends fails', async () => {
    const { messaging, client, accepted, connect, end } = await staged(named);
    const { Server, Client } = messaging;
    const waiting = [reasonOf(Client.receive(client)), reasonOf(Server.handle(accepted, () => 1))];
    await Client.disconnect(client);
    expect(await Promise.all(waiting)).toEqual(['closed', 'closed']);
    const second = await connect();
    const receiving = reasonOf(Client.receive(second));
    await end();
    expect(await receiving).toBe('closed');
  });

  // A connection is named by its id (slip: `c` is a record that may be of a connection that has gone).
  test('a connection that has ended touches none that has its id now', async () => {
    const { messaging, client, accepted, connect, end } = await staged(named);
    const { Server, Client } = messaging;
    await Client.disconnect(client);
    const heir = await connect();
    const heirs = await Server.accept(main, messaging.servers()[0]!);
    expect([heir.id, heirs.id]).toEqual([client.id, accepted.id]);
    await Client.disconnect(client);
    expect(await reasonOf(Server.send(accepted, 'old'))).toBe('closed');
    await Server.send(heirs, 'new');
    expect(await Client.receive(heir)).toBe('new');
    await end();
  });

  // Stop: conns' = [c \in DOMAIN conns \ {d \in DOMAIN conns : conns[d].dst = s} |-> conns[c]]
  test('a stop drops exactly the connections of its server, at once', async () => {
    const { messaging, server, client, accepted, connect, end } = await staged(named);
    const { Server, Client } = messaging;
    const other = await Server.start(main, { transport: named.transport, options: { ip: '127.0.0.1' } });
    const kept = await Client.connect(main, { transport: named.transport, port: other.port });
    const keptHere = await Server.accept(main, other);
    const second = await connect();
    await Client.send(kept, 'kept');
    await until(() => keptHere.info().queued === 1);
    const stopping = Server.stop(server);
    expect(messaging.connections()).toEqual([keptHere]);
    expect([accepted.isOpen, keptHere.isOpen]).toEqual([false, true]);
    await stopping;
    await until(() => !client.isOpen && !second.isOpen);
    expect(await Server.receive(keptHere)).toBe('kept');
    await Server.reply(keptHere, 'not').catch(() => undefined);
    await Server.send(keptHere, 'answer');
    expect(await Client.receive(kept)).toBe('answer');
    await Server.stop(other);
    await end();
  });

  // Send: req = Append(conns[c.id].req, m), res = Append(conns[c.id].res, m)
  test('each queue is first in, first out, and a message is received once', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const { Server, Client } = messaging;
    const count = 3000;
    const sent = Array.from({ length: count }, (_, index) => ({ index, text: 'x'.repeat(index % 50) }));
    const sending = (async () => {
      for (const message of sent) await Promise.all([Client.send(client, message), Server.send(accepted, message)]);
    })();
    const received: [unknown[], unknown[]] = [[], []];
    for (let index = 0; index < count; index += 1) {
      received[0].push(await Server.receive(accepted));
      received[1].push(await Client.receive(client));
    }
    await sending;
    expect(received).toEqual([sent, sent]);
    expect([accepted.info().queued, client.info().queued]).toEqual([0, 0]);
    await end();
  });

  // Receive: SubSeq(conns[c.id].req, 2, Len(conns[c.id].req)), if there is one
  test('a receive waits for a message, for its time, and until it is withdrawn', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const { Server, Client } = messaging;
    expect(await reasonOf(Server.receive(accepted, 0))).toBe('timeout');
    expect(await reasonOf(Server.receive(accepted, 1))).toBe('timeout');
    const withdrawn = new AbortController();
    const waiting = Server.receive(accepted, 60_000, { signal: withdrawn.signal });
    expect(await reasonOf(Server.receive(accepted))).toBe('ealready');
    expect(await reasonOf(Server.handle(accepted, () => 1))).toBe('ealready');
    withdrawn.abort();
    expect(await reasonOf(waiting)).toBe('aborted');
    expect(await reasonOf(Server.receive(accepted, 1, { signal: withdrawn.signal }))).toBe('aborted');
    const next = Server.receive(accepted);
    await Client.send(client, 'here');
    expect(await next).toBe('here');
    await end();
  });

  test('the end of an actor that waits by its self frees the place', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const { Server, Client } = messaging;
    const waiter = spawn(async (self: Self) => {
      await Server.receive(accepted, Number.POSITIVE_INFINITY, self);
    });
    await turns(3);
    exit(waiter, 'kill');
    await Client.send(client, 'for the next');
    expect(await Server.receive(accepted)).toBe('for the next');
    await end();
  });

  // Reply: conns' after the first message was taken, with m appended to the other queue
  test('a reply takes the message that it answers, in one step, and without one there is none', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const { Server, Client } = messaging;
    expect(await reasonOf(Server.reply(accepted, 'to nothing'))).toBe('enomsg');
    await Client.send(client, 'one');
    await Client.send(client, 'two');
    await until(() => accepted.info().queued === 2);
    const replying = Server.reply(accepted, 'answer to one');
    expect(accepted.info().queued).toBe(1);
    await replying;
    expect(await Server.receive(accepted)).toBe('two');
    await until(() => client.info().queued === 1);
    await Client.reply(client, 'answer to the answer');
    expect(client.info().queued).toBe(0);
    expect(await Server.receive(accepted)).toBe('answer to the answer');
    await end();
  });

  // Handle(c, f) == Len(conns[c.id].req) > 0 /\ f(conns[c.id], conns[c.id].req[1])
  test('a handle gives its function the first message, which stays until the function takes it', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const { Server, Client } = messaging;
    const seen: unknown[] = [];
    const handling = Server.handle(accepted, (connection, message) => seen.push(connection, message));
    await Client.send(client, 'first');
    await Client.send(client, 'second');
    await handling;
    expect(seen).toEqual([accepted, 'first']);
    expect(await reasonOf(Server.handle(accepted, () => Promise.reject(new Error('not now'))))).toBe('not now');
    expect(await Server.handle(accepted, async (connection, message) => [message, await Server.receive(connection)])).toEqual([
      'first',
      'first',
    ]);
    await Server.handle(accepted, (connection, message) => Server.reply(connection, [message]));
    expect(await Client.handle(client, (connection, message) => Promise.all([message, Client.receive(connection)]))).toEqual([
      ['second'],
      ['second'],
    ]);
    expect(await reasonOf(Client.handle(client, () => 1, 0))).toBe('timeout');
    await end();
  });

  test('one handle is at work at a time, and meanwhile messages arrive', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const { Server, Client } = messaging;
    await Client.send(client, 1);
    let goOn = (): void => undefined;
    const working = Server.handle(accepted, (connection) =>
      new Promise<void>((resolve) => (goOn = resolve)).then(() => Server.reply(connection, 'done')),
    );
    await until(() => accepted.info().queued === 1);
    await nextTurn();
    expect(await reasonOf(Server.handle(accepted, () => 1))).toBe('ealready');
    await Client.send(client, 2);
    await until(() => accepted.info().queued === 2);
    goOn();
    await working;
    expect(await Client.receive(client)).toBe('done');
    expect(await Server.receive(accepted)).toBe(2);
    await end();
  });

  test('handles that wait leave the message to a receive that comes between', async () => {
    const { messaging, client, accepted, end } = await staged(named);
    const { Server, Client } = messaging;
    const handling = Server.handle(accepted, (connection) => Server.receive(connection));
    await Client.send(client, 'one');
    await until(() => accepted.info().queued === 1 || accepted[endOf].queue.length === 0);
    expect(await handling).toBe('one');
    await end();
  });

  test('connections are accepted in the order in which they were made, and those that have gone are not', async () => {
    const { messaging, server, connect, end } = await staged(named);
    const { Server, Client } = messaging;
    const [second, third, fourth] = [await connect(), await connect(), await connect()];
    await Client.disconnect(third);
    expect(server.info()).toMatchObject({ connections: 3, unaccepted: 2, strangers: 0 });
    expect((await Server.accept(main, server)).id).toBe(second.id);
    expect((await Server.accept(main, server)).id).toBe(fourth.id);
    expect(await reasonOf(Server.accept(main, server, 0))).toBe('timeout');
    const waiting = Server.accept(main, server);
    expect(await reasonOf(Server.accept(main, server))).toBe('ealready');
    const fifth = await connect();
    expect((await waiting).id).toBe(fifth.id);
    expect(Server.connections(server).map(({ id }) => id)).toEqual([1, 2, 4, 3]);
    const last = reasonOf(Server.accept(main, server));
    await end();
    expect(await last).toBe('closed');
  });
});
