/** Which sends are gathered to go down together (SD-8), by itself: the stacks of this machine may not take many at once. */
import { expect, test } from 'vitest';
import { GatheredSends } from '../../actors/sctp/gatheredSends.js';
import type { SendRequest } from '../../actors/sctp/sending.js';
import { SendQueue } from '../../actors/socket/index.js';
import type { SctpStack } from '../../native/contract/sctp.js';
import { mainActor } from '../../runtime/index.js';

const { pid } = mainActor();
const request = (assocId: number) => ({ assocId }) as unknown as SendRequest;

/** Gathered sends over a stack with room for so many; `runs` are those that went down together. */
function gathering(takesRuns: boolean, room = Number.POSITIVE_INFINITY) {
  const runs: number[][] = [];
  let left = room;
  const queue = new SendQueue<SendRequest>({
    attempt: (requests) => {
      const taken = Math.min(left, requests.length);
      left -= taken;
      runs.push(requests.slice(0, taken).map(({ assocId }) => assocId));
      return { taken, next: taken < requests.length ? 'full' : undefined };
    },
  });
  const gathered = new GatheredSends({ takesRuns } as SctpStack, queue);
  return { gathered, queue, runs };
}

test('those after the first go down together when their actor lets others run, and then no longer', async () => {
  const { gathered, runs } = gathering(true);
  expect(gathered.isOn).toBe(false);
  gathered.begin();
  gathered.begin();
  expect(gathered.isOn).toBe(true);
  const sends = [1, 2, 3].map((assocId) => gathered.add(request(assocId), undefined, pid));
  expect(runs).toEqual([]);
  await Promise.all(sends);
  expect(runs).toEqual([[1, 2, 3]]);
  expect(gathered.isOn).toBe(false);
});

test('nothing is gathered on a stack that takes one at a time', () => {
  const { gathered } = gathering(false);
  gathered.begin();
  expect(gathered.isOn).toBe(false);
});

test('as many as a run may have go down at once, and other calls find them sent', async () => {
  const { gathered, runs } = gathering(true);
  gathered.begin();
  const sends = Array.from({ length: SendQueue.longestRun + 1 }, (_, index) => gathered.add(request(index), undefined, pid));
  expect(runs.map((run) => run.length)).toEqual([SendQueue.longestRun]);
  gathered.flush();
  expect(runs.map((run) => run.length)).toEqual([SendQueue.longestRun, 1]);
  gathered.flush();
  expect(runs).toHaveLength(2);
  await Promise.all(sends);
});

test('where there is no room for all, those that come later are not gathered behind them', async () => {
  const { gathered, queue, runs } = gathering(true, 1);
  gathered.begin();
  const sends = [1, 2].map((assocId) => gathered.add(request(assocId), undefined, pid));
  gathered.flush();
  expect(gathered.isOn).toBe(false);
  expect(runs).toEqual([[1]]);
  expect(queue.length).toBe(1);
  queue.failAll(new Error('over'));
  await expect(Promise.all(sends)).rejects.toThrow('over');
});
