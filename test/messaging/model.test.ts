/**
 * The corrected module (SCTP.tla) holds what it means, in every state that it can reach; and each slip of the printed one, put back, breaks it. docs/messaging.md lists the slips.
 */
import { describe, expect, test } from 'vitest';
import { explore } from './explore.js';
import { type Bounds, corrected, kinds, type Operators, Undefined } from './model.js';

const large: Bounds = { servers: 2, conns: 3, queue: 3 };
const small: Bounds = { servers: 2, conns: 2, queue: 2 };

test('ids smallest free, first in first out, nothing invented or lost, Stop exact: in all 926,300 steps of all 45,764 states', () => {
  const { states, transitions, broken, taken } = explore(large);
  expect([...broken]).toEqual([]);
  // A connection that there is has one of the servers that run, and two queues of 0 to 3 messages.
  const perServer = 16;
  expect(states).toBe(1 + 2 * (1 + perServer) ** 3 + (1 + 2 * perServer) ** 3);
  expect(transitions).toBe(926_300);
  expect([...taken.keys()].sort()).toEqual([...kinds].sort());
});

const max = (numbers: readonly number[]): number => {
  if (numbers.length === 0) throw new Undefined('CHOOSE has nothing to choose from');
  return Math.max(...numbers);
};
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);
const free = (domain: readonly number[], last: number): number[] => upTo(last).filter((id) => !domain.includes(id));

/** What each slip makes of the module: the operators with it, and the invariant that breaks; or that there is no meaning. */
const slips: readonly (readonly [slip: string, Partial<Operators>, breaks: string])[] = [
  [
    'Min and Max exchanged: a connection gets the largest number up to the smallest id and one more',
    { connId: (domain) => Math.max(...free(domain, Math.min(...domain, ...(domain.length === 0 ? [0] : [])) + 1)) },
    'ids smallest free',
  ],
  [
    'Max of no ids: the first Connect has no meaning',
    { connId: (domain) => Math.min(...free(domain, max(domain) + 1)) },
    'undefined',
  ],
  ['Connect to a server that does not run', { mayConnect: () => true }, 'servers have their connections'],
  [
    'no UNCHANGED servers: an action of a connection may stop every server',
    { unchanged: (servers) => servers.map(() => false) },
    'nothing else changes',
  ],
  ['Receive without a message', { mayReceive: () => true }, 'first in, first out'],
  [
    'the length of a record in place of that of a queue',
    {
      tail: () => {
        throw new Undefined('Len of a record');
      },
    },
    'undefined',
  ],
  [
    'Reply leaves the message that it answers, if its primes are left out',
    { replied: (queue) => queue },
    'no message invented or lost',
  ],
  ['Stop drops the connections of all other servers', { survives: (conn, server) => conn.dst === server }, 'stop exact'],
  [
    'Stop looks for ids in the function conns, which is no set',
    {
      survives: () => {
        throw new Undefined('a function is no set');
      },
    },
    'undefined',
  ],
];

describe('a slip of the printed module, put back', () => {
  test.each(slips)('%s', (_slip, printed, breaks) => {
    const run = (): string[] => [...explore(small, { ...corrected, ...printed }).broken.keys()];
    if (breaks === 'undefined') expect(run).toThrow(Undefined);
    else expect(run()).toContain(breaks);
  });

  test('Next that asks for FALSE: nothing ever happens', () => {
    expect(explore(small, { ...corrected, hasNext: false })).toMatchObject({ states: 1, transitions: 0 });
  });

  test('Reply with primes on its right side: no queue is itself with one message more, so Reply is never possible', () => {
    // conns' = [conns' EXCEPT ![c.id].res = Append(@, m)] wants a queue that equals the same queue with a message appended.
    const queues = [[], [1], [1, 2], [1, 2, 3]];
    expect(queues.filter((queue) => queue.length === [...queue, 1].length)).toEqual([]);
  });
});
