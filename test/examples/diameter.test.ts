/** The Diameter example: server and client with each other over both stacks, their supervisors, and the programs as users run them (RFC 6733). */
import { type AnySelf, call, server as mailportServer, reply, send, supervisor, task } from 'mailport';
import { type SctpSocket, sctp } from 'mailport/sctp';
import { describe, expect, test } from 'vitest';
import { serveAccounting } from '../../examples/diameterAccounting.js';
import { avp, get } from '../../examples/diameterAvps.js';
import type { DiameterMessage } from '../../examples/diameterCodec.js';
import { command, disconnectCause, origin } from '../../examples/diameterMessages.js';
import type { PeerIndication } from '../../examples/diameterPeer.js';
import { acr, client, DiameterByHand, identity, ourCapabilities, ppid, resultOf, server, told } from './diameterStage.js';
import { actors, child, end, overStacks, RawPeer } from './peers.js';
import { Program } from './program.js';

overStacks((options) => {
  const stage = async (config: Parameters<typeof server>[2] = {}) => {
    const the = actors<PeerIndication>();
    return { the, ...(await server(the, options, config)) };
  };

  describe('server and client', () => {
    test('meet, ask each other, look after each other, and part', async () => {
      const { the, port } = await stage();
      const top = await client(the, options, port, { watchdogEveryMs: 1 });
      const [ours] = await told(the.main, 'open', 'server');
      const [theirs] = await told(the.main, 'open', 'client');
      const asked = [ours, theirs].flatMap((peer) =>
        [1, 2, 3].map((number) => task.async(the.main, (own) => call(own, peer, { type: 'request', message: acr(number) }))),
      );
      const answers: DiameterMessage[] = [];
      for (const each of asked) answers.push(await task.await(the.main, each));
      expect(
        answers.map((each) => [get(each.avps, 'originHost'), resultOf(each), get(each.avps, 'accountingRecordNumber')]),
      ).toEqual([
        ...[1, 2, 3].map((number) => ['server.example.net', 2001, number]),
        ...[1, 2, 3].map((number) => ['client.example.net', 2001, number]),
      ]);
      expect((await told(the.main, 'watchdog'))[0]).toBe(ours);
      const ended = the.main.monitor(top);
      send(ours, { type: 'leave' });
      expect(await the.main.receive(reply(ended))).toMatchObject({ 4: 'shutdown' });
      expect(the.crashes).toEqual([]);
    });

    // RFC 6733 §5.5.4
    test('a request without an answer is sent again, marked, when a lost association is there again', async () => {
      const the = actors<PeerIndication>();
      const listening = await sctp.open(the.main, options);
      await listening.listen(true);
      await client(the, options, listening.port, { reconnectMs: 1 });
      const first = await accept(the.main, listening);
      const [peer] = await told(the.main, 'open');
      const answer = call(the.main, peer, { type: 'request', message: acr(7) });
      const asked = await first.nextOf(command.accounting);
      expect(asked.isRetransmitted).toBe(false);
      await first.raw.socket.abort(first.raw.change);
      const second = await accept(the.main, listening);
      const repeated = await second.nextOf(command.accounting);
      expect(repeated).toEqual({ ...asked, isRetransmitted: true, hopByHop: repeated.hopByHop });
      // No caller waits for an answer to another request, or for an answer that comes twice.
      await second.answer({ ...repeated, endToEnd: repeated.endToEnd + 1 }, 5012);
      await second.answer(repeated, 2001);
      await second.answer(repeated, 5012);
      expect(resultOf(await answer)).toBe(2001);
      expect(the.crashes).toEqual([]);
    });

    test('a client comes again to a server that is about to be restarted, or refuses it, and not to one that dismisses it', async () => {
      const the = actors<PeerIndication>();
      const listening = await sctp.open(the.main, options);
      await listening.listen(true);
      const top = await client(the, options, listening.port, { reconnectMs: 1 });
      const ended = the.main.monitor(top);
      const dismiss = async (peer: DiameterByHand, cause: number) => {
        await peer.ask(command.disconnectPeer, [...origin(identity('hand')), avp('disconnectCause', cause)]);
        expect(resultOf(await peer.nextOf(command.disconnectPeer))).toBe(2001);
        peer.raw.socket.close();
      };
      await accept(the.main, listening, 3010);
      await dismiss(await accept(the.main, listening), disconnectCause.rebooting);
      await dismiss(await accept(the.main, listening), disconnectCause.doNotWantToTalkToYou);
      expect(await the.main.receive(reply(ended))).toMatchObject({ 4: 'shutdown' });
      expect(the.crashes).toEqual([]);
    });

    test('a client keeps trying while there is no server, and what is asked meanwhile waits', async () => {
      const { the, top, port } = await stage();
      await client(the, options, port, { reconnectMs: 1 });
      const [peer] = await told(the.main, 'open', 'server');
      await end(the.main, top);
      await told(the.main, 'closed');
      expect((await told(the.main, 'closed'))[1].why).toContain('cant_assoc');
      const answer = call(the.main, peer, { type: 'request', message: acr(1) });
      await server(the, options, { port });
      expect(resultOf(await answer)).toBe(2001);
    });
  });

  describe('supervision', () => {
    test('a request that makes its server fail ends that association alone', async () => {
      const serve = serveAccounting(({ number }) => {
        if (number === 13) throw new Error('cannot count to 13');
      });
      const { the, top, port } = await stage({ serve });
      const [first, second] = [
        await DiameterByHand.open(the.main, options, port),
        await DiameterByHand.open(the.main, options, port),
      ];
      const serving = await child(the.main, top, 'server');
      expect(mailportServer.sessions(serving)).toHaveLength(2);
      await first.say(acr(13));
      expect(await first.next()).toBe('shutdown_comp');
      expect(the.crashes.map(({ reason }) => String(reason))).toEqual(['Error: cannot count to 13']);
      await second.say(acr(14));
      expect(resultOf(await second.nextOf(command.accounting))).toBe(2001);
      // A session is not restarted: the client that lost it comes again.
      expect(mailportServer.sessions(serving)).toHaveLength(1);
      await DiameterByHand.open(the.main, options, port);
    });

    test('a client that fails is started again, and meets its server again', async () => {
      const the = actors<PeerIndication>();
      const listening = await sctp.open(the.main, options);
      await listening.listen(true);
      const serve = () => {
        throw new Error('a fault');
      };
      const top = await client(the, options, listening.port, { serve });
      const first = await accept(the.main, listening);
      await first.say(acr(1));
      expect(await first.next()).toBe('shutdown_comp');
      const second = await accept(the.main, listening);
      await second.ask(command.deviceWatchdog);
      expect(resultOf(await second.nextOf(command.deviceWatchdog))).toBe(2001);
      expect((await supervisor.countChildren(the.main, top)).active).toBe(1);
      expect(the.crashes.map(({ reason }) => String(reason))).toEqual(['Error: a fault']);
    });
  });
});

/** The next client of a server by hand, after the exchange of capabilities. */
async function accept(self: AnySelf, listening: SctpSocket, result = 2001): Promise<DiameterByHand> {
  const peer = new DiameterByHand(await RawPeer.accept(self, listening, ppid));
  await peer.answer(await peer.nextOf(command.capabilitiesExchange), result, ourCapabilities);
  return peer;
}

test('as users run it: a client reports its records to a server, and leaves', async () => {
  const serving = new Program('diameter', 'server', 0);
  const [, port = ''] = await serving.prints(/server \| listens on 127\.0\.0\.1:(\d+)/);
  const reporting = new Program('diameter', 'client', port);
  expect(await reporting.status()).toBe(0);
  expect(reporting.output.match(/record \d, \w+: result 2001/g)).toHaveLength(4);
  expect(reporting.output).toContain('client | has left');
  expect(serving.output.match(/client\.example\.net;\d+;1: record \d, \w+/g)).toHaveLength(4);
  serving.signal('SIGINT');
  expect(await serving.status()).toBe(0);
});

test('as users run it: what is not understood is answered by how to use it', async () => {
  const program = new Program('diameter');
  expect(await program.status()).toBe(2);
  expect(program.output).toContain('usage: diameter.js server [port] [host]');
});
