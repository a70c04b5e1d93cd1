/** How associations with usrsctp end in other ways than by the shutdown of an end that has sent everything. */
import type { Self } from 'mailport';
import type { SctpAssocChange, SctpMessage, SctpSendFailed, SctpSocket } from 'mailport/sctp';
import { describe, expect, test } from 'vitest';
import { nextTurn } from '../support/waiting.js';
import { accepted, asActor, connectTo, data, event, listening, messages, open, payload } from './ours.js';
import { freeUdpPort, missing, Program, port, titled } from './usrsctp.js';

/** RFC 9260 §3.3.10.4 and 12: usrsctp gives the one or the other cause when a socket is closed with unread data. */
const causesOfClosing = [4, 12];

async function client(server: SctpSocket, udpPort: number, localPort = 0): Promise<Program> {
  return new Program('client', ['127.0.0.1', server.port, localPort, udpPort, server.port]);
}

/** A socket that gives a silent peer up after about a second. */
function impatient(self: Self<SctpMessage>, options: object): Promise<SctpSocket> {
  return open(self, {
    ...options,
    sctpRtoinfo: { initial: 200, min: 200, max: 400 },
    sctpAssocinfo: { asocmaxrxt: 2 },
    sctpPeerAddrParams: { hbinterval: 50, flags: ['hb_enable'] },
    sctpEvents: { addressEvent: false },
  });
}

describe.skipIf(missing !== undefined)(titled('endings of associations with usrsctp'), () => {
  // AS-2
  test('eof by our server gives the client all that was sent before, and both the end', async () => {
    await asActor(async (self) => {
      const server = await listening(self);
      const program = await client(server, await freeUdpPort());
      const assocId = await accepted(self);
      for (let index = 0; index < 100; index += 1) await server.send(assocId, 0, `last words ${index}\n`);
      await server.eof(assocId);
      await event(self, 'shutdown_comp');
      await program.printed(/SCTP_SHUTDOWN_COMP/);
      expect(program.all(/^last words (\d+)$/).map(([, index]) => Number(index))).toEqual(
        Array.from({ length: 100 }, (_, i) => i),
      );
    });
  });

  // AS-2
  test('abort by our server reaches the client as ABORT with the user as its cause', async () => {
    await asActor(async (self) => {
      const server = await listening(self);
      const program = await client(server, await freeUdpPort());
      const assocId = await accepted(self);
      // The client does not see an abort that comes while it still connects.
      program.type('here\n');
      await data(self);
      await server.abort(assocId);
      expect((await event(self, 'comm_lost')).assocId).toBe(assocId);
      await program.printed(/SCTP_COMM_LOST.*ABORT = 0x06 0x00 0x00 0x08 0x00 0x0c 0x00 0x04/);
      await expect(server.send(assocId, 0, 'late')).rejects.toMatchObject({ reason: 'epipe' });
    });
  });

  // daytime_server closes without reading. If there is something to read, that aborts the association.
  test('abort by the peer is comm_lost with its cause', async () => {
    await asActor(async (self) => {
      const udpPort = await freeUdpPort();
      const socket = await open(self, { remoteEncapsPort: udpPort });
      new Program('daytime_server', [udpPort, socket.port]);
      const { assocId } = await connectTo(socket, '127.0.0.1', port.daytime);
      for (let count = 0; count < 20; count += 1) await socket.send(assocId, 0, 'what time is it?');
      await data(self);
      const lost = (await event(self, 'comm_lost')) as SctpAssocChange;
      expect(lost.assocId).toBe(assocId);
      expect(causesOfClosing).toContain(lost.error);
      await expect(socket.send(assocId, 0, 'late')).rejects.toMatchObject({ reason: 'epipe' });
    });
  });

  // EV-7
  test('messages that a killed server has not acknowledged come back as send_failed, whole, once and in order', async () => {
    await asActor(async (self) => {
      const udpPort = await freeUdpPort();
      const socket = await impatient(self, { remoteEncapsPort: udpPort });
      const server = new Program('echo_server', [udpPort, socket.port]);
      const { assocId } = await connectTo(socket, '127.0.0.1', port.echo);
      await socket.send(assocId, 0, 'before');
      expect(`${(await data(self)).data}`).toBe('before');
      server.halt();
      const sent = Array.from({ length: 20 }, (_, seed) => payload(1000, seed));
      for (const [index, bytes] of sent.entries()) await socket.send({ assocId, stream: index % 3, ppid: index }, bytes);
      await server.kill();
      await event(self, 'comm_lost');
      const failed: SctpSendFailed[] = [];
      while (failed.length < sent.length) failed.push((await event(self, 'sctp_send_failed')) as SctpSendFailed);
      expect(failed.map(({ info }) => info.ppid)).toEqual(sent.map((_, index) => index));
      expect(failed.map(({ info }) => info.stream)).toEqual(sent.map((_, index) => index % 3));
      expect(failed.every((event, index) => event.data.equals(sent[index]!))).toBe(true);
      await expect(socket.send(assocId, 0, 'late')).rejects.toMatchObject({ reason: 'epipe' });
    });
  });

  // RFC 9260 §8.3
  test('heartbeats find a peer that has fallen silent, and keep one that answers', async () => {
    await asActor(async (self) => {
      const ports = [await freeUdpPort(), await freeUdpPort()] as const;
      const [silent, alive] = [
        await impatient(self, { remoteEncapsPort: ports[0] }),
        await impatient(self, { remoteEncapsPort: ports[1] }),
      ];
      const server = new Program('echo_server', [ports[0], silent.port]);
      new Program('echo_server', [ports[1], alive.port]);
      const kept = await connectTo(alive, '127.0.0.1', port.echo);
      const lost = await connectTo(silent, '127.0.0.1', port.echo);
      server.halt();
      expect((await event(self, 'comm_lost')).assocId).toBe(lost.assocId);
      await alive.send(kept, 0, 'still there?');
      expect(`${(await data(self)).data}`).toBe('still there?');
    });
  });

  // RFC 9260 §5.2.4.1
  test('a client that was killed and comes again from the same ports restarts the association', async () => {
    await asActor(async (self) => {
      const server = await listening(self);
      const [udpPort, localPort] = [await freeUdpPort(), await freeUdpPort()];
      const first = await client(server, udpPort, localPort);
      const assocId = await accepted(self);
      first.type('first life\n');
      expect((await data(self)).info.assocId).toBe(assocId);
      // Its acknowledgement leaves with this turn. If nobody had the port by then, the host would say so, and that is the end of the association.
      await nextTurn();
      await first.kill();
      const second = await client(server, udpPort, localPort);
      expect((await event(self, 'restart')).assocId).toBe(assocId);
      second.type('second life\n');
      const [again] = await messages(self, 1);
      expect([`${again!.data}`, again!.info.assocId, again!.info.ssn]).toEqual(['second life\n', assocId, 0]);
      await server.send(assocId, 0, 'welcome back\n');
      await second.printed(/^welcome back$/);
    });
  });
});
