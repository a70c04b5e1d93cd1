/**
 * Each part of a server may end, at any moment and in any way, and the others go on. The parts are the listener, the actor that ends the
 * sessions, and each session. Peers may vanish at any moment, too.
 */
import { afterEach, expect, test } from 'vitest';
import { stop, supervisor } from '../../actors/behaviours/index.js';
import type { Sctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { server } from '../../actors/server/index.js';
import { SocketError } from '../../actors/socket/index.js';
import { SimulatedClock } from '../../actors/testing/index.js';
import { type AnySelf, call, createSystem, exit, isAlive, mainActor, type Pid, send } from '../../runtime/index.js';
import { nextTurn, overStacks, simulated, word } from '../sctp/subjects.js';

const self = mainActor();
const loopback = { ip: '127.0.0.1' };
/** Failures that a test causes are not printed. */
const quiet = createSystem({ onCrash: () => undefined });

async function echo(_self: AnySelf, socket: SctpSocket): Promise<void> {
  for await (const [, , [info], content] of socket) {
    if (String(content) === 'crash') throw new Error('as the client wanted');
    if (info !== undefined) await socket.send(info, `echo ${content}`);
  }
}

/** However a test ends, its servers end with it, because they would open their sockets again. */
const started: Pid[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) exit(pid, 'kill');
});

async function start(sctp: Sctp, more: object = {}, options: object = {}): Promise<Pid> {
  const listen = (own: AnySelf, port: number) => sctp.open(own, port, loopback);
  const pid = await server.start({ listen, session: echo, drainMs: 0, ...more } as never, { system: quiet, ...options });
  started.push(pid);
  return pid;
}

interface Client {
  readonly socket: SctpSocket;
  readonly assocId: number;
}

async function client(sctp: Sctp, port: number): Promise<Client> {
  const socket = await sctp.open(self, 0, loopback);
  const { assocId } = await socket.connect('127.0.0.1', port);
  return { socket, assocId };
}

