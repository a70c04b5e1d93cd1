/** Simulated TCP: what a test may do to the ways between hosts, and that a seed decides all the rest. */
import { isAlive, mainActor, type Pid, spawn } from 'mailport';
import { SimulatedNetwork, type SimulatedNetworkOptions, type Simulation, simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import { type TcpMessage, type TcpSocket, tcp } from '../../actors/tcp/index.js';
import { nextTurn } from '../support/waiting.js';

const a = '10.0.0.1';
const b = '10.0.0.2';

interface Stage {
  readonly run: Simulation;
  readonly network: SimulatedNetwork;
  /** At `a`, passive. */
  readonly client: TcpSocket;
  /** At `b`, passive. */
  readonly server: TcpSocket;
}

/** Two connected sockets on two hosts, owned by the main actor of the run. */
async function connected(run: Simulation, options: SimulatedNetworkOptions = {}, socketOptions: object = {}): Promise<Stage> {
  const network = new SimulatedNetwork({ system: run.system, ...options });
  const [left, right] = [network.host(a), network.host(b)];
  const own = { active: false, packet: 4, ...socketOptions } as const;
  const listener = await right.tcp.listen(run.main, 0, own);
  const client = await left.tcp.connect(run.main, b, listener.port, own);
  const server = await listener.accept(run.main);
  await listener.close(run.main);
  return { run, network, client, server };
}

const reasonOf = (error: { reason?: string }): string | undefined => error.reason;

describe('a stream', () => {
  test('arrives whole and in order, in pieces of any size, by any seed', async () => {
    const cuts = new Set<number>();
    await simulate(
      async (run) => {
        const { client, server } = await connected(run, { pieceBytes: 7, jitterMs: 5, loss: 0.1 });
        for (let index = 0; index < 20; index += 1) await client.send(`message ${index}`);
        for (let index = 0; index < 20; index += 1) expect(String(await server.recv())).toBe(`message ${index}`);
        cuts.add(run.clock.now());
      },
      { runs: 30 },
    );
    expect(cuts.size).toBeGreaterThan(20);
  });

  test('takes the time that latency and bandwidth say', async () => {
    await simulate(
      async (run) => {
        const { client, server } = await connected(run, { latencyMs: 30, bytesPerSecond: 10_000 });
        // The connection was made by two packets; the packet that acknowledged the second is not waited for.
        expect(run.clock.now()).toBe(60);
        await client.send('x'.repeat(996));
        expect((await server.recv()).length).toBe(996);
        expect(run.clock.now()).toBe(60 + 30 + 100);
      },
      { seed: 1 },
    );
  });

  test('runs with the same seed are the same, to the byte and the millisecond', async () => {
    const logOf = async (seed: number): Promise<string[]> => {
      const log: string[] = [];
      await simulate(
        async (run) => {
          const { client, server } = await connected(run, { pieceBytes: 50, jitterMs: 9, loss: 0.2 }, { packet: 0, buffer: 40 });
          server.setopts({ active: true });
          for (let index = 0; index < 10; index += 1) await client.send(`${index}`.repeat(30));
          await client.close(run.main);
          for (;;) {
            const message = (await run.main.receive()) as TcpMessage;
            log.push(`${run.clock.now()} ${message[0]} ${message[0] === 'tcp' ? message[2].length : ''}`);
            if (message[0] === 'tcp_closed') return;
          }
        },
        { seed },
      );
      return log;
    };
    const logs = [];
    for (const seed of [1, 2, 3]) {
      logs.push(await logOf(seed));
      expect(await logOf(seed)).toEqual(logs.at(-1));
    }
    expect(logs[0]).not.toEqual(logs[1]);
  });

  test('stops its sender when the receiver does not read: the buffers of both, and no more (FC-29, TS-4, TS-5)', async () => {
    await simulate(
      async (run) => {
        const own = { recbuf: 5000, sndbuf: 5000, highWatermark: 2000, lowWatermark: 1000, packet: 0 };
        const { client, server } = await connected(run, {}, own);
        let sent = 0;
        const sender: Pid = spawn(
          async () => {
            for (; sent < 200; sent += 1) await client.send(Buffer.alloc(500, sent));
          },
          { system: run.system },
        );
        // Nothing else happens in a minute.
        await run.main.receive({ after: 60_000 });
        // Linux doubles the buffers. The queue takes what begins below its mark.
        const [most, least] = [10_000 + 10_000 + 2000, 10_000 + 10_000 + 1000];
        expect(sent * 500).toBeLessThanOrEqual(most);
        expect(sent * 500).toBeGreaterThanOrEqual(least);
        const received: Buffer[] = [];
        for (let bytes = 0; bytes < 100_000; bytes += received.at(-1)!.length) received.push((await server.recv()) as Buffer);
        const whole = Buffer.concat(received);
        for (let index = 0; index < 200; index += 1) expect(whole[index * 500]).toBe(index);
        expect(isAlive(sender)).toBe(false);
      },
      { runs: 5 },
    );
  });
});

describe('connects', () => {
  test('are refused where nobody listens, and unreachable where no host is (TN-3)', async () => {
    await simulate(
      async ({ main, system }) => {
        const network = new SimulatedNetwork({ system });
        const { tcp } = network.host(a);
        network.host(b);
        expect(await tcp.connect(main, b, 7).catch(reasonOf)).toBe('econnrefused');
        expect(await tcp.connect(main, 'loopback', 7).catch(reasonOf)).toBe('econnrefused');
        expect(await tcp.connect(main, '10.0.0.3', 7).catch(reasonOf)).toBe('ehostunreach');
      },
      { runs: 5 },
    );
  });

  test('beyond the backlog wait, and come in about a second after there is room (TL-8)', async () => {
    await simulate(
      async ({ main, system, clock }) => {
        const network = new SimulatedNetwork({ system });
        const listener = await network.tcp.listen(main, 0, { backlog: 1 });
        const connect = () => network.tcp.connect(main, 'loopback', listener.port, {}, 10_000);
        await connect();
        await connect();
        const third = connect();
        await main.receive({ after: 100 });
        await listener.accept(main);
        await third;
        expect(clock.now()).toBeGreaterThanOrEqual(1000);
        expect(clock.now()).toBeLessThan(1100);
      },
      { runs: 5 },
    );
  });

  test('time out, by the call and by the network, where the way is cut (TN-3, TN-4)', async () => {
    await simulate(
      async ({ main, system, clock }) => {
        const network = new SimulatedNetwork({ system });
        const listener = await network.host(b).tcp.listen(main, 0);
        const { tcp } = network.host(a);
        network.cut(a, b);
        expect(await tcp.connect(main, b, listener.port, {}, 500).catch(reasonOf)).toBe('timeout');
        expect(clock.now()).toBe(500);
        expect(await tcp.connect(main, b, listener.port).catch(reasonOf)).toBe('etimedout');
        expect(clock.now()).toBeGreaterThan(120_000);
        network.heal(a, b);
        await tcp.connect(main, b, listener.port);
        expect(await listener.accept(main, 0)).toBeDefined();
      },
      { seed: 1 },
    );
  });
});

describe('faults', () => {
  test('a cut is silence; what was sent meanwhile arrives when it is healed', async () => {
    await simulate(
      async (run) => {
        const { network, client, server } = await connected(run);
        network.cut(a, b);
        await client.send('held');
        expect(await server.recv(0, 60_000).catch(reasonOf)).toBe('timeout');
        network.heal();
        expect(String(await server.recv(0, 10))).toBe('held');
      },
      { runs: 5 },
    );
  });

  test('a host that is cut off from all hears none of them', async () => {
    await simulate(
      async (run) => {
        const { network, client, server } = await connected(run);
        network.cut(network.host(b));
        await client.send('held');
        expect(await server.recv(0, 1000).catch(reasonOf)).toBe('timeout');
        network.heal(a);
        expect(await server.recv(0, 1000).catch(reasonOf)).toBe('timeout');
        network.heal(b);
        expect(String(await server.recv(0, 10))).toBe('held');
      },
      { seed: 1 },
    );
  });

  test('a cut that lasts ends a connection with data on its way, or with keepalive, and no other', async () => {
    await simulate(
      async (run) => {
        const network = new SimulatedNetwork({ system: run.system });
        const listener = await network.host(b).tcp.listen(run.main, 0, { active: false });
        const connect = (options: object) =>
          network.host(a).tcp.connect(run.main, b, listener.port, { active: false, ...options });
        const keeping = await connect({ keepalive: true, keepIdle: 60, keepInterval: 10, keepCount: 3 });
        const [sending, quiet] = [await connect({}), await connect({})];
        network.cut(a, b);
        const cutMs = run.clock.now();
        await sending.send('x');
        const ends = [keeping, sending].map(async (socket) => {
          await socket.recv().catch(() => undefined);
          return Math.round((run.clock.now() - cutMs) / 1000);
        });
        expect(await Promise.all(ends)).toEqual([90, 925]);
        expect(quiet.isOpen && (await quiet.recv(0, 1000).catch(reasonOf))).toBe('timeout');
      },
      { seed: 1 },
    );
  });

  test('a reset ends both ends, behind what has arrived (TC-9, TC-10)', async () => {
    await simulate(
      async (run) => {
        const { network, client, server } = await connected(run, {}, { showEconnreset: true });
        await client.send('before');
        await run.main.receive({ after: 1 });
        network.reset(client);
        client.setopts({ active: true });
        const messages = [await run.main.receive(), await run.main.receive()];
        expect(messages).toEqual([
          ['tcp_error', client, 'econnreset'],
          ['tcp_closed', client],
        ]);
        expect(String(await server.recv())).toBe('before');
        expect(await server.recv().catch(reasonOf)).toBe('econnreset');
      },
      { runs: 10 },
    );
  });

  test('half a close lets the other half go on (TH-2, TH-9)', async () => {
    await simulate(
      async (run) => {
        const { client, server } = await connected(run, {}, { exitOnClose: false });
        await client.send('question');
        client.shutdown('write');
        expect(String(await server.recv())).toBe('question');
        expect(await server.recv().catch(reasonOf)).toBe('closed');
        await server.send('answer');
        expect(String(await client.recv())).toBe('answer');
        await server.close(run.main);
        expect(await client.recv().catch(reasonOf)).toBe('closed');
      },
      { runs: 10 },
    );
  });

  test('data that nobody has read makes a reset of a close (TC-18)', async () => {
    await simulate(
      async (run) => {
        const { client, server } = await connected(run, {}, { showEconnreset: true });
        await server.send('unread');
        await run.main.receive({ after: 1 });
        await client.close(run.main);
        expect(await server.recv().catch(reasonOf)).toBe('econnreset');
      },
      { runs: 5 },
    );
  });

  test('close waits for its data, and gives up when nothing leaves any more (TC-12, TC-13)', async () => {
    await simulate(
      async (run) => {
        const own = { recbuf: 5000, sndbuf: 5000, packet: 0, flushTimeout: 3000 };
        const first = await connected(run, {}, own);
        await first.client.send(Buffer.alloc(100_000));
        const closing = first.client.close(run.main);
        let bytes = 0;
        while (bytes < 100_000) bytes += (await first.server.recv()).length;
        await closing;
        expect(await first.server.recv().catch(reasonOf)).toBe('closed');
        const second = await connected(run, {}, own);
        await second.client.send(Buffer.alloc(100_000));
        const beginMs = run.clock.now();
        await second.client.close(run.main);
        expect(run.clock.now() - beginMs).toBe(3000 + 3000);
      },
      { seed: 3 },
    );
  });
});

test('without a system the network goes by the real clock', async () => {
  const network = new SimulatedNetwork({ latencyMs: 1, seed: 1 });
  const self = mainActor<TcpMessage>();
  const listener = await network.tcp.listen(self, 0);
  const client = await network.tcp.connect(self, '127.0.0.1', listener.port);
  const server = await listener.accept(self);
  await client.send('hello');
  expect(await self.receive()).toEqual(['tcp', server, Buffer.from('hello')]);
  await server.close(self);
  expect(await self.receive()).toEqual(['tcp_closed', client]);
  await listener.close(self);
  expect(network.tcp.openSockets()).toEqual([]);
});

describe.each([
  ['kernel', () => tcp],
  ['simulated', () => new SimulatedNetwork().tcp],
])('ends over the %s stack', (_name, network) => {
  const own = { ip: '127.0.0.1', active: false, exitOnClose: false, showEconnreset: true } as const;
  async function ends(): Promise<{ near: TcpSocket; far: TcpSocket }> {
    const main = mainActor();
    const stack = network();
    const listener = await stack.listen(main, 0, own);
    const far = await stack.connect(main, '127.0.0.1', listener.port, { active: false });
    const near = await listener.accept(main);
    await listener.close(main);
    return { near, far };
  }
  const reset = (socket: TcpSocket): void => {
    socket.setopts({ linger: [true, 0] });
    void socket.close();
  };
  /** Why a send fails, as soon as one does. */
  async function failureOfSend(socket: TcpSocket): Promise<string | undefined> {
    for (;;) {
      const reason = await socket.send('x').then(() => 'sent', reasonOf);
      if (reason !== 'sent') return reason;
      await nextTurn();
    }
  }

  test('a reset behind the end of the peer is no reset to a send', async () => {
    const { near, far } = await ends();
    far.shutdown('write');
    expect(await near.recv().catch(reasonOf)).toBe('closed');
    reset(far);
    expect(await failureOfSend(near)).toBe('closed');
    await near.close();
  });

  test('a reset that recv has told is told by no send (TS-19)', async () => {
    const { near, far } = await ends();
    reset(far);
    expect(await near.recv().catch(reasonOf)).toBe('econnreset');
    expect(await failureOfSend(near)).toBe('closed');
    await near.close();
  });

  test('a connection of which both directions have ended has no peer (TH-1)', async () => {
    const { near, far } = await ends();
    far.shutdown('write');
    expect(await near.recv().catch(reasonOf)).toBe('closed');
    near.shutdown('write');
    expect(await far.recv().catch(reasonOf)).toBe('closed');
    for (const call of [() => near.peername(), () => near.shutdown('read_write')]) {
      expect(call).toThrow(expect.objectContaining({ reason: 'enotconn' }));
    }
    await near.close();
    await far.close();
  });
});
