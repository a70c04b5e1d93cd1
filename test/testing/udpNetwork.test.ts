/** Simulated UDP: datagrams that are lost, doubled, overtaken and too long, as a seed decides. */
import { mainActor } from 'mailport';
import {
  SimulatedNetwork,
  type SimulatedNetworkOptions,
  type SimulateOptions,
  type Simulation,
  simulate,
} from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import { tcp } from '../../actors/tcp/index.js';
import { type UdpMessage, type UdpReceived, type UdpSocket, udp } from '../../actors/udp/index.js';

const a = '10.0.0.1';
const b = '10.0.0.2';

interface Stage {
  readonly run: Simulation;
  readonly network: SimulatedNetwork;
  /** At `a`, passive. */
  readonly sender: UdpSocket;
  /** At `b`, passive. */
  readonly receiver: UdpSocket;
  send(data: string | Uint8Array): Promise<void>;
  /** What has come by now. */
  received(): Promise<string[]>;
}

async function opened(run: Simulation, options: SimulatedNetworkOptions = {}, socketOptions: object = {}): Promise<Stage> {
  const network = new SimulatedNetwork({ system: run.system, ...options });
  const own = { active: false, ...socketOptions } as const;
  const sender = await network.host(a).udp.open(run.main, 0, own);
  const receiver = await network.host(b).udp.open(run.main, 0, own);
  const received = async (): Promise<string[]> => {
    const all: string[] = [];
    await run.main.receive({ after: 1000 });
    for (;;) {
      const next: UdpReceived | undefined = await receiver.recv(0).catch(() => undefined);
      if (next === undefined) return all;
      all.push(String(next.at(-1)));
    }
  };
  return { run, network, sender, receiver, send: (data) => sender.send(b, receiver.port, data), received };
}

const texts = Array.from({ length: 50 }, (_, index) => `${index}`);
const reasonOf = (error: { reason?: string }): string | undefined => error.reason;

function staged(options: SimulatedNetworkOptions, body: (stage: Stage) => Promise<void>, how: SimulateOptions = { runs: 20 }) {
  return simulate(async (run) => body(await opened(run, options)), how);
}

