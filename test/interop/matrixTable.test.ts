/** docs/interop.md says what the matrix has, and what it has not. */
import { expect, test } from 'vitest';
import { read, rowsUnder } from '../support/citedTests.js';
import { cannot } from './cannot.js';
import { rows } from './matrix.js';

test('the table of docs/interop.md has the rows of the matrix, and a reason for each that a peer cannot do', () => {
  const page = read('docs/interop.md');
  const peers = Object.keys(cannot) as (keyof typeof cannot)[];
  const cellOf = (peer: keyof typeof cannot, row: string) => (row in cannot[peer] ? '-' : 'yes');
  const expected = rows.map((row) => `| ${[row, ...peers.map((peer) => cellOf(peer, row))].join(' | ')} |`);
  expect(rowsUnder(page, `| row | ${peers.join(' | ')} |`)).toEqual(expected);
  const reasons = peers.flatMap((peer) => Object.entries(cannot[peer]).map(([row, why]) => `| ${peer} | ${row} | ${why} |`));
  expect(rowsUnder(page, '| peer | row | why not |')).toEqual(reasons);
});
