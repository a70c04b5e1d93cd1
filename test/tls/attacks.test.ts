/** TLS under peers and owners that end at any moment: nothing of them stays. */

import { constants } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Duplex } from 'node:stream';
import nodeTls from 'node:tls';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { genServer, stop } from '../../actors/behaviours/index.js';
import { server } from '../../actors/server/index.js';
import { type TlsSocket, tls } from '../../actors/tls/index.js';
import { type AnySelf, exit, type Pid, spawn } from '../../runtime/index.js';
import { ca, connect, listen, local, nextTurn, nodeClient, pair, plainClient, reason, self, until } from './subject.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const descriptors = (): number => readdirSync('/proc/self/fd').length;

async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 10; turn += 1) {
    await nextTurn();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

async function echo(_self: AnySelf, socket: TlsSocket): Promise<void> {
  for await (const data of socket) await socket.send(data);
}

function start(session: unknown): Promise<Pid> {
  const listening = (own: AnySelf, port: number) => tls.listen(own, port, { ip: '127.0.0.1', tls: local });
  return server.start({ listen: listening, session: session as never, drainMs: 0 });
}

test('2,000 silent clients in the middle of a handshake, then gone: memory and descriptors come back', async () => {
  const pid = await start(echo);
  const at = { port: server.info(pid)!.port } as TlsSocket;
  const wave = async (count: number): Promise<void> => {
    const clients = [];
    while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: 100 }, () => plainClient(at)))));
    await until(() => server.info(pid)!.sessions === count);
    for (const [index, client] of clients.entries()) {
      if (index % 2 === 0) client.destroy();
      else client.resetAndDestroy();
    }
    await until(() => server.info(pid)!.sessions === 0);
  };
  await wave(200);
  const [heapBefore, descriptorsBefore] = [await heapUsed(), descriptors()];
  for (let round = 0; round < 4; round += 1) await wave(500);
  await until(() => descriptors() <= descriptorsBefore);
  expect(server.info(pid)).toMatchObject({ accepted: 2200, failedHandshakes: 2200, crashed: 0, listenerRestarts: 0 });
  expect((await heapUsed()) - heapBefore).toBeLessThan(3 * 1024 * 1024);
  await stop(self, pid, 'shutdown');
}, 60_000);

test('sessions that are killed, and servers that end, in the middle of a handshake: the client sees an end', async () => {
  const shapes = [
    echo,
    { init: () => () => undefined },
    { start: (own: AnySelf) => genServer.startLink(own, { init: () => ['ok', undefined] as const }) },
  ];
  for (const session of shapes) {
    for (const how of ['session', 'server'] as const) {
      const pid = await start(session);
      const client = await plainClient({ port: server.info(pid)!.port } as TlsSocket);
      await until(() => server.info(pid)!.sessions === 1);
      if (how === 'session') exit(server.sessions(pid)[0]!, 'kill');
      else exit(pid, 'kill');
      await until(() => client.resume().readableEnded);
      client.destroy();
      if (how === 'session') await stop(self, pid, 'shutdown');
    }
  }
});

test('a handshake that comes byte by byte', async () => {
  const listener = await listen();
  const accepting = listener.accept(self);
  // A client of node:tls over a stream that lets one byte pass at a time.
  const raw = await plainClient(listener);
  const slow = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      const next = (index: number): void => {
        if (index === chunk.length) done();
        else raw.write(chunk.subarray(index, index + 1), () => next(index + 1));
      };
      next(0);
    },
  });
  raw.on('data', (data) => slow.push(data));
  const client = nodeTls.connect({ socket: slow, ca: ca.cert, servername: 'localhost' });
  await once(client, 'secureConnect');
  const socket = await accepting;
  client.write('one by one');
  expect(String(await socket.recv(10))).toBe('one by one');
  client.destroy();
  raw.destroy();
  await Promise.all([socket.close(), listener.close()]);
});

