/** How calls fail when an endpoint has crashed, or the way to it is cut: over a network in memory, whose time is that of the test, and over SCTP with a silent peer. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { SimulatedClock, SimulatedNetwork, type Simulation, simulate } from 'mailport/testing';
import { describe, expect, test } from 'vitest';
import {
  type Connection,
  type Connectors,
  connect,
  connectorsOver,
  type Endpoint,
  IPError,
  nullPort,
} from '../../actors/connector/index.js';
import { SocketError } from '../../actors/socket/index.js';
import { type Tcp, tcp } from '../../actors/tcp/index.js';
import { createSystem, type Self, spawn } from '../../runtime/index.js';
import { failure, self } from './subjects.js';

const [a, b] = ['10.0.0.1', '10.0.0.2'];
const minuteMs = 60_000;

interface Stage {
  readonly run: Simulation;
  readonly network: SimulatedNetwork;
  readonly here: Connectors;
  readonly there: Connectors;
}

function staged(test: (stage: Stage) => Promise<void>): Promise<void> {
  return simulate(
    async (run) => {
      const network = new SimulatedNetwork({ system: run.system, latencyMs: 5 });
      const [here, there] = [a, b].map((address) => connectorsOver({ tcp: network.host(address).tcp }));
      await test({ run, network, here: here!, there: there! });
    },
    { runs: 3 },
  );
}

async function joined({ run, here, there }: Stage): Promise<{ client: Connection; server: Connection }> {
  const connector = await there.newConnector(run.main, { addr: b, port: nullPort });
  const [server, client] = await Promise.all([
    there.accept(run.main, connector),
    here.connect(run.main, there.getEndPoint(connector)),
  ]);
  there.closeConnector(connector);
  return { client, server };
}

describe('connect', () => {
  test('to an endpoint that has crashed is Timeout', () =>
    staged(async ({ run, network, here }) => {
      network.host(b);
      network.cut(a, b);
      const error = await here.connect(run.main, { addr: b, port: 7 }).catch((failed: unknown) => failed);
      expect(error).toMatchObject({
        kind: 'IP.Error',
        reason: 'Timeout',
        atoms: ['Timeout', 'etimedout'],
        endpoint: { addr: b, port: 7 },
      });
      expect(run.clock.now()).toBeGreaterThan(minuteMs);
    }));

  test('is Timeout, too, if the endpoint crashes while the client waits in the queue', () =>
    staged(async ({ run, network, here, there }) => {
      const connector = await there.newConnector(run.main, { addr: b, port: nullPort });
      const connecting = failure(here.connect(run.main, there.getEndPoint(connector)));
      await run.main.receive({ after: 1000 });
      network.cut(a, b);
      expect(await connecting).toBe('IP.Error Timeout');
      expect(run.clock.now()).toBeLessThan(5 * minuteMs);
    }));

  test('to an address that nobody has is Unreachable', () =>
    staged(async ({ run, here }) => {
      expect(await failure(here.connect(run.main, { addr: '10.9.9.9', port: 7 }))).toBe('IP.Error Unreachable');
    }));

  test('is Refused where no connector is, and where its connection is reset before a server accepts', () =>
    staged(async ({ run, here, there }) => {
      expect(await failure(here.connect(run.main, { addr: b, port: 7 }))).toBe('IP.Error Refused');
      const connector = await there.newConnector(run.main, { addr: b, port: nullPort });
      const connecting = failure(here.connect(run.main, there.getEndPoint(connector)));
      await run.main.receive({ after: 1000 });
      there.closeConnector(connector);
      expect(await connecting).toBe('IP.Error Refused');
    }));

  // What only another system, or one at its limits, says.
  test.each([
    ['enetunreach', 'Unreachable'],
    ['ehostunreach', 'Unreachable'],
    ['etimedout', 'Timeout'],
    ['econnreset', 'Refused'],
    ['emfile', 'NoResources'],
    ['eaddrnotavail', 'NoResources'],
    ['eacces', 'Unexpected'],
  ])('to a system that says %s is %s', async (said, atom) => {
    const refusing: Tcp = { ...tcp, connect: () => Promise.reject(new SocketError(said, 'connect')) };
    const error = await connectorsOver({ tcp: refusing })
      .connect(self, { addr: b, port: 7 })
      .catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(IPError);
    expect(error).toMatchObject({ kind: 'IP.Error', reason: atom, atoms: [atom, said] });
    expect((error as IPError).cause).toBeInstanceOf(SocketError);
  });
});

describe('a connection', () => {
  test('whose way is cut is Timeout for a read that waits, within five minutes', () =>
    staged(async (stage) => {
      const { client } = await joined(stage);
      stage.network.cut(a, b);
      const error = await client.read().catch((failed: unknown) => failed);
      expect(error).toMatchObject({ kind: 'Rd.Failure', reason: 'Timeout', atoms: ['Timeout', 'etimedout'] });
      expect(stage.run.clock.now()).toBeLessThan(5 * minuteMs);
      expect(await failure(client.read(1))).toBe('Rd.Failure Timeout');
    }));

  test('whose way is cut fails writes that wait', () =>
    staged(async (stage) => {
      const { client } = await joined(stage);
      stage.network.cut(a, b);
      let failed: unknown;
      while (failed === undefined) {
        failed = await client.write(Buffer.alloc(100_000)).then(
          () => undefined,
          (error: unknown) => error,
        );
      }
      expect(failed).toMatchObject({ kind: 'Wr.Failure', operation: 'write' });
      expect(['Timeout', 'ConnLost']).toContain((failed as IPError).reason);
    }));

  test('that is reset on the way is ConnLost at both ends', () =>
    staged(async (stage) => {
      const { client, server } = await joined(stage);
      const reads = [failure(client.read()), failure(server.read())];
      for (const socket of stage.network.host(a).tcp.openSockets()) stage.network.reset(socket);
      expect(await Promise.all(reads)).toEqual(['Rd.Failure ConnLost', 'Rd.Failure ConnLost']);
    }));
});

test('accept reports that the system is short of descriptors, and the client stays in its queue', () =>
  staged(async ({ run, network, here }) => {
    let isShort = true;
    const plain = network.host(b).tcp;
    const listen: Tcp['listen'] = async (...args) => {
      const listener = await plain.listen(...args);
      return new Proxy(listener, {
        get: (target, key) => {
          if (key === 'accept')
            return (own: Self) => (isShort ? Promise.reject(new SocketError('emfile', 'accept')) : target.accept(own));
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    };
    const there = connectorsOver({ tcp: { ...plain, listen } });
    const connector = await there.newConnector(run.main, { addr: b, port: nullPort });
    const connecting = here.connect(run.main, there.getEndPoint(connector));
    await run.main.receive({ after: 1000 });
    const failures = [failure(there.accept(run.main, connector)), failure(there.accept(run.main, connector))];
    expect(await Promise.all(failures)).toEqual(['IP.Error NoResources', 'IP.Error NoResources']);
    isShort = false;
    const server = await there.accept(run.main, connector);
    await (await connecting).write('me');
    expect(String(await server.read(2))).toBe('me');
  }));

test('over SCTP an endpoint that does not answer is Timeout after two minutes', async () => {
  // The embedded stack travels over UDP: a UDP socket that says nothing is an endpoint that has crashed.
  const silent = createSocket('udp4');
  silent.bind(0, '127.0.0.1');
  await once(silent, 'listening');
  const endpoint: Endpoint = { addr: '127.0.0.1', port: silent.address().port };
  const clock = new SimulatedClock();
  const system = createSystem({ clock });
  const heard = once(silent, 'message');
  const outcome = new Promise((resolve) => {
    spawn(async (own) => resolve(await failure(connect(own, endpoint, { transport: 'sctp' }))), { system });
  });
  await heard;
  clock.advance(2 * minuteMs);
  expect(await outcome).toBe('IP.Error Timeout');
  silent.close();
  await system.stop();
});
