/** Machines of xstate as actors: events, requests, delays, postponed events, and their ends. */
import {
  type AnySelf,
  type Call,
  type CallError,
  call,
  cast,
  type DownMessage,
  type From,
  type Pid,
  processInfo,
  replyTo,
  send,
  spawn,
  stateMachine,
  stop,
  supervisor,
  sys,
  task,
} from 'mailport';
import { beforeEach, describe, expect, test } from 'vitest';
import { assign, createMachine, fromPromise, setup } from 'xstate';
import { flush, nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
  the.main.trapExit = true;
});

type DoorEvent =
  | { readonly type: 'open' }
  | { readonly type: 'close' }
  | { readonly type: 'knock'; readonly from: From<string> }
  | { readonly type: 'count'; readonly from: From<number> };

/** A door that answers callers that knock while it is open, and closes by itself. */
const door = setup({
  types: { context: {} as { knocks: number }, events: {} as DoorEvent },
  delays: { draught: 5000 },
}).createMachine({
  context: { knocks: 0 },
  initial: 'closed',
  on: { count: { actions: ({ event, context }) => replyTo(event.from, context.knocks) } },
  states: {
    closed: { on: { open: 'opened', knock: { actions: stateMachine.postpone } } },
    opened: {
      after: { draught: 'closed' },
      on: {
        close: 'closed',
        knock: {
          actions: [assign({ knocks: ({ context }) => context.knocks + 1 }), ({ event }) => replyTo(event.from, 'come in')],
        },
      },
    },
  },
});

const startDoor = () => stateMachine.startLink(the.main, door);
const stateOf = async (pid: Pid) => ((await sys.getState(the.main, pid)) as { value: unknown }).value;

async function endOf(pid: Pid): Promise<unknown> {
  const ref = the.main.monitor(pid);
  return ((await the.main.receive((message) => (message as unknown[])[1] === ref)) as DownMessage)[4];
}

describe('events', () => {
  test('are messages with a type, and requests are answered by actions', async () => {
    const pid = await startDoor();
    send(pid, { type: 'open' });
    expect(await call(the.main, pid, { type: 'knock' })).toBe('come in');
    cast(pid, { type: 'close' });
    expect(await stateOf(pid)).toBe('closed');
    expect(await call(the.main, pid, { type: 'count' })).toBe(1);
    expect(processInfo(pid)?.behaviour).toBe('stateMachine');
  });

  test('are made of tuples, strings and whatever else comes', async () => {
    const seen: unknown[] = [];
    const listener = createMachine({ on: { '*': { actions: ({ event }) => seen.push(event) } } });
    const pid = (await stateMachine.startLink(the.main, listener)) as Pid<unknown>;
    for (const message of [['tick', 1], 'tock', 7, [1]]) send(pid, message);
    await nextTurn();
    expect(seen).toEqual([
      { type: 'tick', message: ['tick', 1] },
      { type: 'tock' },
      { type: 'message', message: 7 },
      { type: 'message', message: [1] },
    ]);
  });

  test('are made by toEvent, if there is one, from messages that are no events', async () => {
    const seen: unknown[] = [];
    const listener = createMachine({ on: { '*': { actions: ({ event }) => seen.push(event) } } });
    const toEvent = (message: unknown) => ({ type: 'made', of: message });
    const pid = (await stateMachine.startLink(the.main, listener, { toEvent })) as Pid<unknown>;
    send(pid, ['tick']);
    send(pid, { type: 'own' });
    await nextTurn();
    expect(seen).toEqual([{ type: 'made', of: ['tick'] }, { type: 'own' }]);
  });

  test('that the machine does not handle change nothing', async () => {
    const pid = await startDoor();
    send(pid, { type: 'close' });
    expect(await stateOf(pid)).toBe('closed');
  });

  test('come one at a time and in order', async () => {
    const counter = createMachine({
      context: { seen: [] as number[] },
      on: { add: { actions: assign({ seen: ({ context, event }) => [...context.seen, event.value as number] }) } },
    });
    const pid = (await stateMachine.startLink(the.main, counter)) as Pid<unknown>;
    const numbers = Array.from({ length: 100 }, (_, value) => value);
    for (const value of numbers) send(pid, { type: 'add', value });
    expect(await sys.getState(the.main, pid)).toMatchObject({ context: { seen: numbers } });
  });
});

