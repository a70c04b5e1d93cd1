/** `server` over TLS: the handshake is the session's, so a slow or hostile peer costs one session for a bounded time, and nobody else waits. */
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { genServer, stop } from '../../actors/behaviours/index.js';
import { type ServerSpec, type SessionMessage, server } from '../../actors/server/index.js';
import { type TcpSocket, tcp, toDuplex } from '../../actors/tcp/index.js';
import { SimulatedClock } from '../../actors/testing/index.js';
import { type SslMessage, type TlsSocket, tls } from '../../actors/tls/index.js';
import {
  type AnySelf,
  type Clock,
  type CrashReport,
  createSystem,
  exit,
  type Pid,
  realClock,
  type Self,
  spawn,
} from '../../runtime/index.js';
import { ca, connect, local, nodeClient, plainClient, reason, self, until } from './subject.js';

type Spec = ServerSpec<TlsSocket, never, SessionMessage>;

const started: Pid[] = [];
const crashes: CrashReport[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) exit(pid, 'kill');
  crashes.length = 0;
});

async function echo(_self: AnySelf, socket: TlsSocket): Promise<void> {
  for await (const data of socket) await socket.send(data);
}

async function start(spec: Partial<Spec>, clock: Clock = realClock): Promise<Pid> {
  const listen = (own: AnySelf, port: number) => tls.listen(own, port, { ip: '127.0.0.1', tls: local });
  const system = createSystem({ clock, onCrash: (report) => crashes.push(report) });
  const pid = await server.start({ listen, session: echo, drainMs: 0, ...spec } as Spec, { system });
  started.push(pid);
  return pid;
}

const infoOf = (pid: Pid) => server.info(pid)!;
const at = (pid: Pid) => ({ port: infoOf(pid).port }) as TlsSocket;

async function ask(client: TlsSocket, text: string): Promise<string> {
  await client.send(text);
  return String(await client.recv(text.length));
}

test('each connection has a session of its own, in each of the shapes; the session begins with the handshake done', async () => {
  const handler = {
    init: (own: Self<SessionMessage>, socket: TlsSocket, peer: object) => {
      expect([socket.owner, socket.info().protocol, socket.peername()]).toEqual([own.pid, 'TLSv1.3', peer]);
      socket.setopts({ active: 'once' });
      return async (message: SessionMessage, of: Self<SessionMessage>) => {
        if (message[0] === 'ssl_closed') of.exit('normal');
        if (message[0] !== 'ssl') return;
        await socket.send(message[2]);
        socket.setopts({ active: 'once' });
      };
    },
  };
  const callbacks = {
    init: () => ['ok', undefined] as const,
    handleInfo: async (message: SslMessage | readonly ['socket', TlsSocket]) => {
      if (message[0] === 'ssl_closed') return ['stop', 'normal', undefined] as const;
      if (message[0] === 'ssl') await message[1].send(message[2]);
      if (message[0] === 'socket' || message[0] === 'ssl') message[1].setopts({ active: 'once' });
      return ['noreply', undefined] as const;
    },
  };
  const behaviour = { start: (own: AnySelf) => genServer.startLink(own, callbacks) };
  for (const session of [echo, handler, behaviour]) {
    const pid = await start({ session: session as never });
    const clients = await Promise.all([connect(at(pid)), connect(at(pid)), connect(at(pid))]);
    for (const [index, client] of clients.entries()) expect(await ask(client, `${index}`)).toBe(`${index}`);
    expect(infoOf(pid)).toMatchObject({ sessions: 3, accepted: 3, failedHandshakes: 0, crashed: 0 });
    await clients[0]!.close();
    await until(() => infoOf(pid).sessions === 2);
    await stop(self, pid, 'shutdown');
    expect(await reason(clients[1]!.recv())).toBe('closed');
    for (const client of clients) await client.close();
    expect(crashes).toEqual([]);
  }
});

