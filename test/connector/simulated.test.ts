/** The queues under every schedule: servers and clients that come, give up and die in an order that a seed decides, over a network in memory. */
import { SimulatedNetwork, type Simulation, simulate } from 'mailport/testing';
import { expect, test } from 'vitest';
import {
  type Connection,
  type Connector,
  type Connectors,
  connectorsOver,
  nullAddress,
  nullPort,
} from '../../actors/connector/index.js';
import { exit, type Pid, type Self, spawn } from '../../runtime/index.js';

/** What became of a server or client. */
type Fate = 'joined' | 'alerted' | 'Refused' | 'Closed' | 'killed';

class Stage {
  readonly calls: Connectors;
  readonly connector: Connector;
  readonly run: Simulation;
  readonly fates = new Map<string, Fate>();
  /** Who met whom, as the servers heard it. */
  readonly meetings: (readonly [server: string, client: string])[] = [];
  readonly served: string[] = [];

  constructor(run: Simulation, calls: Connectors, connector: Connector) {
    this.run = run;
    this.calls = calls;
    this.connector = connector;
  }

  static async open(run: Simulation): Promise<Stage> {
    const calls = connectorsOver({ tcp: new SimulatedNetwork({ system: run.system, latencyMs: 1, jitterMs: 3 }).tcp });
    return new Stage(run, calls, await calls.newConnector(run.main, { addr: nullAddress, port: nullPort }));
  }

  server(name: string, signal?: AbortSignal): Pid<unknown> {
    return this.#party(name, async (self) => {
      const connection = await this.calls.accept(self, this.connector, { signal });
      this.fates.set(name, 'joined');
      this.served.push(name);
      const client = String(await connection.read());
      this.meetings.push([name, client]);
      await connection.write(name);
      return connection;
    });
  }

  client(name: string, signal?: AbortSignal): Pid<unknown> {
    return this.#party(name, async (self) => {
      const endpoint = this.calls.getEndPoint(this.connector);
      const connection = await this.calls.connect(self, endpoint, { signal });
      this.fates.set(name, 'joined');
      await connection.write(name);
      await connection.read();
      return connection;
    });
  }

  #party(name: string, meet: (self: Self<unknown>) => Promise<Connection>): Pid<unknown> {
    this.fates.set(name, 'killed');
    return spawn(
      async (self: Self<unknown>) => {
        try {
          await meet(self);
        } catch (error) {
          const { reason } = error as { reason?: unknown };
          // A meeting that was broken by the end of the other was one all the same.
          if (this.fates.get(name) === 'killed') this.fates.set(name, reason === 'Alerted' ? 'alerted' : (reason as Fate));
        }
      },
      { system: this.run.system },
    );
  }

  count(kind: 's' | 'c', fate: Fate): number {
    return [...this.fates].filter(([name, each]) => name.startsWith(kind) && each === fate).length;
  }
}

test('whoever gives up or dies, each server meets one client and each client one server', async () => {
  let alerted = 0;
  let killed = 0;
  await simulate(
    async (run) => {
      const stage = await Stage.open(run);
      const { main, random } = run;
      const alerts: AbortController[] = [];
      const pids: Pid<unknown>[] = [];
      for (let step = 0; step < 40; step += 1) {
        const alert = new AbortController();
        alerts.push(alert);
        const which = random();
        if (which < 0.35) pids.push(stage.server(`s${step}`, alert.signal));
        else if (which < 0.7) pids.push(stage.client(`c${step}`, alert.signal));
        else if (which < 0.85) alerts[Math.floor(random() * alerts.length)]!.abort();
        else if (pids.length > 0) exit(pids[Math.floor(random() * pids.length)]!, 'kill');
        if (random() < 0.5) await main.receive({ after: Math.floor(random() * 8) });
      }
      await main.receive({ after: 1000 });
      // Whoever is left is met by somebody who does not give up.
      for (let index = 0; index < 40; index += 1) {
        stage.server(`slast${index}`);
        stage.client(`clast${index}`);
      }
      await main.receive({ after: 5000 });
      stage.calls.closeConnector(stage.connector);
      await main.receive({ after: 1000 });
      const servers = stage.meetings.map(([server]) => server);
      const clients = stage.meetings.map(([, client]) => client).filter((client) => client !== '');
      expect(new Set(servers).size).toBe(servers.length);
      expect(new Set(clients).size).toBe(clients.length);
      // At the end one of the queues is empty.
      expect(Math.min(stage.count('s', 'Closed'), stage.count('c', 'Refused'))).toBe(0);
      alerted += stage.count('s', 'alerted') + stage.count('c', 'alerted');
      killed += stage.count('s', 'killed') + stage.count('c', 'killed');
    },
    { runs: 60 },
  );
  expect(alerted).toBeGreaterThan(20);
  expect(killed).toBeGreaterThan(20);
});

test('the queue of servers is in order under every schedule', async () => {
  await simulate(
    async (run) => {
      const stage = await Stage.open(run);
      const names = Array.from({ length: 12 }, (_, index) => `s${index}`);
      for (const name of names) {
        stage.server(name);
        await run.main.receive({ after: 1 });
      }
      for (let index = 0; index < names.length; index += 1) stage.client(`c${index}`);
      await run.main.receive({ after: 1000 });
      expect(stage.served).toEqual(names);
      expect(stage.meetings.length).toBe(names.length);
      stage.calls.closeConnector(stage.connector);
    },
    { runs: 40 },
  );
});

test('the queue of clients is in order under every schedule', async () => {
  await simulate(
    async (run) => {
      const stage = await Stage.open(run);
      for (let index = 0; index < 12; index += 1) {
        stage.client(`c${index}`);
        // Longer than the way may take, so that it has come before the next.
        await run.main.receive({ after: 50 });
      }
      for (let index = 0; index < 12; index += 1) {
        stage.server(`s${index}`);
        await run.main.receive({ after: 50 });
      }
      expect(stage.meetings).toEqual(Array.from({ length: 12 }, (_, index) => [`s${index}`, `c${index}`]));
      stage.calls.closeConnector(stage.connector);
    },
    { runs: 40 },
  );
});
