/** Peers that are not what they should be: plain ones, ones that speak out of turn, ones that vanish, and very many. */
import { once } from 'node:events';
import { createServer, connect as plainConnect, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { accept, type Connection, type Connector, closeConnector, connect, getEndPoint } from '../../actors/connector/index.js';
import { sctp } from '../../actors/sctp/index.js';
import { tcp } from '../../actors/tcp/index.js';
import { exit, isAlive } from '../../runtime/index.js';
import { actor, closeAll, failure, hasSettled, nextTurn, opened, self, transports, until } from './subjects.js';

/** The bytes that tell a client of TCP or SCTP that it has been accepted. */
const greeting = Buffer.from([0x89, 0x4d, 0x50, 1]);

const plains: (Socket | Server)[] = [];
afterEach(async () => {
  for (const each of plains.splice(0)) {
    if ('listening' in each) each.close();
    else each.destroy();
  }
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn += 1) await nextTurn();
}

/** A client that is no mailport, and its bytes as they come. */
async function plainClient(connector: Connector): Promise<{ socket: Socket; heard: () => Buffer; ended: Promise<unknown> }> {
  const socket = plainConnect({ port: getEndPoint(connector).port, host: '127.0.0.1', allowHalfOpen: true });
  plains.push(socket);
  const parts: Buffer[] = [];
  socket.on('data', (data) => parts.push(data));
  socket.on('error', () => undefined);
  const ended = new Promise((resolve) => {
    socket.once('end', () => resolve('end'));
    socket.once('close', () => resolve('close'));
  });
  await once(socket, 'connect');
  return { socket, heard: () => Buffer.concat(parts), ended };
}

/** A server that is no mailport. */
async function plainServer(onClient: (socket: Socket) => void): Promise<{ addr: string; port: number }> {
  const server = createServer((socket) => {
    plains.push(socket);
    socket.on('error', () => undefined);
    onClient(socket);
  });
  plains.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { addr: '127.0.0.1', port: (server.address() as { port: number }).port };
}

async function meet(connector: Connector, options = {}): Promise<{ server: Connection; client: Connection }> {
  const [server, client] = await Promise.all([accept(self, connector), connect(self, getEndPoint(connector), options)]);
  return { server, client };
}

describe('a client of plain TCP', () => {
  test('hears four bytes when it has been accepted, and nothing before', async () => {
    const connector = await opened();
    const plain = await plainClient(connector);
    await settle();
    expect(plain.heard().length).toBe(0);
    const server = await accept(self, connector);
    await server.write('hello');
    await until(() => plain.heard().length === 9);
    expect(plain.heard()).toEqual(Buffer.concat([greeting, Buffer.from('hello')]));
    closeConnector(connector);
    await closeAll(server);
  });

  test('that speaks before it is accepted is turned away at its turn, and the others are served', async () => {
    const connector = await opened();
    const talkers = [await plainClient(connector), await plainClient(connector)];
    for (const { socket } of talkers) socket.write('GET / HTTP/1.1\r\n\r\n');
    await settle();
    const { server, client } = await meet(connector);
    await client.write('me');
    expect(String(await server.read(2))).toBe('me');
    for (const { ended } of talkers) await ended;
    expect(talkers.map(({ heard }) => heard().length)).toEqual([0, 0]);
    closeConnector(connector);
    await closeAll(server, client);
  });

  test('is served as any client by a connector without a rendezvous, also if it speaks first or ends its direction', async () => {
    const connector = await opened({ rendezvous: false });
    const plain = await plainClient(connector);
    plain.socket.end('question');
    await settle();
    const server = await accept(self, connector);
    expect(String(await server.read(100))).toBe('question');
    await server.write('answer');
    await server.close();
    await plain.ended;
    expect(String(plain.heard())).toBe('answer');
    closeConnector(connector);
  });

  test('that has broken off is not given to a server of a connector without a rendezvous', async () => {
    const connector = await opened({ rendezvous: false });
    const gone = [await plainClient(connector), await plainClient(connector)];
    for (const { socket } of gone) socket.resetAndDestroy();
    await settle();
    const { server, client } = await meet(connector, { rendezvous: false });
    await client.write('me');
    expect(String(await server.read(2))).toBe('me');
    closeConnector(connector);
    await closeAll(server, client);
  });
});

describe('a server of plain TCP', () => {
  test('that speaks something else is Unexpected', async () => {
    const endpoint = await plainServer((socket) => socket.write('220 mail.example.org ESMTP\r\n'));
    const error = await connect(self, endpoint).catch((failed: unknown) => failed);
    expect(error).toMatchObject({ kind: 'IP.Error', reason: 'Unexpected', atoms: ['Unexpected'], endpoint });
    expect(String(error)).toContain('rendezvous: false');
  });

  test('that has another version of the rendezvous is Unexpected, and the error says so', async () => {
    const endpoint = await plainServer((socket) => socket.write(Uint8Array.of(0x89, 0x4d, 0x50, 2)));
    const error = await connect(self, endpoint).catch((failed: unknown) => failed);
    expect(error).toMatchObject({ reason: 'Unexpected' });
    expect(String(error)).toContain('version 2');
  });

  test('that ends without a word is Refused, also after a part of the greeting', async () => {
    const ends = await plainServer((socket) => socket.end());
    expect(await failure(connect(self, ends))).toBe('IP.Error Refused');
    const breaks = await plainServer((socket) => socket.resetAndDestroy());
    expect(await failure(connect(self, breaks))).toBe('IP.Error Refused');
    const begins = await plainServer((socket) => socket.end(greeting.subarray(0, 2)));
    expect(await failure(connect(self, begins))).toBe('IP.Error Refused');
    const strays = await plainServer((socket) => socket.end('no'));
    expect(await failure(connect(self, strays))).toBe('IP.Error Unexpected');
  });

  test('that says the greeting byte by byte, with its own bytes behind, is understood', async () => {
    const endpoint = await plainServer(async (socket) => {
      socket.setNoDelay(true);
      for (const byte of greeting) {
        socket.write(Uint8Array.of(byte));
        await nextTurn();
      }
      socket.end('and more');
    });
    const client = await connect(self, endpoint);
    expect(String(await client.read(100))).toBe('and more');
    await closeAll(client);
  });

  test('that says nothing is waited for, until an alert', async () => {
    let ended = false;
    const endpoint = await plainServer((socket) => socket.resume().on('close', () => (ended = true)));
    const alert = new AbortController();
    const connecting = connect(self, endpoint, { signal: alert.signal });
    const outcome = failure(connecting);
    await settle();
    expect(await hasSettled(connecting)).toBe(false);
    alert.abort();
    expect(await outcome).toBe('Alerted');
    await until(() => ended);
  });

  test('that says nothing is a connection at once without a rendezvous', async () => {
    const endpoint = await plainServer((socket) => socket.on('data', (data) => socket.end(data)));
    const client = await connect(self, endpoint, { rendezvous: false });
    await client.write('ping');
    expect(String(await client.read(4))).toBe('ping');
    expect((await client.read()).length).toBe(0);
    await closeAll(client);
  });
});

test('a client of plain SCTP that speaks before it is accepted is turned away, and the others are served', async () => {
  const connector = await opened({ transport: 'sctp' });
  const socket = await sctp.open(self, 0, { type: 'stream' });
  const { assocId } = await socket.connect('127.0.0.1', getEndPoint(connector).port);
  await socket.send(assocId, 0, 'out of turn');
  await settle();
  const { server, client } = await meet(connector, { transport: 'sctp' });
  await client.write('me');
  expect(String(await server.read(2))).toBe('me');
  const [, , , event] = await socket.recv();
  expect(event).toMatchObject({ type: 'sctp_assoc_change', state: 'comm_lost' });
  socket.close();
  closeConnector(connector);
  await closeAll(server, client);
});

describe.each(transports)('over %s', (transport) => {
  const options = { transport } as const;

  test('a server that dies at the moment of joining harms no client but its own', async () => {
    const connector = await opened(options);
    const clients = [1, 2, 3, 4, 5].map(() => connect(self, getEndPoint(connector), options));
    await settle();
    // It waits in accept, and is killed before it hears of its client, or just after.
    const dying = [1, 2].map(() => actor((own) => accept(own, connector)));
    await until(() => connector.waitingServers > 0 || dying.every(({ pid }) => !isAlive(pid)));
    for (const { pid } of dying) exit(pid, 'kill');
    await settle();
    const servers: Connection[] = [];
    const joined: Connection[] = [];
    for (const connecting of clients) if (await hasSettled(connecting)) joined.push(await connecting);
    for (let count = joined.length; count < clients.length; count += 1) servers.push(await accept(self, connector));
    const all = await Promise.all(clients);
    // Each client either has a server that lives, or had one that has died.
    const alive = all.filter((client) => !joined.includes(client));
    for (const client of alive) await client.write('x');
    for (const server of servers) expect(String(await server.read(1))).toBe('x');
    for (const client of joined) expect((await client.read().catch(() => Buffer.alloc(0))).length).toBe(0);
    closeConnector(connector);
    await closeAll(...all, ...servers);
    for (const { result } of dying) await result.catch(() => undefined);
  });

  test('a server that is alerted while its client is being looked at leaves the client to the next', async () => {
    const connector = await opened(options);
    const connecting = connect(self, getEndPoint(connector), options);
    await settle();
    const alert = new AbortController();
    const alerted = failure(accept(self, connector, { signal: alert.signal }));
    // The client is taken in the turn of the call, and looked at in the next steps.
    await Promise.resolve();
    alert.abort();
    expect(await alerted).toBe('Alerted');
    expect(await hasSettled(connecting)).toBe(false);
    const server = await accept(self, connector);
    await (await connecting).write('me');
    expect(String(await server.read(2))).toBe('me');
    closeConnector(connector);
    await closeAll(server, await connecting);
  });

  test('a client that is held between the queues and goes is not joined', async () => {
    const connector = await opened(options);
    const accepting = new AbortController();
    const alerted = failure(accept(self, connector, { signal: accepting.signal }));
    accepting.abort();
    expect(await alerted).toBe('Alerted');
    // The look at the transport goes on, so the next client is taken from it.
    const leaving = new AbortController();
    const gone = failure(connect(self, getEndPoint(connector), { ...options, signal: leaving.signal }));
    await settle();
    leaving.abort();
    expect(await gone).toBe('Alerted');
    await settle();
    const { server, client } = await meet(connector, options);
    await client.write('me');
    expect(String(await server.read(2))).toBe('me');
    closeConnector(connector);
    await closeAll(server, client);
  });

  test('closing a connector refuses a client that is held between the queues, too', async () => {
    const connector = await opened(options);
    const accepting = new AbortController();
    const alerted = failure(accept(self, connector, { signal: accepting.signal }));
    accepting.abort();
    await alerted;
    const refused = failure(connect(self, getEndPoint(connector), options));
    await settle();
    closeConnector(connector);
    expect(await refused).toBe('IP.Error Refused');
  });

  test('a thousand clients wait, are served, and leave nothing behind', async () => {
    const connector = await opened(options);
    const count = 1000;
    const endpoint = getEndPoint(connector);
    const clients = Array.from({ length: count }, () => connect(self, endpoint, options));
    await settle();
    const servers = await Promise.all(Array.from({ length: count }, () => accept(self, connector)));
    const all = await Promise.all(clients);
    expect(all.length).toBe(count);
    expect(connector.waitingServers).toBe(0);
    closeConnector(connector);
    await closeAll(...all, ...servers);
  }, 60_000);
});

test('a crowd of clients that have gone, or speak out of turn, does not keep the next one from being served', async () => {
  const connector = await opened();
  const crowd = await Promise.all(Array.from({ length: 300 }, () => plainClient(connector)));
  for (const [index, { socket }] of crowd.entries()) {
    if (index % 3 === 0) socket.write(Buffer.alloc(100_000, 'flood'));
    if (index % 3 === 1) socket.end();
    if (index % 3 === 2) socket.resetAndDestroy();
  }
  await settle();
  const { server, client } = await meet(connector);
  await client.write('me');
  expect(String(await server.read(2))).toBe('me');
  for (const { ended } of crowd) await ended;
  // What was turned away is closed: of this process's sockets only the connector and the pair are left.
  expect(tcp.openSockets().length).toBe(3);
  closeConnector(connector);
  await closeAll(server, client);
});

test('what a client sends before it is accepted stays with the kernel, and is bounded there', async () => {
  const connector = await opened({ rendezvous: false });
  const flooder = await plainClient(connector);
  let isFull = false;
  for (let sent = 0; sent < 64 && !isFull; sent += 1) {
    await new Promise<void>((resolve) => {
      flooder.socket.write(Buffer.alloc(1024 * 1024, 'x'), () => resolve());
      const turns = async () => {
        for (let turn = 0; turn < 50; turn += 1) await nextTurn();
        isFull = flooder.socket.writableLength > 0;
        resolve();
      };
      void turns();
    });
  }
  // The kernel has its buffers full, and takes no more.
  expect(isFull).toBe(true);
  expect(tcp.openSockets().length).toBe(1);
  flooder.socket.destroy();
  closeConnector(connector);
});
