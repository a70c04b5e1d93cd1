/** Records of a batch reach the sockets that they are for, over a source written by hand: no transport is needed for that. */
import { expect, test } from 'vitest';
import { type BatchTaker, Demultiplexer } from '../../actors/socket/index.js';
import { type BatchSource, batchRecord } from '../../native/contract/batch.js';

/** A source whose batches are lists of handles, and takers that write down what they are told, all into one list. */
function sockets(...drained: readonly (readonly number[])[]) {
  const log: string[] = [];
  const meta = new Uint32Array(8 * batchRecord.words);
  const batches = [...drained];
  const fill = (handles: readonly number[]): number => {
    for (const [index, handle] of handles.entries()) meta[index * batchRecord.words + batchRecord.socket] = handle;
    return handles.length;
  };
  const source = {
    meta,
    slab: new Uint8Array(0),
    large: [],
    setCredit: () => undefined,
    drain: () => fill(batches.shift() ?? []),
  };
  const all = new Demultiplexer<BatchTaker>(source satisfies BatchSource);
  const taker = (name: string): BatchTaker => ({
    takeRecord: (base) => log.push(`${name}${base / batchRecord.words}`),
    settleBatch: () => log.push(`${name} settles`),
  });
  return { all, log, taker, come: (...handles: readonly number[]) => all.take(fill(handles)) };
}

test('each record goes to its socket, in order, and every socket acts only after the last record', () => {
  const { all, log, taker, come } = sockets();
  all.register(1, taker('a'));
  all.register(2, taker('b'));
  come(1, 1, 2, 1);
  expect(log).toEqual(['a0', 'a1', 'b2', 'a3', 'a settles', 'b settles', 'a settles']);
});

test('records of a socket that was closed meanwhile are for nobody', () => {
  const { all, log, taker, come } = sockets();
  all.register(1, taker('a'));
  all.register(2, taker('b'));
  all.forget(1);
  come(1, 2, 1);
  expect(log).toEqual(['b1', 'b settles']);
  expect(all.takers()).toHaveLength(1);
});

test('a drain takes batch after batch until there is none, and then has the sockets act', () => {
  const { all, log, taker } = sockets([1, 1], [1]);
  all.register(1, taker('a'));
  all.drain(1);
  expect(log).toEqual(['a0', 'a1', 'a0', 'a settles', 'a settles']);
});

test('what comes of acting on one batch is a batch of its own', () => {
  const { all, log, taker, come } = sockets([2]);
  const draining: BatchTaker = {
    takeRecord: () => log.push('a'),
    settleBatch: () => {
      log.push('a drains');
      all.drain(2);
    },
  };
  all.register(1, draining);
  all.register(2, taker('b'));
  come(1);
  expect(log).toEqual(['a', 'a drains', 'b0', 'b settles']);
});
