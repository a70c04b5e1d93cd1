/** An actor that has ended leaves nothing behind, and an idle actor costs little. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  type Call,
  call,
  cancelTimer,
  exit,
  genServer,
  name,
  type Pid,
  processInfo,
  registered,
  reply,
  replyTo,
  type Self,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  stop,
  tag,
} from 'mailport';
import { expect, test } from 'vitest';
import { linkPort, portExited } from '../../runtime/ports.js';
import { nextTurn, type TestSystem, testSystem } from './testSystem.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const somebody = name<readonly ['go'] | string>('somebody');

/** Lives of actors, with how often each is repeated and how many actors it takes. When a life is over, nothing of it may be left. */
const lives: readonly (readonly [often: number, actors: number, live: (place: TestSystem) => unknown])[] = [
  // Linked and monitored, with a receive timeout, and with messages that nobody takes.
  [
    3,
    2,
    async ({ main }) => {
      const [pid, ref] = spawnMonitor<unknown>(main, async (self) => {
        spawnLink<unknown>(self, (child) => child.receive({ after: 500 }));
        await self.receive((message) => message === 'go');
        self.exit('shutdown');
      });
      send(pid, 'skipped');
      send(pid, 'go');
      await main.receive(reply(ref));
    },
  ],
  // Ended from outside, with a monitor that was cancelled, timers that had not fired, and a handler.
  [
    8,
    1,
    ({ main, system }) => {
      const pid = spawnHandler<unknown>(() => undefined, { system, link: main });
      main.demonitor(main.monitor(pid));
      main.unlink(pid);
      sendAfter(pid, 'too late', 400);
      exit(pid, 'enough');
      sendAfter(pid, 'too late', 400);
    },
  ],
  // Registered, with a timer for the name that fires when nobody has it.
  [
    3,
    1,
    async ({ main, system }) => {
      const [pid, ref] = spawnMonitor<unknown>(main, (self) => self.receive(tag('go')), { name: 'somebody' });
      const timer = sendAfter(somebody, 'too late', 300, system);
      sendAfter(somebody, 'too late', 300, system);
      send(somebody, ['go'], system);
      cancelTimer(timer);
      await main.receive(reply(ref));
      cancelTimer(sendAfter(pid, 'too late', 300));
    },
  ],
  // Owns a port, and has a signal that somebody listens to.
  [
    1,
    1,
    async ({ main }) => {
      const [pid, ref] = spawnMonitor<unknown>(main, async (self) => {
        const port = { label: '#Port', isOpen: true, onExit: (_: Pid, reason: unknown) => portExited(port, reason) };
        linkPort(self.pid, port);
        self.signal.addEventListener('abort', () => undefined);
        await self.receive();
      });
      send(pid, 'go');
      await main.receive(reply(ref));
    },
  ],
  // Answers a call, ends in another, and is called when it is dead.
  [
    1,
    1,
    async ({ main, system }) => {
      const answers = async (self: Self<Call<string>>) => {
        const [, from, request] = await self.receive();
        replyTo(from, request as never);
        await self.receive();
      };
      const server = spawn(answers, { system });
      await call(main, server, 'answered');
      await call(main, server, 'not answered').catch(() => undefined);
      await call(main, server, 'too late').catch(() => undefined);
    },
  ],
  // Gives up a call to a server that lives on, and ends in another.
  [
    1,
    1,
    async ({ main }) => {
      const server = main.pid as Pid<unknown> as Pid<Call<string>>;
      const [pid, ref] = spawnMonitor<unknown>(main, async (self) => {
        await call(self, server, 'not answered', 0).catch(() => undefined);
        await call(self, server, 'not answered');
      });
      await main.receive(tag('$gen_call'));
      await main.receive(tag('$gen_call'));
      exit(pid, 'enough');
      await main.receive(reply(ref));
    },
  ],
  // A server, asked and stopped.
  [
    1,
    1,
    async ({ main, system }) => {
      const options = { system, name: 'server' };
      const server = await genServer.start({ init: () => ['ok', 0], handleCall: (_: string) => ['reply', 1, 1, 200] }, options);
      await call(main, server, 'add');
      await stop(main, server);
    },
  ],
];

/** So many lives of each kind, and then so much time that no timer is left. Gives the number of actors. */
async function round(place: TestSystem): Promise<number> {
  let actors = 0;
  for (const [often, number, live] of lives) {
    for (let count = 0; count < often * 500; count += 1) await live(place);
    actors += often * 500 * number;
  }
  place.clock.advance(1000);
  return actors;
}

test('a million short-lived actors, linked, monitored, registered, called and timed, leave the heap where it was', async () => {
  const place = testSystem();
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await round(place);
  const before = await heapUsed();
  for (let lived = 0; lived < 1_000_000; ) lived += await round(place);
  const after = await heapUsed();
  expect(place.system.actorCount).toBe(1);
  expect(place.system.wheel.size).toBe(0);
  expect(processInfo(place.main.pid)).toMatchObject({ mailboxLength: 0, links: [], monitors: [], monitoredBy: [] });
  expect(registered(place.system)).toEqual([]);
  expect(place.crashes).toEqual([]);
  expect(after - before).toBeLessThan(1_000_000);
}, 60_000);

// An idle process of Erlang takes 2.6 KiB, as bench/cases/idleMemory.ts measures it.
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
