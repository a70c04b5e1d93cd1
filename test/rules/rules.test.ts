/** Every rule of OTP's behaviour has a test that cites it, or its document says why it has none. Every id that is cited exists. */
import { describe, expect, test } from 'vitest';
import {
  allRules,
  citationsIn,
  citationsOf,
  coverageLine,
  documents,
  type Rule,
  ruleCoverage,
  rulesIn,
  texts,
  withoutDocstrings,
} from './coverage.js';

const coverages = ruleCoverage();
const counts: Readonly<Record<string, number>> = { 'docs/rules.md': 264, 'docs/rules-tcp-udp.md': 225 };

test('no two rules have one id', () => {
  const ids = allRules().map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

describe.each(coverages)('$path', ({ path, rules, cited }) => {
  test('there are as many rules as there were', () => {
    expect(rules).toHaveLength(counts[path]!);
  });

  test('every rule is stated in sentences, with a source', () => {
    const wrong = rules.filter(({ statement, source }) => !/^\S.*\s.*\.$/.test(statement) || source === '');
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });

  test('every rule is cited by a test, or explained', () => {
    expect(rules.filter(({ id, uncitedBecause }) => uncitedBecause === '' && !cited.has(id)).map(({ id }) => id)).toEqual([]);
  });

  test('no rule that is explained is cited after all', () => {
    expect(rules.filter(({ id, uncitedBecause }) => uncitedBecause !== '' && cited.has(id)).map(({ id }) => id)).toEqual([]);
  });
});

test('every id that a test, a source or a document writes is the one of a rule', () => {
  const rules = allRules();
  const known = new Set(rules.map(({ id }) => id));
  const unknown = texts().flatMap((path) =>
    [...citationsOf(path, rules).written].filter((id) => !known.has(id)).map((id) => `${path}: ${id}`),
  );
  expect(unknown).toEqual([]);
});

test('for every rule in docs/differences.md a test shows what mailport does instead', () => {
  const different = [...citationsOf('docs/differences.md', allRules()).rules];
  const cited = new Set(coverages.flatMap((coverage) => [...coverage.cited]));
  expect(different.length).toBeGreaterThan(documents.length * 40);
  expect(different.filter((id) => !cited.has(id))).toEqual([]);
});

describe('citations', () => {
  const some: Rule[] = rulesIn(
    '| AB-1 | a | m | |\n| AB-2 | b | m | |\n| AB-5 | e | m: f | elsewhere |\n| AB-12 | l | m | |\n| CD-7 | g | m | |\n',
  );

  test('rules are the rows of tables', () => {
    expect(some.map(({ id }) => id)).toEqual(['AB-1', 'AB-2', 'AB-5', 'AB-12', 'CD-7']);
    expect(some[2]).toEqual({ id: 'AB-5', statement: 'e', source: 'm: f', uncitedBecause: 'elsewhere' });
  });

  test.each([
    ['(AB-1)', ['AB-1'], ['AB-1']],
    ['[AB-1, CD-7]', ['AB-1', 'CD-7'], ['AB-1', 'CD-7']],
    // A range cites the rules between its ends that exist.
    ['AB-2..AB-12', ['AB-12', 'AB-2'], ['AB-12', 'AB-2', 'AB-5']],
    ['AB-1..2', ['AB-1', 'AB-2'], ['AB-1', 'AB-2']],
    ['AB-3', ['AB-3'], []],
    ['AB-1..AB-4', ['AB-1', 'AB-4'], ['AB-1', 'AB-2']],
    ['SHA-256, XAB-1, AB-', [], []],
  ])('%j', (text, written, found) => {
    const seen = citationsIn(text, some);
    expect([[...seen.written].sort(), [...seen.rules].sort()]).toEqual([written, found]);
  });

  test('docstrings and the words over a file do not count, line comments and titles do', () => {
    const typescript = "/** AB-1 */\nimport 'x';\n/**\n * AB-2\n */\ntest('is so (AB-5)', () => {\n  // CD-7\n});\n";
    expect([...citationsIn(withoutDocstrings('a.test.ts', typescript), some).rules]).toEqual(['AB-5', 'CD-7']);
    const cpp = '// AB-1, and\n// AB-2.\n#include "check.h"\n// AB-5.\nTEST("CD-7: is so") {}\n';
    expect([...citationsIn(withoutDocstrings('a_test.cc', cpp), some).rules]).toEqual(['AB-5', 'CD-7']);
  });

  test('the summary line adds cited, explained and uncovered rules up', () => {
    const line = coverageLine({ path: 'a.md', of: 'gen_x', rules: some, cited: new Set(['AB-1', 'AB-2']) });
    expect(line).toBe('2 of 5 rules of gen_x cited by tests, 1 explained in a.md, 2 uncovered');
  });
});
