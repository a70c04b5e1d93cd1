/** usrsctp's throughput test in both roles: many messages at full speed, of 64 bytes to 64 KiB. The receiver counts them. */
import type { MessageFlag } from 'mailport/sctp';
import { describe, expect, test } from 'vitest';
import { accepted, asActor, connectTo, event, listening, messages, open, payload } from './ours.js';
import { freeUdpPort, missing, Program, titled } from './usrsctp.js';

const loads: [bytes: number, count: number][] = [
  [64, 1000],
  [1024, 500],
  [16_384, 100],
  [65_536, 20],
];
const kinds: ['ordered' | 'unordered', readonly MessageFlag[]][] = [
  ['ordered', []],
  ['unordered', ['unordered']],
];
const cases = loads.flatMap(([bytes, count]) => kinds.map(([kind, flags]) => ({ bytes, count, kind, flags })));

describe.skipIf(missing !== undefined)(titled('tsctp and our server'), () => {
  test.each(cases)('$count $kind messages of $bytes bytes arrive whole and once', async ({ bytes, count, flags }) => {
    await asActor(async (self) => {
      const server = await listening(self);
      const udpPort = await freeUdpPort();
      const order = flags.length === 0 ? [] : ['-u'];
      const load = ['-l', bytes, '-n', count, ...order];
      new Program('tsctp', ['-E', udpPort, '-U', server.port, '-p', server.port, '-L', '127.0.0.1', ...load, '127.0.0.1']);
      const assocId = await accepted(self);
      const arrived = await messages(self, count);
      await event(self, 'sctp_shutdown_event');
      await event(self, 'shutdown_comp');
      // tsctp fills its messages with one letter.
      const expected = Buffer.alloc(bytes, 'b');
      expect(arrived.every(({ data }) => data.equals(expected))).toBe(true);
      expect(arrived.every(({ info }) => info.assocId === assocId && info.flags.join() === flags.join())).toBe(true);
      expect(arrived.map(({ info }) => info.ssn)).toEqual(arrived.map((_, index) => (flags.length === 0 ? index : 0)));
      expect(new Set(arrived.map(({ info }) => info.tsn)).size).toBe(count);
    });
  });
});

describe.skipIf(missing !== undefined)(titled('our client and tsctp'), () => {
  test.each(cases)('$count $kind messages of $bytes bytes arrive whole and once', async ({ bytes, count, flags }) => {
    await asActor(async (self) => {
      const [udpPort, port] = [await freeUdpPort(), await freeUdpPort()];
      const socket = await open(self, { remoteEncapsPort: udpPort });
      const server = new Program('tsctp', ['-E', udpPort, '-U', socket.port, '-p', port, '-L', '127.0.0.1']);
      const { assocId } = await connectTo(socket, '127.0.0.1', port);
      for (let seed = 0; seed < count; seed += 1) await socket.send({ assocId, stream: 0, flags }, payload(bytes, seed));
      await socket.eof(assocId);
      await event(self, 'shutdown_comp');
      // tsctp prints the length of its first message, messages, reads and bytes.
      const [, ...figures] = await server.printed(/(\d+), (\d+), \d+, (\d+), [\d.]+, [\d.]+, \d+$/);
      expect(figures.map(Number)).toEqual([bytes, count, bytes * count]);
    });
  });
});
