/** `restartDelay`: a pause before a restart, fixed or growing, which OTP does not have. */
import {
  type AnySelf,
  type ChildSpec,
  exit,
  type FixedSpec,
  isAlive,
  type Pid,
  type SupervisorMessage,
  supervisor,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';
import { type Nursery, nursery } from './children.js';

type Top = Pid<SupervisorMessage>;

let the: TestSystem;
let kids: Nursery;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
  kids = nursery(the);
});

function start(spec: FixedSpec): Promise<Top> {
  return supervisor.startLink(the.main, { intensity: 100, ...spec });
}

/** Lets time pass, and lets the supervisor do what is due then. */
async function pass(ms: number, top: Top): Promise<void> {
  the.clock.advance(ms);
  await nextTurn();
  if (isAlive(top)) await supervisor.whichChildren(the.main, top);
}

const pidsOf = async (top: Top) => (await supervisor.whichChildren(the.main, top)).map(({ pid }) => pid);
/** The entries since the log was last read. */
const news = () => kids.log.splice(0);
const refused = (reason: unknown) => expect.objectContaining({ name: 'SupervisorError', reason });

/** A child whose starts fail while `isAway` says so. */
function withResource(id: string, isAway: () => boolean, spec: Partial<ChildSpec> = {}): ChildSpec {
  const { start: begin, ...rest } = kids.child(id, spec);
  return {
    ...rest,
    start: (self) => {
      if (!isAway()) return begin(self);
      kids.log.push(`fail ${id}`);
      throw new Error(`no ${id}`);
    },
  };
}

describe('a fixed delay', () => {
  test('puts off the restart, by so many milliseconds and no less, each time', async () => {
    const top = await start({ children: [kids.child('a', { restartDelay: 500 }), kids.child('b')] });
    news();
    for (let times = 0; times < 3; times += 1) {
      await kids.end('a', 'boom', top);
      expect(await pidsOf(top)).toEqual(['restarting', kids.pids.b]);
      expect(await supervisor.countChildren(the.main, top)).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 });
      await pass(499, top);
      expect(news()).toEqual(['end a boom']);
      await pass(1, top);
      expect(news()).toEqual(['start a']);
      expect(await pidsOf(top)).toEqual([kids.pids.a, kids.pids.b]);
    }
    expect(the.system.wheel.size).toBe(0);
  });

  test.each([undefined, 0])('of %s is no delay: the restart comes at once', async (restartDelay) => {
    const top = await start({ children: [kids.child('a', restartDelay === undefined ? {} : { restartDelay })] });
    await kids.end('a', 'boom', top);
    expect(news()).toEqual(['start a', 'end a boom', 'start a']);
    expect(the.system.wheel.size).toBe(0);
  });

  test('does not put off the first start, nor a start that somebody asks for', async () => {
    const top = await start({ children: [kids.child('a', { restartDelay: 500 })] });
    await supervisor.terminateChild(the.main, top, 'a');
    await supervisor.restartChild(the.main, top, 'a');
    await supervisor.startChild(the.main, top, kids.child('b', { restartDelay: 500 }));
    expect(news()).toEqual(['start a', 'end a shutdown', 'start a', 'start b']);
  });

  test('of a transient child is for its failures; after a normal end it is not restarted', async () => {
    const top = await start({ children: [kids.child('a', { restart: 'transient', restartDelay: 500 })] });
    await kids.end('a', 'boom', top);
    await pass(500, top);
    await kids.end('a', 'normal', top);
    await pass(10_000, top);
    expect(news()).toEqual(['start a', 'end a boom', 'start a', 'end a normal']);
    expect(await pidsOf(top)).toEqual([undefined]);
  });

  test('also puts off each further try of a restart that fails', async () => {
    let isAway = false;
    const top = await start({ children: [withResource('a', () => isAway, { restartDelay: 100 })] });
    isAway = true;
    await kids.end('a', 'boom', top);
    news();
    for (let tries = 0; tries < 3; tries += 1) {
      await pass(99, top);
      expect(news()).toEqual([]);
      await pass(1, top);
      expect(news()).toEqual(['fail a']);
      expect(await pidsOf(top)).toEqual(['restarting']);
    }
    isAway = false;
    await pass(100, top);
    expect(news()).toEqual(['start a']);
  });

  test('lets several children wait side by side, each for its own time', async () => {
    const top = await start({ children: [kids.child('a', { restartDelay: 300 }), kids.child('b', { restartDelay: 100 })] });
    news();
    await kids.end('a', 'boom', top);
    await pass(100, top);
    await kids.end('b', 'boom', top);
    expect(await pidsOf(top)).toEqual(['restarting', 'restarting']);
    await pass(100, top);
    await pass(100, top);
    expect(news()).toEqual(['end a boom', 'end b boom', 'start b', 'start a']);
  });
});

