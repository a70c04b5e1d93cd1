/** `server` over TCP: what is different where connections wait in a backlog until they are accepted. The rest is in server.test.ts, over SCTP. */
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { genServer, stop, supervisor } from '../../actors/behaviours/index.js';
import { type SessionMessage, server } from '../../actors/server/index.js';
import { type TcpMessage, type TcpSocket, tcp } from '../../actors/tcp/index.js';
import { createTcp } from '../../actors/tcp/open.js';
import { SimulatedClock } from '../../actors/testing/index.js';
import { kernelTcp } from '../../native/index.js';
import { type AnySelf, createSystem, exit, isAlive, mainActor, type Pid, type Self } from '../../runtime/index.js';
import { ask, connected, echo, endServers, infoOf, listen, quietSystem, read, start, until } from './streams.js';

endServers();
const self = mainActor();

async function part(pid: Pid, id: string): Promise<Pid> {
  const children = await supervisor.whichChildren(self, pid as never);
  return children.find((child) => child.id === id)?.pid as Pid;
}

test('each connection has a session of its own, in each of the shapes', async () => {
  const handler = {
    init: (_own: Self<SessionMessage>, socket: TcpSocket) => {
      socket.setopts({ active: 'once' });
      return async (message: SessionMessage, own: Self<SessionMessage>) => {
        if (message[0] === 'tcp_closed') own.exit('normal');
        if (message[0] !== 'tcp') return;
        await socket.send(message[2]);
        socket.setopts({ active: 'once' });
      };
    },
  };
  const callbacks = {
    init: () => ['ok', undefined] as const,
    handleInfo: async (message: TcpMessage | readonly ['socket', TcpSocket]) => {
      if (message[0] === 'tcp_closed') return ['stop', 'normal', undefined] as const;
      if (message[0] === 'tcp') await message[1].send(message[2]);
      if (message[0] === 'socket' || message[0] === 'tcp') message[1].setopts({ active: 'once' });
      return ['noreply', undefined] as const;
    },
  };
  const behaviour = { start: (own: AnySelf) => genServer.startLink(own, callbacks) };
  for (const session of [echo, handler, behaviour]) {
    const pid = await start({ session: session as never });
    const [one, two] = [await connected(infoOf(pid).port), await connected(infoOf(pid).port)];
    expect([await ask(one, 'one'), await ask(two, 'two'), await ask(one, 'again')]).toEqual(['one', 'two', 'again']);
    expect(infoOf(pid)).toMatchObject({ sessions: 2, accepted: 2, refused: 0, vanished: 0, crashed: 0 });
    one.end();
    expect(await read(one)).toBeUndefined();
    await until(() => infoOf(pid).sessions === 1);
    expect(await ask(two, 'still')).toBe('still');
    await stop(self, pid, 'shutdown');
    expect(await read(two)).toBeUndefined();
  }
});

// TM-9
test('strangers who send packets that are too long end their own sessions, and nothing is reported; a send that is too long is a crash', async () => {
  const { system, crashes } = quietSystem();
  const listening = (own: AnySelf, port: number) => tcp.listen(own, port, { ip: '127.0.0.1', packet: 1, packetSize: 100 });
  const session = async (_own: AnySelf, socket: TcpSocket) => {
    for await (const data of socket) await socket.send(String(data) === 'long' ? Buffer.alloc(256) : data);
  };
  const pid = await start({ listen: listening, session }, { system });
  const steady = await connected(infoOf(pid).port);
  for (let stranger = 0; stranger < 50; stranger += 1) {
    const client = await connected(infoOf(pid).port);
    client.write(Buffer.from([101]));
    expect(await read(client)).toBeUndefined();
    client.end();
  }
  expect(await ask(steady, '\x05still')).toBe('\x05still');
  await until(() => infoOf(pid).sessions === 1);
  expect([infoOf(pid), crashes]).toEqual([expect.objectContaining({ accepted: 51, crashed: 0 }), []]);
  steady.write('\x04long');
  expect(await read(steady)).toBeUndefined();
  await until(() => infoOf(pid).sessions === 0);
  expect(infoOf(pid).crashed).toBe(1);
  expect(crashes).toHaveLength(1);
});