test('a client cannot begin a second handshake: it is refused, and its connection alone ends', async () => {
  const listener = await listen();
  const accepting = [listener.accept(self), listener.accept(self)];
  const [steady, bad] = [await nodeClient(listener), await nodeClient(listener, { maxVersion: 'TLSv1.2' })];
  const sockets = await Promise.all(accepting);
  const refused = once(bad, 'error');
  bad.renegotiate({ rejectUnauthorized: false }, () => undefined);
  expect((await refused)[0]).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' });
  steady.write('steady');
  const outcomes = await Promise.all(sockets.map((socket) => socket.recv(6).then(String, (error) => error.reason)));
  expect(outcomes.sort()).toEqual(['steady', 'tls_alert']);
  steady.destroy();
  await Promise.all([...sockets, listener].map((socket) => socket.close()));
});

test.each(['reading', 'passive', 'closing', 'sending'] as const)(
  'a server of node:tls in place of options: a second handshake ends its connection alone, in whatever state: %s',
  async (state) => {
    const own = nodeTls.createServer(local);
    const listener = await listen({ tls: own });
    const accepting = [listener.accept(self), listener.accept(self)];
    const [steady, bad] = [await nodeClient(listener), await nodeClient(listener, { maxVersion: 'TLSv1.2' })];
    const sockets = await Promise.all(accepting);
    const [session, other] = sockets[0]!.info().protocol === 'TLSv1.2' ? sockets : sockets.toReversed();
    const closed = once(bad, 'close');
    bad.resume();
    if (state === 'sending') void reason(session!.send(Buffer.alloc(1_000_000)));
    const received = state === 'reading' || state === 'sending' ? reason(session!.recv()) : undefined;
    // It goes on with handshakes as long as they succeed.
    const again = (error?: Error | null): void => void (error == null && bad.renegotiate({ rejectUnauthorized: false }, again));
    again();
    if (state === 'closing') void session!.close();
    if (state === 'passive') for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(await (received ?? reason(session!.recv()))).toBe(state === 'closing' ? 'closed' : 'tls_alert');
    if (state !== 'closing') expect(session!.alert).toMatch(/renegotiation/i);
    await session!.close();
    await closed;
    steady.write('steady');
    expect(String(await other!.recv(6))).toBe('steady');
    steady.destroy();
    await Promise.all([other, listener].map((socket) => socket!.close()));
  },
);

test.each(['options', 'a server of node:tls'] as const)(
  'a client that asks for a second handshake and reads nothing: the send that waits fails, though nobody receives: %s',
  async (kind) => {
    const listener = await listen({ tls: kind === 'options' ? local : nodeTls.createServer(local) });
    const accepting = listener.accept(self);
    const bad = await nodeClient(listener, { maxVersion: 'TLSv1.2' });
    const session = await accepting;
    const sends = (async () => {
      for (;;) await session.send(Buffer.alloc(100_000));
    })();
    const outcome = reason(sends);
    await until(() => session.info().waitingSends > 0);
    bad.renegotiate({ rejectUnauthorized: false }, () => undefined);
    expect(await outcome).toBe('closed');
    expect(session.alert).toMatch(/renegotiation/i);
    expect(await reason(session.send('more'))).toBe('closed');
    session.setopts({ linger: [true, 0] });
    bad.destroy();
    await Promise.all([session.close(), listener.close()]);
  },
);

test('a server of node:tls in place of options: its contexts and its events are used', async () => {
  const own = nodeTls.createServer({ ...local, maxVersion: 'TLSv1.2', sessionIdContext: 'test' });
  const other = ca.issue('later', 'DNS:later.example');
  const sessions = new Map<string, Buffer>();
  own.on('newSession', (id: Buffer, data: Buffer, done: () => void) => {
    sessions.set(id.toString('hex'), data);
    done();
  });
  own.on('resumeSession', (id: Buffer, done: (error: Error | null, data: Buffer | null) => void) =>
    done(null, sessions.get(id.toString('hex')) ?? null),
  );
  const listener = await listen({ tls: own });
  own.addContext('later.example', other);
  const once = async (options: nodeTls.ConnectionOptions) => {
    const accepting = listener.accept(self);
    const client = await nodeClient(listener, options);
    const socket = await accepting;
    const seen = {
      session: client.getSession(),
      resumed: client.isSessionReused(),
      subject: client.getPeerCertificate().subject?.CN,
    };
    client.destroy();
    await socket.close();
    return seen;
  };
  expect((await once({ servername: 'later.example' })).subject).toBe('later');
  const { session } = await once({ secureOptions: constants.SSL_OP_NO_TICKET });
  expect(sessions.size).toBeGreaterThan(0);
  expect((await once({ session: session!, secureOptions: constants.SSL_OP_NO_TICKET })).resumed).toBe(true);
  await listener.close();
});

