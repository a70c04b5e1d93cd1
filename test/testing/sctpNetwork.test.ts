/** SCTP between simulated hosts: the embedded engine by simulated time, over networks that do what a seed decides. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedNetwork, type SimulatedNetworkOptions, type Simulation, simulate } from 'mailport/testing';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { SctpReceived, SctpSocket } from '../../actors/sctp/index.js';
import { repeats } from '../support/effort.js';
import { nextTurn } from '../support/waiting.js';

const [a, a2, b, b2] = ['10.0.0.1', '10.1.0.1', '10.0.0.2', '10.1.0.2'];

interface Stage {
  readonly run: Simulation;
  readonly network: SimulatedNetwork;
  readonly client: SctpSocket;
  readonly server: SctpSocket;
  readonly atClient: number;
  readonly atServer: number;
}

/** Passive sockets with an association, its comm_up read at both ends. */
async function associated(run: Simulation, options: SimulatedNetworkOptions = {}, ofSockets: object = {}): Promise<Stage> {
  const network = new SimulatedNetwork({ system: run.system, ...options });
  const server = await network.host(b, b2).sctp.open(run.main, 5000, { active: false, ...ofSockets });
  await server.listen(true);
  const client = await network.host(a, a2).sctp.open(run.main, { active: false, ...ofSockets });
  const { assocId: atClient } = await client.connect(b, 5000);
  const [, , , up] = await server.recv();
  return { run, network, client, server, atClient, atServer: (up as SctpAssocChange).assocId };
}

const staged = (runs: number, options: SimulatedNetworkOptions, body: (stage: Stage) => Promise<void>, ofSockets: object = {}) =>
  simulate(async (run) => body(await associated(run, options, ofSockets)), { runs });

const contentOf = ([, , , content]: SctpReceived): string =>
  'type' in content ? ('state' in content ? String(content.state) : content.type) : String(content);

/** The next items that are data. */
async function texts(socket: SctpSocket, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) {
    const item = await socket.recv();
    if (Buffer.isBuffer(item[3])) all.push(String(item[3]));
  }
  return all;
}

/** Everything up to that state of the association. */
async function until(socket: SctpSocket, state: string): Promise<string[]> {
  const all: string[] = [];
  while (all.at(-1) !== state) all.push(contentOf(await socket.recv()));
  return all;
}

const rough = {
  latencyMs: 20,
  jitterMs: 15,
  loss: 0.05,
  burstPackets: 3,
  duplication: 0.05,
  reordering: 0.1,
  corruption: 0.02,
  bytesPerSecond: 500_000,
  queueBytes: 60_000,
};

