/** What a supervisor keeps and lets go: no child outlives it. It keeps no child that is not there, and nothing of a child that is never started again. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AnySelf, type ChildSpec, exit, isAlive, type Pid, send, spawnLink, supervisor, sys } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
});

describe('a supervisor that is killed while it ends its children', () => {
  let told: unknown[];
  beforeEach(() => {
    told = [];
  });

  /** Traps exits, and ends only when its supervisor has been killed. */
  const stubborn = (name: string) => (self: AnySelf) =>
    spawnLink<unknown>(
      self,
      async (own) => {
        for (;;) {
          const message = (await own.receive()) as unknown[];
          told.push([name, message[2]]);
          if (message[2] === 'killed') return;
        }
      },
      { trapExit: true },
    );
  const spec = (id: string): ChildSpec => ({ id, start: stubborn(id), shutdown: Number.POSITIVE_INFINITY });
  const crashing: ChildSpec = {
    id: 'crashing',
    start: (self) => spawnLink<unknown>(self, (own) => own.receive().then(() => own.exit('x'))),
  };

  const ways: [string, () => Promise<Pid>, (top: Pid) => unknown][] = [
    ['at its own end', () => supervisor.start({ children: [spec('a')] }, { system: the.system }), (top) => exit(top, 'shutdown')],
    [
      'because somebody asks for that',
      () => supervisor.start({ children: [spec('a')] }, { system: the.system }),
      (top) => spawnLink(the.main, (self) => supervisor.terminateChild(self, top as never, 'a')),
    ],
    [
      'to restart all',
      () => supervisor.start({ strategy: 'one_for_all', children: [spec('a'), crashing] }, { system: the.system }),
      async (top) => {
        const [, last] = await supervisor.whichChildren(the.main, top as never);
        send(last?.pid as never, 'go' as never);
      },
    ],
    [
      'all at once',
      async () => {
        const top = await supervisor.start({ strategy: 'simple_one_for_one', child: spec('a') }, { system: the.system });
        for (let count = 0; count < 3; count += 1) await supervisor.startChild(the.main, top, []);
        return top;
      },
      (top) => exit(top, 'shutdown'),
    ],
  ];

  test.each(ways)('%s: the children hear of its end, and none is left', async (_, start, end) => {
    const top = await start();
    await end(top);
    await nextTurn();
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told.map((entry) => (entry as unknown[])[1]))).toEqual(new Set(['shutdown']));
    const before = told.length;
    exit(top, 'kill');
    await nextTurn();
    expect(told.slice(before)).toEqual(Array(before).fill(['a', 'killed']));
    expect(the.system.actorCount).toBe(1);
  });
});

test('no exit message of a child that was ended is left in the mailbox of its supervisor', async () => {
  const { main, system } = the;
  const child = (id: string): ChildSpec => ({
    id,
    start: (self) => spawnLink(self, (own) => own.receive(), { trapExit: id === 'b' }),
  });
  const top = await supervisor.start({ strategy: 'one_for_all', children: ['a', 'b', 'c'].map(child) }, { system });
  const events: unknown[] = [];
  await sys.trace(main, top, { limit: 100, sink: (event) => events.push(event) });
  for (const id of ['b', 'c']) await supervisor.terminateChild(main, top, id);
  const [first] = await supervisor.whichChildren(main, top);
  exit(first?.pid as Pid, 'kill');
  await nextTurn();
  expect((await supervisor.whichChildren(main, top)).every(({ pid }) => isAlive(pid as Pid))).toBe(true);
  const exits = events.filter((event) => JSON.stringify(event).includes('EXIT'));
  expect(exits).toMatchObject([{ type: 'in', message: ['EXIT', first?.pid, 'killed'] }]);
});

test('a dynamic child whose restart has nothing to start is gone: it is not listed, not counted, and the end is in order', async () => {
  const { main, system } = the;
  let starts = 0;
  const child: ChildSpec = {
    id: 'x',
    start: (self) => {
      starts += 1;
      return starts > 2 ? undefined : spawnLink<unknown>(self, (own) => own.receive().then(() => own.exit('crash')));
    },
  };
  const top = await supervisor.start({ strategy: 'simple_one_for_one', child, intensity: 9 }, { system });
  const [one, two] = [await supervisor.startChild(main, top, []), await supervisor.startChild(main, top, [])];
  send(one as never, 'go' as never);
  await nextTurn();
  expect(await supervisor.whichChildren(main, top)).toEqual([{ id: undefined, pid: two, type: 'worker' }]);
  expect(await supervisor.countChildren(main, top)).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
  expect(await sys.getState(main, top)).toHaveProperty('size', 1);
  exit(top, 'shutdown');
  await nextTurn();
  expect(system.actorCount).toBe(1);
  expect(await flush(main)).toEqual([]);
});

describe('the arguments of a dynamic child', () => {
  /** Starts a child with an argument that nothing else refers to. */
  async function startWith(top: Awaited<ReturnType<typeof supervisor.start>>): Promise<WeakRef<object>> {
    const argument = { large: new Array<number>(1000).fill(1) };
    await supervisor.startChild(the.main, top, [argument]);
    return new WeakRef(argument);
  }

  test.each([
    ['temporary', false],
    ['transient', true],
    ['permanent', true],
  ] as const)('that is %s are kept for a restart: %s', async (restart, kept) => {
    const child: ChildSpec = { id: 'x', restart, start: (self) => spawnLink(self, (own) => own.receive()) };
    const top = await supervisor.start({ strategy: 'simple_one_for_one', child }, { system: the.system });
    const argument = await startWith(top);
    for (let turn = 0; turn < 3; turn += 1) await nextTurn();
    collectGarbage();
    expect(argument.deref() !== undefined).toBe(kept);
    expect(await supervisor.countChildren(the.main, top)).toMatchObject({ active: 1 });
  });
});