describe('postponed events', () => {
  test('wait for another state, and come before newer ones', async () => {
    const pid = await startDoor();
    const order: string[] = [];
    const visitors = ['one', 'two'].map((name) =>
      spawn(
        async (self) => {
          order.push(`${name} ${await call(self, pid, { type: 'knock' })}`);
        },
        { system: the.system },
      ),
    );
    await nextTurn();
    expect(await call(the.main, pid, { type: 'count' })).toBe(0);
    expect(order).toEqual([]);
    send(pid, { type: 'open' });
    for (const visitor of visitors) await endOf(visitor);
    expect(order).toEqual(['one come in', 'two come in']);
    expect(await call(the.main, pid, { type: 'count' })).toBe(2);
  });

  test('keep their order, and are asked again in each new state', async () => {
    const taken: string[] = [];
    const take = ({ event }: { event: { type: string } }) => taken.push(event.type);
    const machine = createMachine({
      initial: 'none',
      states: {
        none: { on: { a: { actions: stateMachine.postpone }, b: { actions: stateMachine.postpone }, next: 'first' } },
        first: { on: { a: { actions: stateMachine.postpone }, b: { actions: take }, next: 'second' } },
        second: { on: { a: { actions: take }, b: { actions: take } } },
      },
    });
    const pid = (await stateMachine.startLink(the.main, machine)) as Pid<unknown>;
    for (const type of ['a', 'b', 'a', 'next']) send(pid, { type });
    await nextTurn();
    expect(taken).toEqual(['b']);
    send(pid, { type: 'next' });
    await nextTurn();
    expect(taken).toEqual(['b', 'a', 'a']);
  });

  test('come when something else than a message changes the state', async () => {
    let settle: (value: string) => void = () => undefined;
    const promise = new Promise<string>((resolve) => {
      settle = resolve;
    });
    const machine = setup({ actors: { work: fromPromise(() => promise) } }).createMachine({
      initial: 'busy',
      states: {
        busy: { invoke: { src: 'work', onDone: 'ready' }, on: { ask: { actions: stateMachine.postpone } } },
        ready: { on: { ask: { actions: ({ event }) => replyTo(event.from as From<string>, 'ready') } } },
      },
    });
    const pid = await stateMachine.startLink(the.main, machine);
    const answered = call(the.main, pid as never as Pid<readonly ['$gen_call', From<string>, object]>, { type: 'ask' });
    await nextTurn();
    settle('done');
    expect(await answered).toBe('ready');
  });

  test.each<[string, (pid: Pid) => unknown]>([
    ['a delay', () => the.clock.advance(20)],
    ['another state put in its place', (pid) => sys.replaceState(the.main, pid, () => ({ value: 'b', context: {} }))],
  ])('come when %s changes the state', async (_, change) => {
    const answer = ({ event }: { event: { type: string } }) => replyTo((event as unknown as { from: From<number> }).from, 1);
    const machine = createMachine({
      initial: 'a',
      states: {
        a: { after: { 20: 'b' }, on: { size: { actions: stateMachine.postpone } } },
        b: { on: { size: { actions: answer } } },
      },
    });
    const pid = await stateMachine.startLink(the.main, machine);
    const asker = task.async(the.main, (self) => call(self, pid as never as Pid<Call<object, number>>, { type: 'size' }));
    await nextTurn();
    await change(pid);
    expect(await task.await(the.main, asker)).toBe(1);
  });

  test('cannot be events of the machine itself', async () => {
    const machine = createMachine({ initial: 'a', states: { a: { after: { 10: { actions: stateMachine.postpone } } } } });
    const pid = await stateMachine.startLink(the.main, machine);
    the.clock.advance(10);
    expect(await endOf(pid)).toMatchObject({ message: expect.stringContaining('postpone') });
  });
});

describe('delays', () => {
  test('are state timeouts on the clock of the system', async () => {
    const pid = await startDoor();
    send(pid, { type: 'open' });
    expect(await stateOf(pid)).toBe('opened');
    the.clock.advance(4999);
    expect(await stateOf(pid)).toBe('opened');
    the.clock.advance(1);
    expect(await stateOf(pid)).toBe('closed');
  });

  test('end with the state, even if their time has come and they wait in the mailbox', async () => {
    const pid = await startDoor();
    send(pid, { type: 'open' });
    await stateOf(pid);
    send(pid, { type: 'close' });
    the.clock.advance(5000);
    send(pid, { type: 'open' });
    expect(await stateOf(pid)).toBe('opened');
    expect(the.clock.pending).toBe(1);
  });

  test('leave no timer behind when the machine ends', async () => {
    const pid = await startDoor();
    send(pid, { type: 'open' });
    await stop(the.main, pid);
    expect(the.clock.pending).toBe(0);
  });
});

