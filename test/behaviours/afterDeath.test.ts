/** A behaviour that has been killed leaves nothing behind: no code runs on, no timer is set, no child is orphaned. */
import {
  type AnySelf,
  call,
  createSystem,
  exit,
  genServer,
  isAlive,
  mainActor,
  type Pid,
  processes,
  send,
  spawn,
  spawnHandler,
  spawnLink,
  spawnMonitor,
  stateMachine,
  supervisor,
  sys,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMachine, fromCallback, setup } from 'xstate';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

/** A promise and what settles it. */
function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('a killed server', () => {
  test('has no timeout left', async () => {
    const pid = await genServer.start({ init: () => ['ok', 0, 5000] }, { system: the.system });
    expect(the.clock.pending).toBe(1);
    exit(pid, 'kill');
    expect(the.clock.pending).toBe(0);
  });

  test('does nothing of what a callback wants that settles later', async () => {
    const { opened, open } = gate();
    const done: string[] = [];
    const pid = await genServer.start<number>(
      {
        init: () => ['ok', 0],
        handleInfo: async () => {
          await opened;
          return ['noreply', 1, ['continue', 'on']];
        },
        handleContinue: (_term, state) => {
          done.push('continued');
          return ['noreply', state, 1000];
        },
        terminate: () => done.push('terminated'),
      },
      { system: the.system },
    );
    send(pid as Pid<string>, 'go');
    await nextTurn();
    exit(pid, 'kill');
    open();
    await nextTurn();
    expect(done).toEqual([]);
    expect(the.clock.pending).toBe(0);
  });

  test('does not go on from an init that settles later', async () => {
    const { opened, open } = gate();
    let continued = false;
    const started = genServer.start(
      {
        init: async () => {
          await opened;
          return ['ok', 0, ['continue', 'on']];
        },
        handleContinue: (_term, state) => {
          continued = true;
          return ['noreply', state];
        },
      },
      { system: the.system },
    );
    await nextTurn();
    for (const pid of processes(the.system)) if (pid !== the.main.pid) exit(pid, 'kill');
    await expect(started).rejects.toMatchObject({ reason: 'killed' });
    open();
    await nextTurn();
    expect(continued).toBe(false);
  });
});

describe('a machine that is ended by a signal', () => {
  test('runs no action, and what it invoked is cleaned up', async () => {
    let cleaned = 0;
    let ticks = 0;
    const machine = setup({ actors: { held: fromCallback(() => () => (cleaned += 1)) } }).createMachine({
      invoke: { src: 'held' },
      initial: 'a',
      states: { a: { after: { 10: { target: 'a', reenter: true, actions: () => (ticks += 1) } } } },
    });
    const pid = await stateMachine.start(machine, { system: the.system });
    the.clock.advance(10);
    await nextTurn();
    expect(ticks).toBe(1);
    exit(pid, 'shutdown');
    expect(cleaned).toBe(1);
    the.clock.advance(100);
    await nextTurn();
    expect(ticks).toBe(1);
    expect(the.clock.pending).toBe(0);
  });

  test('by the end of its system, too', async () => {
    const system = createSystem();
    await stateMachine.start(createMachine({ initial: 'a', states: { a: { after: { 100000: 'a' } } } }), { system });
    await system.stop();
    expect(system.actorCount).toBe(0);
  });
});

describe('a parent that has ended', () => {
  test.each<[string, (self: AnySelf) => unknown]>([
    ['spawnLink', (self) => spawnLink(self, () => undefined)],
    ['spawnMonitor', (self) => spawnMonitor(self, () => undefined)],
    ['spawn with link', (self) => spawn(() => undefined, { link: self })],
    ['genServer.startLink', (self) => genServer.startLink(self, { init: () => ['ok', 0] })],
    ['supervisor.startLink', (self) => supervisor.startLink(self, { children: [] })],
  ])('starts nobody by %s', async (_, start) => {
    let handle: AnySelf = the.main;
    const pid = spawnHandler<unknown>(
      {
        init: (self) => {
          handle = self;
          return () => undefined;
        },
      },
      { system: the.system },
    );
    await nextTurn();
    exit(pid, 'kill');
    expect(() => start(handle)).toThrowError(expect.objectContaining({ name: 'ActorExit', reason: 'killed' }));
    expect(the.system.actorCount).toBe(1);
  });

  test('leaves no child that it was starting', async () => {
    const { opened, open } = gate();
    let child: Pid | undefined;
    const started = supervisor.start(
      {
        children: [
          {
            id: 'late',
            start: async () => {
              child = spawn((self) => self.receive(), { system: the.system });
              await opened;
              return child;
            },
          },
        ],
      },
      { system: the.system },
    );
    await nextTurn();
    for (const pid of processes(the.system)) if (pid !== child && pid !== the.main.pid) exit(pid, 'kill');
    await expect(started).rejects.toMatchObject({ reason: 'killed' });
    open();
    await nextTurn();
    expect(isAlive(child as Pid)).toBe(false);
    expect(the.crashes).toEqual([]);
  });
});

