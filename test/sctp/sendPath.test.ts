/** Which sends are gathered to go down together (SD-8), over a stack written by hand: those of this machine may not take many at once. */
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { SendBatch } from '../../actors/sctp/sendBatch.js';
import { SendPath } from '../../actors/sctp/sendPath.js';
import { StackSocket } from '../../actors/sctp/stackSocket.js';
import { SendQueue } from '../../actors/socket/index.js';
import { type SctpStack, sendRecord } from '../../native/contract/sctp.js';
import { mainActor } from '../../runtime/index.js';

const { EAGAIN } = constants.errno;
const data = Buffer.from('x');
const stream = 0;

/** The way of sends to a stack with room for so many. `runs` has the associations of sends that went down together, and `single` those of sends that went down alone. */
function sending(takesRuns: boolean, room = Number.POSITIVE_INFINITY) {
  const runs: number[][] = [];
  const single: number[] = [];
  let left = room;
  const stack = {
    name: 'kernel',
    takesRuns,
    send: (_handle: number, assocId: number) => {
      left -= 1;
      single.push(assocId);
      return 0;
    },
    sendMany: (_handle: number, words: Uint32Array, payloads: readonly Uint8Array[]) => {
      const taken = Math.min(left, payloads.length);
      left -= taken;
      runs.push(Array.from({ length: taken }, (_, index) => words[index * sendRecord.words + sendRecord.assocId]!));
      if (taken < payloads.length) words[taken * sendRecord.words + sendRecord.error] = EAGAIN;
      return taken;
    },
  } as unknown as SctpStack;
  // One lane for all.
  const path = new SendPath(
    new StackSocket(stack, 1, true),
    new SendBatch(stack),
    { nonBlockSend: false },
    { owner: mainActor().pid },
  );
  const send = (assocId: number) => path.sendPlain(assocId, stream, data);
  return { path, send, runs, single };
}

test('those after the first go down together when their actor lets others run, and then no longer', async () => {
  const { send, runs, single } = sending(true);
  const sends = [0, 1, 2, 3].map(send);
  expect(single).toEqual([0]);
  expect(runs).toEqual([]);
  await Promise.all(sends);
  expect(runs).toEqual([[1, 2, 3]]);
  await send(4);
  expect(single).toEqual([0, 4]);
});

test('nothing is gathered on a stack that takes one at a time', async () => {
  const { send, runs, single } = sending(false);
  await Promise.all([0, 1, 2].map(send));
  expect(single).toEqual([0, 1, 2]);
  expect(runs).toEqual([]);
});

test('as many as a run may have go down at once, and other calls find them sent', async () => {
  const { path, send, runs } = sending(true);
  const sends = Array.from({ length: 1 + SendQueue.longestRun + 1 }, (_, index) => send(index));
  expect(runs.map((run) => run.length)).toEqual([SendQueue.longestRun]);
  path.flush();
  expect(runs.map((run) => run.length)).toEqual([SendQueue.longestRun, 1]);
  path.flush();
  expect(runs).toHaveLength(2);
  await Promise.all(sends);
});

test('where there is no room for all, those that come later are not gathered behind them', async () => {
  const { path, send, runs } = sending(true, 2);
  const sends = [0, 1, 2].map(send);
  path.flush();
  expect(runs).toEqual([[1]]);
  expect(path.waiting).toBe(1);
  sends.push(send(3));
  path.flush();
  expect(runs).toEqual([[1]]);
  expect(path.waiting).toBe(2);
  path.failAll(new Error('over'));
  await expect(Promise.all(sends)).rejects.toThrow('over');
});

test('what was sent is counted when the stack has taken it, and not before', async () => {
  const { path, send } = sending(true, 2);
  const sends = [0, 1, 2].map(send);
  expect(path.traffic.count).toBe(1);
  path.flush();
  expect(path.traffic.count).toBe(2);
  expect(path.waitingBytes).toBe(1);
  path.failAll(new Error('over'));
  await expect(Promise.all(sends)).rejects.toThrow('over');
});
