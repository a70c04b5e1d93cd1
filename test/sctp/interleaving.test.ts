/** Interleaving and stream schedulers (RFC 8260), as far as applications see them. Chunks, losses and hostile peers are the subject of the C++ tests. */
import { expect, test } from 'vitest';
import { type SctpOptions, type SctpStreamSchedulerName, SocketError } from '../../actors/sctp/index.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, overStacks, word } from './subjects.js';

mainActor();

const offered = { sctpInterleavingSupported: { assocValue: true } } as const;
const reason = (text: string) => expect.objectContaining({ name: 'SocketError', reason: text });

overStacks((sctp, name) => {
  /** Two ends that both offer interleaving, or undefined on a host that forbids it. */
  const interleaved = async (options: SctpOptions = {}) => {
    try {
      return await connected(
        sctp,
        { ...offered, recbuf: 100_000 },
        { ...offered, sctpNodelay: true, sndbuf: 2_000_000, ...options },
      );
    } catch (error) {
      if (name === 'kernel' && error instanceof SocketError && error.reason === 'enotsup') return undefined;
      throw error;
    }
  };
  const forbidden = 'net.sctp.intl_enable is off on this host';

  test('no end has interleaving unless both have asked for it (RFC 8260 §2.2.1)', async (context) => {
    if (name === 'simulated') context.skip('the simulated stack has no chunks');
    for (const [atServer, atClient] of [
      [true, true],
      [true, false],
      [false, true],
    ] as const) {
      const on = (is: boolean): SctpOptions => (is ? offered : {});
      const ends = await connected(sctp, on(atServer), on(atClient)).catch((error: unknown) => {
        if (name === 'kernel' && error instanceof SocketError && error.reason === 'enotsup') return undefined;
        throw error;
      });
      if (ends === undefined) return context.skip(forbidden);
      const { server, client } = ends;
      const agreed = client.getopts([['sctpInterleavingSupported', { assocId: ends.atClient }]]).sctpInterleavingSupported
        ?.assocValue;
      expect(agreed).toBe(atServer && atClient);
      // On the kernel's stack it is on from the beginning.
      const isOn = name === 'kernel' || atClient;
      expect(client.getopts(['sctpFragmentInterleave'])).toEqual({ sctpFragmentInterleave: isOn ? 1 : 0 });
      client.setopts({ sctpFragmentInterleave: 0 });
      expect(client.getopts(['sctpInterleavingSupported']).sctpInterleavingSupported?.assocValue).toBe(false);
      client.close();
      server.close();
    }
  });

  test('an important message passes a long one that has begun, and both arrive whole', async (context) => {
    if (name === 'simulated') context.skip('the simulated stack has no chunks');
    const ends = await interleaved({ sctpStreamScheduler: { assocValue: 'prio' } });
    if (ends === undefined) return context.skip(forbidden);
    const { server, client, atClient } = ends;
    client.setopts({ sctpStreamSchedulerValue: { assocId: atClient, streamId: 1, streamValue: 10 } });
    const long = Buffer.alloc(1_000_000, 'long');
    await client.send(atClient, 1, long);
    await client.send(atClient, 0, 'urgent');
    expect(word(await server.recv())).toBe('data:urgent');
    const [, , [info], data] = await server.recv();
    expect(info?.stream).toBe(1);
    expect((data as Buffer).equals(long)).toBe(true);
    client.close();
    server.close();
  });

  test('a scheduler may change while messages wait: each stream keeps its order, and nothing is lost', async (context) => {
    if (name === 'simulated') context.skip('the simulated stack has no schedulers');
    const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, { sndbuf: 200_000, sctpNodelay: true });
    const schedulers: SctpStreamSchedulerName[] =
      name === 'kernel' ? ['rr', 'prio', 'fcfs'] : ['rr', 'prio', 'rr_pkt', 'fc', 'wfq', 'fcfs'];
    for (const [index, assocValue] of schedulers.entries()) {
      client.setopts({ sctpStreamScheduler: { assocId: atClient, assocValue } });
      for (let number = 0; number < 9; number += 1)
        await client.send(atClient, number % 3, `${number % 3}:${index * 3 + Math.floor(number / 3)}:`.padEnd(1500, '.'));
    }
    const next = [0, 0, 0];
    for (let left = 9 * schedulers.length; left > 0; left -= 1) {
      const [, stream = 0, number] = /^data:(\d):(\d+):/.exec(word(await server.recv()))?.map(Number) ?? [];
      expect(number).toBe(next[stream]);
      next[stream]! += 1;
    }
    client.close();
    server.close();
  });

  test('streams have values with the schedulers that use them, and another scheduler begins without', async (context) => {
    if (name === 'simulated') context.skip('the simulated stack has no schedulers');
    const { server, client, atClient } = await connected(sctp);
    const value = (streamId: number) =>
      client.getopts([['sctpStreamSchedulerValue', { assocId: atClient, streamId }]]).sctpStreamSchedulerValue?.streamValue;
    const set = (streamId: number, streamValue: number) =>
      client.setopts({ sctpStreamSchedulerValue: { assocId: atClient, streamId, streamValue } });
    expect(() => set(1, 5)).toThrow(reason('einval'));
    client.setopts({ sctpStreamScheduler: { assocId: atClient, assocValue: 'prio' } });
    expect(client.getopts(['sctpStreamScheduler']).sctpStreamScheduler?.assocValue).toBe('fcfs');
    expect(client.getopts([['sctpStreamScheduler', { assocId: atClient }]]).sctpStreamScheduler?.assocValue).toBe('prio');
    set(1, 5);
    expect([value(0), value(1)]).toEqual([0, 5]);
    expect(() => set(10, 5)).toThrow(reason('einval'));
    expect(() => client.setopts({ sctpStreamSchedulerValue: { streamId: 1, streamValue: 5 } })).toThrow(reason('einval'));
    // A setting that is refused puts back what was set with it.
    expect(() =>
      client.setopts([
        ['sctpStreamSchedulerValue', { assocId: atClient, streamId: 10, streamValue: 1 }],
        ['sctpStreamSchedulerValue', { assocId: atClient, streamId: 1, streamValue: 9 }],
      ]),
    ).toThrow(reason('einval'));
    expect(value(1)).toBe(5);
    client.setopts({ sctpStreamScheduler: { assocId: atClient, assocValue: 'rr' } });
    expect(value(1)).toBe(0);
    if (name === 'embedded') {
      client.setopts({ sctpStreamScheduler: { assocId: atClient, assocValue: 'wfq' } });
      expect(value(1)).toBe(1);
      expect(() => set(1, 0)).toThrow(reason('einval'));
    } else {
      expect(() => client.setopts({ sctpStreamScheduler: { assocId: atClient, assocValue: 'rr_pkt' } })).toThrow(
        reason('enotsup'),
      );
    }
    client.close();
    server.close();
  });

  test('wrong values are mistakes of the caller', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (const [options, argument] of [
      [{ sctpStreamScheduler: { assocValue: 'lottery' } }, 'options.sctpStreamScheduler.assocValue'],
      [{ sctpStreamSchedulerValue: { assocId: atClient, streamValue: 1 } }, 'options.sctpStreamSchedulerValue.streamId'],
      [{ sctpStreamSchedulerValue: { assocId: atClient, streamId: 65_536 } }, 'options.sctpStreamSchedulerValue.streamId'],
      [
        { sctpStreamSchedulerValue: { assocId: atClient, streamId: 1, streamValue: -1 } },
        'options.sctpStreamSchedulerValue.streamValue',
      ],
      [{ sctpFragmentInterleave: 3 }, 'options.sctpFragmentInterleave'],
      [{ sctpInterleavingSupported: { assocValue: 1 } }, 'options.sctpInterleavingSupported.assocValue'],
    ] as const) {
      expect(() => client.setopts(options as never)).toThrow(expect.objectContaining({ name: 'BadArg', argument }));
    }
    expect(() => client.getopts([['sctpStreamSchedulerValue', { assocId: atClient } as never]])).toThrow(BadArg);
    client.close();
    server.close();
  });
});
