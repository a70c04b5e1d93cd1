/** The reasons of failures that docs/udp.md lists by call are those of the types, and each that may come has a remedy in its message. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { explain } from '../../actors/udp/explanations.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const atoms = (text: string) => [...text.matchAll(/'(\w+)'/g)].map(([, atom = '']) => atom);

const sources = ['udp/reasons.ts', 'socket/errors.ts', 'socket/inetSettings.ts'].map((file) => read(`actors/${file}`)).join('');
const unions = new Map(
  [...sources.matchAll(/export type (\w+)Reason =([^;]+);/g)].map(([, name = '', union = '']) => [name, union]),
);

/** The atoms of a union, those of unions in it included. */
function atomsOf(name: string): Set<string> {
  const union = unions.get(name) ?? '';
  const others = [...union.matchAll(/\b(\w+)Reason\b/g)].flatMap(([, other = '']) => [...atomsOf(other)]);
  return new Set([...atoms(union), ...others].filter((atom) => atom !== 'closed'));
}

const rows = new Map(
  (read('docs/udp.md').split('| call | reasons |')[1] ?? '')
    .split('\n## ')[0]!
    .split('\n')
    .map((line) => line.split(' | '))
    .map(([call = '', reasons = '']) => [call.replace('| ', ''), reasons]),
);

const calls = [
  ['UdpOpen', 'open'],
  ['UdpConnect', 'connect'],
  ['UdpSend', 'send'],
  ['UdpRecv', 'recv'],
  ['InetOption', 'setopts'],
] as const;

test.each(calls)('%sReason has the reasons that the row of %s lists', (name, call) => {
  const listed = new Set(atoms(rows.get(`\`${call}\``) ?? ''));
  expect([...listed].sort()).toEqual([...atomsOf(name)].sort());
});

test.each(calls.slice(0, 4))('each reason of %s has an explanation', (name, call) => {
  const unexplained = [...atomsOf(name)].filter((reason) => explain(call, reason) === undefined);
  expect(unexplained).toEqual([]);
});
