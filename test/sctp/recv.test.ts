/** What `recv` gives: data with its ancillary data, and events (RV, MS). Who may wait, and how a wait ends, is in test/contract. */
import { describe, expect, test } from 'vitest';
import { kind } from '../../native/contract/sctp.js';
import { mainActor } from '../../runtime/index.js';
import { connected, mailbox, nextWords, overStacks, simulated, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overStacks((sctp) => {
  const self = mainActor();
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('gives the flat tuple, ancillary data and all (MS-2, MS-8, MS-10)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await client.send({ assocId: atClient, stream: 3, ppid: 7, flags: ['unordered'] }, 'x');
    const [ip, port, [info], data] = await server.recv();
    expect([ip, port, String(data)]).toEqual(['127.0.0.1', client.port, 'x']);
    expect(info).toMatchObject({ type: 'sctp_sndrcvinfo', stream: 3, ssn: 0, ppid: 7, flags: ['unordered'], assocId: atServer });
    expect(info).toMatchObject({ context: 0, timetolive: 0, cumtsn: info?.tsn });
    await client.send(atClient, 3, 'y');
    await client.send(atClient, 3, 'z');
    for (const ssn of [0, 1])
      expect((await server.recv())[2][0]).toMatchObject({ stream: 3, ssn, flags: [], cumtsn: 0, ppid: 0 });
    client.close();
    server.close();
  });

  test('without dataIoEvent the ancillary list is empty (MS-8, EV-3)', async () => {
    const { server, client, atClient } = await connected(sctp, { sctpEvents: { dataIoEvent: false } });
    await client.send(atClient, 0, 'x');
    expect((await server.recv())[2]).toEqual([]);
    server.setopts({ sctpEvents: { dataIoEvent: true } });
    await client.send(atClient, 0, 'y');
    expect((await server.recv())[2]).toHaveLength(1);
    client.close();
    server.close();
  });

  test('events come without ancillary data, from the primary address (MS-9, MS-11)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await client.eof(atClient);
    expect(await server.recv()).toEqual(['127.0.0.1', client.port, [], { type: 'sctp_shutdown_event', assocId: atServer }]);
    expect(word(await server.recv())).toBe('shutdown_comp');
    client.close();
    server.close();
  });

  test('data and eof of a peer come one item at a time: data, shutdown_event, shutdown_comp; the peer itself gets shutdown_comp (RV-2)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await client.send(atClient, 0, 'one');
    await client.eof(atClient);
    const items = [await server.recv(), await server.recv(), await server.recv()];
    expect(items.map(word)).toEqual(['data:one', 'sctp_shutdown_event', 'shutdown_comp']);
    expect(items[0]?.[2][0]).toMatchObject({ stream: 0, assocId: atServer });
    expect(word(await client.recv())).toBe('shutdown_comp');
    client.close();
    server.close();
  });

  test('fragments of two associations never mix (RV-13)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 400_000 }, { sndbuf: 100_000 });
    const other = await open({ sndbuf: 100_000 });
    const { assocId } = await other.connect('127.0.0.1', server.port);
    await server.recv();
    await Promise.all([client.send(atClient, 0, Buffer.alloc(60_000, 'a')), other.send(assocId, 0, Buffer.alloc(60_000, 'b'))]);
    const letters = [await server.recv(), await server.recv()].map(([, , , data]) => {
      const bytes = data as Buffer;
      expect(bytes.length).toBe(60_000);
      expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
      return String.fromCharCode(bytes[0]!);
    });
    expect(letters.sort()).toEqual(['a', 'b']);
    for (const socket of [client, other, server]) socket.close();
  });
});

describe('events that tell of errors (RV-16, EV-4, EV-8, EV-9, MS-4)', () => {
  const { sctp, sim } = simulated();
  const failed = { assocId: 9, address: '127.0.0.1', port: 99, error: 12, payload: Buffer.from('lost') } as const;

  test.each([
    [
      { ...failed, kind: kind.sendFailed, transmitted: true, stream: 2, ppid: 5, flags: 1 },
      {
        type: 'sctp_send_failed',
        flags: true,
        error: 12,
        assocId: 9,
        data: Buffer.from('lost'),
        info: { stream: 2, ppid: 5, flags: ['unordered'] },
      },
    ],
    [
      { ...failed, kind: kind.remoteError, error: 9, payload: Buffer.from([0, 9, 0, 8, 1, 2, 3, 4, 0, 1, 0, 6, 7, 7, 0, 0]) },
      { type: 'sctp_remote_error', error: 9, assocId: 9, data: [9, 1] },
    ],
    [
      { ...failed, kind: kind.partialDelivery },
      { type: 'sctp_pdapi_event', indication: 'partial_delivery_aborted', assocId: 9 },
    ],
  ])('%#: are what recv gives, as any event, and have a tag of their own in an active one', async (item, event) => {
    const self = mainActor();
    const socket = await sctp.open(self, 0);
    const handle = sim().lastHandle;
    sim().inject(handle, item);
    expect(await socket.recv()).toMatchObject(['127.0.0.1', 99, [], event]);
    socket.setopts({ active: 1 });
    sim().inject(handle, item);
    const message = (await self.receive()) as readonly unknown[];
    expect(message).toMatchObject(['sctp_error', socket, '127.0.0.1', 99, [[], event]]);
    expect(await nextWords(1)).toEqual(['passive']);
    socket.close();
  });

  test.each([
    [
      { kind: kind.peerAddrChange, assocId: 9, address: '127.0.0.1', port: 99, state: 5, error: 2 },
      { type: 'sctp_paddr_change', addr: ['127.0.0.1', 99], state: 'addr_confirmed', error: 2, assocId: 9 },
    ],
    [
      { kind: kind.peerAddrChange, assocId: 9, address: '::1', port: 99, state: 1, error: 0 },
      { type: 'sctp_paddr_change', addr: ['::1', 99], state: 'addr_unreachable', error: 0, assocId: 9 },
    ],
    [
      { kind: kind.peerAddrChange, assocId: 9, address: '192.0.2.1', changed: '192.0.2.2', port: 99, state: 0, error: 2 },
      { type: 'sctp_paddr_change', addr: ['192.0.2.2', 99], state: 'addr_available', error: 2, assocId: 9 },
    ],
    [
      { kind: kind.assocChange, assocId: 9, address: '127.0.0.1', port: 99, state: 2, error: 0 },
      { type: 'sctp_assoc_change', state: 'restart', error: 0, outboundStreams: 0, inboundStreams: 0, assocId: 9 },
    ],
  ])('%#: other events are no errors, unreachable addresses included (EV-4, EV-6)', async (item, event) => {
    const socket = await sctp.open(mainActor(), 0);
    sim().inject(sim().lastHandle, item);
    expect(await socket.recv()).toEqual([item.address, item.port, [], event]);
    socket.close();
  });

  test('adaptation events come only if they are asked for (EV-1)', async () => {
    const socket = await sctp.open(mainActor(), 0);
    const item = { kind: kind.adaptation, assocId: 9, address: '127.0.0.1', port: 99, state: 4711 };
    sim().inject(sim().lastHandle, item);
    await expect(socket.recv(0)).rejects.toThrow(reason('timeout'));
    socket.setopts({ sctpEvents: { adaptationLayerEvent: true } });
    sim().inject(sim().lastHandle, item);
    expect((await socket.recv())[3]).toEqual({ type: 'sctp_adaptation_event', adaptationInd: 4711, assocId: 9 });
    expect(await mailbox()).toEqual([]);
    socket.close();
  });
});