describe('a growing delay', () => {
  const delays = async (top: Top, times: number) => {
    const seen: number[] = [];
    for (let count = 0; count < times; count += 1) {
      await kids.end('a', 'boom', top);
      const before = the.clock.now();
      while ((await pidsOf(top))[0] === 'restarting') await pass(50, top);
      seen.push(the.clock.now() - before);
    }
    return seen;
  };

  test('doubles up to its maximum, and begins anew when the child has run for so long', async () => {
    const top = await start({ children: [kids.child('a', { restartDelay: { firstMs: 100, maxMs: 1000 } })] });
    expect(await delays(top, 6)).toEqual([100, 200, 400, 800, 1000, 1000]);
    await pass(999, top);
    expect(await delays(top, 1)).toEqual([1000]);
    await pass(1000, top);
    expect(await delays(top, 2)).toEqual([100, 200]);
  });

  test('grows by its factor, and by failed tries as well', async () => {
    let isAway = false;
    const restartDelay = { firstMs: 50, maxMs: 1350, factor: 3 };
    const top = await start({ children: [withResource('a', () => isAway, { restartDelay })] });
    isAway = true;
    await kids.end('a', 'boom', top);
    const tried: number[] = [];
    for (let count = 0; count < 60; count += 1) {
      news();
      await pass(50, top);
      if (news().includes('fail a')) tried.push(the.clock.now());
    }
    expect(tried).toEqual([50, 200, 650, 2000]);
  });

  test('begins anew when somebody has started the child again', async () => {
    const top = await start({ children: [kids.child('a', { restartDelay: { firstMs: 100, maxMs: 1000 } })] });
    expect(await delays(top, 3)).toEqual([100, 200, 400]);
    await supervisor.terminateChild(the.main, top, 'a');
    await supervisor.restartChild(the.main, top, 'a');
    expect(await delays(top, 1)).toEqual([100]);
  });

  test('does not overflow, however often the child fails', async () => {
    const top = await start({ children: [kids.child('a', { restartDelay: { firstMs: 50, maxMs: 100, factor: 1e300 } })] });
    expect(await delays(top, 20)).toEqual([50, ...new Array(19).fill(100)]);
  });
});

describe('the group that the strategy restarts', () => {
  const three = { restartDelay: 100 };

  test("'one_for_all': all end at once, and start together when the time has come", async () => {
    const top = await start({ strategy: 'one_for_all', children: ['a', 'b', 'c'].map((id) => kids.child(id, three)) });
    news();
    await kids.end('b', 'boom', top);
    expect(news()).toEqual(['end b boom', 'end c shutdown', 'end a shutdown']);
    expect(await pidsOf(top)).toEqual(['restarting', 'restarting', 'restarting']);
    await pass(100, top);
    expect(news()).toEqual(['start a', 'start b', 'start c']);
  });

  test("'rest_for_one': a failure further up restarts those that wait, and they are not started twice", async () => {
    const children = [kids.child('a'), kids.child('b', three), kids.child('c')];
    const top = await start({ strategy: 'rest_for_one', children });
    news();
    await kids.end('b', 'boom', top);
    await kids.end('a', 'boom', top);
    expect(news()).toEqual(['end b boom', 'end c shutdown', 'end a boom', 'start a', 'start b', 'start c']);
    await pass(1000, top);
    expect(news()).toEqual([]);
    expect(the.system.wheel.size).toBe(0);
  });

  test("'rest_for_one': a failure further up with a longer delay puts off those that wait", async () => {
    const children = [kids.child('a', { restartDelay: 300 }), kids.child('b', three), kids.child('c')];
    const top = await start({ strategy: 'rest_for_one', children });
    await kids.end('b', 'boom', top);
    await kids.end('a', 'boom', top);
    news();
    await pass(299, top);
    expect(news()).toEqual([]);
    await pass(1, top);
    expect(news()).toEqual(['start a', 'start b', 'start c']);
  });

  test('goes on without a member that is ended meanwhile, even if it was the one that failed', async () => {
    const children = ['a', 'b', 'c'].map((id) => kids.child(id, three));
    const top = await start({ strategy: 'one_for_all', children });
    await kids.end('b', 'boom', top);
    news();
    await supervisor.terminateChild(the.main, top, 'b');
    await supervisor.deleteChild(the.main, top, 'b');
    await pass(100, top);
    expect(news()).toEqual(['start a', 'start c']);
    expect(await pidsOf(top)).toEqual([kids.pids.a, kids.pids.c]);
  });

  test('of which one cannot start waits again, whole', async () => {
    let isAway = false;
    const children = [kids.child('a'), withResource('b', () => isAway, three), kids.child('c', { restartDelay: 7 })];
    const top = await start({ strategy: 'one_for_all', children });
    isAway = true;
    await kids.end('b', 'boom', top);
    news();
    await pass(100, top);
    await nextTurn();
    expect(news()).toEqual(['start a', 'fail b', 'end a shutdown']);
    expect(await pidsOf(top)).toEqual(['restarting', 'restarting', 'restarting']);
    isAway = false;
    await pass(100, top);
    expect(news()).toEqual(['start a', 'start b', 'start c']);
  });

  test('forgets its temporary members', async () => {
    const children = [kids.child('a', three), kids.child('t', { restart: 'temporary' })];
    const top = await start({ strategy: 'one_for_all', children });
    await kids.end('a', 'boom', top);
    expect(await pidsOf(top)).toEqual(['restarting']);
    await pass(100, top);
    expect(await pidsOf(top)).toEqual([kids.pids.a]);
  });
});

