/** The client program of usrsctp against our server, over UDP encapsulation on loopback (RFC 6951). */
import type { SctpSocket } from 'mailport/sctp';
import { describe, expect, test } from 'vitest';
import { accepted, asActor, event, listening, messages, othersConfirmed } from './ours.js';
import { freeUdpPort, missing, Program, titled } from './usrsctp.js';

/** A client of our server. It sends each line that is typed as a message, of at most 79 bytes. */
async function client(server: SctpSocket, address = '127.0.0.1'): Promise<Program> {
  return new Program('client', [address, server.port, 0, await freeUdpPort(), server.port]);
}

describe.skipIf(missing !== undefined)(titled("usrsctp's client and our server"), () => {
  test('lines arrive in order, answers find the way to the UDP port that they came from, and the end of input ends both', async () => {
    await asActor(async (self) => {
      const server = await listening(self);
      const program = await client(server);
      const assocId = await accepted(self);
      const lines = Array.from({ length: 200 }, (_, index) => `line ${index}\n`);
      program.type(lines.join(''));
      const arrived = await messages(self, lines.length);
      expect(arrived.map(({ data }) => `${data}`)).toEqual(lines);
      expect(arrived.map(({ info }) => info.ssn)).toEqual(lines.map((_, index) => index));
      for (const { info } of arrived) await server.send(assocId, 0, `answer to ${info.ssn}\n`);
      await program.printed(/^answer to 199$/);
      expect(program.all(/^answer to (\d+)$/).map(([, ssn]) => Number(ssn))).toEqual(lines.map((_, index) => index));
      program.endInput();
      expect((await event(self, 'sctp_shutdown_event')).assocId).toBe(assocId);
      expect((await event(self, 'shutdown_comp')).assocId).toBe(assocId);
      expect(await program.ended).toBe(0);
    });
  });

  test('clients of one server are told apart', async () => {
    await asActor(async (self) => {
      const server = await listening(self);
      const programs: Program[] = [];
      const ids: number[] = [];
      while (programs.length < 5) {
        programs.push(await client(server));
        ids.push(await accepted(self));
      }
      expect(new Set(ids).size).toBe(5);
      for (const [index, program] of programs.entries()) program.type(`from ${index}\n`);
      const arrived = await messages(self, 5);
      expect(new Map(arrived.map(({ data, info }) => [`${data}`, info.assocId]))).toEqual(
        new Map(ids.map((id, index) => [`from ${index}\n`, id])),
      );
      for (const [index, id] of ids.entries()) await server.send(id, 0, `to ${index}\n`);
      for (const [index, program] of programs.entries()) {
        await program.printed(new RegExp(`^to ${index}$`));
        expect(program.all(/^to /)).toHaveLength(1);
      }
    });
  });

  // usrsctp announces every address of the host.
  test('all addresses that a client announces are confirmed, and the one that its packets come from is the first', async () => {
    await asActor(async (self) => {
      const server = await listening(self);
      const program = await client(server);
      const assocId = await accepted(self);
      await program.printed(/^Local addresses: .*, .*127\.0\.0\.1/);
      expect(server.peernames(assocId)[0]?.[0]).toBe('127.0.0.1');
      await othersConfirmed(self, server, assocId);
    });
  });

  test('a server bound to any address answers from the one that the client has called', async () => {
    await asActor(async (self) => {
      const server = await listening(self, { ip: '0.0.0.0' });
      const udpPort = await freeUdpPort();
      // Unlike client, tsctp can be told its own address, without which usrsctp has no path from here to 127.0.0.2.
      const { port } = server;
      new Program('tsctp', ['-L', '127.0.0.1', '-E', udpPort, '-U', port, '-p', port, '-n', 3, '-l', 100, '127.0.0.2']);
      const assocId = await accepted(self);
      expect(server.peernames(assocId).map(([ip]) => ip)).toEqual(['127.0.0.1']);
      expect((await messages(self, 3)).map(({ data }) => data.length)).toEqual([100, 100, 100]);
      await event(self, 'sctp_shutdown_event');
      await event(self, 'shutdown_comp');
    });
  });
});
