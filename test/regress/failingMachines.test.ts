/** However a machine ends, everything that it has started ends with it: invoked callbacks are cleaned up, promises are aborted, and so is everything that these have started. */
import { exit, type Pid, send, stateMachine, stop, sys } from 'mailport';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type AnyStateMachine,
  assign,
  createMachine,
  fromCallback,
  fromPromise,
  raise,
  setup,
  spawnChild,
  stopChild,
} from 'xstate';
import { nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
/** The names of the invocations that are at work. */
let working: Set<string>;
let begun: string[];
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
  working = new Set();
  begun = [];
});

function begin(name: string): void {
  working.add(name);
  begun.push(name);
}

const callback = (name: string) =>
  fromCallback(() => {
    begin(name);
    return () => working.delete(name);
  });
const promise = (name: string) =>
  fromPromise(({ signal }) => {
    begin(name);
    return new Promise<never>(() => signal.addEventListener('abort', () => working.delete(name)));
  });
const boom = () => {
  throw new Error('boom');
};

type Children = Record<string, { send(event: object): void } | undefined>;

/** The invocations of each machine below, at its root and in its first state. */
const both = { invoke: [{ src: callback('callback') }, { src: promise('promise') }] } as const;

const inner = createMachine({
  ...both,
  initial: 'a',
  states: { a: { invoke: { src: callback('inner') }, on: { fail: { actions: boom } } } },
});

const ways: Record<string, AnyStateMachine> = {
  'an action': createMachine({ ...both, on: { go: { actions: boom } } }),
  'an assign': createMachine({ ...both, on: { go: { actions: assign(boom) } } }),
  'a guard': createMachine({ ...both, on: { go: { guard: boom, actions: () => undefined } } }),
  'an entry action': createMachine({ ...both, initial: 'a', states: { a: { on: { go: 'b' } }, b: { entry: boom } } }),
  'an exit action': createMachine({ ...both, initial: 'a', states: { a: { exit: boom, on: { go: 'b' } }, b: {} } }),
  'an always guard': createMachine({
    ...both,
    initial: 'a',
    states: { a: { on: { go: 'b' } }, b: { always: { guard: boom, target: 'a' } } },
  }),
  'an action after it has left a state that invokes': createMachine({
    initial: 'a',
    states: { a: { ...both, on: { go: 'b' } }, b: { entry: boom } },
  }),
  'a delay that is none, which keeps xstate from stopping a child': createMachine({
    initial: 'a',
    entry: spawnChild(callback('spawned'), { id: 'spawned' }),
    states: {
      a: {
        ...both,
        on: { go: { actions: [raise({ type: 'later' } as never, { delay: Number.NaN }), stopChild('spawned')] } },
      },
    },
  }),
  'an action, with a child machine that has invoked as well': createMachine({
    ...both,
    invoke: { src: inner, id: 'inner' },
    on: { go: { actions: boom } },
  }),
  'a child machine whose failure nobody handles': createMachine({
    invoke: { src: inner, id: 'inner' },
    on: {
      go: {
        actions: ({ self }) => (self.getSnapshot().children as Children).inner?.send({ type: 'fail' }),
      },
    },
  }),
};

async function endOf(pid: Pid): Promise<unknown> {
  const ref = the.main.monitor(pid);
  const down = await the.main.receive((message) => Array.isArray(message) && message[0] === 'DOWN' && message[1] === ref);
  return (down as unknown[])[4];
}

describe('nothing goes on', () => {
  test.each(Object.entries(ways))('when %s throws', async (_, machine) => {
    const pid = (await stateMachine.startLink(the.main, machine)) as Pid<unknown>;
    expect(working.size).toBeGreaterThan(0);
    send(pid, { type: 'go' });
    expect(await endOf(pid)).toBeInstanceOf(Error);
    expect(begun.length).toBeGreaterThan(0);
    expect([...working]).toEqual([]);
  });

  test.each<[string, AnyStateMachine]>([
    ['the first entry action', createMachine({ ...both, initial: 'a', states: { a: { entry: boom } } })],
    ['an action of the root, after it has invoked', createMachine({ ...both, entry: boom })],
  ])('when %s throws: the start fails', async (_, machine) => {
    await expect(stateMachine.start(machine, { system: the.system })).rejects.toMatchObject({ name: 'StartError' });
    await nextTurn();
    expect([...working]).toEqual([]);
  });

  test.each<[string, (pid: Pid<unknown>) => unknown]>([
    ['it is stopped', (pid) => stop(the.main, pid)],
    ['it is killed', (pid) => exit(pid, 'kill')],
    ['an exit signal ends it', (pid) => exit(pid, 'enough')],
    ['its state is replaced', (pid) => sys.replaceState(the.main, pid, () => ({ value: {}, context: {} }) as never)],
  ])('when %s', async (_, end) => {
    const machine = createMachine({ ...both, invoke: [...both.invoke, { src: inner }] });
    const pid = (await stateMachine.start(machine, { system: the.system })) as Pid<unknown>;
    expect(working.size).toBe(3);
    await end(pid);
    await nextTurn();
    expect([...working]).toEqual([]);
  });

  test('when its own action kills its actor', async () => {
    const machine = (self: { pid: Pid }) => createMachine({ ...both, on: { go: { actions: () => exit(self.pid, 'kill') } } });
    const pid = (await stateMachine.start(machine, { system: the.system })) as Pid<unknown>;
    send(pid, { type: 'go' });
    expect(await endOf(pid)).toBe('killed');
    expect([...working]).toEqual([]);
  });
});

test('a child machine that fails leaves nothing behind, and its parent, which handles that, goes on', async () => {
  const machine = setup({ actors: { inner } }).createMachine({
    initial: 'a',
    states: { a: { invoke: { src: 'inner', id: 'inner', onError: 'b' } }, b: { invoke: { src: callback('after') } } },
    on: {
      go: {
        actions: ({ self }) => (self.getSnapshot().children as Children).inner?.send({ type: 'fail' }),
      },
    },
  });
  const pid = (await stateMachine.start(machine, { system: the.system })) as Pid<unknown>;
  expect(working.size).toBe(3);
  send(pid, { type: 'go' });
  expect(await sys.getState(the.main, pid)).toMatchObject({ value: 'b' });
  expect([...working]).toEqual(['after']);
  await stop(the.main, pid);
  expect([...working]).toEqual([]);
});

test('a cleanup that throws does not prevent the other cleanups', async () => {
  const broken = fromCallback(() => {
    begin('broken');
    return () => {
      working.delete('broken');
      boom();
    };
  });
  // xstate says that it could not tell the machine, which has ended.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const machine = createMachine({ invoke: [{ src: broken }, ...both.invoke], on: { go: { actions: boom } } });
  const pid = (await stateMachine.start(machine, { system: the.system })) as Pid<unknown>;
  expect(working.size).toBe(3);
  send(pid, { type: 'go' });
  expect(await endOf(pid)).toBeInstanceOf(Error);
  expect([...working]).toEqual([]);
});
