/**
 * Own addresses come and go, a peer has several addresses (RFC 6458 section 9.1); and re-configuration: streams begin anew or are added (RFC 6525, RFC 6458 section
 * 6.3).
 */
import { beforeEach, describe, expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { connected, contentWord, overStacks, word } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

overStacks((sctp, name) => {
  const self = mainActor();

  describe('own addresses', () => {
    beforeEach((context) => {
      if (name === 'simulated') context.skip('single-homed');
    });
    const ips = (socket: SctpSocket) => socket.socknames().map(([ip]) => ip);

    test('are added and removed, all or none, with the port of the socket (MH-9)', async () => {
      const socket = await sctp.open(self, 0, { ip: '127.0.0.1' });
      await socket.bindx(['127.0.0.2', '127.0.0.3'], 'add');
      expect(socket.socknames()).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3'].map((ip) => [ip, socket.port]));
      await expect(socket.bindx(['127.0.0.4', '203.0.113.9'], 'add')).rejects.toThrow(reason('eaddrnotavail'));
      await expect(socket.bindx('127.0.0.2', 'add')).rejects.toThrow(reason('einval'));
      await expect(socket.bindx('::1', 'add')).rejects.toThrow(reason('eafnosupport'));
      expect(ips(socket)).toEqual(['127.0.0.1', '127.0.0.2', '127.0.0.3']);
      await expect(socket.bindx('127.0.0.9', 'remove')).rejects.toThrow(reason('einval'));
      await socket.bindx(['127.0.0.1', '127.0.0.2'], 'remove');
      expect(ips(socket)).toEqual(['127.0.0.3']);
      await expect(socket.bindx('127.0.0.3', 'remove')).rejects.toThrow(reason('ebusy'));
      await socket.bindx([], 'add');
      socket.close();
    });

    test('of a listener count for associations that come later (MH-10, MH-12)', async () => {
      const server = await sctp.open(self, 0, { ip: '127.0.0.1' });
      await server.listen(true);
      await server.bindx('127.0.0.2', 'add');
      const client = await sctp.open(self, 0, { ip: '127.0.0.3' });
      const assocId = await client.connectxInit(['127.0.0.2', '127.0.0.1'], server.port);
      expect((await client.recv())[3]).toMatchObject({ state: 'comm_up', assocId });
      const peers = client.peernames(assocId).map(([ip]) => ip);
      expect(peers.sort()).toEqual(['127.0.0.1', '127.0.0.2']);
      expect(word(await server.recv())).toBe('comm_up');
      client.close();
      server.close();
    });
  });

  describe('streams', () => {
    beforeEach((context) => {
      if (name === 'simulated') context.skip('the simulated stack does not re-configure');
    });
    const options = {
      sctpReconfigSupported: { assocValue: true },
      sctpEnableStreamReset: { assocValue: ['streams', 'assoc', 'change'] },
      sctpEvents: { streamResetEvent: true, assocResetEvent: true, streamChangeEvent: true },
      sctpInitmsg: { numOstreams: 4, maxInstreams: 64 },
    } as const;
    const next = async (socket: SctpSocket) => (await socket.recv())[3];

    test('begin anew, at 0, and both ends are told (RFC 6525 section 5)', async () => {
      const { server, client, atClient, atServer } = await connected(sctp, options, options);
      for (const text of ['a', 'b']) await client.send(atClient, 1, text);
      expect((await server.recv())[2]).toMatchObject([{ ssn: 0 }]);
      expect((await server.recv())[2]).toMatchObject([{ ssn: 1 }]);
      await client.resetStreams(atClient, { direction: 'outgoing', streams: [1] });
      expect(await next(server)).toEqual({
        type: 'sctp_stream_reset_event',
        flags: ['incoming'],
        streams: [1],
        assocId: atServer,
      });
      expect(await next(client)).toMatchObject({ type: 'sctp_stream_reset_event', flags: ['outgoing'], streams: [1] });
      await client.send(atClient, 1, 'c');
      expect((await server.recv())[2]).toMatchObject([{ ssn: 0, stream: 1 }]);
      client.close();
      server.close();
    });

    test('are added, and usable (RFC 6525 section 5.1.5)', async () => {
      const { server, client, atClient, atServer } = await connected(sctp, options, options);
      await expect(client.send(atClient, 4, 'x')).rejects.toThrow(reason('einval'));
      await client.addStreams(atClient, { outbound: 2 });
      expect(await next(client)).toMatchObject({ type: 'sctp_stream_change_event', outboundStreams: 2, assocId: atClient });
      expect(await next(server)).toMatchObject({ type: 'sctp_stream_change_event', inboundStreams: 2, assocId: atServer });
      await client.send(atClient, 5, 'y');
      expect((await server.recv())[2]).toMatchObject([{ stream: 5 }]);
      client.close();
      server.close();
    });

    test('of the peer begin anew, or are added, if it is asked (RFC 6525 sections 5.1.3, 5.1.6)', async () => {
      const { server, client, atClient, atServer } = await connected(sctp, options, options);
      for (const text of ['a', 'b']) await server.send(atServer, 1, text);
      expect((await client.recv())[2]).toMatchObject([{ ssn: 0 }]);
      expect((await client.recv())[2]).toMatchObject([{ ssn: 1 }]);
      await client.resetStreams(atClient, { direction: 'incoming', streams: [1] });
      expect(await next(client)).toMatchObject({ type: 'sctp_stream_reset_event', flags: ['incoming'], streams: [1] });
      expect(await next(server)).toMatchObject({ type: 'sctp_stream_reset_event', flags: ['outgoing'], streams: [1] });
      await client.addStreams(atClient, { inbound: 3 });
      expect(await next(client)).toMatchObject({ type: 'sctp_stream_change_event', inboundStreams: 3 });
      expect(await next(server)).toMatchObject({ type: 'sctp_stream_change_event', outboundStreams: 3 });
      await server.send(atServer, 1, 'c');
      await server.send(atServer, 6, 'd');
      expect((await client.recv())[2]).toMatchObject([{ ssn: 0, stream: 1 }]);
      expect((await client.recv())[2]).toMatchObject([{ ssn: 0, stream: 6 }]);
      client.close();
      server.close();
    });

    test('are left alone where the peer has not enabled it: denied', async () => {
      const without = { ...options, sctpEnableStreamReset: { assocValue: [] } };
      const { server, client, atClient } = await connected(sctp, without, options);
      expect(client.getopts([['sctpReconfigSupported', { assocId: atClient }]])).toMatchObject({
        sctpReconfigSupported: { assocValue: true },
      });
      await client.resetStreams(atClient, { direction: 'outgoing', streams: [2] });
      expect(await next(client)).toMatchObject({ type: 'sctp_stream_reset_event', flags: ['outgoing', 'denied'], streams: [2] });
      await client.addStreams(atClient, { outbound: 1 });
      expect(await next(client)).toMatchObject({ type: 'sctp_stream_change_event', flags: ['denied'] });
      await client.resetAssoc(atClient);
      expect(await next(client)).toMatchObject({ type: 'sctp_assoc_reset_event', flags: ['denied'] });
      client.close();
      server.close();
    });

    test('are re-configured once at a time', async (context) => {
      if (name === 'kernel') context.skip('on one host the answer comes within the call there');
      const { server, client, atClient } = await connected(sctp, options, options);
      const first = client.resetStreams(atClient, { direction: 'outgoing', streams: [1] });
      await expect(client.addStreams(atClient, { outbound: 1 })).rejects.toThrow(reason('einprogress'));
      await first;
      expect(await next(client)).toMatchObject({ type: 'sctp_stream_reset_event' });
      expect(await next(server)).toMatchObject({ type: 'sctp_stream_reset_event' });
      await expect(client.resetStreams(atClient, { direction: 'outgoing', streams: [9] })).rejects.toThrow(reason('einval'));
      client.close();
      server.close();
    });

    test('keep what is sent behind a reset until it is done', async (context) => {
      if (name === 'kernel') context.skip('a stream with messages that wait is eagain there');
      const { server, client, atClient } = await connected(sctp, options, options);
      await client.send(atClient, 1, 'a');
      const asked = client.resetStreams(atClient, { direction: 'outgoing', streams: [1] });
      await client.send(atClient, 1, 'b');
      await asked;
      expect((await server.recv())[2]).toMatchObject([{ ssn: 0, stream: 1 }]);
      expect(contentWord(await next(server))).toBe('sctp_stream_reset_event');
      expect((await server.recv())[2]).toMatchObject([{ ssn: 0, stream: 1 }]);
      expect(contentWord(await next(client))).toBe('sctp_stream_reset_event');
      client.close();
      server.close();
    });

    test('and sequence numbers begin anew together (RFC 6525 section 5.1.4)', async () => {
      const { server, client, atClient } = await connected(sctp, options, options);
      await client.send(atClient, 0, 'a');
      expect(contentWord(await next(server))).toBe('data:a');
      await client.resetAssoc(atClient);
      expect(contentWord(await next(server))).toBe('sctp_assoc_reset_event');
      expect(contentWord(await next(client))).toBe('sctp_assoc_reset_event');
      await client.send(atClient, 0, 'b');
      expect((await server.recv())[2]).toMatchObject([{ ssn: 0 }]);
      client.close();
      server.close();
    });

    test('are left alone where that is not enabled, or there is no such association', async () => {
      const { server, client, atClient } = await connected(sctp);
      await expect(client.resetStreams(atClient, { direction: 'both' })).rejects.toThrow(reason('enoprotoopt'));
      await expect(client.addStreams(atClient, { inbound: 1 })).rejects.toThrow(reason('enoprotoopt'));
      await expect(client.resetAssoc(atClient)).rejects.toThrow(reason('enoprotoopt'));
      await expect(client.resetStreams(0, { direction: 'both' })).rejects.toThrow(reason('einval'));
      client.close();
      server.close();
    });
  });

  test('arguments are checked on every stack', async () => {
    const { server, client, atClient } = await connected(sctp);
    const wrong: [() => unknown, string][] = [
      [() => client.resetStreams(atClient, {} as never), 'request.direction'],
      [() => client.resetStreams(atClient, 'both' as never), 'request'],
      [() => client.resetStreams(atClient, { direction: 'both', streams: [70000] }), 'request.streams[0]'],
      [() => client.resetStreams(atClient, { direction: 'both', stream: [1] } as never), 'request.stream'],
      [() => client.addStreams(atClient, {}), 'request'],
      [() => client.addStreams(atClient, { inbound: -1 }), 'request.inbound'],
      [() => client.resetAssoc('x' as never), 'assoc'],
      [() => client.bindx('127.0.0.2', 'replace' as never), 'how'],
      [() => client.bindx([5] as never, 'add'), 'addresses[0]'],
    ];
    for (const [call, argument] of wrong) expect(call).toThrow(expect.objectContaining({ argument }));
    client.close();
    server.close();
  });
});
