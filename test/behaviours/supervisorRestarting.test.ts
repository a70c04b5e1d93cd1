/** A child that cannot be restarted at once is 'restarting', and tried again. As in supervisor.erl, try_again_restart. */
import { type ChildSpec, exit, type FixedSpec, isAlive, type Pid, type SupervisorMessage, send, supervisor } from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';
import { type Nursery, nursery } from './children.js';

let the: TestSystem;
let kids: Nursery;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
  kids = nursery(the);
});

/** A child whose second start fails after `gate`, and whose next starts fail up to the one of that number. */
function failing(id: string, until: number, gate: Promise<void> = Promise.resolve()): ChildSpec {
  let starts = 0;
  return {
    id,
    start: async (self) => {
      starts += 1;
      if (starts === 1 || starts > until) return kids.child(id).start(self);
      if (starts === 2) await gate;
      kids.log.push(`fail ${id}`);
      throw new Error(`no ${id}`);
    },
  };
}

function start(spec: FixedSpec): Promise<Pid<SupervisorMessage>> {
  return supervisor.startLink(the.main, { intensity: 10, ...spec });
}

test('is tried again until it can be, each try counting', async () => {
  const top = await start({ intensity: 4, children: [failing('a', 4)] });
  await kids.end('a', 'boom', top);
  await nextTurn();
  expect(kids.log).toEqual(['start a', 'end a boom', 'fail a', 'fail a', 'fail a', 'start a']);
  expect(isAlive(top)).toBe(true);
  await kids.end('a', 'boom', top);
  expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
});

test('with its group: those after it wait until it can be started, and are started once', async () => {
  const top = await start({ strategy: 'one_for_all', children: [kids.child('a'), failing('b', 3), kids.child('c')] });
  await kids.end('c', 'boom', top);
  await nextTurn();
  expect((await supervisor.whichChildren(the.main, top)).map(({ pid }) => pid)).toEqual(
    ['a', 'b', 'c'].map((id) => kids.pids[id]),
  );
  expect(kids.log.slice(3)).toEqual([
    ...['end c boom', 'end b shutdown', 'end a shutdown', 'start a', 'fail b'],
    ...['end a shutdown', 'start a', 'fail b'],
    ...['end a shutdown', 'start a', 'start b', 'start c'],
  ]);
});

describe('meanwhile', () => {
  /** A supervisor that is about to fail to restart `a`. It deals with calls that come meanwhile before it tries again. */
  async function meanwhile(): Promise<{ top: Pid<SupervisorMessage>; fail: () => void }> {
    let fail: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      fail = resolve;
    });
    const top = await start({ children: [failing('a', 2, gate), kids.child('b')] });
    send(kids.pids.a as Pid<string>, 'boom');
    await nextTurn();
    return { top, fail };
  }

  test("it is told of as 'restarting', and neither deleted nor started by hand", async () => {
    const { top, fail } = await meanwhile();
    // Each asks for itself: an actor waits for one answer at a time.
    const [one, two, three, four] = [testSystem().main, testSystem().main, testSystem().main, testSystem().main] as const;
    const listed = supervisor.whichChildren(one, top);
    const counted = supervisor.countChildren(two, top);
    const restarted = supervisor.restartChild(three, top, 'a').catch(({ reason }) => reason);
    const deleted = supervisor.deleteChild(four, top, 'a').catch(({ reason }) => reason);
    fail();
    expect(await listed).toMatchObject([{ id: 'a', pid: 'restarting' }, { id: 'b' }]);
    expect(await counted).toMatchObject({ specs: 2, active: 1 });
    expect([await restarted, await deleted]).toEqual(['restarting', 'restarting']);
    expect(await supervisor.whichChildren(the.main, top)).toMatchObject([{ pid: kids.pids.a }, { pid: kids.pids.b }]);
    expect(kids.log).toEqual(['start a', 'start b', 'end a boom', 'fail a', 'start a']);
  });

  test('terminateChild is the end of the tries', async () => {
    const { top, fail } = await meanwhile();
    const ended = supervisor.terminateChild(the.main, top, 'a');
    fail();
    await ended;
    await nextTurn();
    expect(await supervisor.whichChildren(the.main, top)).toMatchObject([{ pid: undefined }, { pid: kids.pids.b }]);
    expect(kids.log).toEqual(['start a', 'start b', 'end a boom', 'fail a']);
    expect(await supervisor.restartChild(the.main, top, 'a')).toBe(kids.pids.a);
  });

  test('the end of the supervisor is the end of the tries', async () => {
    const { top, fail } = await meanwhile();
    exit(top, 'shutdown');
    fail();
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(kids.log.slice(3)).toEqual(['fail a', 'end b shutdown']);
    expect(the.system.actorCount).toBe(1);
  });
});
