/** The calls that a running supervisor takes: children are added, ended, started again, removed and counted. As in supervisor(3). */
import {
  type ChildSpec,
  exit,
  type FixedSpec,
  genServer,
  isAlive,
  name,
  type Pid,
  SupervisorError,
  type SupervisorMessage,
  spawnHandler,
  supervisor,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';
import { type Nursery, nursery } from './children.js';

let the: TestSystem;
let kids: Nursery;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
  kids = nursery(the);
});

function start(spec: Partial<FixedSpec> = {}): Promise<Pid<SupervisorMessage>> {
  return supervisor.startLink(the.main, { intensity: 5, children: [], ...spec });
}

async function idsOf(top: Pid<SupervisorMessage>): Promise<unknown[]> {
  const children = await supervisor.whichChildren(the.main, top);
  return children.map(({ id, pid }) => [id, pid === undefined || pid === 'restarting' ? pid : isAlive(pid)]);
}

const refused = (reason: unknown) => expect.objectContaining({ name: 'SupervisorError', reason });

describe('startChild', () => {
  test('adds a child as the last one, gives its pid, and supervises it', async () => {
    const top = await start({ children: [kids.child('a')] });
    expect(await supervisor.startChild(the.main, top, kids.child('b'))).toBe(kids.pids.b);
    expect(await idsOf(top)).toEqual([
      ['a', true],
      ['b', true],
    ]);
    await kids.end('b', 'boom', top);
    expect(kids.log).toEqual(['start a', 'start b', 'end b boom', 'start b']);
    exit(top, 'shutdown');
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(kids.log.slice(4)).toEqual(['end b shutdown', 'end a shutdown']);
  });

  test('a child that is there, running or not, is refused', async () => {
    const { main } = the;
    const top = await start({ children: [kids.child('a'), kids.child('b', { restart: 'transient' })] });
    await expect(supervisor.startChild(main, top, kids.child('a'))).rejects.toEqual(refused(['already_started', kids.pids.a]));
    await kids.end('b', 'normal', top);
    await expect(supervisor.startChild(main, top, kids.child('b'))).rejects.toEqual(refused('already_present'));
    expect(kids.log.filter((entry) => entry.startsWith('start'))).toEqual(['start a', 'start b']);
  });

  test('that cannot start says why, adds nothing, and leaves the others alone', async () => {
    const { main } = the;
    const top = await start({ children: [kids.child('a')] });
    const failing: [ChildSpec['start'], unknown][] = [
      [() => Promise.reject('no'), 'no'],
      [(self) => genServer.startLink(self, { init: () => ['stop', 'init failed'] }), 'init failed'],
      [(self) => genServer.startLink(self, { init: () => ['error', 'refused'] }), 'refused'],
    ];
    for (const [startChild, reason] of failing) {
      const failed = supervisor.startChild(main, top, { id: 'b', start: startChild });
      await expect(failed).rejects.toBeInstanceOf(SupervisorError);
      await expect(failed).rejects.toEqual(refused(reason));
    }
    expect(await idsOf(top)).toEqual([['a', true]]);
    expect(kids.log).toEqual(['start a']);
  });

  test("that has nothing to start is kept without an actor, unless it is temporary: init's 'ignore'", async () => {
    const { main } = the;
    const top = await start();
    const ignoring = (self: Parameters<typeof genServer.startLink>[0]) =>
      genServer.startLink(self, { init: () => 'ignore' as const });
    expect(await supervisor.startChild(main, top, { id: 'kept', start: ignoring })).toBeUndefined();
    expect(await supervisor.startChild(main, top, { id: 'gone', start: ignoring, restart: 'temporary' })).toBeUndefined();
    expect(await idsOf(top)).toEqual([['kept', undefined]]);
  });

  test('is waited for by what is asked afterwards', async () => {
    const { main, system } = the;
    const top = await start();
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const slow: ChildSpec = {
      id: 'slow',
      start: async (self) => {
        await gate;
        return spawnHandler(() => undefined, { link: self });
      },
    };
    const other = testSystem().main;
    const started = supervisor.startChild(main, top, slow);
    const listed = supervisor.whichChildren(other, top);
    await nextTurn();
    goOn();
    await started;
    expect(await listed).toHaveLength(1);
    expect(system.actorCount).toBe(3);
  });
});

describe('terminateChild', () => {
  test('ends a child by its id or its pid, keeps its description, and does not restart it', async () => {
    const { main } = the;
    const top = await start({ children: [kids.child('a'), kids.child('b')] });
    await supervisor.terminateChild(main, top, 'a');
    await supervisor.terminateChild(main, top, kids.pids.b as Pid);
    await nextTurn();
    expect(kids.log.slice(2)).toEqual(['end a shutdown', 'end b shutdown']);
    expect(await idsOf(top)).toEqual([
      ['a', undefined],
      ['b', undefined],
    ]);
    expect(await flush(main)).toEqual([]);
  });

  test('is done already for one that does not run', async () => {
    const top = await start({ children: [kids.child('a')] });
    await supervisor.terminateChild(the.main, top, 'a');
    await supervisor.terminateChild(the.main, top, 'a');
    expect(kids.log).toEqual(['start a', 'end a shutdown']);
  });

  test('forgets a temporary child', async () => {
    const top = await start({ children: [kids.child('a', { restart: 'temporary' })] });
    await supervisor.terminateChild(the.main, top, 'a');
    expect(await idsOf(top)).toEqual([]);
  });

  test('waits as long as the description says, then kills', async () => {
    const { main, clock } = the;
    const top = await start({ children: [kids.child('a', { stubborn: true, shutdown: 100 })] });
    const ended = supervisor.terminateChild(main, top, 'a');
    await nextTurn();
    clock.advance(100);
    await ended;
    expect(kids.log).toEqual(['start a', 'end a killed']);
  });

  test('of a child that is not there is refused', async () => {
    const { main } = the;
    const top = await start();
    await expect(supervisor.terminateChild(main, top, 'a')).rejects.toEqual(refused('not_found'));
    await expect(supervisor.terminateChild(main, top, main.pid)).rejects.toEqual(refused('not_found'));
  });
});

