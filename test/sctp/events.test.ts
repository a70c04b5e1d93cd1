/** Which events come and in what order, case by case, and which do not when they are turned off (EV). */
import { describe, expect, test } from 'vitest';
import type { SctpAssocChange, SctpSendFailed } from '../../actors/sctp/events.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { assocStates, kind } from '../../native/contract/sctp.js';
import { mainActor } from '../../runtime/index.js';
import { connected, mailbox, nextWords, overStacks, pair, simulated, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();
const simpler = 'the simulated stack is simpler than that';

/** The next `count` items of a passive socket as words, error events among them. */
async function items(socket: SctpSocket, count: number): Promise<string[]> {
  const words: string[] = [];
  while (words.length < count) words.push(word(await socket.recv()));
  return words;
}

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  describe('sequences', () => {
    test('a connection over one path: comm_up on both ends and nothing else (EV-10, EV-21)', async () => {
      const { server, client } = await pair(sctp);
      await client.connectInit('127.0.0.1', server.port);
      for (const socket of [client, server]) {
        expect(await items(socket, 1)).toEqual(['comm_up']);
        await expect(socket.recv(0)).rejects.toThrow(reason('timeout'));
      }
      client.close();
      server.close();
    });

    test("with adaptation events on, comm_up and then the other's value (EV-21)", async ({ skip }) => {
      if (name === 'simulated') return skip(simpler);
      const told = { sctpEvents: { adaptationLayerEvent: true } };
      const mine = { ...told, sctpAdaptationLayer: { adaptationInd: 4711 } };
      const { server, client } = await pair(sctp, { ...told, sctpAdaptationLayer: { adaptationInd: 815 } }, mine);
      await client.connectInit('127.0.0.1', server.port);
      for (const [socket, adaptationInd] of [
        [client, 815],
        [server, 4711],
      ] as const) {
        const [, , , up] = await socket.recv();
        const { assocId } = up as SctpAssocChange;
        expect(up).toMatchObject({ state: 'comm_up' });
        expect((await socket.recv())[3]).toEqual({ type: 'sctp_adaptation_event', adaptationInd, assocId });
      }
      client.close();
      server.close();
    });

    test('refused: cant_assoc here and nothing there (EV-13, EV-21)', async () => {
      const [deaf, client] = [await open(), await open()];
      const assocId = await client.connectInit('127.0.0.1', deaf.port);
      const refused = { state: 'cant_assoc', error: 0, outboundStreams: 0, inboundStreams: 0, assocId };
      expect((await client.recv())[3]).toMatchObject(refused);
      for (const socket of [client, deaf]) {
        await expect(socket.recv(0)).rejects.toThrow(reason('timeout'));
        socket.close();
      }
    });

    test('refused with data queued: send_failed after cant_assoc, each counted (EV-21, FC-38)', async ({ skip }) => {
      if (name === 'simulated') return skip(simpler);
      if (name === 'kernel') return skip('the kernel is refused on loopback within the call');
      const [deaf, client] = [await open(), await open({ active: 3 })];
      const assocId = await client.connectInit('127.0.0.1', deaf.port);
      await client.send(assocId, 0, 'queued');
      expect(await nextWords(2)).toEqual(['cant_assoc', 'sctp_send_failed']);
      expect(client.getopts(['active'])).toEqual({ active: 1 });
      client.close();
      deaf.close();
    });

    test('an abort: comm_lost, then send_failed for each part of what was taken and not acknowledged (EV-7, EV-12, EV-21, SD-6)', async ({
      skip,
    }) => {
      if (name === 'simulated') return skip(simpler);
      const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, { sctpMaxseg: 600, sctpNodelay: true });
      // The peer does not read. Its window fills, so that it acknowledges nothing more.
      while (client.info().queuedBytes[1] < 20_000) await client.send(atClient, 0, Buffer.alloc(600, 'x'));
      const sent = Buffer.from(Array.from({ length: 2000 }, (_, index) => index & 255));
      await client.send({ assocId: atClient, stream: 2, ppid: 7 }, sent);
      await client.abort(atClient);
      expect((await client.recv())[3]).toMatchObject({ state: 'comm_lost', error: 12, assocId: atClient });
      const parts: SctpSendFailed[] = [];
      for (;;) {
        const item = await client.recv(0).catch(() => undefined);
        if (item === undefined) break;
        const failure = item[3] as SctpSendFailed;
        expect(failure).toMatchObject({ type: 'sctp_send_failed', error: 12, assocId: atClient });
        parts.push(failure);
      }
      const last = parts.filter(({ info }) => info.stream === 2);
      expect(last.map(({ info, flags }) => [info.ppid, info.flags, flags])).toEqual(Array(4).fill([7, [], false]));
      expect(Buffer.concat(last.map(({ data }) => data)).equals(sent)).toBe(true);
      let there = await items(server, 1);
      while (there[0] === `data:${'x'.repeat(600)}`) there = await items(server, 1);
      expect(there).toEqual(['comm_lost']);
      client.close();
      server.close();
    });

    test('autoclose: shutdown_comp here, shutdown_event and shutdown_comp there (EV-21)', async ({ skip }) => {
      if (name === 'simulated') return skip(simpler);
      const { server, client } = await connected(sctp, {}, { sctpAutoclose: 1 });
      expect(await items(client, 1)).toEqual(['shutdown_comp']);
      expect(await items(server, 2)).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
      client.close();
      server.close();
    });
  });

  describe('turned off', () => {
    test('shutdown events: shutdown_comp comes alone (EV-22)', async () => {
      const { server, client, atClient } = await connected(sctp, { sctpEvents: { shutdownEvent: false } });
      await client.eof(atClient);
      expect(await items(server, 1)).toEqual(['shutdown_comp']);
      await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
      client.close();
      server.close();
    });

    test('association events: none comes, and data does (EV-3)', async () => {
      const { server, client } = await pair(sctp, { sctpEvents: { associationEvent: false } });
      const { assocId } = await client.connect('127.0.0.1', server.port);
      await client.send(assocId, 0, 'x');
      await untilArrived(client);
      await client.abort(assocId);
      expect(await items(server, 1)).toEqual(['data:x']);
      await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
      client.close();
      server.close();
    });

    test('association events of the one who connects: the connect has its answer all the same (EV-3)', async () => {
      const { server, client } = await pair(sctp, {}, { sctpEvents: { associationEvent: false } });
      expect((await client.connect('127.0.0.1', server.port)).state).toBe('comm_up');
      const deaf = await open();
      await expect(client.connect('127.0.0.1', deaf.port)).rejects.toThrow(reason('cant_assoc'));
      await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
      for (const socket of [deaf, client, server]) socket.close();
    });

    test('send_failed: comm_lost comes alone (EV-7)', async ({ skip }) => {
      if (name === 'simulated') return skip(simpler);
      const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, { sctpEvents: { sendFailureEvent: false } });
      while (client.info().queuedBytes[1] < 20_000) await client.send(atClient, 0, Buffer.alloc(1000));
      await client.abort(atClient);
      expect(await items(client, 1)).toEqual(['comm_lost']);
      await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
      server.setopts({ active: true });
      while ((await nextWords(1))[0] !== 'comm_lost');
      client.close();
      server.close();
    });

    test('the authentication event may be set, and reads what was set (not EV-2)', async () => {
      const { server, client, atClient } = await connected(sctp, { sctpEvents: { authenticationEvent: true } }).then(
        async (ends) => {
          // Both stacks tell that the peer authenticates nothing.
          if (name !== 'simulated') await ends.server.recv();
          return ends;
        },
      );
      const read = () => server.getopts(['sctpEvents']).sctpEvents?.authenticationEvent;
      expect(read()).toBe(true);
      server.setopts({ sctpEvents: { authenticationEvent: false } });
      expect(read()).toBe(false);
      await client.eof(atClient);
      expect(await items(server, 2)).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
      client.close();
      server.close();
    });
  });

  test('ids come from one counter, from 3 on; the two ends have different ones, and none comes again soon (EV-20)', async () => {
    const { server, client } = await pair(sctp);
    const seen = new Set<number>();
    for (let round = 0; round < 10; round += 1) {
      const { assocId } = await client.connect('127.0.0.1', server.port);
      const [, , , up] = await server.recv();
      for (const id of [assocId, (up as SctpAssocChange).assocId]) {
        expect(id).toBeGreaterThanOrEqual(3);
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
      await client.abort(assocId);
      expect([await items(client, 1), await items(server, 1)]).toEqual([['comm_lost'], ['comm_lost']]);
    }
    client.close();
    server.close();
  });
});

describe('what a stack may say', () => {
  const { sctp, sim } = simulated();

  test.each(assocStates.map((state, index) => [state, index] as const))('%s (EV-5)', async (state, index) => {
    const socket = await sctp.open(self, 0);
    sim().inject(sim().lastHandle, { kind: kind.assocChange, assocId: 9, address: '127.0.0.1', port: 99, state: index });
    expect((await socket.recv())[3]).toMatchObject({ type: 'sctp_assoc_change', state, assocId: 9 });
    expect(['comm_up', 'comm_lost', 'restart', 'shutdown_comp', 'cant_assoc']).toContain(state);
    expect(await mailbox()).toEqual([]);
    socket.close();
  });
});
