/** Supervisors: restarts, strategies, intensity, and ending in order. The promises are those of supervisor(3). */
import {
  type AnySelf,
  type ChildSpec,
  exit,
  type FixedSpec,
  isAlive,
  type Pid,
  reply,
  type SupervisorMessage,
  send,
  spawn,
  spawnHandler,
  supervisor,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
/** What children did, in order: `start a`, `end a shutdown`. */
let log: string[];
/** The actor that each child is at present. */
let pids: Record<string, Pid<string>>;
beforeEach(() => {
  the = testSystem();
  log = [];
  pids = {};
});

/** A child that notes its start and end, and ends with the reason that it is sent. */
function child(id: string, { stubborn = false, ...spec }: Partial<ChildSpec> & { stubborn?: boolean } = {}): ChildSpec {
  const start = (self: AnySelf) => {
    log.push(`start ${id}`);
    const pid: Pid<string> = spawnHandler<string>(
      {
        init: (me) => {
          me.signal.addEventListener('abort', () => log.push(`end ${id} ${(me.signal.reason as { reason: unknown }).reason}`));
          return (reason) => {
            if (!Array.isArray(reason)) me.exit(reason);
            else if (!stubborn) me.exit(reason[2]);
          };
        },
      },
      { link: self, trapExit: stubborn },
    );
    pids[id] = pid;
    return pid;
  };
  return { id, start, ...spec };
}

function start(spec: FixedSpec): Promise<Pid<SupervisorMessage>> {
  the.main.trapExit = true;
  return supervisor.startLink(the.main, spec);
}

async function exitOf(pid: Pid): Promise<unknown> {
  const ref = the.main.monitor(pid);
  const down = (await the.main.receive(reply(ref))) as readonly unknown[];
  return down[4];
}

/** Ends a child, and waits until the supervisor has dealt with the end, or has ended because of it. */
async function end(id: string, reason: string, top: Pid<SupervisorMessage>): Promise<void> {
  send(pids[id] as Pid<string>, reason);
  await nextTurn();
  await supervisor.whichChildren(the.main, top).catch((error) => expect(error).toMatchObject({ name: 'CallError' }));
}

const five = { intensity: 5, periodMs: 1000 };

test('starts its children in order, and lists them', async () => {
  const top = await supervisor.start({ children: [child('a'), child('b'), child('c')] }, { system: the.system });
  expect(await supervisor.whichChildren(the.main, top)).toEqual(
    ['a', 'b', 'c'].map((id) => ({ id, pid: pids[id], type: 'worker' })),
  );
  expect(log).toEqual(['start a', 'start b', 'start c']);
  expect(await flush(the.main)).toEqual([]);
});

test('waits for a child that starts later before it starts the next', async () => {
  const { main, system } = the;
  const slow: ChildSpec = {
    id: 'slow',
    start: async (self) => {
      const pid = spawn<unknown>(
        async (me) => {
          await me.receive();
          log.push('initialised');
          send(main.pid, 'ready');
          await me.receive();
        },
        { link: self },
      );
      send(main.pid, pid);
      await new Promise((resolve) => setImmediate(resolve));
      send(pid, 'go on');
      await new Promise((resolve) => setImmediate(resolve));
      return pid;
    },
  };
  const top = await supervisor.start({ children: [slow, child('b')] }, { system });
  expect((await supervisor.whichChildren(main, top)).map(({ id }) => id)).toEqual(['slow', 'b']);
  expect(log).toEqual(['initialised', 'start b']);
});

describe('restart', () => {
  test.each<[NonNullable<ChildSpec['restart']>, string, boolean]>([
    ['permanent', 'normal', true],
    ['permanent', 'boom', true],
    ['transient', 'normal', false],
    ['transient', 'shutdown', false],
    ['transient', 'boom', true],
    ['temporary', 'normal', false],
    ['temporary', 'boom', false],
  ])('of a %s child that ends with %s: %s', async (restart, reason, restarted) => {
    const top = await start({ ...five, children: [child('a', { restart }), child('b')] });
    const first = pids.a as Pid;
    await end('a', reason, top);
    expect(log.filter((entry) => entry === 'start a')).toHaveLength(restarted ? 2 : 1);
    expect(isAlive(first)).toBe(false);
    const listed = (await supervisor.whichChildren(the.main, top)).map(({ id, pid }) => [id, pid !== undefined]);
    const a = restart === 'temporary' ? [] : [['a', restarted]];
    expect(listed).toEqual([...a, ['b', true]]);
  });

  test('brings back a server that crashed, with a mailbox of its own', async () => {
    const { main } = the;
    const names: Pid<unknown>[] = [];
    const server: ChildSpec = {
      id: 'server',
      start: (self) => {
        const pid = spawn<unknown>(
          async (me) => {
            send(main.pid, 'up');
            for (;;) {
              const message = await me.receive();
              if (message === 'crash') throw new Error('crash');
              send(main.pid, message);
            }
          },
          { link: self },
        );
        names.push(pid);
        return pid;
      },
    };
    await start({ children: [server] });
    expect(await main.receive()).toBe('up');
    for (const message of ['one', 'crash', 'lost']) send(names[0] as Pid<unknown>, message);
    expect([await main.receive(), await main.receive()]).toEqual(['one', 'up']);
    send(names[1] as Pid<unknown>, 'two');
    expect(await main.receive()).toBe('two');
    expect(the.crashes).toHaveLength(1);
  });

  test('supervises a child whose start forgot the link', async () => {
    const { system } = the;
    let starts = 0;
    const forgetful: ChildSpec = {
      id: 'a',
      start: () => {
        starts += 1;
        const pid = spawnHandler<string>((reason, me) => me.exit(reason), { system });
        pids.a = pid;
        return pid;
      },
    };
    const top = await start({ children: [forgetful] });
    await nextTurn();
    await end('a', 'boom', top);
    expect(starts).toBe(2);
    exit(top, 'shutdown');
    await nextTurn();
    expect(isAlive(pids.a as Pid)).toBe(false);
  });
});

describe('strategy', () => {
  const children = () => [child('a'), child('b', { restart: 'temporary' }), child('c'), child('d')];
  test.each<[NonNullable<FixedSpec['strategy']>, string[]]>([
    ['one_for_one', ['end c boom', 'start c']],
    ['rest_for_one', ['end c boom', 'end d shutdown', 'start c', 'start d']],
    ['one_for_all', ['end c boom', 'end d shutdown', 'end b shutdown', 'end a shutdown', 'start a', 'start c', 'start d']],
  ])('%s', async (strategy, expected) => {
    const top = await start({ ...five, strategy, children: children() });
    log = [];
    await end('c', 'boom', top);
    expect(log).toEqual(expected);
    expect(Object.values(pids).filter((pid) => isAlive(pid))).toHaveLength(strategy === 'one_for_all' ? 3 : 4);
    expect(isAlive(top)).toBe(true);
  });
});

describe('intensity', () => {
  test('one restart too many within the period ends the children and the supervisor, and is reported', async () => {
    const top = await start({ intensity: 2, periodMs: 1000, children: [child('a'), child('b')] });
    for (let count = 0; count < 3; count += 1) await end('b', 'boom', top);
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(log.slice(-2)).toEqual(['end b boom', 'end a shutdown']);
    expect(the.system.actorCount).toBe(1);
    expect(the.crashes.at(-1)).toMatchObject({ pid: top, reason: ['reached_max_restart_intensity', 'b', 'boom'] });
  });

  test('restarts of an earlier period do not count', async () => {
    const top = await start({ intensity: 1, periodMs: 1000, children: [child('a')] });
    for (let count = 0; count < 5; count += 1) {
      await end('a', 'boom', top);
      the.clock.advance(1001);
    }
    expect(log.filter((entry) => entry === 'start a')).toHaveLength(6);
    expect(isAlive(top)).toBe(true);
  });

  test('0 allows no restart', async () => {
    const top = await start({ intensity: 0, children: [child('a')] });
    await end('a', 'boom', top);
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
  });
});

describe('a child that cannot start', () => {
  const failing = (id: string, from: number): ChildSpec => {
    let starts = 0;
    return child(id, {
      start: (self) => {
        starts += 1;
        if (starts >= from) throw new Error(`no ${id}`);
        return child(id).start(self);
      },
    });
  };

  test.each<[string, ChildSpec['start'], unknown]>([
    [
      'throws',
      () => {
        throw 'no';
      },
      'no',
    ],
    ['rejects', () => Promise.reject('no'), 'no'],
    ['gives no pid', () => 'pid' as never, expect.objectContaining({ code: 'badarg' })],
  ])('ends its supervisor and those before it: %s', async (_, startChild, reason) => {
    const failed = start({ children: [child('a'), { id: 'b', start: startChild }, child('c')] });
    await expect(failed).rejects.toMatchObject({ reason: ['shutdown', ['failed_to_start_child', 'b', reason]] });
    expect(log).toEqual(['start a', 'end a shutdown']);
    // The rejection says everything, and nothing is reported.
    expect(the.crashes).toEqual([]);
    expect(await flush(the.main)).toEqual([]);
  });

  test('below another supervisor it is told by one rejection, and nothing is reported', async () => {
    const inner: ChildSpec = {
      id: 'inner',
      type: 'supervisor',
      start: (self) => supervisor.startLink(self, { children: [{ id: 'b', start: () => Promise.reject('no') }] }),
    };
    const chain = ['shutdown', ['failed_to_start_child', 'b', 'no']];
    await expect(start({ children: [inner] })).rejects.toMatchObject({
      reason: ['shutdown', ['failed_to_start_child', 'inner', chain]],
    });
    const top = await start({ children: [] });
    await expect(supervisor.startChild(the.main, top, inner)).rejects.toMatchObject({ reason: chain });
    expect(the.crashes).toEqual([]);
  });

  test('in a restart it is reported, since nobody awaits that', async () => {
    let starts = 0;
    const inner: ChildSpec = {
      id: 'inner',
      type: 'supervisor',
      start: (self) => {
        starts += 1;
        return supervisor.startLink(self, { children: starts === 2 ? [{ id: 'b', start: () => Promise.reject('no') }] : [] });
      },
    };
    const top = await start({ intensity: 3, children: [inner] });
    const [before] = await supervisor.whichChildren(the.main, top);
    exit(before!.pid as Pid, 'kill');
    while (starts < 3) await nextTurn();
    expect(the.crashes).toMatchObject([
      { reason: ['failed_to_start_child', 'inner', ['shutdown', ['failed_to_start_child', 'b', 'no']]] },
    ]);
  });

  test('is tried again on a restart, each try counting', async () => {
    const top = await start({ intensity: 3, children: [child('a'), failing('b', 2)] });
    await end('b', 'boom', top);
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(the.crashes.at(-1)).toMatchObject({ reason: ['reached_max_restart_intensity', 'b', { message: 'no b' }] });
  });

  test('a child that ends as soon as it has started counts as an end', async () => {
    const brief: ChildSpec = { id: 'a', start: (self) => spawn(() => Promise.reject('at once'), { link: self }) };
    const top = await start({ intensity: 3, children: [brief] });
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(the.crashes.filter(({ reason }) => reason === 'at once')).toHaveLength(4);
  });
});

describe('ending', () => {
  test('is in the opposite order, each child when the one after it has ended', async () => {
    const top = await start({ children: [child('a'), child('b'), child('c')] });
    exit(top, 'shutdown');
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(log.slice(3)).toEqual(['end c shutdown', 'end b shutdown', 'end a shutdown']);
  });

  test('waits for a child as long as it is said, then kills', async () => {
    const top = await start({ children: [child('a'), child('b', { shutdown: 100, stubborn: true })] });
    exit(top, 'shutdown');
    await nextTurn();
    the.clock.advance(99);
    await nextTurn();
    expect(isAlive(pids.b as Pid)).toBe(true);
    the.clock.advance(1);
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(log.slice(2)).toEqual(['end b killed', 'end a shutdown']);
    expect(the.clock.pending).toBe(0);
  });

  test("'brutal_kill' does not wait", async () => {
    const top = await start({ children: [child('a', { shutdown: 'brutal_kill', stubborn: true })] });
    exit(top, 'shutdown');
    expect(await the.main.receive()).toEqual(['EXIT', top, 'shutdown']);
    expect(log).toEqual(['start a', 'end a killed']);
  });

  test('follows the end of the parent', async () => {
    const { main, system } = the;
    let top: Pid | undefined;
    const parent = spawn<unknown>(
      async (self) => {
        top = await supervisor.startLink(self, { children: [child('a')] });
        send(main.pid, 'started');
        await self.receive();
      },
      { system },
    );
    await main.receive();
    await nextTurn();
    exit(parent, 'boom');
    expect(await exitOf(top as Pid)).toBe('boom');
    expect(log).toEqual(['start a', 'end a shutdown']);
  });

  test('a supervisor that is killed takes its children with it', async () => {
    const top = await start({ children: [child('a')] });
    exit(top, 'kill');
    expect(isAlive(pids.a as Pid)).toBe(false);
    expect(log).toEqual(['start a', 'end a killed']);
  });

  test('supervisors nest, and one signal ends the tree from its leaves', async () => {
    const inner = (id: string, leaf: string): ChildSpec => ({
      id,
      start: (self) => supervisor.startLink(self, { children: [child(leaf)] }),
      type: 'supervisor',
    });
    const top = await supervisor.start({ children: [inner('left', 'a'), inner('right', 'b')] }, { system: the.system });
    await nextTurn();
    exit(top, 'shutdown');
    expect(await exitOf(top)).toBe('shutdown');
    expect(log).toEqual(['start a', 'start b', 'end b shutdown', 'end a shutdown']);
    expect(the.system.actorCount).toBe(1);
  });

  test('the end of a linked actor that is neither parent nor child does not end it', async () => {
    const top = await start({ children: [child('a')] });
    const stranger = spawnHandler<unknown>(
      {
        init: (self) => {
          self.link(top);
          return (reason) => self.exit(reason);
        },
      },
      { system: the.system },
    );
    send(stranger, 'boom');
    await nextTurn();
    expect(isAlive(top)).toBe(true);
    expect(isAlive(stranger)).toBe(false);
  });
});

test('whichChildren of a dead supervisor throws at once, and leaves nothing in the mailbox', async () => {
  const top = await supervisor.start({ children: [] }, { system: the.system });
  exit(top, 'kill');
  await expect(supervisor.whichChildren(the.main, top)).rejects.toMatchObject({ name: 'CallError', reason: 'noproc' });
  expect(await flush(the.main)).toEqual([]);
});
