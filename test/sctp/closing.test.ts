/**
 * Every call on a closed socket is 'closed'. Every call that a close overtakes is 'closed', or done, or fails with a reason that it documents. No call hangs, nothing is
 * left open, and no promise that nobody looks at rejects unhandled (CL-2, CL-5, CL-6, RV-8, CP-8).
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { SocketError } from '../../actors/socket/errors.js';
import { type AnySelf, mainActor, type Pid, spawn } from '../../runtime/index.js';
import { connected, mailbox, nextTurn, overStacks } from './subjects.js';

interface World {
  readonly self: AnySelf;
  readonly other: Pid;
  readonly assocId: number;
  readonly port: number;
}

/** Each call with arguments that are right. */
const calls: Readonly<Record<string, (socket: SctpSocket, world: World) => unknown>> = {
  listen: (socket) => socket.listen(true),
  accept: (socket, { self }) => socket.accept(self),
  connect: (socket, { port }) => socket.connect('127.0.0.1', port),
  'connect by name': (socket, { port }) => socket.connect('localhost.', port),
  connectInit: (socket, { port }) => socket.connectInit('127.0.0.1', port),
  'connectInit by name': (socket, { port }) => socket.connectInit('localhost.', port),
  connectxInit: (socket, { port }) => socket.connectxInit(['127.0.0.1'], port),
  send: (socket, { assocId }) => socket.send(assocId, 0, 'x'),
  'send of a record': (socket, { assocId }) => socket.send({ assocId, ppid: 1 }, 'x', { signal: new AbortController().signal }),
  recv: (socket) => socket.recv(),
  'recv for a while': (socket) => socket.recv(100_000),
  'for await': (socket) => socket[Symbol.asyncIterator]().next(),
  eof: (socket, { assocId }) => socket.eof(assocId),
  abort: (socket, { assocId }) => socket.abort(assocId),
  peeloff: (socket, { self, assocId }) => socket.peeloff(self, assocId).close(),
  controllingProcess: (socket, { self, other }) => socket.controllingProcess(self, other),
  setopts: (socket) => socket.setopts({ active: 'once' }),
  'setopts of the stack': (socket) => socket.setopts({ sctpNodelay: true, recbuf: 50_000 }),
  getopts: (socket, { assocId }) => socket.getopts(['active', ['sctpStatus', { assocId }]]),
  bindx: (socket) => socket.bindx('127.0.0.2', 'add'),
  resetStreams: (socket, { assocId }) => socket.resetStreams(assocId, { direction: 'outgoing' }),
  resetAssoc: (socket, { assocId }) => socket.resetAssoc(assocId),
  addStreams: (socket, { assocId }) => socket.addStreams(assocId, { outbound: 1 }),
  sockname: (socket) => socket.sockname(),
  socknames: (socket) => socket.socknames(),
  peername: (socket, { assocId }) => socket.peername(assocId),
  peernames: (socket, { assocId }) => socket.peernames(assocId),
  getstat: (socket) => socket.getstat(),
  info: (socket) => socket.info(),
};

/** Other ends of a call, if the close has not overtaken it. */
const documented = [
  'done',
  'closed',
  'einval',
  'enotsup',
  'enoprotoopt',
  'eisconn',
  'epipe',
  'eaddrinuse',
  'eaddrnotavail',
  'nxdomain',
];

/** How a call ended, at once or later. */
function ending(call: () => unknown): Promise<string> {
  const name = (error: unknown): string => {
    if (error instanceof SocketError) return error.reason;
    throw error;
  };
  try {
    const result = call();
    if (!(result instanceof Promise)) return Promise.resolve('done');
    return result.then((value: unknown) => (isEnd(value) ? 'closed' : 'done'), name);
  } catch (error) {
    return Promise.resolve(name(error));
  }
}

/** A loop over a closed socket ends without a failure. */
function isEnd(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'done' in value && value.done === true;
}

const unhandled: unknown[] = [];
const note = (reason: unknown): void => {
  unhandled.push(reason);
};
beforeEach(() => {
  process.on('unhandledRejection', note);
});
afterEach(async () => {
  await nextTurn();
  process.off('unhandledRejection', note);
  expect(unhandled.splice(0)).toEqual([]);
});

overStacks((sctp) => {
  const self = mainActor();

  const world = async (): Promise<{ client: SctpSocket; server: SctpSocket; world: World }> => {
    const { server, client, atClient } = await connected(sctp);
    const other = spawn(async (actor) => {
      await actor.receive();
    });
    return { server, client, world: { self, other, assocId: atClient, port: server.port } };
  };

  test.each(Object.keys(calls))('%s on a closed socket is closed, however often it is asked', async (name) => {
    const { server, client, world: given } = await world();
    client.close();
    client.close();
    expect(await ending(() => calls[name]!(client, given))).toBe('closed');
    expect(await ending(() => calls[name]!(client, given))).toBe('closed');
    expect(client.port).toBeGreaterThan(0);
    server.close();
    await mailbox();
  });

  describe.each(['at once', 'a microtask later', 'a turn later'])('closing %s', (when) => {
    test.each(Object.keys(calls))('%s ends', async (name) => {
      const { server, client, world: given } = await world();
      const ended = ending(() => calls[name]!(client, given));
      if (when === 'a microtask later') await Promise.resolve();
      if (when === 'a turn later') await nextTurn();
      client.close();
      expect(documented).toContain(await ended);
      expect(client.isOpen).toBe(false);
      server.close();
      await mailbox();
    });
  });

  test('all calls at once, and a close: every call ends', async () => {
    const { server, client, world: given } = await world();
    const names = Object.keys(calls).filter(
      (name) => !['peeloff', 'controllingProcess', 'setopts', 'abort', 'eof'].includes(name),
    );
    const ended = names.map((name) => ending(() => calls[name]!(client, given)));
    client.close();
    for (const end of await Promise.all(ended)) expect([...documented, 'ealready']).toContain(end);
    server.close();
    await mailbox();
  });
});
