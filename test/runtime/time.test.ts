/** The least and greatest values of each kind of time. */
import { BadArg } from 'mailport';
import { describe, expect, test } from 'vitest';
import { checkDelay, checkPeriod, checkSpan, checkTimeout, isTimeout } from '../../runtime/time.js';

const infinite = Number.POSITIVE_INFINITY;
const noTimes = [Number.NaN, '5', null, undefined, 5n, {}, -infinite, -Number.MIN_VALUE, -1];

describe.each<[check: (argument: string, value: unknown) => number, taken: number[], refused: unknown[], text: string]>([
  [
    checkTimeout,
    [0, 0.5, 2 ** 32 - 1, infinite],
    [2 ** 32 - 0.5, 2 ** 32, Number.MAX_VALUE],
    'must be milliseconds from 0 to 4294967295, or Infinity',
  ],
  [checkDelay, [0, 0.5, 2 ** 32, 2 ** 48], [2 ** 48 + 0.5, infinite], 'must be milliseconds from 0 to 2^48'],
  [checkSpan, [0, 0.5, 2 ** 49, Number.MAX_VALUE], [infinite], 'must be milliseconds of 0 or more, and not Infinity'],
  [checkPeriod, [Number.MIN_VALUE, 1, 2 ** 48], [0, 2 ** 48 + 0.5, infinite], 'must be milliseconds above 0, and not above 2^48'],
])('%o', (check, taken, refused, text) => {
  test('a time that is accepted is given back as it is', () => {
    expect(taken.map((ms) => check('ms', ms))).toEqual(taken);
  });

  test('any other value throws BadArg that names the argument', () => {
    for (const ms of [...refused, ...noTimes]) {
      expect(() => check('options.ms', ms)).toThrow(BadArg);
      expect(() => check('options.ms', ms)).toThrow(new BadArg('options.ms', text));
    }
  });
});

test('isTimeout tells timeouts from other values', () => {
  expect([0, 2 ** 32 - 1, infinite].every(isTimeout)).toBe(true);
  expect([2 ** 32, ...noTimes].some(isTimeout)).toBe(false);
});