describe('while the restart is put off', () => {
  const waiting = async (): Promise<Top> => {
    const top = await start({ children: [kids.child('a', { restartDelay: 1000 }), kids.child('b')] });
    await kids.end('a', 'boom', top);
    news();
    return top;
  };

  test("restartChild, deleteChild and startChild are refused as in OTP: 'restarting', 'already_present'", async () => {
    const top = await waiting();
    await expect(supervisor.restartChild(the.main, top, 'a')).rejects.toEqual(refused('restarting'));
    await expect(supervisor.deleteChild(the.main, top, 'a')).rejects.toEqual(refused('restarting'));
    await expect(supervisor.startChild(the.main, top, kids.child('a'))).rejects.toEqual(refused('already_present'));
    await pass(1000, top);
    expect(news()).toEqual(['start a']);
  });

  test('terminateChild ends the waiting; restartChild then starts at once, or deleteChild forgets it', async () => {
    const top = await waiting();
    await supervisor.terminateChild(the.main, top, 'a');
    expect(await pidsOf(top)).toEqual([undefined, kids.pids.b]);
    expect(the.system.wheel.size).toBe(0);
    await supervisor.restartChild(the.main, top, 'a');
    expect(news()).toEqual(['start a']);
    await kids.end('a', 'boom', top);
    await supervisor.terminateChild(the.main, top, 'a');
    await supervisor.deleteChild(the.main, top, 'a');
    await pass(10_000, top);
    expect(news()).toEqual(['end a boom']);
    expect(await supervisor.countChildren(the.main, top)).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
  });

  test.each(['shutdown', 'kill'])('the supervisor ends by %s, at once, and nothing is started or left', async (reason) => {
    const top = await waiting();
    exit(top, reason, the.main);
    await nextTurn();
    await nextTurn();
    expect(isAlive(top)).toBe(false);
    expect(news()).toEqual([expect.stringMatching(/^end b /)]);
    expect(the.system.wheel.size).toBe(0);
    expect(the.system.actorCount).toBe(1);
  });

  test('other children are restarted, and requests answered', async () => {
    const top = await waiting();
    await kids.end('b', 'boom', top);
    expect(news()).toEqual(['end b boom', 'start b']);
  });
});

describe('the limit of restarts', () => {
  test('counts a restart when the child ends: one too many ends the supervisor without waiting', async () => {
    const top = await start({ intensity: 2, periodMs: 1000, children: [kids.child('a', { restartDelay: 400 })] });
    for (let times = 0; times < 2; times += 1) {
      await kids.end('a', 'boom', top);
      await pass(400, top);
    }
    await kids.end('a', 'boom', top);
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(the.system.wheel.size).toBe(0);
  });

  test('is never reached if the delay is longer than the period divided by the intensity', async () => {
    let isAway = false;
    const top = await start({
      intensity: 1,
      periodMs: 1000,
      children: [withResource('a', () => isAway, { restartDelay: 1001 })],
    });
    isAway = true;
    await kids.end('a', 'boom', top);
    for (let times = 0; times < 50; times += 1) await pass(1001, top);
    expect(kids.log.filter((line) => line === 'fail a')).toHaveLength(50);
    isAway = false;
    await pass(1001, top);
    expect(await pidsOf(top)).toEqual([kids.pids.a]);
    expect(await flush(the.main)).toEqual([]);
  });
});

