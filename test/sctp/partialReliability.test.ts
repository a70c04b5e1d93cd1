/** Messages that are given up while they wait for a peer that reads nothing (RFC 3758, RFC 7496). Lost packets are the subject of the C++ tests and of the lab. */
import { expect, test } from 'vitest';
import type { SctpSendFailed } from '../../actors/sctp/events.js';
import type { SctpReceived } from '../../actors/sctp/index.js';
import { mainActor } from '../../runtime/index.js';
import { connected, overStacks, word } from './subjects.js';

mainActor();

overStacks((sctp, name) => {
  const hasLimits = name !== 'simulated';

  /** Two ends of which the server's has little room, and has not read anything. */
  const stuck = () => connected(sctp, { recbuf: 4096 }, { sndbuf: 40_000, nonBlockSend: true, sctpNodelay: true });

  test('both ends have it, and read so, unless one does without (RFC 3758 §3.3)', async (context) => {
    if (!hasLimits) context.skip('the simulated stack knows no limits');
    for (const offered of [true, false]) {
      const sctpPrSupported = { assocValue: offered };
      const { server, client, atServer, atClient } = await connected(sctp, {}, { sctpPrSupported });
      expect(client.getopts([['sctpPrSupported', { assocId: atClient }]]).sctpPrSupported?.assocValue).toBe(offered);
      expect(server.getopts([['sctpPrSupported', { assocId: atServer }]]).sctpPrSupported?.assocValue).toBe(offered);
      expect(server.getopts(['sctpPrSupported']).sctpPrSupported?.assocValue).toBe(true);
      client.close();
      server.close();
    }
  });

  test('without room a less important message is given up for a more important one, and counted (RFC 7496 §3.2, §4.4)', async (context) => {
    if (!hasLimits) context.skip('the simulated stack knows no limits');
    const { server, client, atClient } = await stuck();
    const send = (prValue: number, text: string) =>
      client.send({ assocId: atClient, prPolicy: 'prio', prValue }, text.padEnd(1000)).then(
        () => true,
        () => false,
      );
    let unimportant = 0;
    while (await send(9, `unimportant ${unimportant}`)) unimportant += 1;
    expect(await send(10, 'even less')).toBe(false);
    while (!(await send(1, 'important')));
    const { prio, ttl, rtx } = client.getopts([['sctpPrAssocStatus', { assocId: atClient }]]).sctpPrAssocStatus!;
    expect(prio.abandonedSent + prio.abandonedUnsent).toBeGreaterThan(0);
    expect([ttl, rtx]).toEqual([0, 0].map(() => ({ abandonedUnsent: 0, abandonedSent: 0 })));
    const words: string[] = [];
    while (!words.at(-1)?.startsWith('data:important')) words.push(word(await server.recv()));
    expect(words.length - 1).toBeLessThan(unimportant);
    if (name === 'embedded') {
      const failed = (await client.recv())[3] as SctpSendFailed;
      expect(failed).toMatchObject({ type: 'sctp_send_failed', error: 0, info: { timetolive: 9 } });
      expect(String(failed.data)).toMatch(/^unimportant/);
    }
    client.close();
    server.close();
  });

  test('what waits longer than its lifetime is dropped and reported; what has no limit arrives (SD-17)', async (context) => {
    if (!hasLimits) context.skip('the simulated stack knows no limits');
    const { server, client, atClient } = await stuck();
    const reliable = Buffer.alloc(2000, 'r');
    for (let index = 0; index < 10; index += 1) await client.send(atClient, 0, reliable);
    await client.send({ assocId: atClient, prPolicy: 'ttl', prValue: 1 }, 'late');
    await client.send(atClient, 0, 'last');
    await new Promise((resolve) => setTimeout(resolve, 5));
    const received: SctpReceived[] = [];
    while (received.length === 0 || word(received.at(-1)!) !== 'data:last') received.push(await server.recv());
    expect(received).toHaveLength(11);
    const failed = (await client.recv())[3] as SctpSendFailed;
    expect(failed).toMatchObject({ type: 'sctp_send_failed', flags: false, error: 0, info: { timetolive: 1 } });
    expect(String(failed.data)).toBe('late');
    const { ttl } = client.getopts([['sctpPrAssocStatus', { assocId: atClient }]]).sctpPrAssocStatus!;
    expect(ttl).toEqual({ abandonedUnsent: 1, abandonedSent: 0 });
    client.close();
    server.close();
  });
});