describe('datagrams', () => {
  test('come once and in order over a perfect way, with the address of their sender (UM-1, UR-2)', async () => {
    await staged({ latencyMs: 3 }, async ({ send, sender, receiver, received, run }) => {
      await send('first');
      expect(await receiver.recv()).toEqual([a, sender.port, Buffer.from('first')]);
      expect(run.clock.now()).toBe(3);
      for (const text of texts) await send(text);
      expect(await received()).toEqual(texts);
    });
  });

  test('are lost as often as asked for', async () => {
    let came = 0;
    await staged({ loss: 0.3 }, async ({ send, received }) => {
      for (const text of texts) await send(text);
      const all = await received();
      expect(all).toEqual(texts.filter((text) => all.includes(text)));
      came += all.length;
    });
    expect(came).toBeGreaterThan(20 * 50 * 0.6);
    expect(came).toBeLessThan(20 * 50 * 0.8);
  });

  test('come twice as often as asked for, and each of them at least once', async () => {
    let came = 0;
    await staged({ duplication: 0.5 }, async ({ send, received }) => {
      for (const text of texts) await send(text);
      const all = await received();
      expect([...new Set(all)]).toEqual(texts);
      came += all.length;
    });
    expect(came).toBeGreaterThan(20 * 50 * 1.4);
    expect(came).toBeLessThan(20 * 50 * 1.6);
  });

  test.each([{ reordering: 0.3 }, { jitterMs: 20 }])('overtake each other: %j', async (conditions) => {
    const orders = new Set<string>();
    await staged(conditions, async ({ send, received }) => {
      for (const text of texts) await send(text);
      const all = await received();
      expect(all.toSorted((x, y) => Number(x) - Number(y))).toEqual(texts);
      orders.add(all.join());
    });
    expect(orders.size).toBe(20);
  });

  test('that are longer than the way allows are lost, and longer than UDP allows refused (US-5)', async () => {
    await staged({ mtu: 1500 }, async ({ send, received }) => {
      await send(Buffer.alloc(1501));
      await send('x'.repeat(1500));
      await send('');
      expect(await received()).toEqual(['x'.repeat(1500), '']);
      expect(await send(Buffer.alloc(65_508)).catch(reasonOf)).toBe('emsgsize');
      expect(await received()).toEqual([]);
    });
  });

  test('wait for the bandwidth, and the rest of them behind', async () => {
    await staged({ bytesPerSecond: 1000 }, async ({ send, receiver, run }) => {
      await send(Buffer.alloc(500));
      await send(Buffer.alloc(250));
      await receiver.recv();
      expect(run.clock.now()).toBe(500);
      await receiver.recv();
      expect(run.clock.now()).toBe(750);
    });
  });

  test('for which the receiver has no room are lost without a sign (UB-3, UB-4)', async () => {
    await simulate(
      async (run) => {
        const { send, received } = await opened(run, {}, { recbuf: 8192 });
        for (const text of texts) await send(text);
        const all = await received();
        expect(all).toEqual(texts.slice(0, all.length));
        expect(all.length).toBe(Math.floor(16_384 / 770));
        await send(Buffer.alloc(20_000, 'x'));
        await send('no room');
        expect((await received()).map(({ length }) => length)).toEqual([20_000]);
      },
      { runs: 3 },
    );
  });

  test('are lost while the way is cut, those on their way too', async () => {
    await staged({ latencyMs: 10 }, async ({ send, received, network }) => {
      await send('on its way');
      network.cut(a, b);
      await send('lost');
      expect(await received()).toEqual([]);
      network.heal(a, b);
      await send('found');
      expect(await received()).toEqual(['found']);
    });
  });
});