// TA-13, FC-34
test('a session is told of its peer, and what came before it was there is its own, in the mode of the listener', async () => {
  const seen: unknown[] = [];
  const session = async (own: Self<TcpMessage>, socket: TcpSocket, peer: { readonly address: string; readonly port: number }) => {
    expect([socket.owner, socket.isOpen, socket.peername()]).toEqual([own.pid, true, peer]);
    for (;;) seen.push((await own.receive())[0]);
  };
  const active = (own: AnySelf, port: number) => tcp.listen(own, port, { ip: '127.0.0.1', active: 2, packet: 1 });
  const pid = await start({ listen: active, session: session as never });
  const client = await connected(infoOf(pid).port);
  client.write('\x01a\x01b\x01c');
  await until(() => seen.length === 3);
  expect(seen).toEqual(['tcp', 'tcp', 'tcp_passive']);
  await stop(self, pid, 'shutdown');
});

// TA-2
test('above maxSessions nobody is accepted: newcomers wait, with what they have sent, and are served in their order', async () => {
  const pid = await start({ session: echo, maxSessions: 2 });
  const { port } = infoOf(pid);
  const served = [await connected(port), await connected(port)];
  for (const [index, client] of served.entries()) expect(await ask(client, `${index}`)).toBe(`${index}`);
  const waiting = [await connected(port), await connected(port), await connected(port)];
  const answers = waiting.map((client, index) => ask(client, `waited ${index}`));
  for (let round = 0; round < 20; round += 1) await ask(served[0]!, 'meanwhile');
  expect(infoOf(pid)).toMatchObject({ sessions: 2, accepted: 2, refused: 0 });
  for (const [index, next] of [...served, ...waiting].slice(0, 3).entries()) {
    next.end();
    expect(await answers[index]).toBe(`waited ${index}`);
    expect(infoOf(pid)).toMatchObject({ accepted: 3 + index, refused: 0, vanished: 0 });
    expect(infoOf(pid).sessions).toBeLessThanOrEqual(2);
  }
  await stop(self, pid, 'shutdown');
});

test.each([
  [8, 16_384],
  [1, 16_384],
  [64, 5],
])(
  'of those who wait up to `acceptors` (%i) are accepted in one go, and never more than `maxSessions` (%i)',
  async (acceptors, maxSessions) => {
    const asked: number[] = [];
    const given: number[] = [];
    const counting = async (own: AnySelf, port: number) => {
      const socket = await listen(own, port);
      const newcomers = socket.newcomers.bind(socket);
      socket.newcomers = async (of, atMost) => {
        asked.push(atMost);
        const all = await newcomers(of, atMost);
        given.push(all.length);
        return all;
      };
      return socket;
    };
    const pid = await start({ listen: counting, session: echo, acceptors, maxSessions });
    const { port } = infoOf(pid);
    // Full while they come, so that all of them wait.
    const crowd = 40;
    const clients = [];
    for (let count = 0; count < crowd; count += 1) clients.push(connected(port));
    const all = await Promise.all(clients);
    if (maxSessions > crowd) await until(() => infoOf(pid).accepted === crowd);
    else {
      for (const client of all) client.end();
      await until(() => infoOf(pid).accepted === crowd);
    }
    expect(Math.max(...given)).toBeLessThanOrEqual(Math.min(acceptors, maxSessions));
    expect(Math.max(...asked)).toBe(Math.min(acceptors, maxSessions));
    expect(given.reduce((sum, each) => sum + each, 0)).toBe(crowd);
    await stop(self, pid, 'shutdown');
  },
);

// TL-10
test('a listener that is killed listens again on its port, beside live connections and beside such as have just ended', async () => {
  const { system } = quietSystem();
  const pid = await start({ session: echo }, { system });
  const { port } = infoOf(pid);
  const clients = [await connected(port)];
  for (let round = 0; round < 5; round += 1) {
    // The server ends this one first, so its end of the connection stays in TIME_WAIT.
    const gone = await connected(port);
    expect(await ask(gone, 'x')).toBe('x');
    exit(server.sessions(pid).at(-1)!, 'kill');
    expect(await read(gone)).toBeUndefined();
    gone.end();
    exit(await part(pid, 'listener'), 'kill');
    await until(() => infoOf(pid).listenerRestarts === round + 1 && infoOf(pid).listening);
    expect(infoOf(pid).port).toBe(port);
    clients.push(await connected(port));
    for (const client of clients) expect(await ask(client, `${round}`)).toBe(`${round}`);
  }
  expect(infoOf(pid)).toMatchObject({ listenerRestarts: 5, refused: 0 });
  await stop(self, pid, 'shutdown');
});