describe('the actor', () => {
  test('is given to a machine that is made for it, whose actions may link, send and monitor', async () => {
    const made = (self: AnySelf) =>
      createMachine({
        entry: () => send(the.main.pid, ['started', self.pid]),
        on: { leave: { actions: () => self.exit('left') } },
      });
    const pid = (await stateMachine.startLink(the.main, made)) as Pid<unknown>;
    expect(await the.main.receive()).toEqual(['started', pid]);
    send(pid, { type: 'leave' });
    expect(await the.main.receive()).toEqual(['EXIT', pid, 'left']);
  });

  test("ends 'normal' in the final state, at once if that is the first", async () => {
    const machine = createMachine({ initial: 'a', states: { a: { on: { end: 'b' } }, b: { type: 'final' } } });
    const pid = (await stateMachine.startLink(the.main, machine)) as Pid<unknown>;
    send(pid, { type: 'end' });
    expect(await the.main.receive()).toEqual(['EXIT', pid, 'normal']);
    const brief = await stateMachine.start(createMachine({ initial: 'a', states: { a: { type: 'final' } } }), {
      system: the.system,
    });
    expect(await endOf(brief)).toMatch(/normal|noproc/);
  });

  test('ends with what an action throws, which is reported with the message', async () => {
    const boom = new Error('boom');
    const machine = createMachine({
      on: {
        go: {
          actions: () => {
            throw boom;
          },
        },
      },
    });
    const pid = (await stateMachine.startLink(the.main, machine)) as Pid<unknown>;
    send(pid, { type: 'go' });
    expect(await the.main.receive()).toEqual(['EXIT', pid, boom]);
    expect(the.crashes).toMatchObject([{ pid, reason: boom, behaviour: 'stateMachine', lastMessage: { type: 'go' } }]);
  });

  test('ends with what its promise rejects with, if nobody handles that', async () => {
    const machine = setup({ actors: { work: fromPromise(() => Promise.reject('broken')) } }).createMachine({
      invoke: { src: 'work' },
    });
    const pid = await stateMachine.startLink(the.main, machine);
    expect(await the.main.receive()).toEqual(['EXIT', pid, 'broken']);
  });

  test('does not start if the first state cannot be entered', async () => {
    const machine = createMachine({
      entry: () => {
        throw 'no';
      },
    });
    await expect(stateMachine.startLink(the.main, machine)).rejects.toMatchObject({ name: 'StartError', reason: 'no' });
    expect(await flush(the.main)).toEqual([]);
    expect(the.system.actorCount).toBe(1);
  });

  test('fails the calls of others when it ends', async () => {
    const pid = await startDoor();
    const knocked = call(the.main, pid, { type: 'knock' });
    await nextTurn();
    spawn((self) => stop(self, pid, 'over'), { system: the.system });
    const error = await knocked.then(
      () => undefined,
      (thrown: CallError) => thrown,
    );
    expect(error).toMatchObject({ name: 'CallError', reason: 'over' });
  });

  test('is restarted by its supervisor in its first state', async () => {
    const top = await supervisor.startLink(the.main, {
      children: [{ id: 'door', start: (self) => stateMachine.startLink(self, door, { name: 'door' }) }],
    });
    const [first] = await supervisor.whichChildren(the.main, top);
    send(first?.pid as Pid<DoorEvent>, { type: 'open' });
    await stop(the.main, 'door', 'boom');
    const [second] = await supervisor.whichChildren(the.main, top);
    expect(second?.pid).not.toBe(first?.pid);
    expect(await stateOf(second?.pid as Pid)).toBe('closed');
  });
});

describe('sys', () => {
  test('gives the snapshot and takes another state', async () => {
    const pid = await startDoor();
    expect(await sys.getState(the.main, pid)).toMatchObject({ value: 'closed', context: { knocks: 0 }, status: 'active' });
    await sys.replaceState(the.main, pid, () => ({ value: 'opened', context: { knocks: 9 } }));
    expect(await stateOf(pid)).toBe('opened');
    expect(await call(the.main, pid, { type: 'count' })).toBe(9);
    send(pid, { type: 'close' });
    expect(await stateOf(pid)).toBe('closed');
  });

  test('suspends it: events and delays wait', async () => {
    const pid = await startDoor();
    send(pid, { type: 'open' });
    await sys.suspend(the.main, pid);
    the.clock.advance(5000);
    expect(await stateOf(pid)).toBe('opened');
    await sys.resume(the.main, pid);
    expect(await stateOf(pid)).toBe('closed');
  });

  test('xstate inspection events are handed on', async () => {
    const types: unknown[] = [];
    const pid = await stateMachine.startLink(the.main, door, {
      inspect: (event) => types.push((event as { type: string }).type),
    });
    send(pid, { type: 'open' });
    await stateOf(pid);
    expect(types).toContain('@xstate.snapshot');
    expect(types).toContain('@xstate.event');
  });
});