describe('sockets', () => {
  test('that are connected hear their peer alone, and of ports that nobody has (UC-2, UC-3, UE-1, UE-2, UE-3)', async () => {
    await staged({}, async ({ sender, receiver, network, run, send, received }) => {
      const third = await network.host(a).udp.open(run.main, 0, { active: false });
      await third.send(b, receiver.port, 'of a stranger');
      await run.main.receive({ after: 1 });
      await receiver.connect(a, sender.port);
      await third.send(b, receiver.port, 'of a stranger');
      await send('of the peer');
      expect(await received()).toEqual(['of the peer']);
      await third.send(b, 9, 'nobody hears, nobody says');
      await third.connect(b, 9);
      await third.send('x');
      expect(await third.recv().catch(reasonOf)).toBe('econnrefused');
      await third.send('x');
      await run.main.receive({ after: 1 });
      expect(await third.send('not sent').catch(reasonOf)).toBe('econnrefused');
      third.setopts({ active: true });
      await third.send('x');
      expect(await run.main.receive()).toEqual(['udp_error', third, 'econnrefused']);
    });
  });

  test('of groups get what is sent to the group, on every host (UG-1, UG-3)', async () => {
    await staged({ latencyMs: 1 }, async ({ sender, receiver, network, run, received }) => {
      const group = '239.1.2.3';
      const stranger = await network
        .host(b)
        .udp.open(run.main, receiver.port, { active: false, reuseaddr: true })
        .catch(reasonOf);
      expect(stranger).toBe('eaddrinuse');
      await sender.send(group, receiver.port, 'too early');
      expect(await received()).toEqual([]);
      receiver.setopts({ addMembership: [group, 'any'] });
      await sender.send(group, receiver.port, 'joined');
      expect(await received()).toEqual(['joined']);
      receiver.setopts({ dropMembership: [group, 'any'] });
      await sender.send(group, receiver.port, 'left');
      expect(await received()).toEqual([]);
    });
  });

  test('that asked for one source of a group hear that source alone', async () => {
    await staged({}, async ({ sender, receiver, network, run, received }) => {
      const group = '232.1.2.3';
      receiver.setopts({ addSourceMembership: [group, a, 'any'] });
      const stranger = await network.host('10.0.0.3').udp.open(run.main, 0, { active: false });
      await stranger.send(group, receiver.port, 'of a stranger');
      await sender.send(group, receiver.port, 'of the source');
      expect(await received()).toEqual(['of the source']);
    });
  });

  test('that share a port by reuseport share the senders out, each to one of them (VN-1)', async () => {
    await simulate(
      async ({ main, system }) => {
        const network = new SimulatedNetwork({ system });
        const sinks = [];
        for (let index = 0; index < 2; index += 1) sinks.push(await network.host(b).udp.open(main, 7, { reuseport: true }));
        const of = new Map<number, Set<UdpSocket>>();
        for (let sender = 0; sender < 8; sender += 1) {
          const source = await network.host(a).udp.open(main, 0);
          for (let count = 0; count < 3; count += 1) {
            await source.send(b, 7, 'x');
            const [, sink, , port] = (await main.receive()) as readonly ['udp', UdpSocket, string, number, Buffer];
            of.set(port, (of.get(port) ?? new Set()).add(sink));
          }
        }
        expect([...of.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
        expect(new Set([...of.values()].flatMap((set) => [...set]))).toEqual(new Set(sinks));
      },
      { runs: 3 },
    );
  });

  test('of paths whose receiver has no room wait, and lose nothing', async () => {
    await simulate(
      async ({ main, system }) => {
        const network = new SimulatedNetwork({ system });
        const sink = await network.udp.open(main, 0, { ifaddr: { local: '/run/sink' }, recbuf: 5000, active: false });
        const source = await network.udp.open(main, 0, { local: true });
        const sends = texts.map((text) => source.send({ local: '/run/sink' }, 0, text));
        await sends[0];
        await main.receive({ after: 10 });
        // Ten of one byte and three of two, each with 768 bytes of bookkeeping, fill 10,000 bytes.
        expect(source.info().waitingSends).toBe(50 - 13);
        for (const text of texts) expect(String((await sink.recv(10)).at(-1))).toBe(text);
        await Promise.all(sends);
      },
      { runs: 10 },
    );
  });

  test('send to all hosts only if they may (US-7)', async () => {
    await staged({}, async ({ sender, receiver, received }) => {
      expect(await sender.send('255.255.255.255', receiver.port, 'x').catch(reasonOf)).toBe('eacces');
      sender.setopts({ broadcast: true });
      await sender.send('255.255.255.255', receiver.port, 'x');
      expect(await received()).toEqual(['x']);
    });
  });

  test('are told ttl, tos and destination if they ask, and that a datagram was cut (US-8, UM-1, UM-2, UB-1)', async () => {
    await simulate(
      async (run) => {
        const { sender, receiver } = await opened(run, {}, {});
        receiver.setopts({ recvttl: true, recvtos: true, recvPktinfo: true, buffer: 4 });
        await sender.send(b, receiver.port, 'abcdef', { ttl: 7, tos: 16 });
        const anc = { ttl: 7, tos: 16, pktinfo: { address: b, ifIndex: 1 }, truncated: true };
        expect(await receiver.recv()).toEqual([a, sender.port, anc, Buffer.from('abcd')]);
      },
      { runs: 3 },
    );
  });

  test('of IPv6, of both families, and of paths reach each other', async () => {
    await simulate(
      async ({ main, system }) => {
        const network = new SimulatedNetwork({ system });
        const host = network.host('10.0.0.1', 'fd00::1');
        const both = await host.udp.open(main, 0, { inet6: true });
        const four = await host.udp.open(main, 0);
        await four.send('10.0.0.1', both.port, 'four');
        expect(await main.receive()).toEqual(['udp', both, '::ffff:10.0.0.1', four.port, Buffer.from('four')]);
        const other = await network.host('fd00::2').udp.open(main, 0, { inet6: true });
        await other.send('fd00:0::1', both.port, 'six');
        expect(await main.receive()).toEqual(['udp', both, 'fd00::2', other.port, Buffer.from('six')]);
        const path = await host.udp.open(main, 0, { ifaddr: { local: '/run/x' } });
        const unnamed = await host.udp.open(main, 0, { local: true });
        await unnamed.send({ local: '/run/x' }, 0, 'path');
        expect(await main.receive()).toEqual(['udp', path, { local: '' }, 0, Buffer.from('path')]);
      },
      { runs: 5 },
    );
  });

  test('in active mode give messages, in the order of the seed among sockets, and of the sender for each', async () => {
    const orders = new Set<string>();
    await simulate(
      async (run) => {
        const network = new SimulatedNetwork({ system: run.system });
        const sink = await network.host(a).udp.open(run.main, 0);
        const sources = [await network.host(b).udp.open(run.main, 1), await network.host('10.0.0.3').udp.open(run.main, 2)];
        for (const text of ['1', '2', '3']) for (const source of sources) await source.send(a, sink.port, text);
        const seen: number[][] = [[], []];
        const order: number[] = [];
        for (let count = 0; count < 6; count += 1) {
          const [, , , port, data] = (await run.main.receive()) as UdpMessage &
            readonly ['udp', UdpSocket, string, number, Buffer];
          const from = sources.findIndex((source) => source.port === port);
          seen[from]!.push(Number(data));
          order.push(from);
        }
        expect(seen).toEqual([
          [1, 2, 3],
          [1, 2, 3],
        ]);
        orders.add(order.join(''));
      },
      { runs: 20 },
    );
    expect(orders.size).toBeGreaterThan(1);
  });
});

describe.each([
  ['kernel', () => ({ tcp, udp })],
  ['simulated', () => new SimulatedNetwork()],
])('the %s stack', (_name, networkOf) => {
  const self = mainActor();
  const own = { ip: '127.0.0.1', active: false } as const;

  test('bytes may change when their send has resolved', async () => {
    const { udp } = networkOf();
    const [sender, receiver] = [await udp.open(self, 0, own), await udp.open(self, 0, own)];
    const bytes = Buffer.from('before');
    await sender.send('127.0.0.1', receiver.port, bytes);
    bytes.fill('x');
    expect(String((await receiver.recv())[2])).toBe('before');
    sender.close();
    receiver.close();
  });

  test('refuses what no network carries (US-8, UC-1, UG-4)', async () => {
    const { udp } = networkOf();
    const socket = await udp.open(self, 0, own);
    for (const anc of [{ ttl: 0 }, { tclass: 8 }]) {
      expect(await socket.send('127.0.0.1', 9, 'x', anc).catch(reasonOf)).toBe('einval');
    }
    expect(await socket.connect('127.0.0.1', 0).catch(reasonOf)).toBe('einval');
    expect(() => socket.setopts({ multicastIf: '192.0.2.9' })).toThrow(expect.objectContaining({ reason: 'eaddrnotavail' }));
    socket.close();
  });

  test('refuses paths that a socket has no room for (TL-15)', async () => {
    const { tcp, udp } = networkOf();
    const socket = await udp.open(self, 0, { local: true, active: false });
    for (const local of [`/${'x'.repeat(107)}`, `\0${'x'.repeat(108)}`, 'a\0b']) {
      expect(await udp.open(self, 0, { ifaddr: { local } }).catch(reasonOf)).toBe('einval');
      expect(await socket.connect({ local }, 0).catch(reasonOf)).toBe('einval');
      expect(await socket.send({ local }, 0, 'x').catch(reasonOf)).toBe('einval');
      expect(await tcp.listen(self, 0, { ifaddr: { local } }).catch(reasonOf)).toBe('einval');
      expect(await tcp.connect(self, { local }, 0).catch(reasonOf)).toBe('einval');
    }
    expect(await tcp.connect(self, { local: '' }, 0).catch(reasonOf)).toBe('einval');
    socket.close();
  });
});
