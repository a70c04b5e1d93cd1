/** `connect`, `connectInit`, `listen`: outcomes, timeouts, what stays queued, what is counted (CN, LS). */
import { describe, expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { kind } from '../../native/contract/sctp.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { asActor, backlog, connected, mailbox, nextTurn, nextWords, overStacks, pair, simulated, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });
  const read = (socket: SctpSocket) => socket.getopts(['active']).active;

  test('resolves with the comm_up change, which is not delivered again (CN-6, CN-12, EV-14)', async () => {
    const { server, client } = await pair(sctp);
    const change = await client.connect('127.0.0.1', server.port, { sctpInitmsg: { numOstreams: 5 } });
    expect(change).toMatchObject({ type: 'sctp_assoc_change', state: 'comm_up', error: 0, outboundStreams: 5 });
    expect(change.assocId).toBeGreaterThanOrEqual(3);
    await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
    const [, , , seen] = await server.recv();
    expect(seen).toMatchObject({ state: 'comm_up', inboundStreams: 5, outboundStreams: change.inboundStreams });
    expect(client.getopts(['sctpInitmsg']).sctpInitmsg?.numOstreams).toBe(5);
    client.close();
    server.close();
  });

  test('nobody listening: rejects with cant_assoc and its event (CN-6, CN-14, EV-13, LS-5)', async () => {
    const [deaf, client] = [await open(), await open()];
    await expect(client.connect('127.0.0.1', deaf.port)).rejects.toMatchObject({
      name: 'SocketError',
      reason: 'cant_assoc',
      address: '127.0.0.1',
      port: deaf.port,
      event: { type: 'sctp_assoc_change', state: 'cant_assoc', outboundStreams: 0, inboundStreams: 0 },
    });
    await deaf.listen(5);
    expect((await client.connect('127.0.0.1', deaf.port)).state).toBe('comm_up');
    client.close();
    deaf.close();
  });

  test('listen(false) refuses newcomers and keeps the associations that there are (LS-6)', async () => {
    const { server, client, atClient } = await connected(sctp);
    await server.listen(false);
    const late = await open();
    await expect(late.connect('127.0.0.1', server.port)).rejects.toThrow(reason('cant_assoc'));
    await client.send(atClient, 0, 'still');
    expect(word(await server.recv())).toBe('data:still');
    for (const socket of [late, client, server]) socket.close();
  });

  test('listen(false) is einval while the socket does not listen (LS-6)', async () => {
    const socket = await open();
    await expect(socket.listen(false)).rejects.toThrow(reason('einval'));
    await socket.listen(true);
    await socket.listen(false);
    await expect(socket.listen(false)).rejects.toThrow(reason('einval'));
    socket.close();
  });

  test('a socket has many associations, and a listener may connect out (CN-5, LS-4)', async () => {
    const servers = [await open(), await open(), await open()];
    for (const server of servers) await server.listen(true);
    const [hub, ...others] = servers as [SctpSocket, SctpSocket, SctpSocket];
    const changes = await Promise.all(others.map((other) => hub.connect('127.0.0.1', other.port)));
    expect(new Set(changes.map((change) => change.assocId)).size).toBe(2);
    for (const [index, other] of others.entries()) {
      await hub.send(changes[index]!, 0, `to ${index}`);
      expect([word(await other.recv()), word(await other.recv())]).toEqual(['comm_up', `data:to ${index}`]);
    }
    for (const server of servers) server.close();
  });

  test('leaves the other items of the socket queued, in order (CN-8)', async () => {
    const { server, client, atServer } = await connected(sctp);
    await server.send(atServer, 0, 'before');
    const other = await open();
    await other.listen(true);
    const change = await client.connect('127.0.0.1', other.port);
    const [, , , event] = await other.recv();
    await other.send((event as SctpAssocChange).assocId, 0, 'after');
    expect([word(await client.recv()), word(await client.recv())]).toEqual(['data:before', 'data:after']);
    expect(change.state).toBe('comm_up');
    for (const socket of [client, server, other]) socket.close();
  });

  test('a stale event of the same peer is not taken for the answer (CN-13)', async () => {
    const { server, client, atClient } = await connected(sctp);
    await client.abort(atClient);
    const again = await client.connect('127.0.0.1', server.port);
    expect(again.state).toBe('comm_up');
    expect(again.assocId).not.toBe(atClient);
    expect(word(await client.recv())).toBe('comm_lost');
    await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('anybody may connect, in any mode, while another waits in recv (CN-9, CN-40)', async () => {
    const { server, client } = await pair(sctp);
    const waiting = client.recv();
    expect((await asActor(() => client.connect('127.0.0.1', server.port))).state).toBe('comm_up');
    const [, , , event] = await server.recv();
    await server.send(event as SctpAssocChange, 0, 'x');
    expect(word(await waiting)).toBe('data:x');
    client.setopts({ active: true });
    const other = await open();
    await other.listen(true);
    expect((await asActor(() => client.connect('127.0.0.1', other.port))).state).toBe('comm_up');
    expect(await mailbox()).toEqual([]);
    for (const socket of [client, server, other]) socket.close();
  });

  test.each([
    [false, false, []],
    [true, true, []],
    ['once', 'once', []],
    [1, false, ['passive']],
    [5, 4, []],
  ] as const)('active at %s reads %s after comm_up and after cant_assoc (CN-10, CN-11, CN-15)', async (active, after, words) => {
    const { server, client } = await pair(sctp);
    client.setopts({ active });
    await client.connect('127.0.0.1', server.port);
    expect([read(client), await mailbox()]).toEqual([after, words]);
    client.close();
    const deaf = await open();
    const refused = await open({ active });
    await expect(refused.connect('127.0.0.1', deaf.port)).rejects.toThrow(reason('cant_assoc'));
    expect([read(refused), await mailbox()]).toEqual([after, words]);
    for (const socket of [refused, deaf, server]) socket.close();
  });

  test('connected already is eisconn (CN-17)', async () => {
    const { server, client } = await connected(sctp);
    await expect(client.connect('127.0.0.1', server.port)).rejects.toThrow(reason('eisconn'));
    await expect(client.connectInit('127.0.0.1', server.port)).rejects.toThrow(reason('eisconn'));
    client.close();
    server.close();
  });

  test('closing while it waits ends it with closed (CN-16)', async () => {
    const { server, client } = await pair(sctp);
    const waiting = client.connect('127.0.0.1', server.port);
    client.close();
    await expect(waiting).rejects.toThrow(reason('closed'));
    server.close();
    await nextTurn();
  });

  test('a bad address rejects with its reason: eafnosupport, einval, nxdomain (CN-4)', async () => {
    const client = await open();
    for (const [address, atom] of [
      ['', 'nxdomain'],
      ['.', 'nxdomain'],
      ['::1', 'eafnosupport'],
      ['0.0.0.0', 'einval'],
      ['any', 'einval'],
    ] as const) {
      await expect(client.connect(address, 7)).rejects.toThrow(reason(atom));
      await expect(client.connectInit(address, 7)).rejects.toThrow(reason(atom));
    }
    expect(client.info().waitingConnects).toBe(0);
    client.close();
  });

  test('the time for a look-up may be longer than what one of the timers of Node bears (CN-7, CN-21)', async () => {
    const client = await open();
    await expect(client.connectInit('host.invalid', 7, {}, 4294967294)).rejects.toThrow(reason('nxdomain'));
    await expect(client.connect('host.invalid', 7, {}, 4294967294)).rejects.toThrow(reason('nxdomain'));
    client.close();
  });

  test('closing while an address is looked up ends it with closed, and associates with nobody (CN-16)', async () => {
    const client = await open();
    const connecting = [
      client.connect('host.invalid', 7),
      client.connectInit('host.invalid', 7),
      client.connectxInit(['host.invalid'], 7),
      client.bindx('host.invalid', 'add'),
    ];
    expect(client.info().waitingConnects).toBe(1);
    client.close();
    for (const outcome of await Promise.allSettled(connecting)) expect(outcome).toMatchObject({ reason: { reason: 'closed' } });
  });

  test('localhost and loopback need no look-up', async () => {
    const { server, client } = await pair(sctp);
    expect((await client.connect('localhost', server.port)).state).toBe('comm_up');
    const other = await open();
    expect((await other.connect('loopback', server.port)).state).toBe('comm_up');
    for (const socket of [other, client, server]) socket.close();
  });

  test('an ill-typed option throws BadArg before anything happens; one that the stack refuses rejects with einval (CN-2)', async () => {
    const { server, client } = await pair(sctp);
    expect(() => client.connect('127.0.0.1', server.port, { active: 'twice' } as never)).toThrow(BadArg);
    expect(() => client.connect('127.0.0.1', server.port, 'fast' as never)).toThrow(BadArg);
    await expect(client.connect('127.0.0.1', server.port, { active: 40000 })).rejects.toThrow(reason('einval'));
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('connectInit gives the id at once and the change as an item (CN-20, CN-30)', async () => {
    const { server, client } = await pair(sctp);
    const id = await client.connectInit('127.0.0.1', server.port);
    expect((await client.recv())[3]).toMatchObject({ type: 'sctp_assoc_change', state: 'comm_up', assocId: id });
    client.setopts({ active: true });
    const deaf = await open();
    const refused = await client.connectInit('127.0.0.1', deaf.port);
    expect(await self.receive()).toMatchObject([
      'sctp',
      client,
      '127.0.0.1',
      deaf.port,
      [[], { state: 'cant_assoc', assocId: refused }],
    ]);
    for (const socket of [deaf, client, server]) socket.close();
  });

  test('connect works the same over IPv6 (MH-5)', async () => {
    const server = await sctp.open(self, 0, { ip: '::1' });
    await server.listen(true);
    const client = await sctp.open(self, 0, { inet6: true, ip: 'loopback' });
    const { assocId } = await client.connect('::1', server.port);
    await client.send(assocId, 0, 'six');
    expect((await server.recv())[0]).toBe('::1');
    expect(word(await server.recv())).toBe('data:six');
    expect(server.sockname()).toEqual(['::1', server.port]);
    client.close();
    server.close();
  });
});

describe('without an answer', () => {
  const { sctp, sim } = simulated();

  test('a timeout does not cancel the attempt: it runs on, and its change comes as an item (CN-7, CN-17)', async () => {
    const server = await sctp.open(self, 0);
    await server.listen(true);
    const client = await sctp.open(self, 0, { active: true });
    sim().silence(server.port, true);
    await expect(client.connect('127.0.0.1', server.port, {}, 1)).rejects.toMatchObject({ reason: 'timeout', port: server.port });
    await expect(client.connect('127.0.0.1', server.port)).rejects.toThrow(reason('ealready'));
    expect(client.info().waitingConnects).toBe(0);
    sim().silence(server.port, false);
    expect(await nextWords(1)).toEqual(['comm_up']);
    client.close();
    server.close();
  });

  test('after a timeout the change of the attempt keeps its place among the items, and its mode (CN-7, FC-29)', async () => {
    const server = await sctp.open(self, 0);
    await server.listen(true);
    const client = await sctp.open(self, 0);
    sim().silence(server.port, true);
    await expect(client.connect('127.0.0.1', server.port, {}, 1)).rejects.toThrow(reason('timeout'));
    sim().inject(sim().lastHandle, { kind: kind.shutdownEvent, assocId: 9, address: '127.0.0.1', port: 9 });
    sim().silence(server.port, false);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    expect([word(await client.recv()), word(await client.recv())]).toEqual(['sctp_shutdown_event', 'comm_up']);
    client.close();
    server.close();
  });

  test('while connects wait, a count is spent on items as they come (CN-11)', async () => {
    const server = await sctp.open(self, 0);
    await server.listen(true);
    const client = await sctp.open(self, 0, { active: 3 });
    const handle = sim().lastHandle;
    const item = { kind: kind.shutdownEvent, assocId: 9, address: '127.0.0.1', port: 9 };
    sim().silence(server.port, true);
    const connecting = client.connect('127.0.0.1', server.port);
    for (let index = 0; index < 2; index += 1) sim().inject(handle, item);
    expect(await nextWords(2)).toEqual(['sctp_shutdown_event', 'sctp_shutdown_event']);
    sim().silence(server.port, false);
    // The answer and three more items come in one batch: the answer takes the last of the count.
    for (let index = 0; index < 3; index += 1) sim().inject(handle, item);
    await connecting;
    await nextTurn();
    const words = await mailbox();
    expect(words.filter((text) => text === 'passive')).toEqual(['passive']);
    expect(words.at(-1)).toBe('passive');
    // Items beyond the count are held, in order, for the next recv or active mode.
    for (let left = 4 - words.length; left > 0; left -= 1) expect(word(await client.recv())).toBe('sctp_shutdown_event');
    await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
    expect(backlog()).toBe(0);
    client.close();
    server.close();
  });

  test('an immediate failure of the stack rejects with its atom', async () => {
    const client = await sctp.open(self, 0);
    sim().failNext('connect', 105);
    await expect(client.connect('127.0.0.1', 7)).rejects.toThrow(reason('enobufs'));
    sim().failNext('listen', 98);
    await expect(client.listen(true)).rejects.toThrow(reason('eaddrinuse'));
    client.close();
  });
});
