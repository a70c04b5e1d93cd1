/**
 * Whatever its arguments, a public call does what it says, throws `BadArg`, or fails with one of its documented reasons, and leaves the socket in
 * order. On a closed socket every call whose arguments are right is 'closed'.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sctp } from '../../actors/sctp/open.js';
import type { SctpOpenOptions } from '../../actors/sctp/openOptions.js';
import { SctpSocket } from '../../actors/sctp/socket.js';
import { SocketError } from '../../actors/socket/errors.js';
import { ActorExit, BadArg, mainActor } from '../../runtime/index.js';
import { repeats } from '../support/effort.js';
import { connected, mailbox, overStacks, word } from './subjects.js';

type AnyCall = (...args: unknown[]) => unknown;

/** Values that look right, nearly right and wrong. */
const anything = fc.oneof(
  { weight: 3, arbitrary: fc.integer() },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      0,
      -1,
      3,
      7,
      65535,
      65536,
      2 ** 32,
      2 ** 32 - 1,
      0.5,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<unknown>(
      undefined,
      null,
      true,
      false,
      '',
      'once',
      'any',
      '::1',
      'active',
      [],
      {},
      () => 0,
      5n,
      Symbol('s'),
    ),
  },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
  { weight: 2, arbitrary: fc.anything({ maxDepth: 2 }) },
  {
    weight: 3,
    arbitrary: fc.dictionary(
      fc.constantFrom(
        'active',
        'mode',
        'sctpEvents',
        'sctpInitmsg',
        'linger',
        'recbuf',
        'assocId',
        'flags',
        'stream',
        'buffer',
        'list',
        'signal',
      ),
      fc.oneof(fc.integer(), fc.boolean(), fc.constantFrom('once', 'list', 'eof'), fc.anything({ maxDepth: 1 })),
      { maxKeys: 3 },
    ),
  },
);

/** Reasons that each call documents, besides 'closed'. `self` says that the first argument is the caller's handle, which no arbitrary value is. */
const calls: Record<string, { readonly reasons: readonly string[]; readonly self?: true }> = {
  listen: { reasons: ['einval', 'eaddrinuse'] },
  send: { reasons: ['epipe', 'eshutdown', 'einval', 'emsgsize', 'eagain', 'enotsup', 'aborted'] },
  recv: { reasons: ['timeout', 'einval', 'ealready', 'aborted'] },
  eof: { reasons: ['epipe', 'einval'] },
  abort: { reasons: ['epipe', 'einval'] },
  setopts: { reasons: ['einval'] },
  getopts: { reasons: [] },
  peeloff: { reasons: ['einval', 'ebusy'], self: true },
  peername: { reasons: ['einval', 'enotconn'] },
  peernames: { reasons: ['einval', 'enotconn'] },
  controllingProcess: { reasons: ['not_owner', 'badarg'], self: true },
  accept: { reasons: ['einval', 'timeout', 'aborted'], self: true },
  messages: { reasons: ['einval', 'ealready', 'aborted'] },
  resetStreams: { reasons: ['einval', 'enoprotoopt'] },
  resetAssoc: { reasons: ['einval', 'enoprotoopt'] },
  addStreams: { reasons: ['einval', 'enoprotoopt'] },
  sockname: { reasons: [] },
  socknames: { reasons: ['einval'] },
  getstat: { reasons: [] },
  info: { reasons: ['einval'] },
};

/** A socket that calls are made of, and the passive one at the other end of its association. */
interface Subject {
  readonly socket: SctpSocket;
  readonly peer?: SctpSocket;
  readonly assocId: number;
  readonly others: readonly SctpSocket[];
}

async function associated(sctp: Sctp, options: SctpOpenOptions = {}): Promise<Subject> {
  const { server, client, atClient } = await connected(sctp, {}, options);
  return { socket: client, peer: server, assocId: atClient, others: [server] };
}

const kinds: Record<string, (sctp: Sctp) => Promise<Subject>> = {
  'one-to-many': (sctp) => associated(sctp),
  'one-to-one': (sctp) => associated(sctp, { type: 'stream' }),
  active: (sctp) => associated(sctp, { active: true }),
  'peeled off': async (sctp) => {
    const subject = await associated(sctp);
    const parent = subject.socket;
    return { ...subject, socket: parent.peeloff(mainActor(), subject.assocId), others: [...subject.others, parent] };
  },
  listening: async (sctp) => {
    const socket = await sctp.open(mainActor(), 0, { ip: '127.0.0.1', type: 'stream' });
    await socket.listen(true);
    return { socket, assocId: 3, others: [] };
  },
};

function nameOf(error: unknown): string {
  if (error instanceof BadArg) return 'BadArg';
  if (error instanceof SocketError) return error.reason;
  throw error;
}

/** Calls that had not ended when the test looked at them. Closing ends them. */
const late: Promise<string>[] = [];