async function ask({ socket, assocId }: Client, text: string): Promise<string> {
  await socket.send(assocId, 0, text);
  return word(await socket.recv());
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

async function part(pid: Pid, id: string): Promise<Pid> {
  const children = await supervisor.whichChildren(self, pid as never);
  return children.find((child) => child.id === id)?.pid as Pid;
}

async function parts(pid: Pid): Promise<Pid[]> {
  return [await part(pid, 'listener'), await part(pid, 'sessions')];
}

const portOf = (pid: Pid): number => server.info(pid)!.port;

overStacks((sctp) => {
  test.each(['listener', 'sessions'])(
    'the %s is killed, again and again: the sessions go on, the rest stays, newcomers are served on the same port',
    async (id) => {
      const pid = await start(sctp);
      const port = portOf(pid);
      const clients: Client[] = [];
      for (let round = 0; round < 5; round += 1) {
        clients.push(await client(sctp, port));
        await until(() => server.info(pid)?.sessions === clients.length);
        const sessions = server.sessions(pid);
        const others = [await part(pid, id === 'listener' ? 'sessions' : 'listener')];
        exit(await part(pid, id), 'kill');
        await until(() => server.info(pid)?.listening === true);
        expect([server.sessions(pid), [...sessions, ...others].every(isAlive), portOf(pid)]).toEqual([sessions, true, port]);
        for (const each of clients) expect(await ask(each, `${round}`)).toBe(`data:echo ${round}`);
      }
      expect(server.info(pid)).toMatchObject({ accepted: 5, crashed: 0, listenerRestarts: id === 'listener' ? 5 : 0 });
      await stop(self, pid, 'shutdown');
      for (const { socket } of clients) {
        expect(word(await socket.recv())).toMatch(/sctp_shutdown_event|comm_lost/);
        socket.close();
      }
    },
  );

  test('what finds the actor that ends the sessions, and is not the end of the server, ends no session', async () => {
    const pid = await start(sctp);
    const one = await client(sctp, portOf(pid));
    const drain = await part(pid, 'sessions');
    // Exit signals without a sender and of a stranger, and a message that the actor does not understand.
    for (const reason of ['boom', 'shutdown', 'normal']) exit(drain, reason);
    exit(drain, 'boom', self);
    send(drain, Number.NaN as never);
    await expect(call(self, drain, 'who are you' as never, 0)).rejects.toMatchObject({ reason: 'timeout' });
    await nextTurn();
    expect(await ask(one, 'still')).toBe('data:echo still');
    expect([await part(pid, 'sessions'), server.info(pid)]).toMatchObject([
      drain,
      { sessions: 1, draining: false, listening: true },
    ]);
    await stop(self, pid, 'shutdown');
    expect(word(await one.socket.recv())).toMatch(/sctp_shutdown_event|comm_lost/);
    one.socket.close();
  });

  test('a session that crashes, or is killed, ends its own connection and nothing else', async () => {
    const pid = await start(sctp);
    const before = await parts(pid);
    const steady = await client(sctp, portOf(pid));
    for (const how of ['crash', 'kill']) {
      const one = await client(sctp, portOf(pid));
      await until(() => server.info(pid)?.sessions === 2);
      if (how === 'crash') await one.socket.send(one.assocId, 0, 'crash');
      else exit(server.sessions(pid).at(-1)!, 'kill');
      expect(word(await one.socket.recv())).toBe('sctp_shutdown_event');
      await until(() => server.info(pid)?.sessions === 1);
      expect(await ask(steady, 'still')).toBe('data:echo still');
      one.socket.close();
    }
    expect(await parts(pid)).toEqual(before);
    expect(server.info(pid)).toMatchObject({ accepted: 3, crashed: 2, listenerRestarts: 0 });
    await stop(self, pid, 'shutdown');
    steady.socket.close();
  });

  test('somebody closes the listening socket: it is opened again', async () => {
    let listening: SctpSocket | undefined;
    const listen = async (own: AnySelf, port: number) => {
      listening = await sctp.open(own, port, loopback);
      return listening;
    };
    const pid = await start(sctp, { listen });
    const one = await client(sctp, portOf(pid));
    await until(() => server.info(pid)?.sessions === 1);
    listening?.close();
    await until(() => server.info(pid)?.listening === true);
    const two = await client(sctp, portOf(pid));
    expect([await ask(one, 'a'), await ask(two, 'b')]).toEqual(['data:echo a', 'data:echo b']);
    await stop(self, pid, 'shutdown');
    for (const { socket } of [one, two]) socket.close();
  });

  test('peers that vanish as soon as they are there harm no session', async () => {
    const pid = await start(sctp);
    const steady = await client(sctp, portOf(pid));
    const before = await parts(pid);
    for (let round = 0; round < 20; round += 1) {
      const { socket, assocId } = await client(sctp, portOf(pid));
      if (round % 3 === 0) void socket.send(assocId, 0, 'crumb').catch(() => undefined);
      if (round % 2 === 0) await socket.abort(assocId);
      else await socket.eof(assocId);
      socket.close();
    }
    const came = () => server.info(pid)!.accepted + server.info(pid)!.vanished;
    await until(() => came() === 21 && server.info(pid)?.sessions === 1);
    expect(server.info(pid)).toMatchObject({ crashed: 0, refused: 0, listenerRestarts: 0 });
    expect(await ask(steady, 'still')).toBe('data:echo still');
    expect(await parts(pid)).toEqual(before);
    await stop(self, pid, 'shutdown');
    steady.socket.close();
  });

  test('a session that sends to a peer that has gone has not crashed', async () => {
    const ends: unknown[] = [];
    const session = async (own: AnySelf, socket: SctpSocket) => {
      for await (const item of socket) expect(item).toBeDefined();
      own.signal.addEventListener('abort', () => ends.push((own.signal.reason as { reason: unknown }).reason));
      await socket.send(0, 0, 'into the void');
    };
    const pid = await start(sctp, { session });
    const { socket, assocId } = await client(sctp, portOf(pid));
    await until(() => server.info(pid)?.sessions === 1);
    await socket.abort(assocId);
    await until(() => ends.length === 1);
    expect(ends).toEqual([['shutdown', expect.objectContaining({ name: 'SocketError', reason: 'epipe' })]]);
    expect(server.info(pid)).toMatchObject({ sessions: 0, accepted: 1, crashed: 0 });
    await stop(self, pid, 'shutdown');
    socket.close();
  });

  test('a port that another has meanwhile is tried on, with longer and longer pauses, and the sessions go on', async () => {
    const clock = new SimulatedClock();
    const system = createSystem({ clock, onCrash: () => undefined });
    let isTaken = false;
    const listen = async (own: AnySelf, port: number) => {
      if (isTaken) throw new SocketError('eaddrinuse', 'open');
      return sctp.open(own, port, loopback);
    };
    const pid = await start(sctp, { listen }, { system });
    const restarts = () => server.info(pid)?.listenerRestarts;
    const one = await client(sctp, portOf(pid));
    await until(() => server.info(pid)?.sessions === 1);
    isTaken = true;
    exit(await part(pid, 'listener'), 'kill');
    // The first two tries are made at once.
    await until(() => restarts() === 2);
    for (const [index, pauseMs] of [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000].entries()) {
      clock.advance(pauseMs - 1);
      await nextTurn();
      expect(restarts()).toBe(2 + index);
      clock.advance(1);
      await until(() => restarts() === 3 + index);
    }
    expect(await ask(one, 'still')).toBe('data:echo still');
    isTaken = false;
    clock.advance(5000);
    await until(() => server.info(pid)?.listening === true);
    const two = await client(sctp, portOf(pid));
    expect(await ask(two, 'again')).toBe('data:echo again');
    // The failures before are forgotten, so the next listener is started at once again.
    clock.advance(60_000);
    exit(await part(pid, 'listener'), 'kill');
    await until(() => server.info(pid)?.listening === true);
    await stop(self, pid, 'shutdown');
    for (const { socket } of [one, two]) socket.close();
  });
});

test('without descriptors a newcomer is refused, and the next one is served', async () => {
  const { sctp, sim } = simulated();
  const pid = await start(sctp);
  for (const errno of [24, 23, 12]) {
    sim().failNext('peeloff', errno);
    const { socket } = await client(sctp, portOf(pid));
    expect(word(await socket.recv())).toBe('comm_lost');
    socket.close();
  }
  const served = await client(sctp, portOf(pid));
  expect(await ask(served, 'x')).toBe('data:echo x');
  expect(server.info(pid)).toMatchObject({ accepted: 1, refused: 3, vanished: 0, sessions: 1 });
  await stop(self, pid, 'shutdown');
  served.socket.close();
});

test.each([24, 23, 12, 105])(
  'without descriptors or memory (%i) a newcomer of a one-to-one listener waits, and is served by the same listener',
  async (errno) => {
    const { sctp, sim } = simulated();
    const listen = (own: AnySelf, port: number) => sctp.open(own, port, { ...loopback, type: 'stream' });
    const pid = await start(sctp, { listen });
    sim().failNext('accept', errno);
    const served = await client(sctp, portOf(pid));
    expect(await ask(served, 'x')).toBe('data:echo x');
    expect(server.info(pid)).toMatchObject({ accepted: 1, refused: 0, listenerRestarts: 0 });
    await stop(self, pid, 'shutdown');
    served.socket.close();
  },
);

test('a listening socket that cannot listen again is opened anew', async () => {
  const { sctp, sim } = simulated();
  const pid = await start(sctp, { maxSessions: 1 });
  const one = await client(sctp, portOf(pid));
  await until(() => server.info(pid)?.sessions === 1);
  sim().failNext('listen', 98);
  one.socket.close();
  await until(() => server.info(pid)?.listenerRestarts === 1 && server.info(pid)?.listening === true);
  const two = await client(sctp, portOf(pid));
  expect(await ask(two, 'x')).toBe('data:echo x');
  await stop(self, pid, 'shutdown');
  two.socket.close();
});

test('a listener that is killed while it is at its limit lets nobody in until there is room', async () => {
  const { sctp } = simulated();
  const pid = await start(sctp, { maxSessions: 1 });
  const one = await client(sctp, portOf(pid));
  await until(() => server.info(pid)?.sessions === 1);
  exit(await part(pid, 'listener'), 'kill');
  await until(() => server.info(pid)?.listening === true);
  const two = await sctp.open(self, 0, loopback);
  await expect(two.connect('127.0.0.1', portOf(pid))).rejects.toThrow(expect.objectContaining({ reason: 'cant_assoc' }));
  one.socket.close();
  await until(() => server.info(pid)?.sessions === 0);
  const { assocId } = await two.connect('127.0.0.1', portOf(pid));
  expect(await ask({ socket: two, assocId }, 'x')).toBe('data:echo x');
  await stop(self, pid, 'shutdown');
  two.close();
});

test('of hundreds of peers that come at once as many as may be are served, and the others are refused', async () => {
  const { sctp } = simulated();
  const pid = await start(sctp, { maxSessions: 50 });
  const clients = await Promise.all(Array.from({ length: 200 }, () => sctp.open(self, 0, loopback)));
  const ups = await Promise.allSettled(clients.map((socket) => socket.connect('127.0.0.1', portOf(pid))));
  const came = ups.filter(({ status }) => status === 'fulfilled').length;
  await until(() => server.info(pid)!.accepted + server.info(pid)!.refused === came);
  expect(server.info(pid)).toMatchObject({ accepted: 50, sessions: 50, vanished: 0 });
  await stop(self, pid, 'shutdown');
  for (const socket of clients) socket.close();
});
