/** 'simple_one_for_one': any number of children of one kind, each with arguments of its own. As in supervisor(3). */
import {
  type AnySelf,
  type DynamicSpec,
  exit,
  genServer,
  isAlive,
  type Pid,
  type SupervisorMessage,
  send,
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

type Template = Parameters<Nursery['child']>[1];

/** A supervisor whose children are told their names when they are started. */
function start(template: Template = {}, spec: Partial<DynamicSpec> = {}): Promise<Pid<SupervisorMessage>> {
  const child = {
    ...kids.child('template', template),
    start: (self: AnySelf, id: string) => kids.child(id, template).start(self),
  };
  return supervisor.startLink(the.main, { intensity: 5, ...spec, strategy: 'simple_one_for_one', child });
}

const refused = (reason: unknown) => expect.objectContaining({ name: 'SupervisorError', reason });

test('starts no child by itself, and any number of children when asked, with their arguments', async () => {
  const { main } = the;
  const top = await start();
  expect(kids.log).toEqual([]);
  for (const id of ['a', 'b', 'a2']) expect(await supervisor.startChild(main, top, [id])).toBe(kids.pids[id]);
  expect(kids.log).toEqual(['start a', 'start b', 'start a2']);
  expect(await supervisor.whichChildren(main, top)).toEqual(
    ['a', 'b', 'a2'].map((id) => ({ id: undefined, pid: kids.pids[id], type: 'worker' })),
  );
  expect(await supervisor.countChildren(main, top)).toEqual({ specs: 1, active: 3, supervisors: 0, workers: 3 });
  expect((await supervisor.getChildspec(main, top, kids.pids.b as Pid))?.id).toBe('template');
});

describe('restart', () => {
  test('of a permanent child is with the arguments that it had', async () => {
    const top = await start();
    for (const id of ['a', 'b']) await supervisor.startChild(the.main, top, [id]);
    await kids.end('b', 'boom', top);
    expect(kids.log.slice(2)).toEqual(['end b boom', 'start b']);
    expect((await supervisor.whichChildren(the.main, top)).map(({ pid }) => pid)).toEqual([kids.pids.a, kids.pids.b]);
  });

  test.each(['transient', 'temporary'] as const)(
    'of a %s child that has ended for good is none, and it is forgotten',
    async (restart) => {
      const top = await start({ restart });
      await supervisor.startChild(the.main, top, ['a']);
      await kids.end('a', restart === 'temporary' ? 'boom' : 'normal', top);
      expect(kids.log).toEqual(['start a', expect.stringContaining('end a')]);
      expect(await supervisor.countChildren(the.main, top)).toEqual({ specs: 1, active: 0, supervisors: 0, workers: 0 });
    },
  );

  test('too often within the period ends the supervisor and all children', async () => {
    const top = await start({}, { intensity: 2, periodMs: 1000 });
    for (const id of ['a', 'b', 'c']) await supervisor.startChild(the.main, top, [id]);
    for (const id of ['a', 'b', 'c']) await kids.end(id, 'boom', top);
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(the.system.actorCount).toBe(1);
    expect(the.crashes.at(-1)).toMatchObject({ reason: ['reached_max_restart_intensity', 'template', 'boom'] });
  });
});

describe('startChild', () => {
  test('that fails says why, and nothing is kept', async () => {
    const { main, system } = the;
    const child = {
      id: 'x',
      start: (self: AnySelf, reason: string) => genServer.startLink(self, { init: () => ['stop', reason] }),
    };
    const top = await supervisor.start({ strategy: 'simple_one_for_one', child }, { system });
    await expect(supervisor.startChild(main, top, ['no'])).rejects.toEqual(refused('no'));
    expect(await supervisor.countChildren(main, top)).toMatchObject({ active: 0, workers: 0 });
    expect(isAlive(top)).toBe(true);
  });

  test("whose start has nothing to start gives undefined, and nothing is kept: init's 'ignore'", async () => {
    const { main, system } = the;
    const child = { id: 'x', start: (self: AnySelf) => genServer.startLink(self, { init: () => 'ignore' as const }) };
    const top = await supervisor.start({ strategy: 'simple_one_for_one', child }, { system });
    expect(await supervisor.startChild(main, top, [])).toBeUndefined();
    expect(await supervisor.whichChildren(main, top)).toEqual([]);
  });
});

describe('terminateChild', () => {
  test('names a child by its pid, and forgets it', async () => {
    const { main } = the;
    const top = await start();
    for (const id of ['a', 'b']) await supervisor.startChild(main, top, [id]);
    await supervisor.terminateChild(main, top, kids.pids.a as Pid);
    expect(await supervisor.whichChildren(main, top)).toMatchObject([{ pid: kids.pids.b }]);
    await nextTurn();
    expect(kids.log.at(-1)).toBe('end a shutdown');
    expect(await flush(main)).toEqual([]);
  });

  // supervisor(3): a pid that is no child is not_found, unless its actor has ended, because a child may have ended meanwhile.
  test('of a pid that has ended resolves, and of a pid that is no child is refused', async () => {
    const { main } = the;
    const top = await start({ restart: 'temporary' });
    await supervisor.startChild(main, top, ['a']);
    await kids.end('a', 'normal', top);
    await supervisor.terminateChild(main, top, kids.pids.a as Pid);
    await expect(supervisor.terminateChild(main, top, main.pid)).rejects.toEqual(refused('not_found'));
  });
});

test('a call that names a child by its id is refused', async () => {
  const { main } = the;
  const top = await start();
  await supervisor.startChild(main, top, ['a']);
  const unable = refused('simple_one_for_one');
  await expect(supervisor.terminateChild(main, top, 'template')).rejects.toEqual(unable);
  await expect(supervisor.restartChild(main, top, 'template')).rejects.toEqual(unable);
  await expect(supervisor.deleteChild(main, top, 'template')).rejects.toEqual(unable);
  await expect(supervisor.startChild(main, top, kids.child('b'))).rejects.toEqual(unable);
  expect(isAlive(kids.pids.a as Pid)).toBe(true);
});

test('arguments for a supervisor whose children are described are refused', async () => {
  const { main, system } = the;
  const top = await supervisor.start({ children: [kids.child('a')] }, { system });
  await expect(supervisor.startChild(main, top, ['a'])).rejects.toEqual(refused('badarg'));
});

describe('ending', () => {
  test('is of all children at the same time: those that take long wait for each other', async () => {
    const { main, clock } = the;
    const top = await start({ stubborn: true, shutdown: 100 });
    for (const id of ['a', 'b', 'c']) await supervisor.startChild(main, top, [id]);
    exit(top, 'shutdown');
    await nextTurn();
    clock.advance(99);
    await nextTurn();
    expect(kids.log).toHaveLength(3);
    clock.advance(1);
    expect(await main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(kids.log.slice(3).sort()).toEqual(['end a killed', 'end b killed', 'end c killed']);
    expect(clock.now()).toBe(100);
    expect(clock.pending).toBe(0);
  });

  test("does not wait for a child of 'brutal_kill'", async () => {
    const top = await start({ stubborn: true, shutdown: 'brutal_kill' });
    for (const id of ['a', 'b']) await supervisor.startChild(the.main, top, [id]);
    exit(top, 'shutdown');
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(kids.log.slice(2).sort()).toEqual(['end a killed', 'end b killed']);
  });

  test('a child that crashes on its way out changes nothing', async () => {
    const { main, system } = the;
    const child = {
      id: 'x',
      start: (self: AnySelf) => spawnHandler<unknown>((_message, me) => me.exit('crash'), { link: self, trapExit: true }),
    };
    const top = await supervisor.startLink(main, { strategy: 'simple_one_for_one', child });
    for (let count = 0; count < 3; count += 1) await supervisor.startChild(main, top, []);
    exit(top, 'shutdown');
    expect(await main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(system.actorCount).toBe(1);
  });
});

test('thousands of children come and go', async () => {
  const { main, system } = the;
  const child = {
    id: 'x',
    restart: 'temporary' as const,
    start: (self: AnySelf) => spawnHandler<string>((reason, me) => me.exit(reason), { link: self }),
  };
  const top = await supervisor.start({ strategy: 'simple_one_for_one', child }, { system });
  const pids: Pid<string>[] = [];
  for (let count = 0; count < 2000; count += 1) pids.push((await supervisor.startChild(main, top, [])) as Pid<string>);
  for (const pid of pids.filter((_, index) => index % 2 === 0)) send(pid, 'normal');
  while (system.actorCount > 1002) await nextTurn();
  expect(await supervisor.countChildren(main, top)).toMatchObject({ active: 1000 });
  exit(top, 'shutdown');
  while (system.actorCount > 1) await nextTurn();
});