/** How a call ended: 'ok', 'BadArg', or the reason of a SocketError. Any other error is a defect, and fails the test. */
async function ending(socket: SctpSocket, name: string, args: readonly unknown[]): Promise<string> {
  let ended = false;
  const ends = (outcome: string): string => {
    ended = true;
    return outcome;
  };
  try {
    let result = (socket[name as 'send'] as AnyCall).apply(socket, [...args]);
    if (result instanceof SctpSocket) result.close();
    if (name === 'messages') result = (result as AsyncGenerator).next().then(({ done }) => (done ? 'closed' : 'ok'));
    if (!(result instanceof Promise)) return 'ok';
    const settled = result
      .then((value: unknown) => ends(value === 'closed' ? 'closed' : 'ok'))
      .catch((error: unknown) => ends(nameOf(error)));
    // A `recv` may rightly wait for ever, and so may a `send`.
    const outcome = await Promise.race([settled, new Promise<string>((turn) => setImmediate(turn, 'ok'))]);
    if (!ended) late.push(settled);
    return outcome;
  } catch (error) {
    return nameOf(error);
  }
}

overStacks((sctp) => {
  const self = mainActor();
  const kind = fc.constantFrom(...Object.keys(kinds));
  const settable = ['active', 'mode', 'recbuf', 'linger', 'buffer', 'sctpEvents', 'sctpInitmsg'] as const;

  test.each(Object.keys(calls))('%s', async (name) => {
    await fc.assert(
      fc.asyncProperty(kind, fc.array(anything, { maxLength: 4 }), fc.boolean(), async (of, rest, asSelf) => {
        const { socket, peer, assocId, others } = await kinds[of]!(sctp);
        const args = calls[name]!.self && asSelf ? [self, ...rest] : rest;
        const before = socket.getopts(settable);
        const outcome = await ending(socket, name, args);
        expect(['ok', 'BadArg', ...calls[name]!.reasons]).toContain(outcome);
        expect(socket.isOpen).toBe(true);
        // Nothing has happened, and the socket still works: it takes a message.
        if (outcome === 'BadArg') {
          expect(socket.getopts(settable)).toEqual(before);
          if (peer !== undefined) {
            await socket.send(assocId, 0, 'alive');
            expect(word(await peer.recv())).toBe('data:alive');
          }
        }
        for (const open of [socket, ...others]) open.close();
        for (const end of await Promise.all(late.splice(0))) expect(['ok', 'closed', ...calls[name]!.reasons]).toContain(end);
        await mailbox();
        expect(['BadArg', 'closed']).toContain(await ending(socket, name, args));
      }),
      { numRuns: repeats(100) },
    );
  });

  test('close throws BadArg for a self that is none', async () => {
    await fc.assert(
      fc.asyncProperty(kind, fc.array(anything, { maxLength: 2 }), async (of, args) => {
        const { socket, others } = await kinds[of]!(sctp);
        const outcome = await ending(socket, 'close', args);
        expect([socket.isOpen, outcome]).toEqual(args[0] === undefined ? [false, 'ok'] : [true, 'BadArg']);
        for (const open of [socket, ...others]) open.close();
        await mailbox();
      }),
      { numRuns: repeats(60) },
    );
  });

  test('errorString throws BadArg for anything but an integer', () => {
    fc.assert(
      fc.property(anything, (code) => {
        try {
          expect(typeof sctp.errorString(code as number)).toBe('string');
          expect(Number.isInteger(code)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(BadArg);
        }
      }),
    );
  });

  test('calls that take addresses succeed, throw BadArg or reject with a known reason, whatever they are given', async () => {
    // Names are left out: each would be looked up.
    const address = fc.oneof(
      fc.constantFrom<unknown>('', '.', 'any', '0.0.0.0', '::1', '127.0.0.1', undefined, null),
      fc.integer(),
      fc.uint8Array(),
      fc.object(),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('connect', 'connectInit', 'connectxInit', 'bindx'),
        fc.oneof(address, fc.array(address, { maxLength: 3 }), fc.record({ addr: address, port: anything })),
        fc.array(anything, { maxLength: 3 }),
        async (name, to, rest) => {
          const client = await sctp.open(self, 0, { ip: '127.0.0.1' });
          const outcome = await ending(client, name, [to, ...rest]);
          expect([
            'ok',
            'BadArg',
            'timeout',
            'cant_assoc',
            'einval',
            'nxdomain',
            'eafnosupport',
            'enetunreach',
            'enotsup',
            'eaddrnotavail',
            'eaddrinuse',
            'eacces',
          ]).toContain(outcome);
          client.close();
          await Promise.all(late.splice(0));
          await mailbox();
          expect(['BadArg', 'closed']).toContain(await ending(client, name, [to, ...rest]));
        },
      ),
      { numRuns: repeats(100) },
    );
  });

  test('open leaves nothing behind when it fails', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 2 }), async (args) => {
        try {
          const socket = await (sctp.open as unknown as (...all: unknown[]) => Promise<SctpSocket>)(self, ...args);
          socket.close();
        } catch (error) {
          expect(error instanceof BadArg || error instanceof SocketError).toBe(true);
        }
        expect(sctp.openSockets()).toEqual([]);
        await mailbox();
      }),
      { numRuns: repeats(150) },
    );
  });

  test('the self of an actor that has ended owns nothing', async () => {
    const { spawn, exit } = await import('../../runtime/index.js');
    let stale: Parameters<typeof sctp.open>[0] | undefined;
    const pid = spawn(async (actor) => {
      stale = actor;
      await actor.receive();
    });
    await new Promise((turn) => setImmediate(turn));
    exit(pid, 'kill');
    expect(() => sctp.open(stale!)).toThrow(ActorExit);
    expect(sctp.openSockets()).toEqual([]);
  });
});
