/** However many calls wait with one signal, the signal has one listener, and none when they have ended. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { Accepts } from '../../actors/socket/accepts.js';
import { Limits } from '../../actors/socket/limits.js';
import { RecvSlot } from '../../actors/socket/recvSlot.js';
import { SendQueue } from '../../actors/socket/sendQueue.js';
import { offAbort, onAbort } from '../../actors/socket/signalWaits.js';
import { mainActor } from '../../runtime/index.js';

const self = mainActor();
const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

/** A queue whose stack takes `room` sends, and then none. */
function queueWithRoom() {
  const state = { room: 0, taken: 0 };
  const queue = new SendQueue<number>({
    attempt: (requests) => {
      const taken = Math.min(state.room, requests.length);
      state.room -= taken;
      state.taken += taken;
      return { taken, next: taken === requests.length ? undefined : 'full' };
    },
  });
  return { state, queue };
}

test('callbacks are called once, in order; those that have been taken out are not, also if another one takes them out', () => {
  const controller = new AbortController();
  const { signal } = controller;
  const called: string[] = [];
  const third = (): void => void called.push('third');
  const second = (): void => {
    called.push('second');
    offAbort(signal, third);
  };
  const gone = (): void => void called.push('gone');
  onAbort(signal, () => {
    called.push('first');
    onAbort(signal, () => void called.push('too late'));
  });
  for (const callback of [gone, second, third]) onAbort(signal, callback);
  offAbort(signal, gone);
  expect(listeners(signal)).toBe(1);
  controller.abort();
  controller.abort();
  expect(called).toEqual(['first', 'second']);
  onAbort(signal, third);
  expect([called.length, listeners(signal)]).toEqual([2, 0]);
});

test('the last callback takes the listener with it, and the next one brings it back', () => {
  const controller = new AbortController();
  let calls = 0;
  const callback = (): void => {
    calls += 1;
  };
  for (let round = 0; round < 3; round += 1) {
    onAbort(controller.signal, callback);
    expect(listeners(controller.signal)).toBe(1);
    offAbort(controller.signal, callback);
    offAbort(controller.signal, callback);
    expect(listeners(controller.signal)).toBe(0);
  }
  onAbort(controller.signal, callback);
  controller.abort();
  expect(calls).toBe(1);
});

test('20,000 sends of 20 sockets that wait with one signal add one listener, and go together when it aborts', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const added = countAdded(signal);
  const queues = Array.from({ length: 20 }, () => queueWithRoom().queue);
  const sends = queues.flatMap((queue) => Array.from({ length: 1000 }, (_, index) => queue.wait(index, { signal })));
  expect([added(), listeners(signal)]).toEqual([1, 1]);
  const outcomes = Promise.allSettled(sends);
  controller.abort();
  expect(queues.every(({ isEmpty }) => isEmpty)).toBe(true);
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { reason: 'aborted' } });
  expect([added(), listeners(signal)]).toEqual([1, 0]);
});

test('room for one send at a time: the signal is asked a few times for each send, however many wait', async () => {
  const { signal } = new AbortController();
  let asked = 0;
  Object.defineProperty(signal, 'aborted', {
    get: () => {
      asked += 1;
      return false;
    },
  });
  const { state, queue } = queueWithRoom();
  const count = 5000;
  const sends = Array.from({ length: count }, (_, index) => queue.wait(index, { signal }));
  while (state.taken < count) {
    state.room = 1;
    queue.retry();
  }
  await Promise.all(sends);
  expect(asked).toBeLessThan(10 * count);
  expect(listeners(signal)).toBe(0);
});

test('accept, recv, connect and handshakes of one signal share its listener with sends', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const accepts = new Accepts<object>(() => 'nobody');
  const slots = [1, 2, 3].map(() => new RecvSlot<string>({ unawaited: () => undefined }));
  const limits = new Limits(self, Number.POSITIVE_INFINITY, signal, 'connect', () => new Error('late'));
  const waits = [
    queueWithRoom().queue.wait(1, { signal }),
    accepts.accept(self, Number.POSITIVE_INFINITY, signal),
    accepts.accept(self, Number.POSITIVE_INFINITY, signal),
    ...slots.map((slot) => slot.wait(self.pid, Number.POSITIVE_INFINITY, signal)),
    limits.within(new Promise(() => undefined)),
  ];
  expect([listeners(signal), listeners(self.signal)]).toEqual([1, 1]);
  const outcomes = Promise.allSettled(waits);
  controller.abort();
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { reason: 'aborted' } });
  limits.end();
  expect([listeners(signal), listeners(self.signal)]).toEqual([0, 0]);
});

/** How many listeners the signal has been given since. */
function countAdded(signal: AbortSignal): () => number {
  let added = 0;
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  Object.defineProperty(signal, 'addEventListener', {
    value: (...args: unknown[]) => {
      added += 1;
      add(...args);
    },
  });
  return () => added;
}
