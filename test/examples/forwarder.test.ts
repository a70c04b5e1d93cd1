/** examples/forwarder.ts as users run it, between clients and a target of node:net. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Peer } from './peer.js';
import { Program } from './program.js';

let program: Program;
let port: string;
let target: Server;
let accepted: Promise<Socket>;
/** What the target has received, and whether that is all. */
let received: { bytes: number; readonly all: Promise<unknown> };

beforeEach(async () => {
  target = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(target, 'listening');
  accepted = once(target, 'connection').then(([socket]) => {
    const connection = socket as Socket;
    received = { bytes: 0, all: once(connection, 'end') };
    received.all.catch(() => {});
    connection.on('error', () => {});
    return connection;
  });
  program = new Program('forwarder', 0, '127.0.0.1', (target.address() as AddressInfo).port);
  [, port = ''] = await program.prints(/listens on 127\.0\.0\.1:(\d+)/);
});

afterEach(async () => {
  target.close();
  (await accepted).destroy();
});

/** Begins to read at the target. */
function read(server: Socket): void {
  server.on('data', (data) => {
    received.bytes += data.length;
  });
}

test('each side may end its direction alone, and everything arrives before that', async () => {
  const client = await Peer.connect(port);
  client.socket.end('request');
  const server = await accepted;
  read(server);
  await received.all;
  expect(received.bytes).toBe(7);
  server.end(Buffer.alloc(5_000_000, 'a'));
  expect(await client.rest()).toHaveLength(5_000_000);
  await program.prints(/has forwarded 7 bytes to the target, 5000000 bytes back/);
});

test('the target may be the first to end', async () => {
  const client = await Peer.connect(port);
  const server = await accepted;
  server.end('greeting');
  expect(await client.rest()).toBe('greeting');
  client.socket.end(Buffer.alloc(3_000_000, 'b'));
  read(server);
  await received.all;
  expect(received.bytes).toBe(3_000_000);
  await program.prints(/has forwarded 3000000 bytes to the target, 8 bytes back/);
});

test('a side that does not read holds the other one up, and only in that direction', async () => {
  const client = await Peer.connect(port);
  const server = await accepted;
  const all = 64 * 1024 * 1024;
  const sent = new Promise((resolve) => client.socket.write(Buffer.alloc(all, 'c'), resolve));
  let isSent = false;
  void sent.then(() => {
    isSent = true;
  });
  // While the client's bytes wait, the other direction goes on.
  for (let n = 0; n < 100; n += 1) {
    server.write(`${n}\n`);
    await client.until(new RegExp(`^${n}\\n`));
  }
  expect(isSent).toBe(false);
  read(server);
  await sent;
  client.socket.end();
  await received.all;
  expect(received.bytes).toBe(all);
  server.end();
  expect(await client.rest()).toBe('');
  await program.prints(new RegExp(`has forwarded ${all} bytes to the target`));
});

test('a client that resets its connection, and a target that refuses, end one session and nothing else', async () => {
  const gone = await Peer.connect(port);
  const server = await accepted;
  read(server);
  gone.socket.resetAndDestroy();
  await received.all;
  target.close();
  const refused = await Peer.connect(port);
  expect(await refused.rest()).toBe('');
  await program.prints(/could not go on: .*econnrefused/);
  program.signal('SIGTERM');
  expect(await program.status()).toBe(0);
  expect(program.output).not.toContain('crashed');
});
