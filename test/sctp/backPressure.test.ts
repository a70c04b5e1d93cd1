/**
 * Back-pressure reaches the sender. If the owner does not read and the peer never stops, `send` waits, and the memory of both sides stays
 * bounded. Once the owner reads again, every message arrives, once and in order (FC-29, SD-7).
 */
import { expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { repeats } from '../support/effort.js';
import { connected, nextTurn, overStacks } from './subjects.js';

const messageBytes = 1024;
const total = repeats(20_000);
/** A count that does not divide the total, so that no passive message comes after the last message. */
const count = 150;
const recbuf = 128 * 1024;
const sndbuf = 128 * 1024;
/** Turns of the event loop in which nothing more may be taken for the sender to count as stopped. */
const quietTurns = 200;

overStacks((sctp, name) => {
  test('a passive owner stops a sender that never stops; nothing is lost', { timeout: 60_000 }, async () => {
    // With these buffers Nagle's algorithm and delayed acknowledgements wait for each other in the kernel, 200 ms at a time.
    const { server, client, atClient } = await connected(sctp, { recbuf }, { sndbuf, sctpNodelay: name === 'kernel' });
    let sent = 0;
    const sending = (async () => {
      const payload = Buffer.alloc(messageBytes);
      for (let index = 0; index < total; index += 1) {
        payload.writeUInt32BE(index);
        await client.send(atClient, 0, payload);
        sent += 1;
      }
    })();
    // The kernel moves at a pace of its own while the event loop turns. So on the kernel's stack the window must be used up, too.
    const isFull = (): boolean =>
      name !== 'kernel' || client.getopts([['sctpStatus', { assocId: atClient }]]).sctpStatus!.rwnd < messageBytes;
    const stopped = await untilStopped(() => sent, isFull);
    const memory = process.memoryUsage();
    const [received] = server.info().queuedBytes;
    const [, unacknowledged] = client.info().queuedBytes;
    console.log(
      `passive owner: ${stopped} of ${total} messages of ${messageBytes} B taken, then send waits; queued at the receiver ${received} B, at the ` +
        `sender ${unacknowledged} B; rss ${(memory.rss / 2 ** 20).toFixed(0)} MiB, external ${(memory.external / 2 ** 20).toFixed(1)} MiB`,
    );
    expect(stopped).toBeLessThan(total);
    expect(client.info().waitingSends).toBe(1);
    // At most the two buffers are full, and a packet is on its way.
    expect(stopped * messageBytes).toBeLessThanOrEqual(2 * (recbuf + sndbuf));
    // The kernel probes a window that is closed with one chunk, by a timer (RFC 9260 §6.1 A), and has room for one message more if that is taken.
    const later = await untilStopped(() => sent, isFull);
    expect(later - stopped).toBeLessThanOrEqual(name === 'kernel' ? 1 : 0);
    expect(later * messageBytes).toBeLessThanOrEqual(2 * (recbuf + sndbuf));

    server.setopts({ active: count });
    let next = 0;
    const self = mainActor();
    while (next < total) {
      const message = (await self.receive()) as readonly unknown[];
      if (message[0] === 'sctp_passive') server.setopts({ active: count });
      else {
        const data = (message[4] as readonly [unknown, Buffer])[1];
        expect([data.length, data.readUInt32BE()]).toEqual([messageBytes, next]);
        next += 1;
      }
    }
    await sending;
    server.setopts({ active: false });
    expect(await self.receive({ after: 0 })).toBeUndefined();
    client.close();
    server.close();
    console.log(`read again: ${next} messages, in order, once each; rss ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB`);
  });
});

async function untilStopped(count: () => number, isFull: () => boolean): Promise<number> {
  let before = -1;
  for (let quiet = 0; quiet < quietTurns; quiet += 1) {
    if (count() !== before || !isFull()) quiet = 0;
    before = count();
    await nextTurn();
  }
  return before;
}
