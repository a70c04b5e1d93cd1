/** `server`: a session for each connection, in each of its shapes, the limit, the end in good order, and the counters. Over every stack. */
import { afterEach, describe, expect, test } from 'vitest';
import { genServer, StartError, stop, supervisor } from '../../actors/behaviours/index.js';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { Sctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { type DrainMessage, type ServerSpec, type SessionMessage, server } from '../../actors/server/index.js';
import { type AnySelf, BadArg, exit, isAlive, mainActor, observer, type Pid, processes, type Self } from '../../runtime/index.js';
import { deferred, nextTurn, overStacks, word } from './../sctp/subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();
const loopback = { ip: '127.0.0.1' };

type Spec = ServerSpec<SctpSocket, never, SessionMessage>;

/** A session that sends back every message, and ends with its association. */
async function echo(_self: AnySelf, socket: SctpSocket): Promise<void> {
  for await (const [, , [info], content] of socket) {
    if (info !== undefined) await socket.send(info, `echo ${content}`);
  }
}

/** However a test ends, its servers end with it, because they would open their sockets again. */
const started: Pid[] = [];
afterEach(() => {
  for (const pid of started.splice(0)) exit(pid, 'kill');
});

async function start(sctp: Sctp, spec: Partial<Spec> & Pick<Spec, 'session'>): Promise<Pid> {
  const listen = (own: AnySelf, port: number) => sctp.open(own, port, loopback);
  const pid = await server.start({ listen, drainMs: 0, ...spec } as Spec);
  started.push(pid);
  return pid;
}

const portOf = (pid: Pid): number => server.info(pid)!.port;

/** A client with an association. */
async function client(sctp: Sctp, port: number): Promise<{ socket: SctpSocket; assocId: number }> {
  const socket = await sctp.open(self, 0, loopback);
  const { assocId } = await socket.connect('127.0.0.1', port);
  return { socket, assocId };
}

async function ask({ socket, assocId }: { socket: SctpSocket; assocId: number }, text: string): Promise<string> {
  await socket.send(assocId, 0, text);
  return word(await socket.recv());
}

/** The end of an association, as its peer sees it. */
async function ended(socket: SctpSocket): Promise<string> {
  for (;;) {
    const seen = word(await socket.recv());
    if (['shutdown_comp', 'comm_lost'].includes(seen)) return seen;
  }
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

async function stopped(pid: Pid): Promise<void> {
  await stop(self, pid, 'shutdown');
}

overStacks((sctp) => {
  describe.each(['seqpacket', 'stream'] as const)('a listener of type %s', (type) => {
    const listen = (own: AnySelf, port: number) => sctp.open(own, port, { ...loopback, type });

    test('each connection has a session of its own, which ends with it', async () => {
      const pid = await start(sctp, { listen, session: echo } as never);
      const clients = [await client(sctp, portOf(pid)), await client(sctp, portOf(pid)), await client(sctp, portOf(pid))];
      for (const [index, each] of clients.entries()) expect(await ask(each, `${index}`)).toBe(`data:echo ${index}`);
      expect(server.info(pid)).toEqual({
        port: portOf(pid),
        listening: true,
        sessions: 3,
        maxSessions: 16_384,
        accepted: 3,
        refused: 0,
        vanished: 0,
        failedHandshakes: 0,
        crashed: 0,
        listenerRestarts: 0,
        draining: false,
      });
      expect(server.sessions(pid).filter(isAlive)).toHaveLength(3);
      const [first] = clients;
      await first!.socket.eof(first!.assocId);
      expect(await ended(first!.socket)).toBe('shutdown_comp');
      await until(() => server.info(pid)?.sessions === 2);
      expect(await ask(clients[1]!, 'still')).toBe('data:echo still');
      await stopped(pid);
      expect([server.info(pid), server.sessions(pid)]).toEqual([undefined, []]);
      for (const { socket } of clients) socket.close();
    });

    test('above maxSessions no connection is served, and when a session has ended the next one is', async () => {
      const pid = await start(sctp, { listen, session: echo, maxSessions: 2 } as never);
      const [one, two] = [await client(sctp, portOf(pid)), await client(sctp, portOf(pid))];
      expect([await ask(one, 'a'), await ask(two, 'b')]).toEqual(['data:echo a', 'data:echo b']);
      const late = await sctp.open(self, 0, loopback);
      if (type === 'seqpacket') {
        await expect(late.connect('127.0.0.1', portOf(pid))).rejects.toThrow(reason('cant_assoc'));
        expect(server.info(pid)).toMatchObject({ sessions: 2, accepted: 2, refused: 0 });
      }
      // At a one-to-one listener the newcomer waits in the backlog.
      const waiting = type === 'stream' ? await late.connect('127.0.0.1', portOf(pid)) : undefined;
      one.socket.close();
      await until(() => (server.info(pid)?.accepted ?? 0) > 2 || (type === 'seqpacket' && server.info(pid)?.sessions === 1));
      const assocId = waiting?.assocId ?? (await late.connect('127.0.0.1', portOf(pid))).assocId;
      expect(await ask({ socket: late, assocId }, 'c')).toBe('data:echo c');
      expect(await ask(two, 'd')).toBe('data:echo d');
      await stopped(pid);
      for (const socket of [late, two.socket]) socket.close();
    });

    test('sessions begin with the mode of the listener, and what was sent before they were there is theirs', async () => {
      const words: string[] = [];
      const active = (own: AnySelf, port: number) => sctp.open(own, port, { ...loopback, type, active: 3 });
      const session = async (own: Self<SctpMessage>, socket: SctpSocket) => {
        expect([socket.owner, socket.isOpen]).toEqual([own.pid, true]);
        for (;;) words.push(word(await own.receive()));
      };
      const pid = await start(sctp, { listen: active, session } as never);
      const { socket, assocId } = await client(sctp, portOf(pid));
      for (const text of ['one', 'two', 'three', 'four']) await socket.send(assocId, 0, text);
      await until(() => words.length === 4);
      expect(words).toEqual(['data:one', 'data:two', 'data:three', 'passive']);
      await stopped(pid);
      socket.close();
    });
  });

  describe('the shapes of a session', () => {
    test('{ init } makes a function that is called for each message', async () => {
      const session = {
        init: (_own: Self<SessionMessage>, socket: SctpSocket, { assocId }: { assocId: number }) => {
          let count = 0;
          socket.setopts({ active: true });
          return async (message: SessionMessage, own: Self<SessionMessage>) => {
            if (message[0] !== 'sctp') return;
            const [[info], content] = message[4];
            if (info === undefined) own.exit('normal');
            count += 1;
            await socket.send({ assocId, stream: 1 }, `${count} ${content}`);
          };
        },
      };
      const pid = await start(sctp, { session: session as never });
      const one = await client(sctp, portOf(pid));
      expect([await ask(one, 'a'), await ask(one, 'b')]).toEqual(['data:1 a', 'data:2 b']);
      await one.socket.eof(one.assocId);
      await until(() => server.info(pid)?.sessions === 0);
      expect(server.info(pid)).toMatchObject({ accepted: 1, crashed: 0 });
      await stopped(pid);
      one.socket.close();
    });

    test('{ start } starts a genServer, which is told of its socket first', async () => {
      const released = deferred<void>();
      const seen: string[] = [];
      const callbacks = {
        // The start takes its time, and the peer sends meanwhile.
        init: async () => {
          await released.promise;
          return ['ok', undefined] as const;
        },
        handleInfo: (message: SctpMessage | readonly ['socket', SctpSocket] | DrainMessage) => {
          seen.push(message[0] === 'socket' || message[0] === 'drain' ? message[0] : word(message));
          if (message[0] === 'socket') message[1].setopts({ active: true });
          if (message[0] === 'drain') return ['stop', 'normal', undefined] as const;
          return ['noreply', undefined] as const;
        },
      };
      let starter: Pid | undefined;
      const session = {
        start: (own: AnySelf) => {
          starter = own.pid;
          return genServer.startLink(own, callbacks);
        },
      };
      const pid = await start(sctp, { session: session as never, drainMs: 60_000 });
      const { socket, assocId } = await client(sctp, portOf(pid));
      await socket.send(assocId, 0, 'early');
      await until(() => starter !== undefined);
      expect(server.sessions(pid)).toEqual([starter]);
      released.resolve();
      await until(() => seen.length === 2);
      const [worker] = server.sessions(pid);
      expect([worker === starter, isAlive(worker!)]).toEqual([false, true]);
      await socket.send(assocId, 0, 'late');
      await until(() => seen.length === 3);
      await stopped(pid);
      expect(seen).toEqual(['socket', 'data:early', 'data:late', 'drain']);
      expect([isAlive(worker!), isAlive(starter!)]).toEqual([false, false]);
      socket.close();
    });

    test.each([
      ['throws', () => Promise.reject(new Error('no')), 1],
      ['gives nothing', () => undefined, 0],
    ])('a start that %s ends its connection alone', async (_, begin, crashed) => {
      const pid = await start(sctp, { session: { start: begin } as never });
      const { socket } = await client(sctp, portOf(pid));
      expect(await ended(socket)).toMatch(/shutdown_comp|comm_lost/);
      await until(() => server.info(pid)?.sessions === 0);
      expect(server.info(pid)).toMatchObject({ accepted: 1, crashed });
      await stopped(pid);
      socket.close();
    });

    test('a worker whose starter is killed, and a starter whose worker is killed, end together', async () => {
      const idle = { init: () => ['ok', undefined] as const };
      let pair: { starter: Pid; worker: Pid } | undefined;
      const begin = async (own: AnySelf) => {
        const worker = await genServer.startLink(own, idle);
        pair = { starter: own.pid, worker };
        return worker;
      };
      const pid = await start(sctp, { session: { start: begin } as never });
      for (const which of ['worker', 'starter'] as const) {
        pair = undefined;
        const { socket } = await client(sctp, portOf(pid));
        await until(() => pair !== undefined && server.sessions(pid)[0] === pair.worker);
        const before = processes().length;
        exit(pair![which], 'kill');
        expect(await ended(socket)).toMatch(/shutdown_comp|comm_lost/);
        // The kernel tells the client at once, and the server in a wake-up of its own.
        await until(() => server.info(pid)?.sessions === 0 && processes().length === before - 2);
        socket.close();
      }
      await stopped(pid);
    });
  });

  describe('the end', () => {
    test('sessions get the drain message and their time, and the server ends when the last of them has ended', async () => {
      const told: string[] = [];
      const session = async (own: Self<SessionMessage>, socket: SctpSocket, { assocId }: { assocId: number }) => {
        const [, withinMs] = (await own.receive((message) => message[0] === 'drain')) as DrainMessage;
        told.push(`${withinMs}`);
        expect(server.info('drained')).toMatchObject({ draining: true, listening: false });
        await socket.send(assocId, 0, 'goodbye');
      };
      const spec = { listen: (own: AnySelf) => sctp.open(own, 0, loopback), session, drainMs: 60_000 };
      const pid = await server.start(spec as never, { name: 'drained' });
      const clients = [await client(sctp, portOf(pid)), await client(sctp, portOf(pid))];
      await until(() => server.info(pid)?.sessions === 2);
      const port = portOf(pid);
      await stopped(pid);
      expect(told).toEqual(['60000', '60000']);
      for (const { socket } of clients) {
        expect([word(await socket.recv()), await ended(socket)]).toEqual(['data:goodbye', 'shutdown_comp']);
        await expect(socket.connect('127.0.0.1', port)).rejects.toThrow(reason('cant_assoc'));
        socket.close();
      }
    });

    test('a session that does not heed it is ended when the time is over, one that traps exits soon after', async () => {
      const signals: unknown[] = [];
      const deaf = (own: Self<SessionMessage>) => own.receive(() => false);
      const stubborn = async (own: Self<SessionMessage>) => {
        for (;;) signals.push(...(await own.receive()).slice(0, 1));
      };
      for (const [session, trapExit] of [
        [deaf, false],
        [stubborn, true],
      ] as const) {
        const pid = await start(sctp, { session: session as never, drainMs: 1, sessionOptions: { trapExit } });
        const { socket } = await client(sctp, portOf(pid));
        await until(() => server.info(pid)?.sessions === 1);
        const [worker] = server.sessions(pid) as [Pid];
        await stopped(pid);
        expect(isAlive(worker)).toBe(false);
        expect(await ended(socket)).toMatch(/shutdown_comp|comm_lost/);
        socket.close();
      }
      expect(signals).toEqual(['drain', 'EXIT']);
    });

    test('with drainMs 0 no session gets a message', async () => {
      const seen: unknown[] = [];
      const session = async (own: Self<SessionMessage>) => {
        for (;;) seen.push(await own.receive());
      };
      const pid = await start(sctp, { session: session as never, drainMs: 0 });
      const { socket } = await client(sctp, portOf(pid));
      await until(() => server.info(pid)?.sessions === 1);
      await stopped(pid);
      expect(seen).toEqual([]);
      expect(await ended(socket)).toBe('shutdown_comp');
      socket.close();
    });

    test('it ends with the actor that it is linked to, and nothing is left', async () => {
      const before = processes().length;
      const spec = { children: [{ id: 'echo', type: 'supervisor', start: childStart }] } as const;
      let pid: Pid | undefined;
      async function childStart(own: AnySelf): Promise<Pid> {
        pid = await server.startLink(own, { listen: (each) => sctp.open(each, 0, loopback), session: echo, drainMs: 0 });
        return pid;
      }
      const top = await supervisor.start(spec);
      const { socket } = await client(sctp, portOf(pid!));
      exit(top, 'kill');
      expect(await ended(socket)).toBe('shutdown_comp');
      await until(() => processes().length === before);
      expect(sctp.openSockets()).toEqual([socket]);
      socket.close();
    });
  });

  describe('a listener that cannot be', () => {
    test('a port that is taken: the start is rejected, and nothing is left', async () => {
      const before = processes().length;
      const taken = await sctp.open(self, 0, loopback);
      await taken.listen(true);
      const spec = { listen: (own: AnySelf) => sctp.open(own, taken.port, loopback), session: echo };
      const reports: unknown[] = [];
      const noted = (report: unknown) => void reports.push(report);
      observer.on('crash', noted);
      const failed = server.start(spec as never);
      await expect(failed).rejects.toBeInstanceOf(StartError);
      await expect(failed).rejects.toMatchObject({
        reason: ['shutdown', ['failed_to_start_child', 'listener', expect.anything()]],
      });
      await until(() => processes().length === before);
      observer.off('crash', noted);
      expect(reports).toEqual([]);
      expect(sctp.openSockets()).toEqual([taken]);
      taken.close();
    });

    test('a listen that gives no socket rejects the start, and says so', async () => {
      const failed = server.start({ listen: () => 7, session: echo } as never);
      await expect(failed).rejects.toMatchObject({
        reason: ['shutdown', ['failed_to_start_child', 'listener', expect.objectContaining({ argument: 'spec.listen' })]],
      });
    });

    test('a socket that listens in the name of another actor: it would stay when the server ends', async () => {
      const other = await sctp.open(self, 0, loopback);
      const failed = server.start({ listen: () => other, session: echo } as never);
      await expect(failed).rejects.toMatchObject({
        reason: ['shutdown', ['failed_to_start_child', 'listener', expect.objectContaining({ argument: 'spec.listen' })]],
      });
      expect(other.isOpen).toBe(true);
      other.close();
    });

    test('a socket without the events that newcomers are known by', async () => {
      const listen = (own: AnySelf) => sctp.open(own, 0, { ...loopback, sctpEvents: { associationEvent: false } });
      await expect(server.start({ listen, session: echo } as never)).rejects.toBeInstanceOf(StartError);
      expect(sctp.openSockets()).toEqual([]);
    });
  });
});

test.each<[object, string]>([
  [{}, 'spec.listen'],
  [{ listen: 7, session: echo }, 'spec.listen'],
  [{ listen: () => undefined }, 'spec.session'],
  [{ listen: () => undefined, session: {} }, 'spec.session'],
  [{ listen: () => undefined, session: { init: echo, start: echo } }, 'spec.session'],
  [{ listen: () => undefined, session: echo, maxSession: 1 }, 'spec.maxSession'],
  [{ listen: () => undefined, session: echo, maxSessions: 0 }, 'spec.maxSessions'],
  [{ listen: () => undefined, session: echo, maxSessions: 1.5 }, 'spec.maxSessions'],
  [{ listen: () => undefined, session: echo, acceptors: 0 }, 'spec.acceptors'],
  [{ listen: () => undefined, session: echo, acceptors: Infinity }, 'spec.acceptors'],
  [{ listen: () => undefined, session: echo, handshakeMs: -1 }, 'spec.handshakeMs'],
  [{ listen: () => undefined, session: echo, drainMs: -1 }, 'spec.drainMs'],
  [{ listen: () => undefined, session: echo, drainMs: Number.NaN }, 'spec.drainMs'],
  [{ listen: () => undefined, session: echo, sessionOptions: { labels: 'x' } }, 'spec.sessionOptions.labels'],
  [{ listen: () => undefined, session: echo, sessionOptions: { label: 5 } }, 'spec.sessionOptions.label'],
  [{ listen: () => undefined, session: echo, sessionOptions: { trapExit: 1 } }, 'spec.sessionOptions.trapExit'],
  [
    { listen: () => undefined, session: echo, sessionOptions: { mailbox: { limit: Number.NaN } } },
    'spec.sessionOptions.mailbox.limit',
  ],
])('%o is wrong in %s', (spec, argument) => {
  expect(() => server.start(spec as never)).toThrow(expect.objectContaining({ name: 'BadArg', argument }));
  expect(() => server.startLink({} as never, spec as never)).toThrow(BadArg);
});