describe('restartChild', () => {
  test('starts a child again that was ended, or has ended for good', async () => {
    const { main } = the;
    const top = await start({ children: [kids.child('a'), kids.child('b', { restart: 'transient' })] });
    await supervisor.terminateChild(main, top, 'a');
    await kids.end('b', 'normal', top);
    expect(await supervisor.restartChild(main, top, 'a')).toBe(kids.pids.a);
    expect(await supervisor.restartChild(main, top, 'b')).toBe(kids.pids.b);
    await kids.end('a', 'boom', top);
    expect(await idsOf(top)).toEqual([
      ['a', true],
      ['b', true],
    ]);
  });

  test('says why it cannot, and leaves the child as it was', async () => {
    const { main } = the;
    let starts = 0;
    const once: ChildSpec = kids.child('a', {
      start: (self) => {
        starts += 1;
        if (starts > 1) throw new Error('only once');
        return kids.child('a').start(self);
      },
    });
    const top = await start({ children: [once] });
    await expect(supervisor.restartChild(main, top, 'a')).rejects.toEqual(refused('running'));
    await expect(supervisor.restartChild(main, top, 'b')).rejects.toEqual(refused('not_found'));
    await supervisor.terminateChild(main, top, 'a');
    await expect(supervisor.restartChild(main, top, 'a')).rejects.toMatchObject({ reason: { message: 'only once' } });
    expect(await idsOf(top)).toEqual([['a', undefined]]);
  });
});

describe('deleteChild', () => {
  test('forgets a child that does not run, whose id is free then', async () => {
    const { main } = the;
    const top = await start({ children: [kids.child('a'), kids.child('b')] });
    await expect(supervisor.deleteChild(main, top, 'a')).rejects.toEqual(refused('running'));
    await expect(supervisor.deleteChild(main, top, 'c')).rejects.toEqual(refused('not_found'));
    await supervisor.terminateChild(main, top, 'a');
    await supervisor.deleteChild(main, top, 'a');
    expect(await idsOf(top)).toEqual([['b', true]]);
    await supervisor.startChild(main, top, kids.child('a'));
    expect(await idsOf(top)).toEqual([
      ['b', true],
      ['a', true],
    ]);
  });
});

test('countChildren counts descriptions, actors that run, supervisors and workers', async () => {
  const { main } = the;
  const inner: ChildSpec = {
    id: 'inner',
    type: 'supervisor',
    start: (self) => supervisor.startLink(self, { children: [] }),
  };
  const top = await start({ children: [kids.child('a'), inner, kids.child('b')] });
  expect(await supervisor.countChildren(main, top)).toEqual({ specs: 3, active: 3, supervisors: 1, workers: 2 });
  await supervisor.terminateChild(main, top, 'b');
  expect(await supervisor.countChildren(main, top)).toEqual({ specs: 3, active: 2, supervisors: 1, workers: 2 });
  await supervisor.deleteChild(main, top, 'b');
  expect(await supervisor.countChildren(main, top)).toEqual({ specs: 2, active: 2, supervisors: 1, workers: 1 });
});

test('getChildspec gives the description of a child, by its id or its pid', async () => {
  const { main } = the;
  const spec = kids.child('a', { restart: 'transient' });
  const top = await start({ children: [spec] });
  expect(await supervisor.getChildspec(main, top, 'a')).toBe(spec);
  expect(await supervisor.getChildspec(main, top, kids.pids.a as Pid)).toBe(spec);
  expect(await supervisor.getChildspec(main, top, 'b')).toBeUndefined();
  expect(await supervisor.getChildspec(main, top, main.pid)).toBeUndefined();
});

test('a supervisor can be asked by its name', async () => {
  const { main, system } = the;
  await supervisor.start({ children: [kids.child('a')] }, { system, name: 'top' });
  expect(await supervisor.countChildren(main, name<SupervisorMessage>('top'))).toMatchObject({ specs: 1 });
});

test('a supervisor that has ended answers no call', async () => {
  const { main } = the;
  const top = await start();
  exit(top, 'kill');
  await main.receive();
  const asked = [
    supervisor.startChild(main, top, kids.child('a')),
    supervisor.countChildren(main, name<SupervisorMessage>('nobody')),
  ];
  // One at a time: an actor waits for one answer only.
  await expect(asked[1]).rejects.toMatchObject({ name: 'CallError', reason: 'noproc' });
  await expect(asked[0]).rejects.toMatchObject({ name: 'CallError', reason: 'noproc' });
});