describe('an association', () => {
  test('over a rough network every message arrives once and in order, both ways, and both ends agree at the end', async () => {
    await staged(repeats(60), rough, async ({ run, client, server, atClient, atServer }) => {
      const there = Array.from({ length: 40 }, (_, index) => `there ${index} ${'x'.repeat(Math.floor(run.random() * 3000))}`);
      const back = there.map((text) => text.replace('there', 'back'));
      const sends = there.map((text, index) =>
        client.send({ assocId: atClient, stream: 0 }, text).then(() => server.send(atServer, 1, back[index]!)),
      );
      expect(await texts(server, there.length)).toEqual(there);
      expect(await texts(client, back.length)).toEqual(back);
      await Promise.all(sends);
      await client.eof(atClient);
      expect((await until(client, 'shutdown_comp')).filter((word) => word === 'comm_lost')).toEqual([]);
      expect(await until(server, 'shutdown_comp')).toContain('sctp_shutdown_event');
    });
  });

  test('takes the time of the network, and no other', async () => {
    await staged(3, { latencyMs: 100 }, async ({ run, client, server, atClient }) => {
      // Two round trips of the handshake, of which the client waits for both.
      expect(run.clock.now()).toBeGreaterThanOrEqual(400);
      expect(run.clock.now()).toBeLessThan(500);
      const began = run.clock.now();
      await client.send(atClient, 0, 'hello');
      await texts(server, 1);
      expect(run.clock.now() - began).toBe(100);
      // An hour of silence, with its heartbeats.
      await run.main.receive({ after: 3_600_000 });
      await client.send(atClient, 0, 'still there');
      expect(await texts(server, 1)).toEqual(['still there']);
    });
  });

  test('over a narrow way fills it', async () => {
    await staged(
      3,
      { latencyMs: 10, bytesPerSecond: 1_000_000, queueBytes: 100_000 },
      async ({ run, client, server, atClient }) => {
        const began = run.clock.now();
        const sends = Array.from({ length: 100 }, () => client.send(atClient, 0, Buffer.alloc(20_000)));
        await texts(server, 100);
        await Promise.all(sends);
        const tookMs = run.clock.now() - began;
        expect(tookMs).toBeGreaterThan(2000);
        expect(tookMs).toBeLessThan(3500);
      },
    );
  });

  test('waits while the way is cut, and ends if that lasts', async () => {
    await staged(5, { latencyMs: 10 }, async ({ run, network, client, server, atClient }) => {
      network.cut(a);
      network.cut(a2);
      await client.send(atClient, 0, 'late');
      await run.main.receive({ after: 5_000 });
      network.heal();
      expect(await texts(server, 1)).toEqual(['late']);
      network.cut(a);
      network.cut(a2);
      await client.send(atClient, 0, 'never');
      expect(await until(client, 'comm_lost')).toContain('addr_unreachable');
      await until(server, 'comm_lost');
    });
  });

  test('with several addresses goes another way when one is cut, and back', async () => {
    const homes = { sctpEvents: { addressEvent: true } };
    const body = async (run: Simulation) => {
      const network = new SimulatedNetwork({ system: run.system, latencyMs: 5 });
      const server = await network.host(b, b2).sctp.open(run.main, 5000, { ip: [b, b2], ...homes });
      await server.listen(true);
      const client = await network.host(a, a2).sctp.open(run.main, { ip: [a, a2], ...homes });
      const { assocId } = await client.connect(b, 5000);
      await run.main.receive({ after: 1_000 });
      expect(client.peernames(assocId).length).toBe(2);
      network.cut(a, b);
      await client.send(assocId, 0, 'by the other way');
      const [got] = await texts(server, 1);
      expect(got).toBe('by the other way');
      network.heal();
      await run.main.receive({ after: 120_000 });
      await client.send(assocId, 0, 'home again');
      let from = '';
      for (let item = await server.recv(); ; item = await server.recv()) {
        if (!Buffer.isBuffer(item[3])) continue;
        from = item[0];
        break;
      }
      expect(from).toBe(a);
    };
    await simulate(body, { runs: 5 });
  });

  test('follows a peer whose NAT gives it another port', async () => {
    await staged(5, { latencyMs: 5 }, async ({ network, client, server, atClient, atServer }) => {
      for (const round of [1, 2, 3]) {
        network.rebind(a);
        network.rebind(a2);
        await client.send(atClient, 0, `there ${round}`);
        expect(await texts(server, 1)).toEqual([`there ${round}`]);
        await server.send(atServer, 0, `back ${round}`);
        expect(await texts(client, 1)).toEqual([`back ${round}`]);
      }
    });
  });

  test('is refused at once where nobody has the port, and times out by simulated time where there is no host', async () => {
    await simulate(
      async (run) => {
        const network = new SimulatedNetwork({ system: run.system, latencyMs: 30 });
        network.host(b);
        const client = await network.host(a).sctp.open(run.main);
        await expect(client.connect(b, 7)).rejects.toMatchObject({ reason: 'cant_assoc' });
        expect(run.clock.now()).toBe(60);
        await expect(client.connect('10.9.9.9', 7, {}, 10_000)).rejects.toMatchObject({ reason: 'timeout' });
        expect(run.clock.now()).toBe(10_060);
      },
      { runs: 3 },
    );
  });
});

describe('sockets', () => {
  test('are opened, shared and opened again as on a system', async () => {
    await simulate(
      async (run) => {
        const { sctp } = new SimulatedNetwork({ system: run.system });
        const { main } = run;
        expect(sctp.stack().name).toBe('embedded');
        const listener = await sctp.open(main, 9, { type: 'stream', ip: '127.0.0.1' });
        await listener.listen(5);
        await expect(sctp.open(main, 9, { ip: '127.0.0.1' })).rejects.toMatchObject({ reason: 'eaddrinuse' });
        await expect(sctp.open(main, 9)).rejects.toMatchObject({ reason: 'eaddrinuse' });
        await expect(sctp.open(main, { ip: '10.0.0.1' })).rejects.toMatchObject({ reason: 'eaddrnotavail' });
        await expect(sctp.open(main, { stack: 'kernel' })).rejects.toMatchObject({ reason: 'esocktnosupport' });
        await expect(sctp.open(main, { netns: '/run/netns/x' })).rejects.toMatchObject({ reason: 'enoent' });
        await expect(sctp.open(main, { bindToDevice: 'eth0' })).rejects.toMatchObject({ reason: 'enodev' });
        const client = await sctp.open(main, { type: 'stream' });
        await client.connect('127.0.0.1', 9);
        const accepted = await listener.accept(main);
        listener.close();
        const again = await sctp.open(main, 9, { type: 'stream', ip: '127.0.0.1' });
        await again.listen(5);
        const [, , , up] = await accepted.recv();
        await accepted.send(up as SctpAssocChange, 0, 'beside');
        expect(await texts(client, 1)).toEqual(['beside']);
        for (const socket of [client, accepted, again]) socket.close();
        await main.receive({ after: 10_000 });
        const other = await sctp.open(main, 9);
        expect(other.port).toBe(9);
        other.close();
      },
      { runs: 10 },
    );
  });

  test('share an encapsulation port', async () => {
    await simulate(
      async (run) => {
        const network = new SimulatedNetwork({ system: run.system });
        const { sctp } = network.host(b);
        const servers = await Promise.all([5001, 5002].map((port) => sctp.open(run.main, port, { encapsPort: 9899 })));
        const client = await network.host(a).sctp.open(run.main, { encapsPort: 9899, remoteEncapsPort: 9899 });
        for (const server of servers) {
          await server.listen(true);
          const { assocId } = await client.connect(b, server.port);
          await client.send(assocId, 0, `to ${server.port}`);
          expect(await texts(server, 1)).toEqual([`to ${server.port}`]);
        }
      },
      { runs: 3 },
    );
  });

  test('of IPv6 talk to both families', async () => {
    await simulate(
      async (run) => {
        const network = new SimulatedNetwork({ system: run.system });
        const server = await network.host(b, '2001:db8::2').sctp.open(run.main, 5000, { family: 'inet6' });
        await server.listen(true);
        const four = await network.host(a, '2001:db8::1').sctp.open(run.main);
        const six = await network.host(a, '2001:db8::1').sctp.open(run.main, { family: 'inet6' });
        for (const [socket, address] of [
          [four, b],
          [six, '2001:db8::2'],
        ] as const) {
          const { assocId } = await socket.connect(address, 5000);
          await socket.send(assocId, 0, address);
          expect(await texts(server, 1)).toEqual([address]);
        }
      },
      { runs: 3 },
    );
  });
});