describe('the first act', () => {
  test('comes before any message, whoever sends one first', async () => {
    const order: unknown[] = [];
    const started = genServer.start<number>(
      {
        init: (self) => {
          for (let count = 0; count < 3; count += 1) send(self.pid as unknown as Pid<number>, count);
          order.push('init');
          return ['ok', 0];
        },
        handleInfo: (message, state) => {
          order.push(message);
          return ['noreply', state];
        },
      },
      { system: the.system, mailbox: { limit: 2, policy: 'drop_oldest' } },
    );
    await started;
    await nextTurn();
    expect(order).toEqual(['init', 1, 2]);
  });
});

describe('a full mailbox', () => {
  test('loses no delayed step of a machine, and no system message', async () => {
    const machine = createMachine({ initial: 'a', states: { a: { after: { 20: 'b' } }, b: {} } });
    const pid = await stateMachine.start(machine, { system: the.system, mailbox: { limit: 2, policy: 'drop_oldest' } });
    await sys.suspend(the.main, pid);
    the.clock.advance(20);
    for (let count = 0; count < 5; count += 1) send(pid as unknown as Pid<string>, 'noise');
    await sys.resume(the.main, pid);
    expect(await sys.getState(the.main, pid)).toMatchObject({ value: 'b' });
  });

  test('of a supervisor does not make it forget a child that it has to try again', async () => {
    let starts = 0;
    const top = await supervisor.start(
      {
        intensity: 5,
        children: [
          {
            id: 'a',
            start: (self) => {
              starts += 1;
              if (starts === 2) {
                for (let count = 0; count < 5; count += 1) send(self.pid as unknown as Pid<string>, 'noise');
                throw 'not yet';
              }
              return spawnHandler<unknown>((reason, me) => me.exit(reason), { link: self });
            },
          },
        ],
      },
      { system: the.system, mailbox: { limit: 2, policy: 'drop_newest' } },
    );
    const [first] = await supervisor.whichChildren(the.main, top);
    send(first?.pid as unknown as Pid<string>, 'boom');
    await nextTurn();
    await nextTurn();
    expect(await supervisor.whichChildren(the.main, top)).toMatchObject([{ id: 'a', pid: expect.anything() }]);
    expect(starts).toBe(3);
    exit(top, 'shutdown');
  });
});

test('self.exit in code that no callback waits for ends a server at once', async () => {
  the.main.trapExit = true;
  const pid = await genServer.startLink(the.main, {
    init: (self) => {
      setImmediate(() => {
        try {
          self.exit('detached');
        } catch {
          // exit unwinds the code that called it, here as anywhere.
        }
      });
      return ['ok', 0];
    },
  });
  await nextTurn();
  await nextTurn();
  expect(await flush(the.main)).toEqual([['EXIT', pid, 'detached']]);
});

test('who calls the dead again and again lets others have their turns', async () => {
  const gone = spawn(() => undefined, { system: the.system });
  await nextTurn();
  let isOver = false;
  let calls = 0;
  const caller = spawn(
    async (self) => {
      while (!isOver) {
        calls += 1;
        await call(self, gone as never, 'x' as never).catch(() => undefined);
      }
    },
    { system: the.system },
  );
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
  isOver = true;
  expect(calls).toBeGreaterThan(3);
  await nextTurn();
  expect(isAlive(caller)).toBe(false);
  expect(mainActor(the.system)).toBe(the.main);
});
