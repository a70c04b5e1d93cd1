/** Sends that wait are tried together, in order, and each has its own outcome, however much room there is and whichever sends are refused or withdrawn. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SocketError } from '../../actors/socket/errors.js';
import { type RunOutcome, type SendOutcome, SendQueue } from '../../actors/socket/sendQueue.js';
import { SimulatedClock } from '../../runtime/simulation.js';

/** A stack that decides on one request after the other, and remembers how many requests came at a time. */
function stackOf<Request>(attempt: (request: Request) => SendOutcome): {
  runs: number[];
  attempt: (requests: readonly Request[]) => RunOutcome;
} {
  const runs: number[] = [];
  return {
    runs,
    attempt: (requests) => {
      runs.push(requests.length);
      for (const [taken, request] of requests.entries()) {
        const outcome = attempt(request);
        if (outcome !== 'taken') return { taken, next: outcome };
      }
      return { taken: requests.length, next: undefined };
    },
  };
}

test('keeps the order of sends whatever the room, and each hears of its own refusal (SD-7, SD-8, SD-10)', async () => {
  const send = fc.record({ room: fc.nat({ max: 5 }), refused: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(send, { maxLength: 40 }), async (sends) => {
      const tried: number[] = [];
      let room = 0;
      const stack = stackOf<number>((index) => {
        if (sends[index]?.refused) {
          tried.push(index);
          return new SocketError('einval', `send ${index}`);
        }
        if (room === 0) return 'full';
        room -= 1;
        tried.push(index);
        return 'taken';
      });
      const queue = new SendQueue<number>(stack);
      const waits: Promise<void>[] = [];
      for (const [index, { room: more }] of sends.entries()) {
        waits.push(queue.wait(index));
        room += more;
        queue.retry();
      }
      room = Number.POSITIVE_INFINITY;
      queue.retry();
      const outcomes = await Promise.allSettled(waits);
      expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.syscall : 'taken'))).toEqual(
        sends.map(({ refused }, index) => (refused ? `send ${index}` : 'taken')),
      );
      expect(tried).toEqual(sends.map((_, index) => index));
      expect(queue.isEmpty).toBe(true);
      expect(queue.length).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test('a send refused for good fails alone; those behind it go on', async () => {
  const refused = new SocketError('epipe', 'send');
  const queue = new SendQueue(stackOf<string>((request) => (request === 'bad' ? refused : 'taken')));
  const waits = ['a', 'bad', 'b'].map((request) => queue.wait(request));
  expect(queue.hasWaiting(0)).toBe(true);
  queue.retry();
  expect(await Promise.allSettled(waits)).toEqual([
    { status: 'fulfilled', value: undefined },
    { status: 'rejected', reason: refused },
    { status: 'fulfilled', value: undefined },
  ]);
});

test('many are tried together, more each time, so that what is full at once has been asked for little', async () => {
  const stack = stackOf<number>(() => 'taken');
  const queue = new SendQueue(stack);
  const waits = Array.from({ length: 300 }, (_, index) => queue.wait(index));
  queue.retry();
  await Promise.all(waits);
  expect(stack.runs.reduce((sum, run) => sum + run)).toBe(300);
  expect(stack.runs.length).toBeLessThan(12);
  expect(Math.max(...stack.runs)).toBe(SendQueue.longestRun);
  expect(stack.runs[0]).toBeLessThanOrEqual(4);
});

test('a send that is withdrawn is not tried, and no longer holds up those behind it', async () => {
  const tried: string[] = [];
  const queue = new SendQueue(
    stackOf<string>((request) => {
      if (request === 'large') return 'full';
      tried.push(request);
      return 'taken';
    }),
  );
  const withdrawn = new AbortController();
  const large = queue.wait('large', { signal: withdrawn.signal });
  const small = queue.wait('small');
  queue.retry();
  expect(tried).toEqual([]);
  withdrawn.abort();
  await expect(large).rejects.toMatchObject({ reason: 'aborted' });
  await small;
  expect(tried).toEqual(['small']);
});

test('the signal of a send that is done is let go of', async () => {
  const queue = new SendQueue(stackOf<string>(() => 'taken'));
  const late = new AbortController();
  const sent = queue.wait('a', { signal: late.signal });
  queue.retry();
  await sent;
  const waiting = queue.wait('b');
  late.abort();
  queue.retry();
  await waiting;
  expect(queue.isEmpty).toBe(true);
});

test('the end of the socket fails all that wait (SD-7)', async () => {
  const queue = new SendQueue(stackOf<string>(() => 'full'));
  const waits = ['a', 'b'].map((request) => queue.wait(request));
  queue.failAll(new SocketError('closed', 'send'));
  for (const result of await Promise.allSettled(waits))
    expect(result).toMatchObject({ status: 'rejected', reason: { reason: 'closed' } });
  expect(queue.isEmpty).toBe(true);
});

test('one signal withdraws all that it was given to, however they lie, and nothing of them is tried', async () => {
  const tried: string[] = [];
  let room = false;
  const { attempt } = stackOf<string>((request) => {
    if (!room) return 'full';
    tried.push(request);
    return 'taken';
  });
  const queue = new SendQueue({ attempt });
  const controller = new AbortController();
  const sends = [
    queue.wait('a', { signal: controller.signal }),
    queue.wait('b'),
    queue.wait('c', { signal: controller.signal }),
    queue.wait('d', { signal: controller.signal }),
  ];
  const outcomes = Promise.allSettled(sends);
  room = true;
  controller.abort();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected']);
  expect(tried).toEqual(['b']);
  expect(queue.isEmpty).toBe(true);
});

test('a look between the signal and its listeners sends nothing of it either', async () => {
  const tried: string[] = [];
  const { attempt } = stackOf<string>((request) => {
    tried.push(request);
    return 'taken';
  });
  const queue = new SendQueue({ attempt });
  const controller = new AbortController();
  controller.signal.addEventListener('abort', () => queue.retry());
  const withdrawn = queue.wait('a', { signal: controller.signal });
  controller.abort();
  await expect(withdrawn).rejects.toThrow(expect.objectContaining({ reason: 'aborted' }));
  expect(tried).toEqual([]);
  const failed = queue.wait('b', { signal: AbortSignal.any([controller.signal]) });
  queue.failAll(new SocketError('closed', 'send'));
  await expect(failed).rejects.toThrow(expect.objectContaining({ reason: 'aborted' }));
});

interface Addressed {
  readonly to: number;
  readonly number: number;
}

/** Lanes by their number, some of which have room, and the sends that were taken. */
function lanes(sharesRoom = false) {
  const room = new Map<number, number>();
  const taken: Addressed[] = [];
  const stack = stackOf<Addressed>((request) => {
    const left = room.get(request.to) ?? 0;
    if (left === 0) return 'full';
    room.set(request.to, left - 1);
    taken.push(request);
    return 'taken';
  });
  const queue = new SendQueue<Addressed>({ ...stack, laneOf: ({ to }) => to, sharesRoom });
  return { room, taken, queue, runs: stack.runs };
}

test('a lane that is full holds up nobody else, and keeps its order (SD-8)', async () => {
  const action = fc.record({
    to: fc.nat({ max: 3 }),
    room: fc.nat({ max: 3 }),
    kind: fc.constantFrom('send', 'gather', 'room', 'flush'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
      const { room, taken, queue } = lanes();
      const waits: Promise<void>[] = [];
      const sent = [0, 0, 0, 0];
      for (const { to, room: more, kind } of actions) {
        if (kind === 'send' || kind === 'gather') {
          waits.push(queue.wait({ to, number: sent[to]! }, undefined, undefined, kind === 'send'));
          sent[to]! += 1;
        } else if (kind === 'flush') queue.flush();
        else {
          room.set(to, more);
          queue.retry(to);
          // This lane has been let through as far as it goes, whatever the others do.
          expect(room.get(to) === 0 || !queue.hasWaiting(to)).toBe(true);
        }
      }
      expect(queue.length).toBe(waits.length - taken.length);
      for (let to = 0; to < 4; to += 1) room.set(to, Number.POSITIVE_INFINITY);
      queue.retry();
      await Promise.all(waits);
      expect(queue.isEmpty).toBe(true);
      for (let to = 0; to < 4; to += 1) {
        const numbers = taken.filter((request) => request.to === to).map(({ number }) => number);
        expect(numbers).toEqual(Array.from({ length: sent[to]! }, (_, number) => number));
      }
    }),
    { numRuns: 300 },
  );
});

test('room that comes is shared among those that wait for it', async () => {
  const { room, taken, queue } = lanes();
  const waits = [1, 2, 3].flatMap((to) => Array.from({ length: 1000 }, (_, number) => queue.wait({ to, number })));
  for (const to of [1, 2, 3]) room.set(to, Number.POSITIVE_INFINITY);
  queue.retry();
  await Promise.all(waits);
  for (const to of [1, 2, 3]) {
    const half = taken.slice(0, 1500).filter((request) => request.to === to).length;
    expect(half).toBeGreaterThan(350);
  }
});

test('a lane that is not its turn costs nothing: what is full is not asked again before it is told of room', () => {
  const { room, queue, runs } = lanes();
  for (let to = 0; to < 1000; to += 1) void queue.wait({ to, number: 0 });
  room.set(5000, Number.POSITIVE_INFINITY);
  for (let number = 0; number < 100; number += 1) {
    void queue.wait({ to: 5000, number }, undefined, undefined, false);
    queue.flush();
  }
  expect(runs).toHaveLength(100);
  queue.retry(7);
  expect(runs).toHaveLength(101);
});

test('where lanes share the room, the first ones without any speak for all', () => {
  const { queue, runs } = lanes(true);
  for (let to = 0; to < 1000; to += 1) void queue.wait({ to, number: 0 });
  queue.retry();
  expect(runs.length).toBeLessThan(10);
});

test('a send that is out of time was not tried again, and those behind it go on (TS-9, TS-10)', async () => {
  const clock = new SimulatedClock();
  let isFull = true;
  const sent: string[] = [];
  let late = 0;
  const queue = new SendQueue<string>({
    ...stackOf((request) => {
      if (isFull) return 'full';
      sent.push(request);
      return 'taken';
    }),
    onTimeout: () => {
      late += 1;
    },
  });
  const first = queue.wait('first', { timeoutMs: 100, clock });
  const second = queue.wait('second', { timeoutMs: 300, clock });
  const third = queue.wait('third');
  clock.advance(100);
  await expect(first).rejects.toMatchObject({ reason: 'timeout', syscall: 'send' });
  expect([late, queue.length, sent]).toEqual([1, 2, []]);
  isFull = false;
  queue.retry();
  await Promise.all([second, third]);
  clock.advance(1000);
  expect([late, sent]).toEqual([1, ['second', 'third']]);
});

test('sends whose time ends together go together: the clock is asked a few times for each', async () => {
  const simulated = new SimulatedClock();
  let asked = 0;
  const clock = {
    now: () => {
      asked += 1;
      return simulated.now();
    },
    setTimer: simulated.setTimer.bind(simulated),
    clearTimer: simulated.clearTimer.bind(simulated),
  };
  const queue = new SendQueue<number>(stackOf(() => 'full'));
  const count = 2000;
  const sends = Array.from({ length: count }, (_, index) => queue.wait(index, { timeoutMs: 100, clock }));
  const outcomes = Promise.allSettled(sends);
  simulated.advance(100);
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { reason: 'timeout' } });
  expect(asked).toBeLessThan(10 * count);
});

test('what is to follow the sends that wait runs once, when none is left, and not when the socket has ended', async () => {
  let isFull = true;
  const queue = new SendQueue<string>(stackOf(() => (isFull ? 'full' : 'taken')));
  let calls = 0;
  const waits = [queue.wait('a'), queue.wait('b')];
  queue.whenEmpty(() => {
    calls += 1;
  });
  queue.retry();
  expect(calls).toBe(0);
  isFull = false;
  queue.retry();
  await Promise.all(waits);
  expect(calls).toBe(1);
  isFull = true;
  const controller = new AbortController();
  const withdrawn = queue.wait('c', { signal: controller.signal });
  queue.whenEmpty(() => {
    calls += 1;
  });
  controller.abort();
  await expect(withdrawn).rejects.toMatchObject({ reason: 'aborted' });
  expect(calls).toBe(2);
  const failed = queue.wait('d');
  queue.whenEmpty(() => {
    calls += 1;
  });
  queue.failAll(new Error('over'));
  await expect(failed).rejects.toThrow('over');
  isFull = false;
  queue.retry();
  expect(calls).toBe(2);
});