describe('a seed', () => {
  const folders: string[] = [];
  // What runs have left behind may still write for a moment after their ends.
  afterAll(async () => {
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    for (const made of folders) rmSync(made, { recursive: true });
  });
  const folder = () => {
    const made = mkdtempSync(join(tmpdir(), 'mailport-'));
    folders.push(made);
    return made;
  };

  async function traced(file: string, seed: number): Promise<Buffer> {
    const body = async (run: Simulation) => {
      const { client, server, atClient } = await associated(run, { ...rough, pcap: file });
      const sends = Array.from({ length: 30 }, (_, index) => client.send(atClient, index % 3, Buffer.alloc(2000, index)));
      await texts(server, 30);
      await Promise.all(sends);
    };
    await simulate(body, { seed });
    return readFileSync(file);
  }

  test('decides every packet: the trace of a run is that of the next one with the seed, and no other’s', async () => {
    const at = folder();
    const first = await traced(join(at, 'first'), 7);
    expect(first.length).toBeGreaterThan(60_000);
    expect((await traced(join(at, 'second'), 7)).equals(first)).toBe(true);
    expect((await traced(join(at, 'third'), 8)).equals(first)).toBe(false);
  });

  test('leaves a trace that programs can read: raw IP, with the right lengths and checksums', async () => {
    const trace = await traced(join(folder(), 'trace'), 3);
    expect([trace.readUInt32LE(0), trace.readUInt16LE(4), trace.readUInt32LE(20)]).toEqual([0xa1b2c3d4, 2, 101]);
    let packets = 0;
    let lastUs = 0;
    for (let at = 24; at < trace.length; packets += 1) {
      const us = trace.readUInt32LE(at) * 1_000_000 + trace.readUInt32LE(at + 4);
      expect(us).toBeGreaterThanOrEqual(lastUs);
      lastUs = us;
      const length = trace.readUInt32LE(at + 8);
      const packet = trace.subarray(at + 16, at + 16 + length);
      expect([packet[0], packet.readUInt16BE(2), packet[9]]).toEqual([0x45, length, 132]);
      let sum = 0;
      for (let word = 0; word < 20; word += 2) sum += packet.readUInt16BE(word);
      expect(((sum & 0xffff) + (sum >>> 16)) & 0xffff).toBe(0xffff);
      expect([packet.readUInt16BE(20), packet.readUInt16BE(22)]).toContain(5000);
      at += 16 + length;
    }
    expect(packets).toBeGreaterThan(40);
  });
});

test('a trace that cannot be written ends with a warning, and MAILPORT_PCAP names one', async () => {
  const warnings: string[] = [];
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
  const folder = mkdtempSync(join(tmpdir(), 'mailport-'));
  vi.stubEnv('MAILPORT_PCAP', join(folder, 'trace'));
  try {
    await staged(1, {}, async ({ client, server, atClient }) => {
      expect(readFileSync(join(folder, 'trace')).length).toBeGreaterThan(100);
      rmSync(folder, { recursive: true });
      await client.send(atClient, 0, 'goes on');
      expect(await texts(server, 1)).toEqual(['goes on']);
    });
    const ours = warnings.filter((warning) => warning.includes('trace of a simulated network'));
    expect(ours.length).toBe(1);
    expect(ours[0]).toContain('ENOENT');
  } finally {
    warn.mockRestore();
    vi.unstubAllEnvs();
  }
});

test('what a run has left behind is collected', async () => {
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const held = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }
    return process.memoryUsage().arrayBuffers;
  };
  await staged(2, {}, async () => undefined);
  const before = await held();
  // Each has two engines with 1.4 MB each, whose sockets are open at the end.
  await staged(40, {}, async ({ client, atClient }) => client.send(atClient, 0, 'left behind'));
  expect((await held()) - before).toBeLessThan(20_000_000);
});