describe("children of 'simple_one_for_one'", () => {
  const dynamic = async (isAway: () => boolean = () => false): Promise<Top> => {
    const spec = withResource('x', isAway, { restartDelay: 100 });
    const child = { ...spec, start: (self: AnySelf, id: string) => withResource(id, isAway).start(self) };
    const top = await supervisor.startLink(the.main, { strategy: 'simple_one_for_one', child, intensity: 100 });
    for (const id of ['a', 'b']) await supervisor.startChild(the.main, top, [id]);
    news();
    return top;
  };

  test('wait each for itself, and start with their own arguments', async () => {
    const top = await dynamic();
    await kids.end('a', 'boom', top);
    expect(await pidsOf(top)).toEqual(['restarting', kids.pids.b]);
    expect(await supervisor.countChildren(the.main, top)).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 2 });
    await pass(100, top);
    expect(news()).toEqual(['end a boom', 'start a']);
    expect(await pidsOf(top)).toEqual([kids.pids.a, kids.pids.b]);
  });

  test('are known by the pid that they had until they have another, and may be ended by it', async () => {
    const top = await dynamic();
    const before = kids.pids.a as Pid;
    await kids.end('a', 'boom', top);
    expect(await supervisor.getChildspec(the.main, top, before)).toMatchObject({ id: 'x' });
    await supervisor.terminateChild(the.main, top, before);
    expect(await pidsOf(top)).toEqual([kids.pids.b]);
    expect(the.system.wheel.size).toBe(0);
    const other = kids.pids.b as Pid;
    await kids.end('b', 'boom', top);
    await pass(100, top);
    expect(await supervisor.getChildspec(the.main, top, other)).toBeUndefined();
    expect(await supervisor.getChildspec(the.main, top, kids.pids.b as Pid)).toMatchObject({ id: 'x' });
  });

  test('are tried again when their start fails', async () => {
    let isAway = false;
    const top = await dynamic(() => isAway);
    isAway = true;
    await kids.end('a', 'boom', top);
    await pass(100, top);
    await pass(100, top);
    isAway = false;
    await pass(100, top);
    expect(news()).toEqual(['end a boom', 'fail a', 'fail a', 'start a']);
  });
});

// OTP: supervisor.erl, restart/2 of a dynamic child and try_again_restart.
test('a dynamic child without a delay whose restart fails is tried again', async () => {
  let isAway = false;
  const child = { ...kids.child('x'), start: (self: AnySelf, id: string) => withResource(id, () => isAway).start(self) };
  const top = await supervisor.startLink(the.main, { strategy: 'simple_one_for_one', child, intensity: 3 });
  await supervisor.startChild(the.main, top, ['a']);
  isAway = true;
  await kids.end('a', 'boom', top);
  expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
  expect(news()).toEqual(['start a', 'end a boom', 'fail a', 'fail a', 'fail a']);
});

describe('is refused', () => {
  const wrong = (restartDelay: unknown, spec: Partial<ChildSpec> = {}) =>
    ({ children: [{ ...kids.child('a', spec), restartDelay }] }) as unknown as FixedSpec;

  test.each<[unknown, string]>([
    [Number.NaN, ''],
    [-1, ''],
    [Number.POSITIVE_INFINITY, ''],
    ['5', ''],
    [null, ''],
    [{}, '.firstMs'],
    [{ firstMs: 0, maxMs: 5 }, '.firstMs'],
    [{ firstMs: 5 }, '.maxMs'],
    [{ firstMs: 5, maxMs: 4 }, '.maxMs'],
    [{ firstMs: 5, maxMs: Number.NaN }, '.maxMs'],
    [{ firstMs: 5, maxMs: 6, faktor: 2 }, '.faktor'],
    [{ firstMs: 5, maxMs: 6, factor: 0.5 }, '.factor'],
    [{ firstMs: 5, maxMs: 6, factor: Number.NaN }, '.factor'],
    [{ firstMs: 5, maxMs: 6, factor: Number.POSITIVE_INFINITY }, '.factor'],
  ])('%j', (restartDelay, field) => {
    expect(() => supervisor.start(wrong(restartDelay))).toThrow(
      expect.objectContaining({ name: 'BadArg', argument: `spec.children[0].restartDelay${field}` }),
    );
  });

  test('for a temporary child', () => {
    expect(() => supervisor.start(wrong(5, { restart: 'temporary' }))).toThrow(/never restarted/);
  });
});
