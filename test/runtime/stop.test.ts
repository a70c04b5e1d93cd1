/** How a system ends: all its actors end, in order, and nothing is left. */
import {
  type ChildSpec,
  createSystem,
  exit,
  genServer,
  isAlive,
  type Pid,
  processes,
  type Self,
  type SpawnOptions,
  send,
  spawn,
  spawnHandler,
  supervisor,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
/** Ends, in order. */
let log: string[];
beforeEach(() => {
  the = testSystem();
  log = [];
});

/** Notes the end of an actor, with its reason. */
function note(id: string, self: Pick<Self<unknown>, 'signal'>): void {
  self.signal.addEventListener('abort', () => log.push(`${id} ${(self.signal.reason as { reason: unknown }).reason}`));
}

function actor(id: string, options: SpawnOptions = {}): Pid<unknown> {
  return spawnHandler<unknown>(
    {
      init: (self) => {
        note(id, self);
        return () => undefined;
      },
    },
    { system: the.system, ...options },
  );
}

/** Waits until a promise has settled, or until nothing happens any more without time going on. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  return settled;
}

test('ends all actors, the newest first', async () => {
  note('main', the.main);
  for (const id of ['a', 'b', 'c']) actor(id);
  await nextTurn();
  await the.system.stop();
  expect(log).toEqual(['c shutdown', 'b shutdown', 'a shutdown', 'main shutdown']);
  expect(the.system.actorCount).toBe(0);
  expect(processes(the.system)).toEqual([]);
  expect(the.crashes).toEqual([]);
  expect(the.clock.pending).toBe(0);
});

test('an empty system stops at once', async () => {
  const system = createSystem();
  expect(system.isStopped).toBe(false);
  await system.stop();
  expect(system.isStopped).toBe(true);
});

test('a second call gives the promise of the first', async () => {
  actor('stubborn', { trapExit: true });
  await nextTurn();
  const first = the.system.stop({ timeoutMs: 10 });
  expect(the.system.stop({ timeoutMs: 99 })).toBe(first);
  await nextTurn();
  the.clock.advance(10);
  await first;
  expect(the.system.stop()).toBe(first);
});

describe('an actor that traps exits', () => {
  test('may tidy up, with the help of those who are older, before they are ended', async () => {
    const { system } = the;
    const older = spawnHandler<string>(
      {
        init: (self) => {
          note('older', self);
          return (message) => log.push(message);
        },
      },
      { system },
    );
    spawn<unknown>(
      async (self) => {
        note('younger', self);
        const [, , reason] = (await self.receive()) as unknown[];
        send(older, `told of ${reason}`);
        await nextTurn();
      },
      { system, trapExit: true },
    );
    await nextTurn();
    await system.stop();
    expect(log).toEqual(['told of shutdown', 'younger normal', 'older shutdown']);
  });

  test.each<[number | undefined, number]>([
    [undefined, 5000],
    [100, 100],
  ])('and does not end is killed: timeoutMs %s means %i ms', async (timeoutMs, killedMs) => {
    const { system, clock } = the;
    actor('older');
    actor('stubborn', { trapExit: true });
    await nextTurn();
    const stopped = system.stop(timeoutMs === undefined ? {} : { timeoutMs });
    await nextTurn();
    clock.advance(killedMs - 1);
    expect(await isSettled(stopped)).toBe(false);
    expect(log).toEqual([]);
    clock.advance(1);
    await stopped;
    expect(log).toEqual(['stubborn killed', 'older shutdown']);
    expect(clock.pending).toBe(0);
  });

  test('and does not end is waited for without limit if timeoutMs is Infinity', async () => {
    const { system, clock } = the;
    const pid = actor('stubborn', { trapExit: true });
    await nextTurn();
    const stopped = system.stop({ timeoutMs: Number.POSITIVE_INFINITY });
    await nextTurn();
    clock.advance(2 ** 32);
    expect(await isSettled(stopped)).toBe(false);
    exit(pid, 'kill');
    await stopped;
    expect(log).toEqual(['stubborn killed']);
  });
});

describe('who was started by a link', () => {
  const child = (id: string): ChildSpec => ({ id, start: (self) => actor(id, { link: self }) });

  test('is left to whoever started it: supervisors end their trees in order', async () => {
    const { system } = the;
    actor('before');
    const inner: ChildSpec = {
      id: 'inner',
      type: 'supervisor',
      start: (self) => supervisor.startLink(self, { children: [child('b'), child('c')] }),
    };
    await supervisor.start({ children: [child('a'), inner, child('d')] }, { system });
    actor('after');
    await nextTurn();
    await system.stop();
    expect(log).toEqual(['after shutdown', 'd shutdown', 'c shutdown', 'b shutdown', 'a shutdown', 'before shutdown']);
  });

  test('by the main actor is ended by the system, since that supervises nobody, and takes it along by its link', async () => {
    const { system, main } = the;
    note('main', main);
    await supervisor.startLink(main, { children: [child('a'), child('b')] });
    actor('linked', { link: main });
    await nextTurn();
    await system.stop();
    expect(log).toEqual(['linked shutdown', 'main shutdown', 'b shutdown', 'a shutdown']);
  });

  test('is ended with its supervisor, and not restarted', async () => {
    const { system } = the;
    await supervisor.start({ intensity: 10, children: [child('a')] }, { system });
    await nextTurn();
    await system.stop();
    expect(log).toEqual(['a shutdown']);
  });

  test('and was unlinked, or whose starter has ended, is ended by the system', async () => {
    const { system } = the;
    let started: Pid[] = [];
    const starter = spawn<unknown>(
      async (self) => {
        note('starter', self);
        started = ['unlinked', 'orphan'].map((id) => actor(id, { link: self, trapExit: id === 'orphan' }));
        self.unlink(started[0] as Pid);
        await self.receive();
      },
      { system },
    );
    await nextTurn();
    await nextTurn();
    exit(starter, 'boom');
    expect(started.map(isAlive)).toEqual([true, true]);
    const stopped = system.stop({ timeoutMs: 10 });
    await nextTurn();
    the.clock.advance(10);
    await stopped;
    expect(log).toEqual(['starter boom', 'orphan killed', 'unlinked shutdown']);
  });

  test('by an actor of another system is ended: that one goes on', async () => {
    const other = testSystem();
    const parent = spawn<unknown>(
      async (self) => {
        actor('child', { link: self, system: the.system });
        await self.receive();
        await self.receive();
      },
      { system: other.system, trapExit: true },
    );
    await nextTurn();
    await the.system.stop();
    expect(log).toEqual(['child shutdown']);
    expect(the.system.actorCount).toBe(0);
    expect(isAlive(parent)).toBe(true);
  });
});

test('a genServer that traps exits tidies up', async () => {
  const { system } = the;
  await genServer.start(
    { init: () => ['ok', 'state'], terminate: (reason, state) => void log.push(`terminate ${reason} ${state}`) },
    { system, trapExit: true },
  );
  await system.stop();
  expect(log).toEqual(['terminate shutdown state']);
});

test('can be called by an actor, which is ended as the others are', async () => {
  const { system } = the;
  let stopped: Promise<void> | undefined;
  spawn<unknown>(
    async (self) => {
      note('caller', self);
      stopped = self.system.stop();
      await stopped;
      log.push('unwound by nobody');
    },
    { system },
  );
  await nextTurn();
  await stopped;
  expect(log).toEqual(['caller shutdown', 'unwound by nobody']);
});

test('an actor that ends another while it is ended disturbs nothing', async () => {
  const { system } = the;
  const a = actor('a');
  const b = actor('b');
  spawn<unknown>(
    async (self) => {
      note('c', self);
      await self.receive();
      exit(a, 'boom');
      exit(b, 'boom');
    },
    { system, trapExit: true },
  );
  await nextTurn();
  await system.stop();
  expect(log).toEqual(['a boom', 'b boom', 'c normal']);
});
