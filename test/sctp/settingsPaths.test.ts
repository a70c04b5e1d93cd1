/** A setting of an association is given to each of its paths. Only a stack with several paths needs that, so the test writes one by hand. */
import { expect, test } from 'vitest';
import { applySettings } from '../../actors/sctp/settings.js';
import { type StackOptionName, stackOptions } from '../../actors/sctp/stackOptions.js';
import { StackSocket } from '../../actors/sctp/stackSocket.js';
import type { SctpStack } from '../../native/contract/sctp.js';

const assocId = 5;
/** The flags of heartbeats. */
const enabled = 1;
const disabled = 2;

/** A stack that keeps words for an association and its two paths, and gives what is set for the association to both, as the kernel does. */
function stackWithPaths(refuses?: string) {
  const addresses = ['10.0.0.1', '10.0.0.2'];
  const kept = new Map<string, number[]>([
    ['', [30_000, 5, 0, 200, enabled]],
    ['10.0.0.1', [10_000, 3, 0, 100, disabled]],
    ['10.0.0.2', [30_000, 5, 0, 200, enabled]],
  ]);
  const sets: [address: string, words: readonly number[]][] = [];
  const stack = {
    name: 'kernel',
    peernames: () => addresses.map((address) => ({ assocId, address, port: 7 })),
    getOption: (_handle: number, _number: number, _assoc: number, address = '') => [...kept.get(address)!],
    setOption: (_handle: number, _number: number, _assoc: number, words: readonly number[], address = '') => {
      if (address === refuses) return -22;
      sets.push([address, words]);
      kept.set(address, [...words]);
      if (address === '') for (const each of addresses) kept.set(each, [...words]);
      return 0;
    },
  };
  return { stack: stack as unknown as SctpStack, sets, kept };
}

function set(stack: SctpStack, name: StackOptionName, value: unknown): void {
  const setting = { name, option: stackOptions[name], key: { assocId, address: undefined }, value };
  applySettings(new StackSocket(stack, 1, false), [setting as never], 'setopts');
}

test('what a setting leaves out stays as it is on each path, and a path that has it already is left alone', () => {
  const { stack, sets } = stackWithPaths();
  set(stack, 'sctpPeerAddrParams', { assocId, hbinterval: 7000 });
  expect(sets).toEqual([
    ['', [7000, 0, 0, 0, enabled]],
    ['10.0.0.1', [7000, 0, 0, 0, disabled]],
  ]);
});

test('a path that refuses undoes the whole, each path to what it had', () => {
  const { stack, sets } = stackWithPaths('10.0.0.1');
  expect(() => set(stack, 'sctpPeerAddrParams', { assocId, hbinterval: 7000 })).toThrow(
    expect.objectContaining({
      reason: 'einval',
      message: expect.stringContaining('the former value of sctpPeerAddrParams was refused, too') as unknown,
    }),
  );
  const former = [30_000, 5, 0, 200, enabled];
  expect(sets.filter(([, words]) => words.every((word, index) => word === former[index])).map(([address]) => address)).toEqual([
    '',
    '10.0.0.2',
  ]);
});
