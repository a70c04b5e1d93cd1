/** What ways between simulated hosts do to datagrams: bursts of losses, full queues, changed bits, NATs that forget. */
import { SimulatedNetwork, type SimulatedNetworkOptions, type Simulation, simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import type { UdpReceived, UdpSocket } from '../../actors/udp/index.js';

const [a, b] = ['10.0.0.1', '10.0.0.2'];

/** Which of so many datagrams, sent one each millisecond, arrive. */
async function arrivals(run: Simulation, options: SimulatedNetworkOptions, count: number, bytes = 4): Promise<number[]> {
  const network = new SimulatedNetwork({ system: run.system, ...options });
  const receiver = await network.host(b).udp.open(run.main, 9, { active: false, recbuf: 8_000_000 });
  const sender = await network.host(a).udp.open(run.main, 0, { active: false });
  for (let number = 0; number < count; number += 1) {
    const datagram = Buffer.alloc(bytes);
    datagram.writeUInt32BE(number);
    await sender.send(b, 9, datagram);
    await run.main.receive({ after: 1 });
  }
  await run.main.receive({ after: 60_000 });
  const got: number[] = [];
  for (;;) {
    const next: UdpReceived | undefined = await receiver.recv(0).catch(() => undefined);
    if (next === undefined) return got;
    got.push((next.at(-1) as Buffer).readUInt32BE(0));
  }
}

/** How long the runs of lost datagrams are, on average. */
function meanBurst(got: readonly number[]): number {
  const gaps = got.slice(1).map((number, index) => number - got[index]! - 1);
  const bursts = gaps.filter((gap) => gap > 0);
  return bursts.reduce((sum, gap) => sum + gap, 0) / bursts.length;
}

describe('losses', () => {
  test('come in bursts of the length wanted, and their share stays the same', async () => {
    await simulate(
      async (run) => {
        const single = await arrivals(run, { loss: 0.1 }, 4000);
        const bursts = await arrivals(run, { loss: 0.1, burstPackets: 8 }, 4000);
        expect(single.length / 4000).toBeGreaterThan(0.86);
        expect(single.length / 4000).toBeLessThan(0.94);
        expect(bursts.length / 4000).toBeGreaterThan(0.82);
        expect(bursts.length / 4000).toBeLessThan(0.97);
        expect(meanBurst(single)).toBeLessThan(1.4);
        expect(meanBurst(bursts)).toBeGreaterThan(4);
      },
      { runs: 3 },
    );
  });

  test('are those of a full queue where a way is too narrow', async () => {
    await simulate(
      async (run) => {
        // 1,000 bytes each millisecond, of which half get through; 20,000 bytes wait.
        const got = await arrivals(run, { bytesPerSecond: 500_000, queueBytes: 20_000 }, 400, 1000);
        expect(got.length).toBeGreaterThan(200);
        expect(got.length).toBeLessThan(240);
        expect(got.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, index) => index));
        expect((await arrivals(run, { bytesPerSecond: 500_000 }, 400, 1000)).length).toBe(400);
      },
      { runs: 3 },
    );
  });

  test('are also those of datagrams of UDP with a wrong bit', async () => {
    await simulate(
      async (run) => {
        const got = await arrivals(run, { corruption: 0.5 }, 1000);
        expect(got.length).toBeGreaterThan(430);
        expect(got.length).toBeLessThan(570);
      },
      { runs: 3 },
    );
  });

  test('of everything are those of everything', async () => {
    await simulate(async (run) => expect(await arrivals(run, { loss: 1, burstPackets: 5 }, 50)).toEqual([]), { runs: 2 });
  });
});

test('a NAT that forgets gives each socket another port, and what goes to the old one is lost', async () => {
  await simulate(
    async (run) => {
      const network = new SimulatedNetwork({ system: run.system });
      const server = await network.host(b).udp.open(run.main, 9, { active: false });
      const client = await network.host(a).udp.open(run.main, 0, { active: false });
      const seen = async (socket: UdpSocket) => {
        const [address, port] = await socket.recv();
        expect(address).toBe(a);
        return port;
      };
      await client.send(b, 9, 'first');
      expect(await seen(server)).toBe(client.port);
      const ports = [client.port];
      for (let round = 0; round < 3; round += 1) {
        network.rebind(a);
        await server.send(a, ports.at(-1)!, 'lost');
        await client.send(b, 9, 'again');
        ports.push(await seen(server));
        await server.send(a, ports.at(-1)!, 'answer');
        expect(String((await client.recv()).at(-1))).toBe('answer');
      }
      expect(new Set(ports).size).toBe(4);
      // The other host keeps its ports.
      expect(server.port).toBe(9);
    },
    { runs: 3 },
  );
});

test('no wrong condition is taken', () => {
  const wrong: readonly [object, string][] = [
    [{ burstPackets: 0.5 }, 'options.burstPackets'],
    [{ burstPackets: Number.POSITIVE_INFINITY }, 'options.burstPackets'],
    [{ queueBytes: -1 }, 'options.queueBytes'],
    [{ tellsMtu: 1 }, 'options.tellsMtu'],
    [{ corruption: 1.1 }, 'options.corruption'],
    [{ pcap: '' }, 'options.pcap'],
    [{ pcap: 7 }, 'options.pcap'],
  ];
  for (const [options, argument] of wrong) {
    expect(() => new SimulatedNetwork(options)).toThrow(expect.objectContaining({ argument, code: 'badarg' }));
  }
  expect(() => new SimulatedNetwork({ pcap: '/no/such/folder/trace' })).toThrow('ENOENT');
  expect(() => new SimulatedNetwork().rebind('nobody')).toThrow('a:');
});
