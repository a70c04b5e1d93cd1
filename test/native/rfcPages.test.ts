/** `docs/rfc*.md` name the function that obeys each demand of a document, and the tests that would fail without it: both have to be there. */
import { describe, expect, test } from 'vitest';
import { RfcTable } from '../support/rfcTables.js';

describe.each([
  ['docs/rfc3758.md', 20],
  ['docs/rfc4895.md', 20],
  ['docs/rfc5061.md', 25],
  ['docs/rfc6525.md', 30],
  ['docs/rfc8260.md', 30],
  ['docs/rfc8899.md', 20],
  ['docs/rfc9260.md', 300],
  ['docs/rfc9406.md', 14],
  ['docs/rfc9653.md', 10],
])('%s', (path, least) => {
  const table = new RfcTable(path);

  test('has a row for each demand, and in each row functions of the sources, or why there is none', () => {
    expect(table.rows.length).toBeGreaterThanOrEqual(least);
    expect(table.functions.length).toBeGreaterThanOrEqual(least);
    expect(table.missingFunctions).toEqual([]);
    expect(table.rows.filter(([, , functions = '']) => functions === '')).toEqual([]);
  });

  test('names tests that are there, in every row with a function', () => {
    expect(table.tests.length).toBeGreaterThanOrEqual(least);
    expect(table.missingTests).toEqual([]);
    expect(table.untested).toEqual([]);
  });
});

test('each deviation that a row of docs/rfc9260.md names is explained, and each that is explained is named', () => {
  const { page, rows } = new RfcTable('docs/rfc9260.md');
  const named = new Set(rows.flatMap(([, , functions = '']) => [...functions.matchAll(/\bD\d+\b/g)].map(([name]) => name)));
  const explained = new Set([...page.matchAll(/^\| (D\d+) \|/gm)].map(([, name = '']) => name));
  expect([...named].sort()).toEqual([...explained].sort());
});
