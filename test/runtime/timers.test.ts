/** Messages that are sent later. Unless said otherwise the promises are those of erlang:send_after/3, start_timer/3, cancel_timer/1 and read_timer/1. */
import {
  cancelTimer,
  createSystem,
  exit,
  mainActor,
  name,
  type Pid,
  readTimer,
  register,
  reply,
  type Self,
  send,
  sendAfter,
  spawn,
  spawnHandler,
  startTimer,
  type TimeoutMessage,
  unregister,
} from 'mailport';
import { SimulatedClock } from 'mailport/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { flush, nextTurn, type TestSystem, testSystem } from './testSystem.js';

let the: TestSystem;
beforeEach(() => {
  the = testSystem();
});

/** An actor that passes on what it gets. */
function relay(mark: string): Pid<unknown> {
  return spawnHandler<unknown>((message) => send(the.main.pid, [mark, message]), { system: the.system });
}

describe('sendAfter', () => {
  test('sends a message when its time has come, once, and not before', async () => {
    const { main, clock } = the;
    sendAfter(main.pid, 'late', 100);
    clock.advance(99);
    expect(await flush(main)).toEqual([]);
    clock.advance(1);
    expect(await flush(main)).toEqual(['late']);
    clock.advance(1000);
    expect(await flush(main)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('sends in the order of times, and those of one time in the order set', async () => {
    const { main, clock } = the;
    for (const [message, afterMs] of [
      ['d', 70],
      ['a', 10],
      ['b', 33],
      ['e', 70],
      ['c', 33],
    ] as const)
      sendAfter(main.pid, message, afterMs);
    clock.advance(70);
    expect(await flush(main)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('with 0 comes soon, but not at once', async () => {
    const { main, clock } = the;
    sendAfter(main.pid, 'soon', 0);
    expect(await flush(main)).toEqual([]);
    clock.advance(1);
    expect(await flush(main)).toEqual(['soon']);
  });

  test.each([2 ** 32 - 1, 2 ** 48])('takes a delay of %i ms', async (afterMs) => {
    const { main, clock } = the;
    sendAfter(main.pid, 'far', afterMs);
    clock.advance(afterMs - 1);
    expect(await flush(main)).toEqual([]);
    clock.advance(1);
    expect(await flush(main)).toEqual(['far']);
  });

  test('is never early for a fraction of a millisecond', async () => {
    const { main, clock } = the;
    clock.advance(0.5);
    sendAfter(main.pid, 'x', 1);
    clock.advance(0.9);
    expect(await flush(main)).toEqual([]);
    clock.advance(0.6);
    expect(await flush(main)).toEqual(['x']);
  });

  test('wakes an actor that waits', async () => {
    const { main, system, clock } = the;
    spawn<string>(
      async (self) => {
        sendAfter(self.pid, 'tick', 5);
        send(main.pid, await self.receive());
      },
      { system },
    );
    await nextTurn();
    clock.advance(5);
    expect(await main.receive()).toBe('tick');
  });

  test('runs on the clock of the system of its pid, and of the default one for a name', async () => {
    const other = testSystem();
    sendAfter(other.main.pid, 'x', 10);
    expect([the.clock.pending, other.clock.pending]).toEqual([0, 1]);
    const main = mainActor<string>();
    register(name<string>('me'), main.pid);
    sendAfter(name<string>('me'), 'real', 1);
    expect(await main.receive()).toBe('real');
    unregister('me');
  });

  test('to an actor that has ended sets no timer', () => {
    const pid = relay('dead');
    exit(pid, 'kill');
    const timer = sendAfter(pid, 'x', 10);
    expect([readTimer(timer), cancelTimer(timer), the.clock.pending]).toEqual([false, false, 0]);
  });
});

describe('startTimer', () => {
  test('sends the reference with the message, so that one can be told from another', async () => {
    const { main, clock } = the;
    const first = startTimer(main.pid, 'x', 10);
    const second = startTimer(main.pid, 'x', 10);
    clock.advance(10);
    expect(await main.receive(reply<TimeoutMessage<string>>(second))).toEqual(['timeout', second, 'x']);
    expect(await flush(main)).toEqual([['timeout', first, 'x']]);
  });
});

describe('cancelTimer', () => {
  test('gives what was left, and nothing is sent', async () => {
    const { main, clock } = the;
    const timer = sendAfter(main.pid, 'x', 100);
    clock.advance(30);
    expect(cancelTimer(timer)).toBe(70);
    clock.advance(1000);
    expect(await flush(main)).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('gives false for one that has fired, though its message still waits, and for one that was cancelled', async () => {
    const { main, clock } = the;
    const [fired, cancelled] = [sendAfter(main.pid, 'x', 10), sendAfter(main.pid, 'y', 20)];
    clock.advance(10);
    expect([cancelTimer(fired), cancelTimer(cancelled), cancelTimer(cancelled)]).toEqual([false, 10, false]);
    expect(await flush(main)).toEqual(['x']);
  });

  test('works while another timer of the same time fires', async () => {
    const { main, clock, system } = the;
    const watch = { onExit: () => cancelTimer(second), isOpen: true, label: '#Port' };
    const pid = spawnHandler<string>(
      {
        init: (self) => {
          self.link(watch);
          return (message) => send(main.pid, message);
        },
      },
      { system, mailbox: { limit: 1, policy: 'exit' } },
    );
    await nextTurn();
    // The second message is one too many, so the actor ends while its timers are being fired, and its port cancels one more.
    for (const message of ['one', 'two']) sendAfter(pid, message, 10);
    const second = sendAfter(main.pid, 'cancelled', 10);
    clock.advance(10);
    expect(await flush(main)).toEqual([]);
    expect(cancelTimer(second)).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

describe('readTimer', () => {
  test('gives what is left, rounded up, and changes nothing', async () => {
    const { main, clock } = the;
    const timer = sendAfter(main.pid, 'x', 10);
    expect(readTimer(timer)).toBe(10);
    clock.advance(2.5);
    expect(readTimer(timer)).toBe(8);
    clock.advance(7.5);
    expect(readTimer(timer)).toBe(false);
    expect(await flush(main)).toEqual(['x']);
  });
});

describe('a timer to a name', () => {
  const someone = name<string>('someone');

  test('goes to whoever has the name when the time has come', async () => {
    const { main, system, clock } = the;
    const [one, two] = [relay('one'), relay('two')];
    register(someone, one);
    sendAfter(someone, 'x', 10, system);
    exit(one, 'kill');
    register(someone, two);
    clock.advance(10);
    expect(await main.receive()).toEqual(['two', 'x']);
  });

  test('is silent if nobody has it, and may be set before somebody has', async () => {
    const { main, system, clock } = the;
    const ref = startTimer(name<TimeoutMessage<string>>('someone'), 'heard', 20, system);
    sendAfter(someone, 'unheard', 10, system);
    clock.advance(10);
    register(someone, main.pid as Pid<string>);
    clock.advance(10);
    expect(await flush(main)).toEqual([['timeout', ref, 'heard']]);
  });
});

describe('the end of an actor', () => {
  test('ends the timers to it, and no others', async () => {
    const { main, clock } = the;
    const pid = relay('x');
    const timers = [10, 20, 30].map((afterMs) => sendAfter(pid, 'x', afterMs));
    const other = sendAfter(main.pid, 'y', 40);
    exit(pid, 'kill');
    expect(timers.map(readTimer)).toEqual([false, false, false]);
    expect(readTimer(other)).toBe(40);
    clock.advance(40);
    expect(await flush(main)).toEqual(['y']);
  });

  test('leaves alone the timers that it has set for others', async () => {
    const { main, system, clock } = the;
    spawn(() => void sendAfter(main.pid, 'from the dead', 10), { system });
    await nextTurn();
    clock.advance(10);
    expect(await flush(main)).toEqual(['from the dead']);
  });
});

test('any number of timers are one of the clock', async () => {
  const { main, clock } = the;
  const timers = Array.from({ length: 10_000 }, (_, index) => sendAfter(main.pid, index, 1 + ((index * 7919) % 100_000)));
  expect(clock.pending).toBe(1);
  for (const timer of timers.filter((_, index) => index % 2 === 0)) cancelTimer(timer);
  clock.advance(100_000);
  const messages = await flush(main);
  expect(messages).toHaveLength(5000);
  expect(clock.pending).toBe(0);
});

test('timers and timeouts of receives share the clock and keep their order', async () => {
  const { main, system, clock } = the;
  spawn<string>(
    async (self: Self<string>) => {
      sendAfter(main.pid, 'timer', 20);
      await self.receive({ after: 10 });
      send(main.pid, 'receive');
    },
    { system },
  );
  await nextTurn();
  expect(clock.pending).toBe(1);
  clock.advance(10);
  expect(await main.receive()).toBe('receive');
  clock.advance(10);
  expect(await main.receive()).toBe('timer');
});

test('a clock that calls late fires what is due, in order', async () => {
  // A real clock that was held up by the event loop calls all timers at once, too.
  class LateClock extends SimulatedClock {
    lateMs = 0;
    override now(): number {
      return super.now() + this.lateMs;
    }
  }
  const clock = new LateClock();
  const system = createSystem({ clock });
  const main = mainActor<unknown>(system);
  for (const afterMs of [40, 10, 2000, 35]) sendAfter(main.pid, afterMs, afterMs);
  clock.lateMs = 500;
  clock.advance(10);
  expect(await flush(main)).toEqual([10, 35, 40]);
  clock.advance(2000);
  expect(await flush(main)).toEqual([2000]);
});
