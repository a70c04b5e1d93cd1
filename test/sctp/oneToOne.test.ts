/** One-to-one sockets, opened as such or peeled off, after the end of their association (EV-16, FC-25). No socket sends a message that it is closed (FC-35). */
import { expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { Sctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { mailbox, nextTurn, nextWords, overStacks, pair, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

interface Ends {
  readonly one: SctpSocket;
  readonly atOne: number;
  readonly server: SctpSocket;
  readonly atServer: number;
  readonly close: () => void;
}

/** A passive one-to-one socket of either kind, connected to a listener of many; every comm_up has been read. */
async function oneToOne(sctp: Sctp, how: 'stream' | 'peeled'): Promise<Ends> {
  const { server, client } = await pair(sctp, {}, how === 'stream' ? { type: 'stream' } : {});
  const { assocId } = await client.connect('127.0.0.1', server.port);
  const [, , , up] = await server.recv();
  const one = how === 'stream' ? client : client.peeloff(self, assocId);
  const close = () => {
    for (const socket of new Set([one, client, server])) socket.close();
  };
  return { one, atOne: assocId, server, atServer: (up as SctpAssocChange).assocId, close };
}

/** Checks that nothing more comes, and that nothing can be sent. */
async function isOver(one: SctpSocket): Promise<void> {
  await nextTurn();
  await expect(one.recv(0)).rejects.toThrow(reason('timeout'));
  await expect(one.send(0, 0, 'x')).rejects.toThrow(reason('epipe'));
  expect(() => one.peername()).toThrow(reason('enotconn'));
}

overStacks((sctp) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test.each(['stream', 'peeled'] as const)(
    '%s: its association need not be named where an option is of one (SD-11)',
    async (how) => {
      const { one, atOne, close } = await oneToOne(sctp, how);
      const names = ['sctpStatus', 'sctpPrimaryAddr', 'sctpGetPeerAddrInfo', 'sctpGetAssocStats', 'sctpPrAssocStatus'] as const;
      expect(Object.keys(one.getopts(names))).toEqual(names);
      expect(one.getopts(['sctpStatus']).sctpStatus).toMatchObject({ assocId: atOne, state: 'established', instrms: 10 });
      one.setopts({ sctpRtoinfo: { initial: 2500 } });
      expect(one.getopts(['sctpRtoinfo']).sctpRtoinfo?.initial).toBe(2500);
      close();
    },
  );

  test.each(['stream', 'peeled'] as const)('%s: a graceful end by the peer, and then nothing (EV-11, EV-16)', async (how) => {
    const { one, server, atServer, close } = await oneToOne(sctp, how);
    await server.eof(atServer);
    expect([word(await one.recv()), word(await one.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    await isOver(one);
    for (const active of [true, 'once', 5] as const) {
      one.setopts({ active: false });
      one.setopts({ active });
      await nextTurn();
      expect([one.getopts(['active']).active, await mailbox()]).toEqual([active, []]);
    }
    expect(word(await server.recv())).toBe('shutdown_comp');
    close();
  });

  // Erlang's kernel also says {error,econnreset} once, and in an active mode {sctp_error,S,econnreset}.
  test.each(['stream', 'peeled'] as const)(
    '%s: an abort by the peer is comm_lost, and no read error (EV-16, MS-5)',
    async (how) => {
      const { one, server, atServer, close } = await oneToOne(sctp, how);
      await server.abort(atServer);
      expect(word(await one.recv())).toBe('comm_lost');
      await isOver(one);
      expect(word(await server.recv())).toBe('comm_lost');
      close();
    },
  );

  test.each([
    ['stream', 5, 4],
    ['peeled', 5, 4],
    ['stream', 'once', false],
    ['peeled', true, true],
  ] as const)('%s at %s: of an abort only the event is counted (FC-25, MS-5)', async (how, active, left) => {
    const { one, server, atServer, close } = await oneToOne(sctp, how);
    one.setopts({ active });
    await server.abort(atServer);
    expect(await nextWords(1)).toEqual(['comm_lost']);
    await nextTurn();
    expect([one.getopts(['active']).active, await mailbox()]).toEqual([left, []]);
    expect(word(await server.recv())).toBe('comm_lost');
    close();
  });

  test('an abort of its own is comm_lost, and no read error (EV-12, EV-16)', async () => {
    const { one, atOne, server, close } = await oneToOne(sctp, 'peeled');
    await one.abort(atOne);
    expect(word(await one.recv())).toBe('comm_lost');
    await isOver(one);
    expect(word(await server.recv())).toBe('comm_lost');
    close();
  });

  test('a refused connect is its answer, and no read error (EV-16, CN-14)', async () => {
    const [deaf, client] = [await open(), await open({ type: 'stream' })];
    await expect(client.connect('127.0.0.1', deaf.port)).rejects.toThrow(reason('cant_assoc'));
    await nextTurn();
    await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
    await expect(client.send(0, 0, 'x')).rejects.toThrow(reason('epipe'));
    client.close();
    deaf.close();
  });

  test.each(['stream', 'peeled'] as const)(
    '%s: no message says that a socket is closed; events say that associations end (FC-35)',
    async (how) => {
      const { one, atOne, server, close } = await oneToOne(sctp, how);
      one.setopts({ active: true });
      server.setopts({ active: true });
      await one.send(atOne, 0, 'last');
      await untilArrived(one);
      one.close();
      expect(await nextWords(3)).toEqual(['data:last', 'sctp_shutdown_event', 'shutdown_comp']);
      server.close();
      await nextTurn();
      expect(await mailbox()).toEqual([]);
      close();
    },
  );
});