test('over Unix-domain sockets', async () => {
  const path = `\0mailport-tls-${process.pid}`;
  const listener = await tls.listen(self, 0, { ifaddr: { local: path }, active: false, tls: local });
  const [socket, client] = await Promise.all([
    listener.accept(self),
    tls.connect(self, { local: path }, 0, { active: false, tls: { ca: ca.cert, servername: 'localhost' } }),
  ]);
  await client.send('here');
  expect(String(await socket.recv(4))).toBe('here');
  await Promise.all([socket.close(), client.close(), listener.close()]);
});

/** Random acts on both ends; whatever they are, each end gets a prefix of what the other sent, and both can be closed in the end. */
test.each(Array.from({ length: 30 }, (_, seed) => seed))('random ends, seed %i', async (seed) => {
  let state = seed * 2_654_435_761 + 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const both = await pair({ exitOnClose: random(2) === 0, showEconnreset: random(2) === 0 }, { exitOnClose: random(2) === 0 });
  const ends = [both.server, both.client] as const;
  const sent: Promise<unknown>[] = [];
  const offered = [0, 0];
  const came = [0, 0];
  const reading = ends.map(async (socket, index) => {
    for await (const data of socket) {
      came[index]! += data.length;
      if (random(4) === 0) await nextTurn();
    }
  });
  const read = Promise.all(reading.map(reason));
  for (let act = 0; act < 25; act += 1) {
    const index = random(2);
    const socket = ends[index]!;
    const what = random(20);
    if (!socket.isOpen) continue;
    if (what < 15) {
      const bytes = 1 + random(60_000);
      offered[index]! += bytes;
      sent.push(reason(socket.send(Buffer.alloc(bytes))));
    } else if (what === 15 && act > 10) sent.push(reason((async () => socket.shutdown('write'))()));
    else if (what === 16 && act > 15) socket.setopts({ linger: [true, 0] });
    else if (what === 17 && act > 15) void socket.close();
    if (random(3) === 0) await nextTurn();
  }
  await Promise.all(ends.map((socket) => socket.close()));
  await Promise.all([read, ...sent]);
  expect(came[0]).toBeLessThanOrEqual(offered[1]!);
  expect(came[1]).toBeLessThanOrEqual(offered[0]!);
});

test('two actors send at once, neither of them the owner: packets stay whole', async () => {
  const { server: one, client } = await pair({ packet: 2, sndbuf: 65_536 }, { packet: 2 });
  const writers = [0, 1].map(
    (writer) =>
      new Promise<void>((resolve) => {
        spawn(async () => {
          for (let index = 0; index < 200; index += 1) await one.send(Buffer.alloc(1000 + index, writer));
          resolve();
        });
      }),
  );
  const counts = [0, 0];
  for (let taken = 0; taken < 400; taken += 1) {
    const data = (await client.recv()) as Buffer;
    expect(data.every((byte) => byte === data[0])).toBe(true);
    expect(data.length).toBe(1000 + counts[data[0]!]!);
    counts[data[0]!]! += 1;
  }
  await Promise.all(writers);
  await Promise.all([one.close(), client.close()]);
});

test('a peer that goes while a connect is under way leaves nothing behind', async () => {
  const listener = await listen();
  for (let round = 0; round < 20; round += 1) {
    const accepting = reason(listener.accept(self));
    const connecting = reason(connect(listener, {}).then((socket) => socket.close()));
    if (round % 2 === 0) await nextTurn();
    for (const socket of tls.openSockets()) if (socket !== listener && round % 3 === 0) void socket.close();
    await connecting;
    await accepting;
    for (const socket of tls.openSockets()) if (socket !== listener) await socket.close();
  }
  await listener.close();
});
