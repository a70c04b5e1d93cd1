/** Who ends with whom, and a server that is stopped while everything else happens. */
import { getEventListeners } from 'node:events';
import { exit, mainActor, processes, processInfo, type Self, spawn } from 'mailport';
import { SimulatedNetwork, simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import type { ClientConnection, MessagingServer } from '../../actors/messaging/index.js';
import { createMessaging } from '../../actors/messaging/messaging.js';
import { repeats } from '../support/effort.js';
import { nextTurn, reasonOf, staged, turns, until } from './stage.js';
import { transports } from './transports.js';

const main = mainActor();
const withLabel = (label: string) => processes().filter((pid) => processInfo(pid)?.label === label);

describe.each(transports())('over $name', (named) => {
  const { transport } = named;
  const options = { ip: '127.0.0.1' };
  /** An INIT that meets a port just being closed is lost, and sent again after this time. */
  const soon = named.sctp === undefined ? {} : { sctpRtoinfo: { initial: 20, min: 20, max: 100 } };

  test('a server is stopped when the actor that started it ends', async () => {
    const { Server, Client, servers, connections } = createMessaging();
    let server: MessagingServer<unknown, unknown> | undefined;
    const owner = spawn(async (self: Self) => {
      server = await Server.start(self, { transport, options });
      await self.receive();
    });
    await until(() => server !== undefined);
    const client = await Client.connect(main, { transport, port: server!.port });
    exit(owner, 'kill');
    expect([servers(), connections()]).toEqual([[], []]);
    await until(() => !client.isOpen);
  });

  test('codecs that misbehave: bytes that are none, and a decode that ends its own connection', async () => {
    const messages = { encode: (message: unknown) => message as Uint8Array, decode: String };
    const stage = await staged(
      named,
      { requests: { encode: messages.encode, decode: (data: Buffer) => ending(String(data)) } },
      { requests: messages },
    );
    const { messaging, client, accepted, end } = stage;
    const ending = (text: string): string => {
      void messaging.Server.stop(stage.server);
      return text;
    };
    for (const wrong of ['text', [1], null, undefined]) expect(() => messaging.Client.send(client, wrong)).toThrow('message');
    const receiving = reasonOf(messaging.Server.receive(accepted));
    await messaging.Client.send(client, Buffer.from('the end'));
    expect(await receiving).toBe('closed');
    await end();
    await until(() => !client.isOpen);
  });

  test('a codec that takes messages while it decodes one gets none, so none is lost or doubled', async () => {
    const nested: Promise<string>[] = [];
    const greedy = (data: Buffer): string => {
      const { Server } = messaging;
      nested.push(...[Server.receive(accepted), Server.reply(accepted, 'x'), Server.handle(accepted, () => 0)].map(reasonOf));
      return String(data);
    };
    const requests = { encode: (message: unknown) => Buffer.from(String(message)), decode: greedy };
    const { messaging, client, accepted, end } = await staged(named, { requests }, { requests });
    for (const word of ['one', 'two', 'three']) await messaging.Client.send(client, word);
    for (const word of ['one', 'two', 'three']) expect(await messaging.Server.receive(accepted)).toBe(word);
    const refusals = ['ealready', 'enomsg', 'ealready'];
    expect(await Promise.all(nested)).toEqual([...refusals, ...refusals, ...refusals]);
    await end();
  });

  test('a connection ends when the actor that connected ends, and its id is free', async () => {
    const { messaging, server, accepted, client, connect, end } = await staged(named);
    let second: ClientConnection<unknown, unknown> | undefined;
    const owner = spawn(async (self: Self) => {
      second = await connect({}, self);
      await self.receive();
    });
    await until(() => second !== undefined);
    expect(second!.id).toBe(2);
    exit(owner, 'kill');
    await until(() => messaging.connections().length === 1);
    expect([second!.isOpen, client.isOpen, accepted.isOpen]).toEqual([false, true, true]);
    expect((await connect()).id).toBe(2);
    expect(server.info().connections).toBe(2);
    await end();
  });

  test('calls that share a signal add one listener to it, however many connections wait, and none when they have ended', async () => {
    const { connect, client, end, messaging } = await staged(named);
    const alert = new AbortController();
    const { signal } = alert;
    const listeners = (): number => getEventListeners(signal, 'abort').length;
    const connecting = Array.from({ length: 20 }, () => connect({ signal }));
    await nextTurn();
    expect(listeners()).toBe(1);
    const clients = [client, ...(await Promise.all(connecting))];
    expect(listeners()).toBe(0);
    const received = clients.map((each) => reasonOf(messaging.Client.receive(each, Number.POSITIVE_INFINITY, { signal })));
    expect(listeners()).toBe(1);
    alert.abort();
    expect(new Set(await Promise.all(received))).toEqual(new Set(['aborted']));
    expect(listeners()).toBe(0);
    await end();
  });

  test('a connect whose actor ends meanwhile leaves nothing', async () => {
    const { messaging, server, connect, end } = await staged(named);
    for (let waits = 0; waits < 12; waits += 1) {
      const owner = spawn(async (self: Self) => {
        await connect({}, self);
        await self.receive();
      });
      await turns(waits);
      exit(owner, 'kill');
      await until(() => messaging.connections().length === 1 && server.info().strangers === 0);
    }
    // What is on its way to the server still comes, and goes.
    await turns(20);
    await until(() => messaging.connections().length === 1 && server.info().strangers === 0);
    await end();
  });

  test('an actor of a connection that is killed takes its connection with it, and no other', async () => {
    const { messaging, client, connect, accepted, end } = await staged(named);
    const other = await connect();
    const [, newest] = withLabel('session').slice(-2);
    exit(newest!, 'kill');
    await until(() => !other.isOpen);
    expect(messaging.connections()).toEqual([accepted]);
    expect(client.isOpen).toBe(true);
    await end();
  });

  test('a listener that fails comes back on its port, and the connections stay', async () => {
    const { messaging, server, client, accepted, connect, end } = await staged(named);
    exit(withLabel('listener').at(-1)!, 'kill');
    await messaging.Client.send(client, 'still here');
    expect(await messaging.Server.receive(accepted)).toBe('still here');
    let second: ClientConnection<unknown, unknown> | undefined;
    while (second === undefined) {
      second = await connect().catch(() => undefined);
      await nextTurn();
    }
    expect([second.id, second.dst.port]).toEqual([2, server.port]);
    await end();
  });

  test('a server that is full lets others wait or refuses them, and takes them when there is room', async () => {
    const { messaging, server, client, connect, end } = await staged(named, { maxConnections: 1 });
    const waiting = connect({ timeoutMs: 60_000 }).then(
      () => 'connected',
      (error: { reason: string }) => error.reason,
    );
    await turns(30);
    expect(server.info().connections).toBe(1);
    await messaging.Client.disconnect(client);
    expect(await waiting).toBe(named.tcp === undefined ? 'cant_assoc' : 'connected');
    await end();
  });

  // A stop raced against connects, sends, receives, replies, handles, disconnects and accepts.
  test('a stop at any moment leaves no server, no connection and no call that waits', { timeout: 60_000 }, async () => {
    for (let round = 0; round < repeats(16); round += 1) {
      const { messaging, server, client, accepted, connect } = await staged(named, {}, { options: soon });
      const { Server, Client } = messaging;
      const calls: Promise<unknown>[] = [];
      const tried = (call: Promise<unknown>): void => void calls.push(reasonOf(call));
      for (let number = 0; number < 6; number += 1) {
        const connecting = connect();
        tried(connecting);
        tried(
          connecting.then((one) =>
            Promise.all([
              Client.send(one, number),
              Client.receive(one),
              number % 2 === 0 ? Client.disconnect(one) : Client.send(one, 2),
            ]),
          ),
        );
        tried(Client.send(client, number));
      }
      tried(Server.handle(accepted, (connection) => Server.reply(connection, 'answer')));
      tried(Client.receive(client));
      tried(Server.accept(main, server));
      await turns(round);
      const stopping = Server.stop(server);
      expect([messaging.servers(), messaging.connections()]).toEqual([[], []]);
      await stopping;
      const reasons = await Promise.all(calls);
      expect(
        reasons.filter(
          (reason) =>
            !['done', 'closed', 'econnrefused', 'cant_assoc', 'comm_lost', 'econnreset', 'epipe'].includes(String(reason)),
        ),
      ).toEqual([]);
      expect([messaging.servers(), messaging.connections(), server.info().strangers]).toEqual([[], [], 0]);
      await until(() => !client.isOpen);
    }
    await until(() => withLabel('messaging client').length === 0);
    expect(withLabel('session')).toEqual([]);
  });
});

test('a client leaves although the server reads nothing: after five seconds in any case', async () => {
  await simulate(
    async ({ main: self, system, clock }) => {
      const { tcp } = new SimulatedNetwork({ system });
      const { Server, Client, connections } = createMessaging();
      const server = await Server.start(self, { transport: tcp, queueLength: 1 });
      const client = await Client.connect(self, { transport: tcp, port: server.port });
      const accepted = await Server.accept(self, server);
      await Client.send(client, 1);
      await Client.send(client, 2);
      await self.receive({ after: 10 });
      expect(accepted.info().queued).toBe(1);
      const beganMs = clock.now();
      await Client.disconnect(client);
      expect(clock.now() - beganMs).toBe(5000);
      // The server learns of it when it reads on.
      expect(connections()).toEqual([accepted]);
      expect(await Server.receive(accepted)).toBe(1);
      expect(['closed', 'done']).toContain(await reasonOf(Server.receive(accepted)));
      await self.receive({ after: 10 });
      expect(connections()).toEqual([]);
      await Server.stop(server);
    },
    { runs: 5 },
  );
});

test('over a network that delays, cuts and loses, every queue stays first in first out, and in the end there is nothing', async () => {
  await simulate(
    async ({ main: self, system, random }) => {
      const network = new SimulatedNetwork({ system, latencyMs: 5, jitterMs: 20, pieceBytes: 3, loss: 0.05 });
      const { Server, Client, connections, servers } = createMessaging();
      const server = await Server.start(self, { transport: network.host('10.0.0.1').tcp, queueLength: 4 });
      const serving = spawn(
        async (me: Self) => {
          for (;;) {
            const connection = await Server.accept(me, server);
            spawn(
              async (worker: Self) => {
                // Until the client has left.
                while (connection.isOpen) {
                  const answer = (one: typeof connection, message: unknown) => Server.reply(one, ['seen', message]);
                  await Server.handle(connection, answer, Number.POSITIVE_INFINITY, worker).catch(() => undefined);
                }
              },
              { link: me },
            );
          }
        },
        { system },
      );
      const clients = [1, 2, 3].map(async (number) => {
        const { tcp } = network.host(`10.0.1.${number}`);
        const client = await Client.connect(self, { transport: tcp, address: '10.0.0.1', port: server.port, queueLength: 2 });
        if (random() < 0.3) network.cut('10.0.0.1', `10.0.1.${number}`);
        for (let index = 0; index < 10; index += 1) await Client.send(client, [number, index]);
        for (let index = 0; index < 10; index += 1) {
          network.heal();
          expect(await Client.receive(client)).toEqual(['seen', [number, index]]);
        }
        await Client.disconnect(client);
      });
      await Promise.all(clients);
      expect(connections()).toEqual([]);
      exit(serving, 'kill');
      await Server.stop(server);
      expect(servers()).toEqual([]);
    },
    { runs: repeats(30) },
  );
});
