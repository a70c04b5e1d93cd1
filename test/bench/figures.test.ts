/** The table and the JSON of `npm run bench` follow from the runs. */
import { expect, test } from 'vitest';
import { cpuList } from '../../bench/cases/cpus.js';
import { figure, jsonRow, type Row, ratioOfRuns, short, table } from '../../bench/figures.js';

test('a figure is the median of the runs, with the least and the greatest', () => {
  expect(figure([5, 1, 9])).toEqual({ median: 5, min: 1, max: 9 });
  expect(figure([4, 1, 2, 9])).toEqual({ median: 3, min: 1, max: 9 });
  expect(figure([7])).toEqual({ median: 7, min: 7, max: 7 });
});

test('there is no figure without a run', () => {
  expect(() => figure([])).toThrow(RangeError);
});

test('a ratio compares runs that were taken side by side, not medians', () => {
  // The machine was slow in the second pair, for both.
  expect(ratioOfRuns([100, 10, 100], [50, 5, 25], true)).toEqual({ median: 2, min: 2, max: 4 });
});

test('a ratio above 1 is better than the yardstick, for less as for more', () => {
  expect(ratioOfRuns([500], [2_000], false).median).toBe(4);
  expect(ratioOfRuns([500], [2_000], true).median).toBe(0.25);
});

test.each([
  [3_310_000, '3.31 M'],
  [14_700, '14.7 k'],
  [812.4, '812'],
])('%d is shown as %s', (value, shown) => {
  expect(short(value)).toBe(shown);
});

const row: Row = {
  case: 'flood',
  unit: 'msg/s',
  mailport: figure([8e6]),
  yardstick: figure([4e6]),
  yardstickName: 'erlang',
  ratio: figure([2]),
  budget: 4,
};

test('the table says whether the budget is met', () => {
  const [, missed, met] = table([row, { ...row, ratio: figure([4]) }]).split('\n');
  expect(missed).toMatch(/flood +msg\/s +8.00 M .* erlang +4.00 M .* 2.00 .* >= 4 +missed$/);
  expect(met).toMatch(/>= 4 +met$/);
});

test('the table says why there is no yardstick', () => {
  const [, line] = table([{ ...row, yardstick: null, ratio: null, missing: 'erlang-base is not installed' }]).split('\n');
  expect(line).toContain('(erlang-base is not installed)');
  expect(line).toMatch(/>= 4$/);
});

test('the table says why a case cannot run here', () => {
  const none = { ...row, mailport: null, yardstick: null, ratio: null, missing: 'the kernel has no SCTP' };
  const [, line] = table([none]).split('\n');
  expect(line).toMatch(/^flood +msg\/s +- +erlang +- +\(the kernel has no SCTP\) +- +>= 4$/);
  expect(jsonRow(none)).toMatchObject({ mailport: null, ratio: null, missing: 'the kernel has no SCTP' });
});

test('a JSON row holds medians, and what they lie between', () => {
  expect(jsonRow({ ...row, mailport: figure([7, 8, 9]) })).toEqual({
    case: 'flood',
    unit: 'msg/s',
    mailport: 8,
    yardstick: 4e6,
    yardstickName: 'erlang',
    ratio: 2,
    budget: 4,
    spread: { mailport: [7, 9], yardstick: [4e6, 4e6], ratio: [2, 2] },
  });
  expect(jsonRow({ ...row, yardstick: null, ratio: null })).toMatchObject({ yardstick: null, ratio: null });
});

test.each([
  ['0-1', [0, 1]],
  ['0-2,5', [0, 1, 2, 5]],
  ['7', [7]],
  ['', []],
])('the CPUs %j are %j', (text, cpus) => {
  expect(cpuList(text)).toEqual(cpus);
});