test('a session begins in the mode of the listener, with what the client sent right behind its handshake', async () => {
  const seen: string[] = [];
  const session = async (own: Self<SslMessage>) => {
    for (;;) {
      const [tag, , data] = (await own.receive()) as readonly unknown[];
      seen.push(data === undefined ? String(tag) : `${tag} ${data}`);
    }
  };
  const listen = (own: AnySelf, port: number) => tls.listen(own, port, { ip: '127.0.0.1', tls: local, packet: 1, active: 2 });
  const pid = await start({ listen: listen as never, session: session as never });
  const client = await connect(at(pid), { packet: 1 });
  for (const text of ['a', 'b', 'c']) await client.send(text);
  await until(() => seen.length === 3);
  expect(seen).toEqual(['ssl a', 'ssl b', 'ssl_passive']);
  await stop(self, pid, 'shutdown');
  await client.close();
});

test('handshakes that never come count as sessions for handshakeMs, and then end: nobody else waits, nothing is reported', async () => {
  const clock = new SimulatedClock();
  const pid = await start({ handshakeMs: 5000, maxSessions: 102 }, clock);
  const steady = await connect(at(pid));
  const before = readdirSync('/proc/self/fd').length;
  const silent: Socket[] = [];
  for (let count = 0; count < 100; count += 1) silent.push(await plainClient(at(pid)));
  // Some say a little, byte by byte.
  for (const client of silent.slice(0, 50)) client.write('\x16');
  await until(() => infoOf(pid).sessions === 101);
  const other = await connect(at(pid));
  expect([await ask(steady, 'steady'), await ask(other, 'other')]).toEqual(['steady', 'other']);
  // Full: the next one waits in the backlog, until the silent ones have had their time.
  const late = connect(at(pid));
  expect(await ask(steady, 'still')).toBe('still');
  expect(infoOf(pid)).toMatchObject({ sessions: 102, accepted: 102, failedHandshakes: 0 });
  clock.advance(4999);
  expect(await ask(steady, 'nearly')).toBe('nearly');
  expect(infoOf(pid).failedHandshakes).toBe(0);
  clock.advance(1);
  expect(await ask(await late, 'late')).toBe('late');
  await until(() => infoOf(pid).sessions === 3);
  expect(infoOf(pid)).toMatchObject({ accepted: 103, failedHandshakes: 100, crashed: 0, listenerRestarts: 0 });
  for (const client of silent) client.destroy();
  expect(crashes).toEqual([]);
  await stop(self, pid, 'shutdown');
  for (const client of [steady, other, await late]) await client.close();
  await until(() => readdirSync('/proc/self/fd').length <= before);
});

test('500 clients that speak no TLS, leave or reset: each ends alone, and is counted', async () => {
  const pid = await start({});
  const steady = await connect(at(pid));
  for (let round = 0; round < 10; round += 1) {
    const clients = await Promise.all(Array.from({ length: 50 }, () => plainClient(at(pid))));
    for (const [index, client] of clients.entries()) {
      if (index % 4 === 0) client.end('GET / HTTP/1.0\r\n\r\n');
      else if (index % 4 === 1) client.destroy();
      else if (index % 4 === 2) client.resetAndDestroy();
      else client.write(Buffer.alloc(20_000, index));
    }
    await until(() => infoOf(pid).failedHandshakes === (round + 1) * 50);
    for (const client of clients) client.destroy();
    expect(await ask(steady, `${round}`)).toBe(`${round}`);
  }
  await until(() => infoOf(pid).sessions === 1);
  expect([infoOf(pid), crashes]).toMatchObject([{ accepted: 501, crashed: 0, listenerRestarts: 0 }, []]);
  await stop(self, pid, 'shutdown');
  await steady.close();
});

