/** A value that is no time is refused where it is given, by its name. In the timer wheel it would take all other timers with it. */
import {
  call,
  createSystem,
  genServer,
  realClock,
  send,
  sendAfter,
  spawn,
  startTimer,
  stateMachine,
  stop,
  supervisor,
  sys,
  task,
} from 'mailport';
import { SimulatedClock } from 'mailport/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { createMachine, raise } from 'xstate';
import { TimerWheel, type WheelTimer } from '../../runtime/timerWheel.js';
import { nextTurn, type TestSystem, testSystem } from '../runtime/testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

const none = [Number.NaN, -1, -0.5, Number.NEGATIVE_INFINITY, '5', null, {}, 1n] as never[];

/** Each place where a time is given, by the name that its error has. */
const places: readonly (readonly [
  argument: string,
  too: readonly number[],
  give: (place: TestSystem, time: never) => unknown,
])[] = [
  ['afterMs', [Infinity, 2 ** 49], ({ main }, time) => sendAfter(main.pid, 'x', time)],
  ['afterMs', [Infinity, 2 ** 49], ({ main }, time) => startTimer(main.pid as never, 'x', time)],
  ['options.after', [2 ** 32], ({ main }, time) => main.receive({ after: time })],
  ['options.after', [2 ** 32], ({ main }, time) => main.receive(() => true, { after: time })],
  ['timeoutMs', [2 ** 32], ({ main }, time) => call(main, main.pid as never, 'x' as never, time)],
  ['timeoutMs', [2 ** 32], ({ main }, time) => stop(main, 'nobody', 'normal', time)],
  [
    'timeoutMs',
    [2 ** 32],
    ({ main }, time) =>
      task.await(
        main,
        task.async(main, () => 1),
        time,
      ),
  ],
  [
    'timeoutMs',
    [2 ** 32],
    ({ main }, time) =>
      task.yield(
        main,
        task.async(main, () => 1),
        time,
      ),
  ],
  [
    'timeoutMs',
    [2 ** 32],
    ({ main }, time) =>
      task.shutdown(
        main,
        task.async(main, () => 1),
        time,
      ),
  ],
  ['options.timeoutMs', [2 ** 32], ({ system }, time) => genServer.start({ init: () => ['ok', 0] }, { system, timeoutMs: time })],
  ['options.timeoutMs', [2 ** 32], ({ system }, time) => stateMachine.start(createMachine({}), { system, timeoutMs: time })],
  ['options.timeoutMs', [2 ** 32], (_, time) => createSystem().stop({ timeoutMs: time })],
  ['spec.periodMs', [Infinity, 0], ({ system }, time) => supervisor.start({ children: [], periodMs: time }, { system })],
  [
    'spec.children[0].shutdown',
    [2 ** 32],
    ({ system }, time) => supervisor.start({ children: [{ id: 'a', start: () => undefined, shutdown: time }] }, { system }),
  ],
  ['afterMs', [Infinity], (_, time) => realClock.setTimer(time, () => undefined)],
  ['afterMs', [Infinity], (_, time) => new SimulatedClock().setTimer(time, () => undefined)],
  ['byMs', [Infinity], (_, time) => new SimulatedClock().advance(time)],
];

describe.each(places)('%s, not even %j', (argument, too, give) => {
  test.each([...none, ...(too as never[])])('is %s: BadArg, at once', (time) => {
    the.main.trapExit = true;
    expect(() => give(the, time)).toThrow(expect.objectContaining({ name: 'BadArg', argument }));
    expect(the.system.wheel.size).toBe(0);
  });
});

describe('a delay of a machine', () => {
  const waiting = (delay: number) =>
    createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: { after: { pause: 'c' } }, c: {} } }, {
      delays: { pause: () => delay },
    } as never);

  test.each([Number.NaN, -1, 2 ** 49, Number.NEGATIVE_INFINITY])(
    'of %s ends it with BadArg, and other timers fire',
    async (delay) => {
      const { main, clock, system } = the;
      const pid = await stateMachine.startLink(main, waiting(delay));
      const ref = main.monitor(pid);
      main.trapExit = true;
      sendAfter(main.pid, 'in time', 50);
      send(pid as never, { type: 'go' } as never);
      expect(await main.receive((message) => (message as unknown[])[0] === 'DOWN')).toMatchObject([
        'DOWN',
        ref,
        'process',
        pid,
        { name: 'BadArg', argument: 'delay' },
      ]);
      await main.receive();
      clock.advance(50);
      expect(await main.receive({ after: 0 })).toBe('in time');
      expect(system.wheel.size).toBe(0);
    },
  );

  test('of Infinity never comes, and of more than 2^32 ms comes when it is due', async () => {
    const { clock, system } = the;
    const far = 2 ** 40;
    const machine = createMachine({
      initial: 'a',
      entry: [raise({ type: 'never' }, { delay: Number.POSITIVE_INFINITY }), raise({ type: 'late' }, { delay: far })],
      states: { a: { on: { late: 'b' } }, b: { on: { never: 'c' } }, c: {} },
    });
    const pid = await stateMachine.start(machine, { system });
    const stateNow = async () => {
      await nextTurn();
      return ((await sys.getState(the.main, pid)) as { value: unknown }).value;
    };
    clock.advance(far - 1);
    expect(await stateNow()).toBe('a');
    clock.advance(1);
    expect(await stateNow()).toBe('b');
    clock.advance(far);
    expect(await stateNow()).toBe('b');
    expect(system.wheel.size).toBe(0);
  });
});

test('a server that asks for a timeout that is none ends with bad_return_value', async () => {
  const { main, system } = the;
  const server = await genServer.start<null, never, never, 'now', never>(
    { init: () => ['ok', null], handleCast: () => ['noreply', null, Number.NaN] },
    { system },
  );
  const ref = main.monitor(server);
  send(server, ['$gen_cast', 'now']);
  expect(await main.receive()).toEqual(['DOWN', ref, 'process', server, ['bad_return_value', ['noreply', null, Number.NaN]]]);
});

test('the wheel itself takes no timer that it could not place, and goes on with the others', () => {
  const clock = new SimulatedClock();
  const wheel = new TimerWheel(clock);
  const fired: string[] = [];
  const timer = (name: string): WheelTimer => ({
    previous: null,
    next: null,
    slot: 0,
    dueTick: 0,
    fire: () => void fired.push(name),
  });
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, 2 ** 50]) {
    expect(() => wheel.set(timer('wrong'), wrong)).toThrow(RangeError);
  }
  expect(wheel.size).toBe(0);
  wheel.set(timer('right'), 5);
  clock.advance(5);
  expect(fired).toEqual(['right']);
});

test('a clock that a system was given and that tells no time is refused where it is asked', () => {
  const clock = { now: () => Number.NaN, setTimer: () => 0, clearTimer: () => undefined };
  const system = createSystem({ clock });
  const pid = spawn((self) => self.receive(), { system });
  expect(() => sendAfter(pid, 'x' as never, 5)).toThrow(RangeError);
});
