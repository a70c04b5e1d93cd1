/** Servers under a seed: `server`, its sessions, its limit and its end work over a simulated network, in virtual time. */
import { exit, type Pid, type Self, server, spawn } from 'mailport';
import { SimulatedNetwork, type Simulation, simulate } from 'mailport/testing';
import { expect, test } from 'vitest';
import type { TcpSocket } from '../../actors/tcp/index.js';

const address = '10.0.0.1';
const lines = { packet: 'line', active: false } as const;

interface Stage {
  readonly run: Simulation;
  readonly network: SimulatedNetwork;
  readonly echo: Pid;
}

const reasonOf = (error: { reason?: string }): string | undefined => error.reason;

/** A server that answers each line with the same line; 'crash' ends its session. */
async function started(run: Simulation, spec: object = {}): Promise<Stage> {
  const network = new SimulatedNetwork({ system: run.system, jitterMs: 10, pieceBytes: 3, loss: 0.05 });
  const { tcp } = network.host(address);
  const session = async (_self: Self<unknown>, socket: TcpSocket): Promise<void> => {
    for await (const line of socket) {
      if (String(line) === 'crash\n') throw new Error('crash');
      await socket.send(line as Buffer);
    }
  };
  const listen = (self: Self<unknown>, port: number) => tcp.listen(self, port === 0 ? 7 : port, lines);
  const echo = await server.start({ listen, session, ...spec } as never, { system: run.system });
  return { run, network, echo: echo as Pid };
}

test('each client gets its own lines back, in order, whatever the network does, and a crash is one of theirs alone', async () => {
  let longestMs = 0;
  await simulate(
    async (run) => {
      const { network, echo } = await started(run);
      const clients = [1, 2, 3, 4].map(
        (number) =>
          new Promise<readonly string[]>((resolve, reject) => {
            const client = async (self: Self<unknown>): Promise<void> => {
              const seen: string[] = [];
              const socket = await network.host(`10.0.1.${number}`).tcp.connect(self, address, 7, lines);
              for (let index = 0; index < 5; index += 1) {
                await socket.send(number === 4 && index === 2 ? 'crash\n' : `${number} ${index}\n`);
                const answer = await socket.recv().catch(() => 'gone');
                seen.push(String(answer));
                if (answer === 'gone') break;
              }
              resolve(seen);
            };
            spawn((self: Self<unknown>) => client(self).catch(reject), { system: run.system });
          }),
      );
      network.cut(address, '10.0.1.2');
      await run.main.receive({ after: 300 });
      network.heal();
      const all = await Promise.all(clients);
      const own = (number: number) => [0, 1, 2, 3, 4].map((index) => `${number} ${index}\n`);
      expect(all.slice(0, 3)).toEqual([own(1), own(2), own(3)]);
      expect(all[3]).toEqual(['4 0\n', '4 1\n', 'gone']);
      expect(run.crashes.map(({ reason }) => (reason as Error).message)).toEqual(['crash']);
      longestMs = Math.max(longestMs, run.clock.now());
      exit(echo, 'shutdown');
    },
    { runs: 40 },
  );
  expect(longestMs).toBeGreaterThan(300);
});

test('the limit holds by not accepting, and those who wait come in when others go', async () => {
  await simulate(
    async (run) => {
      const { network, echo } = await started(run, { maxSessions: 2 });
      const { tcp } = network.host('10.0.1.1');
      const connect = async () => {
        const socket = await tcp.connect(run.main, address, 7, lines);
        await socket.send('hello\n');
        return socket;
      };
      const [first, second, third] = [await connect(), await connect(), await connect()];
      for (const socket of [first, second]) expect(String(await socket.recv())).toBe('hello\n');
      expect(await third.recv(0, 60_000).catch(reasonOf)).toBe('timeout');
      expect(server.info(echo)).toMatchObject({ sessions: 2 });
      await first.close(run.main);
      expect(String(await third.recv())).toBe('hello\n');
      exit(echo, 'shutdown');
    },
    { runs: 20 },
  );
});

test('told to end, it gives its sessions the time that they may have, and then ends them', async () => {
  await simulate(
    async (run) => {
      const { network, echo } = await started(run, { drainMs: 3000 });
      const socket = await network.host('10.0.1.1').tcp.connect(run.main, address, 7, lines);
      await socket.send('hello\n');
      expect(String(await socket.recv())).toBe('hello\n');
      const ref = run.main.monitor(echo);
      const beginMs = run.clock.now();
      exit(echo, 'shutdown');
      expect(await run.main.receive()).toEqual(['DOWN', ref, 'process', echo, 'shutdown']);
      expect(run.clock.now() - beginMs).toBeGreaterThanOrEqual(3000);
      expect(run.clock.now() - beginMs).toBeLessThan(3100);
      expect(await socket.recv().catch(reasonOf)).toBe('closed');
    },
    { runs: 20 },
  );
});