test('a session that crashes ends its own connection; one whose peer refuses it by an alert has not crashed', async () => {
  const session = async (_own: AnySelf, socket: TlsSocket) => {
    for await (const data of socket) if (String(data) === 'crash') throw new Error('as the client wanted');
  };
  const pid = await start({ session: session as never });
  const client = await connect(at(pid));
  await client.send('crash');
  expect(await reason(client.recv())).toBe('closed');
  await client.close();
  await until(() => infoOf(pid).sessions === 0);
  expect([infoOf(pid).crashed, crashes.length]).toEqual([1, 1]);
  expect(await reason(connect(at(pid), { tls: { servername: 'elsewhere.example' } }))).toBe('tls_alert');
  await until(() => infoOf(pid).accepted === 2 && infoOf(pid).sessions === 0);
  expect([infoOf(pid).crashed, crashes.length]).toEqual([1, 1]);
  await stop(self, pid, 'shutdown');
});

test('the listener comes back on its port with its certificates, beside live sessions', async () => {
  const listening: TlsSocket[] = [];
  const listen = async (own: AnySelf, port: number) => {
    const socket = await tls.listen(own, port, { ip: '127.0.0.1', tls: local });
    listening.push(socket);
    return socket;
  };
  const pid = await start({ listen: listen as never });
  const { port } = infoOf(pid);
  const clients = [await connect(at(pid))];
  for (let round = 0; round < 2; round += 1) {
    await listening.at(-1)!.close();
    await until(() => infoOf(pid).listenerRestarts === round + 1 && infoOf(pid).listening);
    clients.push(await connect(at(pid)));
    for (const client of clients) expect(await ask(client, `${round}`)).toBe(`${round}`);
  }
  expect(infoOf(pid).port).toBe(port);
  await stop(self, pid, 'shutdown');
  for (const client of clients) await client.close();
});

test('STARTTLS: a session upgrades its own connection, with what had come of TLS already', async () => {
  const session = async (own: AnySelf, socket: TcpSocket) => {
    // Active and by lines: the ClientHello may be in the mailbox already when TLS takes over.
    socket.setopts({ packet: 'line', active: true });
    const [, , line] = (await (own as Self<never>).receive()) as readonly unknown[];
    if (String(line) !== 'STARTTLS\n') throw new Error(String(line));
    await socket.send('GO\n');
    const secure = await tls.upgrade(own, socket, { tls: serverOptions, packet: 'line', active: false });
    expect([secure.owner, secure.isOpen]).toEqual([own.pid, true]);
    expect(await reason(tls.upgrade(own, socket, { tls: serverOptions }))).toBe('not_owner');
    for await (const data of secure) await secure.send(data);
  };
  const serverOptions = { isServer: true as const, ...local };
  const listen = (own: AnySelf, port: number) => tcp.listen(own, port, { ip: '127.0.0.1' });
  const pid = await start({ listen: listen as never, session: session as never });
  const raw = await tcp.connect(self, '127.0.0.1', infoOf(pid).port, { active: false, packet: 'line' });
  await raw.send('STARTTLS\n');
  expect(String(await raw.recv())).toBe('GO\n');
  const client = await tls.upgrade(self, raw, { tls: { ca: ca.cert, servername: 'localhost' } });
  expect(client.getopts(['packet', 'active'])).toEqual({ packet: 'line', active: false });
  await client.send('one\ntwo\n');
  expect([String(await client.recv()), String(await client.recv())]).toEqual(['one\n', 'two\n']);
  await client.close();
  await until(() => infoOf(pid).sessions === 0);
  expect(crashes).toEqual([]);
  await stop(self, pid, 'shutdown');
});

