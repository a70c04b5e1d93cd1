/** Our client against the servers of usrsctp, over UDP encapsulation on loopback (RFC 6951). */
import { networkInterfaces } from 'node:os';
import type { Self } from 'mailport';
import type { MessageFlag, SctpMessage, SctpSocket } from 'mailport/sctp';
import { describe, expect, test } from 'vitest';
import { asActor, connectTo, data, event, messages, open, othersConfirmed, payload } from './ours.js';
import { freeUdpPort, missing, Program, port, titled } from './usrsctp.js';

const addressesOfThisHost = Object.values(networkInterfaces()).flatMap(
  (addresses) => addresses?.map(({ address }) => address) ?? [],
);
const hasIpv6 = addressesOfThisHost.includes('::1');

type Server = 'daytime_server' | 'discard_server' | 'echo_server';

/** A server that is being started, and a socket for it whose UDP port is its SCTP port. */
async function start(self: Self<SctpMessage>, name: Server): Promise<{ server: Program; socket: SctpSocket }> {
  const udpPort = await freeUdpPort();
  const socket = await open(self, { remoteEncapsPort: udpPort });
  return { server: new Program(name, [udpPort, socket.port]), socket };
}

describe.skipIf(missing !== undefined)(titled('our client and usrsctp'), () => {
  // echo_server reads into 10,240 bytes, and sends only the end of a longer message back.
  test.each<[string, readonly MessageFlag[]]>([
    ['ordered', []],
    ['unordered', ['unordered']],
  ])('echo_server gives every %s message back once, whole, on its stream, with its ppid and flags', async (kind, flags) => {
    await asActor(async (self) => {
      const { socket } = await start(self, 'echo_server');
      const { assocId, outboundStreams } = await connectTo(socket, '127.0.0.1', port.echo);
      expect(outboundStreams).toBe(10);
      const sizes = [1, 3, 64, 1000, 1452, 1453, 4096, 10240];
      const sent = Array.from({ length: 400 }, (_, seed) => {
        const stream = seed % outboundStreams;
        return { stream, ppid: 0xfedc0000 + seed, data: payload(sizes[seed % sizes.length]!, seed) };
      });
      for (const { stream, ppid, data: bytes } of sent) await socket.send({ assocId, stream, ppid, flags }, bytes);
      const back = await messages(self, sent.length);
      for (let stream = 0; stream < outboundStreams; stream += 1) {
        const ofStream = back.filter(({ info }) => info.stream === stream);
        // MS-10: numbered from 0 in each stream, and 0 for unordered data, which may come in any order.
        expect(ofStream.map(({ info }) => info.ssn)).toEqual(ofStream.map((_, index) => (kind === 'ordered' ? index : 0)));
        if (kind === 'unordered') ofStream.sort((a, b) => a.info.ppid - b.info.ppid);
        const wanted = sent.filter((message) => message.stream === stream);
        expect(ofStream.map(({ info }) => info.ppid)).toEqual(wanted.map(({ ppid }) => ppid));
        expect(ofStream.every((message, index) => message.data.equals(wanted[index]!.data))).toBe(true);
      }
      expect(back.every(({ info }) => info.assocId === assocId && info.flags.join() === flags.join())).toBe(true);
      await socket.eof(assocId);
      await event(self, 'shutdown_comp');
    });
  });

  test('discard_server has read whole what we sent before eof, in order, with stream and ppid', async () => {
    await asActor(async (self) => {
      const { server, socket } = await start(self, 'discard_server');
      const { assocId } = await connectTo(socket, '127.0.0.1', port.discard);
      const sizes = [1, 64, 1453, 10240, 16384, 65536, 200_000];
      for (const [index, bytes] of sizes.entries()) {
        await socket.send({ assocId, stream: index % 3, ppid: 1000 + index }, payload(bytes, index));
      }
      await socket.eof(assocId);
      await event(self, 'shutdown_comp');
      await server.printed(/PPID 1006, .*complete 1/);
      // The server prints one line for each part of at most 10,240 bytes: the last part of a message is complete. Another thread's trace, which does not end all its
      // lines, may stand before it.
      const parts = server.all(/Msg of length (\d+) received .* on stream (\d+) with SSN (\d+) .* PPID (\d+), .*complete (\d)/);
      const read = sizes.map((_, index) => {
        const own = parts.filter(([, , , , ppid]) => Number(ppid) === 1000 + index).map((part) => part.slice(1).map(Number));
        return {
          bytes: own.reduce((sum, [bytes]) => sum + bytes!, 0),
          streams: [...new Set(own.map(([, stream]) => stream))],
          ssns: [...new Set(own.map(([, , ssn]) => ssn))],
          completed: own.map(([, , , , complete]) => complete).join(''),
        };
      });
      expect(read.map(({ bytes }) => bytes)).toEqual(sizes);
      expect(read.map(({ streams }) => streams)).toEqual(sizes.map((_, index) => [index % 3]));
      expect(read.map(({ ssns }) => ssns)).toEqual(sizes.map((_, index) => [Math.floor(index / 3)]));
      expect(read.every(({ completed }) => /^0*1$/.test(completed))).toBe(true);
    });
  });

  // EV-11: the event of the peer's shutdown comes before the association ends.
  test('daytime_server tells the time, then shuts the association down', async () => {
    await asActor(async (self) => {
      const { socket } = await start(self, 'daytime_server');
      const { assocId } = await connectTo(socket, '127.0.0.1', port.daytime);
      const { data: time, info } = await data(self);
      expect(Date.parse(`${time}`.trim())).not.toBeNaN();
      expect(info.ppid).toBe(40);
      expect((await event(self, 'sctp_shutdown_event')).assocId).toBe(assocId);
      expect((await event(self, 'shutdown_comp')).assocId).toBe(assocId);
      await expect(socket.send(assocId, 0, 'late')).rejects.toMatchObject({ reason: 'epipe' });
    });
  });

  // RFC 6951: `encapsPort` is one UDP port for several sockets of this environment.
  test('two sockets on one UDP port keep their associations with a server apart', async () => {
    await asActor(async (self) => {
      const [theirs, encapsPort] = [await freeUdpPort(), await freeUdpPort()];
      new Program('echo_server', [theirs, encapsPort]);
      const first = await open(self, { encapsPort, remoteEncapsPort: theirs });
      const second = await open(self, { encapsPort, remoteEncapsPort: theirs });
      expect(first.port).not.toBe(second.port);
      const ids = [await connectTo(first, '127.0.0.1', port.echo), await connectTo(second, '127.0.0.1', port.echo)];
      await first.send(ids[0]!, 0, 'first');
      await second.send(ids[1]!, 0, 'second');
      const back = await messages(self, 2);
      expect(back.map(({ info, data: bytes }) => [info.assocId, `${bytes}`]).toSorted()).toEqual([
        [ids[0]!.assocId, 'first'],
        [ids[1]!.assocId, 'second'],
      ]);
    });
  });

  // usrsctp announces every address of the host; the packets come by one of them.
  test('all addresses that a server announces are confirmed, and data goes to the one that we connected to', async () => {
    await asActor(async (self) => {
      const { socket } = await start(self, 'echo_server');
      const { assocId } = await connectTo(socket, '127.0.0.1', port.echo);
      const peers = socket.peernames(assocId);
      expect(peers[0]).toEqual(['127.0.0.1', port.echo]);
      expect(addressesOfThisHost).toEqual(expect.arrayContaining(peers.map(([ip]) => ip)));
      await othersConfirmed(self, socket, assocId);
      await socket.send(assocId, 0, 'from where?');
      expect((await data(self)).ip).toBe('127.0.0.1');
    });
  });

  test.skipIf(!hasIpv6)(
    `an association over IPv6 carries messages both ways${hasIpv6 ? '' : ' (skipped: no ::1 here)'}`,
    async () => {
      await asActor(async (self) => {
        const udpPort = await freeUdpPort();
        const socket = await open(self, { ip: '::1', remoteEncapsPort: udpPort });
        new Program('echo_server', [udpPort, socket.port]);
        const { assocId } = await connectTo(socket, '::1', port.echo);
        await socket.send(assocId, 1, payload(5000, 1));
        const back = await data(self);
        expect(back.ip).toBe('::1');
        expect(back.data.equals(payload(5000, 1))).toBe(true);
      });
    },
  );
});
