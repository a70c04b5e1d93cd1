/** The mistakes that `npm run mutate` puts into C++ are the meaningful ones, and a seed draws the same of them again. */
import { describe, expect, test } from 'vitest';
import { nativeMutants } from '../../scripts/mutate/nativeMutants.mjs';
import { summary } from '../../scripts/mutate/report.mjs';
import { shuffled } from '../../scripts/mutate/sample.mjs';

const changes = (source: string) =>
  nativeMutants('a.cc', source).map(({ kind, was, becomes }) => `${kind}: ${was} -> ${becomes}`);

describe('the mutants of C++', () => {
  test('turn conditions round, and take each for true and for false', () => {
    expect(changes('void F() { if (a) G(); }')).toEqual([
      'condition: a -> !(a)',
      'condition: a -> true',
      'condition: a -> false',
      'statement: G(); -> ;',
    ]);
  });

  test('move bounds, and change operators, constants and signs', () => {
    expect(changes('int x = a < 3 && !b;')).toEqual([
      'operator: < -> <=',
      'constant: 3 -> (3 + 1)',
      'operator: && -> ||',
      'negation: ! -> ',
    ]);
  });

  test('leave out calls, assignments and jumps, but no declarations', () => {
    expect(changes('void F() { timer_.Stop(); Socket* s = G(); n = m; break; }')).toEqual([
      'statement: timer_.Stop(); -> ;',
      'statement: n = m; -> ;',
      'statement: break; -> ;',
    ]);
  });

  test('swap arguments that stand side by side, and what a condition chooses', () => {
    expect(changes('auto x = F(a, G(b), c) ? d : e;')).toEqual([
      'arguments: a, G(b) -> G(b), a',
      'arguments: G(b), c -> c, G(b)',
      'operator: d : e -> e : d',
    ]);
  });

  test('leave comments, texts, the preprocessor and types alone', () => {
    expect(
      changes('// a < 1\n#define A (1 + 2)\nstatic_assert(sizeof(x) == 4);\nconst char* x = "1 < 2"; std::array<uint8_t, 4> y;'),
    ).toEqual([]);
  });

  test('know their line, and give back the source around what they change', () => {
    const source = 'int a;\n\nint b = c <= d;\n';
    const [mutant] = nativeMutants('a.cc', source);
    expect(mutant).toMatchObject({ file: 'a.cc', line: 3 });
    expect(source.slice(0, mutant?.from) + mutant?.becomes + source.slice(mutant?.to)).toBe('int a;\n\nint b = c < d;\n');
  });
});

test('a seed gives an order that is the same each time, and another than that of other seeds', () => {
  const numbers = Array.from({ length: 50 }, (_, index) => index);
  expect(shuffled(numbers, 7)).toEqual(shuffled(numbers, 7));
  expect(shuffled(numbers, 7)).not.toEqual(shuffled(numbers, 8));
  expect(shuffled(numbers, 7).sort((a, b) => a - b)).toEqual(numbers);
});

test('the summary lists what nobody noticed, then the shares', () => {
  const result = { kind: 'operator', was: 'a\n  < b', becomes: '<=', how: 'no test fails' };
  expect(
    summary('C++', [
      { ...result, file: 'x/b.cc', line: 2, noticed: false },
      { ...result, file: 'x/a.cc', line: 1, noticed: true },
      { ...result, file: 'y/a.cc', line: 1, noticed: true },
    ]),
  ).toEqual([
    'unnoticed  x/b.cc:2: operator: a < b -> <= (no test fails)',
    'x: 1 of 2 noticed, 50 %',
    'y: 1 of 1 noticed, 100 %',
    'C++: 2 of 3 noticed, 66.7 %',
  ]);
});