// TA-8
test('without descriptors those who wait go on waiting, and are served by the same listener: one try in 100 ms', async () => {
  let failing = 0;
  let tries = 0;
  const scarce = createTcp((onBatch) => {
    const stack = kernelTcp(onBatch);
    const accept = (socket: number): number => {
      tries += 1;
      return failing > 0 ? -[24, 23, 12, 105][failing % 4]! : stack.accept(socket);
    };
    return new Proxy({} as typeof stack, {
      get: (_, name) => {
        if (name === 'accept') return accept;
        const member: unknown = Reflect.get(stack, name);
        return typeof member === 'function' ? member.bind(stack) : member;
      },
    });
  });
  const clock = new SimulatedClock();
  const system = createSystem({ clock });
  const listening = (own: AnySelf, port: number) => scarce.listen(own, port, { ip: '127.0.0.1', active: false });
  const pid = await start({ listen: listening, session: echo }, { system });
  const steady = await connected(infoOf(pid).port);
  expect(await ask(steady, 'steady')).toBe('steady');
  failing = 4;
  const before = tries;
  const client = await connected(infoOf(pid).port);
  const answer = ask(client, 'patience');
  await until(() => tries === before + 1);
  for (; failing > 0; failing -= 1) {
    const seen = tries;
    for (let round = 0; round < 20; round += 1) await ask(steady, 'meanwhile');
    expect(tries).toBe(seen);
    clock.advance(100);
    await until(() => tries === seen + 1);
  }
  clock.advance(100);
  expect(await answer).toBe('patience');
  expect(infoOf(pid)).toMatchObject({ accepted: 2, refused: 0, listenerRestarts: 0 });
  await stop(self, pid, 'shutdown');
  expect(scarce.openSockets()).toEqual([]);
});

test('at the end the listener is closed first, sessions have their time, and what they have sent still leaves', async () => {
  const told: unknown[] = [];
  const bytes = 3_000_000;
  const session = async (own: Self<SessionMessage>, socket: TcpSocket) => {
    const [, withinMs] = await own.receive((message) => message[0] === 'drain');
    const refused = await tcp.connect(own, '127.0.0.1', socket.port).catch(({ reason }) => reason);
    told.push([withinMs, refused, infoOf(pid).listening]);
    await socket.send(Buffer.alloc(bytes, 'x'));
  };
  const pid = await start({ session: session as never, drainMs: 60_000 });
  const clients = [await connected(infoOf(pid).port), await connected(infoOf(pid).port)];
  await until(() => infoOf(pid).sessions === 2);
  for (const client of clients) client.pause();
  await stop(self, pid, 'shutdown');
  expect(told).toEqual([
    [60_000, 'econnrefused', false],
    [60_000, 'econnrefused', false],
  ]);
  for (const client of clients) {
    let length = 0;
    for await (const chunk of client) length += (chunk as Buffer).length;
    expect(length).toBe(bytes);
  }
});

test('sessions that do not heed the end are ended, and their peers see an end', async () => {
  const deaf = (own: Self<SessionMessage>) => own.receive(() => false);
  const pid = await start({ session: deaf as never, drainMs: 1 });
  const client = await connected(infoOf(pid).port);
  await until(() => infoOf(pid).sessions === 1);
  const [worker] = server.sessions(pid) as [Pid];
  await stop(self, pid, 'shutdown');
  expect([isAlive(worker), await read(client)]).toEqual([false, undefined]);
});

// TL-15
test('a server of Unix-domain sockets', async () => {
  const path = `\0mailport-server-${process.pid}`;
  const listening = (own: AnySelf) => tcp.listen(own, 0, { ifaddr: { local: path }, active: false });
  const pid = await start({ listen: listening, session: echo });
  const client = await tcp.connect(self, { local: path }, 0, { active: false });
  await client.send('local');
  expect(String(await client.recv(5))).toBe('local');
  await client.close();
  await stop(self, pid, 'shutdown');
});

// TA-14
test('peers that reset at once, before and after they are accepted, disturb nobody', async () => {
  const { system, crashes } = quietSystem();
  const pid = await start({ session: echo }, { system });
  const steady = await connected(infoOf(pid).port);
  for (let round = 0; round < 200; round += 1) {
    const client = await connected(infoOf(pid).port);
    if (round % 2 === 0) client.write('crumb');
    if (round % 3 === 0) await until(() => infoOf(pid).accepted > round);
    client.resetAndDestroy();
    await once(client, 'close');
  }
  await until(() => infoOf(pid).sessions === 1 && infoOf(pid).accepted === 201);
  expect([crashes, infoOf(pid)]).toMatchObject([[], { crashed: 0, refused: 0, listenerRestarts: 0 }]);
  expect(await ask(steady, 'still')).toBe('still');
  await stop(self, pid, 'shutdown');
});