test('the socket that TLS was made of takes no call that would act in the middle of the stream', async () => {
  const listener = await tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
  const [below, raw] = await Promise.all([
    listener.accept(self),
    tcp.connect(self, '127.0.0.1', listener.port, { active: false }),
  ]);
  const upgrading = Promise.all([
    tls.upgrade(self, below, { tls: { isServer: true, ...local } }),
    tls.upgrade(self, raw, { tls: { ca: ca.cert, servername: 'localhost' } }),
  ]);
  // During the handshake, and when it is over.
  for (const stage of [0, 1]) {
    if (stage === 1) await upgrading;
    for (const socket of [below, raw]) {
      expect(await reason(socket.send('plain'))).toBe('not_owner');
      expect(await reason(socket.send(['pl', 'ain'], { signal: new AbortController().signal }))).toBe('not_owner');
      expect(await reason(socket.recv())).toBe('not_owner');
      expect(await reason(socket.recv(0, 0, self))).toBe('not_owner');
      expect(await reason(socket.messages().next())).toBe('not_owner');
      expect(await reason(tls.upgrade(self, socket, {}))).toBe('not_owner');
      const calls: (() => unknown)[] = [
        () => socket.sendNow('plain'),
        () => socket.unrecv('plain'),
        () => socket.shutdown('write'),
        () => socket.setopts({ active: true }),
        () => socket.setopts({ packet: 4, linger: [true, 0] }),
        () => socket.controllingProcess(self, self.pid, { active: true }),
        () => toDuplex(socket),
      ];
      for (const call of calls) expect(call).toThrow(expect.objectContaining({ reason: 'not_owner' }));
      expect(socket.info().states).toContain('connected');
    }
  }
  const [server, client] = await upgrading;
  await client.send('secret');
  expect(String(await server.recv())).toBe('secret');
  await server.send('answer');
  expect(String(await client.recv())).toBe('answer');
  // Anybody may close any socket.
  await below.close();
  expect(await reason(client.recv())).not.toBe('not_owner');
  expect(await reason(below.send('plain'))).toBe('closed');
  await Promise.all([server.close(), client.close(), listener.close()]);
});

test('upgrade refuses what is not the caller’s to upgrade, and the socket stays as it was', async () => {
  const listener = await tcp.listen(self, 0, { ip: '127.0.0.1', active: false });
  const raw = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
  const peer = await listener.accept(self);
  const other = await start({});
  const stranger = createSystem();
  const refused = await new Promise((resolve) => {
    spawn(async (own: Self) => resolve(await reason(tls.upgrade(own, raw, {}))), { system: stranger });
  });
  expect(refused).toBe('not_owner');
  expect(() => tls.upgrade(self, raw, { packet: 3 } as never)).toThrow(expect.objectContaining({ argument: 'options.packet' }));
  expect(() => tls.upgrade(self, raw, { tls: { isServer: 1 } } as never)).toThrow(
    expect.objectContaining({ argument: 'options.tls.isServer' }),
  );
  const waiting = peer.recv(5);
  expect(await reason(tls.upgrade(self, peer, { tls: { isServer: true, ...local } }))).toBe('ealready');
  await raw.send('plain');
  expect(String(await waiting)).toBe('plain');
  expect(await reason(tls.upgrade(self, listener, {}))).toBe('enotconn');
  // Its owner can still give it away.
  listener.controllingProcess(self, self.pid, { message: ['socket', listener] });
  expect(await self.receive()).toEqual(['socket', listener]);
  await raw.close();
  expect(await reason(tls.upgrade(self, raw, {}))).toBe('closed');
  await Promise.all([peer.close(), listener.close(), stop(self, other, 'shutdown')]);
});

test('clients of node:tls that take up a session again, and that are told to go at the end', async () => {
  const pid = await start({
    drainMs: 60_000,
    session: (async (own: Self<SessionMessage>, socket: TlsSocket) => {
      await own.receive((message) => message[0] === 'drain');
      await socket.send('bye');
    }) as never,
  });
  const client = await nodeClient(at(pid));
  await until(() => infoOf(pid).sessions === 1);
  let text = '';
  client.on('data', (data) => (text += String(data)));
  const ended = new Promise((resolve) => client.once('end', resolve));
  await stop(self, pid, 'shutdown');
  await ended;
  expect(text).toBe('bye');
  client.destroy();
});
