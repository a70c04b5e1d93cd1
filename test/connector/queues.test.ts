/** The two queues of a connector: who waits where, who is joined with whom, and who leaves. */
import { describe, expect, test } from 'vitest';
import {
  Alerted,
  accept,
  type Connection,
  type Connector,
  closeConnector,
  connect,
  getEndPoint,
  newConnector,
} from '../../actors/connector/index.js';
import { exit, isAlive, processes, processInfo } from '../../runtime/index.js';
import {
  actor,
  closeAll,
  deferred,
  failure,
  failureNow,
  hasSettled,
  nextTurn,
  opened,
  self,
  transports,
  until,
} from './subjects.js';

const many = 200;

describe.each(transports)('over %s', (transport) => {
  const options = { transport } as const;
  const connectTo = (connector: Connector, signal?: AbortSignal) => connect(self, getEndPoint(connector), { ...options, signal });

  /** Some turns of the loop, in which whatever could happen over loopback has happened. */
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 30; turn += 1) await nextTurn();
  }

  test('nobody waits at a new connector', async () => {
    const connector = await opened(options);
    expect(connector.waitingServers).toBe(0);
    const first = connectTo(connector);
    const [server, client] = await Promise.all([accept(self, connector), first]);
    expect(connector.waitingServers).toBe(0);
    closeConnector(connector);
    await closeAll(server, client);
  });

  test('connect returns only when a server has accepted', async () => {
    const connector = await opened(options);
    const connecting = connectTo(connector);
    await settle();
    expect(await hasSettled(connecting)).toBe(false);
    const server = await accept(self, connector);
    await closeAll(server, await connecting);
    closeConnector(connector);
  });

  test('accept returns only when a client has come', async () => {
    const connector = await opened(options);
    const accepting = accept(self, connector);
    await settle();
    expect(await hasSettled(accepting)).toBe(false);
    expect(connector.waitingServers).toBe(1);
    const client = await connectTo(connector);
    await closeAll(await accepting, client);
    closeConnector(connector);
  });

  test('clients are served in the order in which they came', async () => {
    const connector = await opened(options);
    const served: number[] = [];
    const clients: Promise<Connection>[] = [];
    for (let index = 0; index < 20; index += 1) {
      const connecting = connectTo(connector);
      clients.push(connecting);
      void connecting.then(async (client) => client.write(Uint8Array.of(index)));
      // The next one comes later.
      await settle();
    }
    const servers: Connection[] = [];
    for (let index = 0; index < clients.length; index += 1) {
      const server = await accept(self, connector);
      servers.push(server);
      served.push((await server.read(1))[0]!);
    }
    expect(served).toEqual([...Array(20).keys()]);
    closeConnector(connector);
    await closeAll(...servers, ...(await Promise.all(clients)));
  });

  test('servers are served in the order in which they came', async () => {
    const connector = await opened(options);
    const order: number[] = [];
    const accepting = Array.from({ length: many }, async (_, index) => {
      const server = await accept(self, connector);
      order.push(index);
      return server;
    });
    expect(connector.waitingServers).toBe(many);
    const clients = await Promise.all(accepting.map(() => connectTo(connector)));
    await closeAll(...clients, ...(await Promise.all(accepting)));
    expect(order).toEqual([...Array(many).keys()]);
    closeConnector(connector);
  });

  test('many of each are joined one to one', async () => {
    const connector = await opened(options);
    const clients = Array.from({ length: many }, async (_, index) => {
      const client = await connectTo(connector);
      await client.write(`${index} `);
      return client;
    });
    const servers = Array.from({ length: many }, () => accept(self, connector));
    const said = await Promise.all(servers.map(async (server) => Number.parseInt(String(await (await server).read()), 10)));
    expect(said.sort((a, b) => a - b)).toEqual([...Array(many).keys()]);
    closeConnector(connector);
    await closeAll(...(await Promise.all([...clients, ...servers])));
  });

  test('an alert takes a server out of its queue, and the others stay in order', async () => {
    const connector = await opened(options);
    const order: string[] = [];
    const alerts = [0, 1, 2, 3, 4].map(() => new AbortController());
    const accepting = alerts.map(({ signal }, index) =>
      accept(self, connector, { signal }).then(
        (server) => {
          order.push(`${index}`);
          return server;
        },
        (error: unknown) => {
          expect(error).toBeInstanceOf(Alerted);
          order.push(`alerted ${index}`);
          return undefined;
        },
      ),
    );
    await settle();
    for (const index of [2, 0]) alerts[index]!.abort();
    await settle();
    expect(connector.waitingServers).toBe(3);
    const clients: Connection[] = [];
    for (let count = 0; count < 3; count += 1) clients.push(await connectTo(connector));
    const servers = (await Promise.all(accepting)).filter((server) => server !== undefined);
    expect(order).toEqual(['alerted 2', 'alerted 0', '1', '3', '4']);
    closeConnector(connector);
    await closeAll(...clients, ...servers);
  });

  test('the end of an actor takes it out of the queue of servers, and the others stay', async () => {
    const connector = await opened(options);
    const dying = actor(async (own) => {
      await Promise.all([accept(own, connector), accept(own, connector)]);
    });
    const staying = actor(async (own) => {
      const server = await accept(own, connector);
      return String(await server.read());
    });
    await until(() => connector.waitingServers === 3);
    exit(dying.pid, 'kill');
    await until(() => connector.waitingServers === 1);
    const client = await connectTo(connector);
    await client.write('hello');
    expect(await staying.result).toBe('hello');
    closeConnector(connector);
    await closeAll(client);
    await expect(dying.result).rejects.toThrow();
  });

  test('an alert takes a client out of its queue: no server is joined with it', async () => {
    const connector = await opened(options);
    const alert = new AbortController();
    const gone = [1, 2, 3].map(() => failure(connectTo(connector, alert.signal)));
    await settle();
    const staying = connectTo(connector);
    await settle();
    alert.abort();
    expect(await Promise.all(gone)).toEqual(['Alerted', 'Alerted', 'Alerted']);
    await settle();
    const server = await accept(self, connector);
    const client = await staying;
    await client.write('me');
    expect(String(await server.read(2))).toBe('me');
    closeConnector(connector);
    await closeAll(server, client);
  });

  test('the end of an actor takes it out of the queue of clients', async () => {
    const connector = await opened(options);
    const dying = actor((own) => connect(own, getEndPoint(connector), options));
    await settle();
    const staying = connectTo(connector);
    await settle();
    exit(dying.pid, 'kill');
    await until(() => !isAlive(dying.pid));
    await settle();
    const [server, client] = await Promise.all([accept(self, connector), staying]);
    await client.write('me');
    expect(String(await server.read(2))).toBe('me');
    await expect(dying.result).rejects.toThrow();
    closeConnector(connector);
    await closeAll(server, client);
  });

  test('a signal that is aborted already is an alert at once', async () => {
    const connector = await opened(options);
    const signal = AbortSignal.abort('late');
    const error = await accept(self, connector, { signal }).catch((failed: unknown) => failed);
    expect(error).toMatchObject({ name: 'Alerted', reason: 'Alerted', operation: 'accept', cause: 'late' });
    expect(await failure(connectTo(connector, signal))).toBe('Alerted');
    closeConnector(connector);
  });

  test('closing a connector ends the waits of servers with Closed, and later ones at once', async () => {
    const connector = await opened(options);
    const accepting = [1, 2, 3].map(() => failure(accept(self, connector)));
    closeConnector(connector);
    closeConnector(connector);
    expect(await Promise.all(accepting)).toEqual(['IP.Error Closed', 'IP.Error Closed', 'IP.Error Closed']);
    expect(await failure(accept(self, connector))).toBe('IP.Error Closed');
    expect(connector.isOpen).toBe(false);
  });

  test('closing a connector refuses the clients that wait', async () => {
    const connector = await opened(options);
    const connecting = [1, 2, 3].map(() => failure(connectTo(connector)));
    await settle();
    closeConnector(connector);
    expect(await Promise.all(connecting)).toEqual(['IP.Error Refused', 'IP.Error Refused', 'IP.Error Refused']);
  });

  test('closing a connector leaves its connections', async () => {
    const connector = await opened(options);
    const [server, client] = await Promise.all([accept(self, connector), connectTo(connector)]);
    closeConnector(connector);
    await client.write('still here');
    expect(String(await server.read(10))).toBe('still here');
    await closeAll(server, client);
  });

  test('where no connector is, or no longer, connect is refused', async () => {
    const connector = await opened(options);
    const endpoint = getEndPoint(connector);
    closeConnector(connector);
    const error = await connect(self, endpoint, options).catch((failed: unknown) => failed);
    expect(error).toMatchObject({ kind: 'IP.Error', reason: 'Refused', operation: 'connect', endpoint });
  });

  test('a connector ends with its owner', async () => {
    const made = deferred<Connector>();
    const owner = actor(async (own) => {
      made.resolve(newConnector(own, { addr: '127.0.0.1', port: 0 }, options));
      await own.receive();
    });
    const connector = await made.promise;
    expect(connector.owner).toBe(owner.pid);
    const waiting = [failure(accept(self, connector)), failure(accept(self, connector))];
    exit(owner.pid, 'shutdown');
    expect(await Promise.all(waiting)).toEqual(['IP.Error Closed', 'IP.Error Closed']);
    expect(await failure(connectTo(connector))).toBe('IP.Error Refused');
    await expect(owner.result).rejects.toThrow();
  });

  test('a connector can be handed over, and ends with its new owner; monitors hear of it', async () => {
    const connector = await opened(options);
    const told = deferred<unknown>();
    const heir = actor(async (own) => {
      told.resolve(own.receive());
      await told.promise;
      await own.receive();
    });
    expect(
      failureNow(() => connector.controllingProcess(self, heir.pid, { message: (port: Connector) => ['yours', port] })),
    ).toBe('');
    expect(failureNow(() => connector.controllingProcess(self, self.pid))).toBe('not_owner');
    expect(await told.promise).toEqual(['yours', connector]);
    const ref = self.monitor(connector);
    exit(heir.pid, 'kill');
    expect(await self.receive()).toEqual(['DOWN', ref, 'port', connector, 'killed']);
    expect(failureNow(() => connector.controllingProcess(self, self.pid))).toBe('closed');
    await expect(heir.result).rejects.toThrow();
  });

  test('the end of the keeper, by whoever kills it, is the end of the connector', async () => {
    const connector = await opened(options);
    const waiting = failure(accept(self, connector));
    const keeper = processes().find((pid) => processInfo(pid)?.label === 'connector');
    exit(keeper!, 'kill');
    expect(await waiting).toBe('IP.Error Closed');
    expect(connector.isOpen).toBe(false);
  });
});
