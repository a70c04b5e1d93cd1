/** The reasons of failures that docs/sctp.md lists by call are those of the types (actors/socket/errors.ts, actors/sctp/reasons.ts). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const atoms = (text: string) => [...text.matchAll(/'(\w+)'/g)].map(([, atom = '']) => atom);

const unions = new Map(
  [...`${read('actors/socket/errors.ts')}${read('actors/sctp/reasons.ts')}`.matchAll(/export type (\w+)Reason =([^;]+);/g)].map(
    ([, name = '', union = '']) => [name, new Set(atoms(union).filter((atom) => atom !== 'closed'))],
  ),
);
const rows = new Map(
  (read('docs/sctp.md').split('| call | reasons |')[1] ?? '')
    .split('\n## ')[0]!
    .split('\n')
    .map((line) => line.split(' | '))
    .map(([calls = '', reasons = '']) => [calls.replace('| ', ''), reasons]),
);

test.each([
  ['Open', '`open`'],
  ['Listen', '`listen`'],
  ['Connect', '`connect`, `connectInit`, `connectxInit`'],
  ['Send', '`send`, `eof`, `abort`'],
  ['Recv', '`recv`'],
  ['Accept', '`accept`'],
  ['Peeloff', '`peeloff`, `handOff`'],
  ['Bind', '`bindx`'],
  ['Handoff', '`controllingProcess`'],
  ['Option', '`setopts`'],
  ['Name', '`sockname`, `socknames`, `peername`, `peernames`'],
  ['Reconfigure', '`resetStreams`, `resetAssoc`, `addStreams`'],
])('%sReason has the reasons that the row of %s lists', (name, calls) => {
  expect(new Set(atoms(rows.get(calls) ?? ''))).toEqual(unions.get(name));
});

test('each union of reasons has its row', () => {
  expect(unions.size).toBe(12);
});
