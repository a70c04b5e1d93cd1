/** The dead leave nothing behind, and the idle cost little. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { exit, type Pid, reply, send, spawn, spawnHandler, spawnLink, spawnMonitor } from 'mailport';
import { expect, test } from 'vitest';
import { linkPort, portExited } from '../../runtime/ports.js';
import { nextTurn, testSystem } from './testSystem.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('40,000 short-lived actors, linked, monitored, owning ports and waited for, leave the heap where it was', async () => {
  const { main, system, clock } = testSystem();
  const round = async () => {
    for (let count = 0; count < 5000; count += 1) {
      const [pid, ref] = spawnMonitor<unknown>(main, async (self) => {
        spawnLink<unknown>(self, (child) => child.receive({ after: 1000 }));
        const port = { label: '#Port', isOpen: true, onExit: (_: Pid, reason: unknown) => portExited(port, reason) };
        linkPort(self.pid, port);
        self.signal.addEventListener('abort', () => undefined);
        await self.receive((message) => message === 'go');
      });
      send(pid, 'skipped');
      send(pid, 'go');
      if (count % 2 === 0) {
        await main.receive(reply(ref));
      } else {
        main.demonitor(ref);
        exit(pid, 'enough');
      }
    }
    clock.advance(1000);
  };
  await round();
  const before = await heapUsed();
  for (let rounds = 0; rounds < 8; rounds += 1) await round();
  const after = await heapUsed();
  expect(system.actorCount).toBe(1);
  expect(after - before).toBeLessThan(1_000_000);
});

// design §9: Erlang's idle process takes 2.6 KiB.
test.each<[string, (system: ReturnType<typeof testSystem>['system']) => Pid]>([
  ['a body in receive', (system) => spawn((self) => self.receive(), { system })],
  [
    'an async body in receive',
    (system) =>
      spawn(
        async (self) => {
          for (;;) await self.receive();
        },
        { system },
      ),
  ],
  ['a handler', (system) => spawnHandler(() => undefined, { system })],
])('%s takes less than 2.6 KiB', async (_, start) => {
  const { system } = testSystem();
  const number = 10_000;
  const before = await heapUsed();
  const pids: Pid[] = [];
  for (let count = 0; count < number; count += 1) pids.push(start(system));
  const bytes = ((await heapUsed()) - before) / number;
  expect(bytes).toBeGreaterThan(100);
  expect(bytes).toBeLessThan(2.6 * 1024);
  for (const pid of pids) exit(pid, 'kill');
});

test('a pid that is kept does not keep what a dead actor knew', async () => {
  const { system } = testSystem();
  const before = await heapUsed();
  const pids: Pid[] = [];
  for (let count = 0; count < 100; count += 1) {
    const state = new Array<number>(10_000).fill(count);
    const pid = spawnHandler<unknown>(() => state, { system });
    for (let message = 0; message < 10; message += 1) send(pid, new Array<number>(1000).fill(message));
    exit(pid, 'kill');
    pids.push(pid);
  }
  expect((await heapUsed()) - before).toBeLessThan(1_000_000);
  expect(pids).toHaveLength(100);
});
