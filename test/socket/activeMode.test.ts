/** The arithmetic of `active`, in tables with the ids of the rules, and in properties against a model that is written in another way. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Active,
  type ActiveState,
  activeMax,
  activeMin,
  activeValue,
  allowance,
  countConnect,
  countItem,
  isActive,
  openActive,
  passive,
  setActive,
  setActiveList,
} from '../../actors/socket/activeMode.js';
import { BadArg } from '../../runtime/index.js';

/** The state that reads `value`. */
function reading(value: Active): ActiveState {
  return typeof value === 'number' ? { mode: 'multi', count: value } : { mode: value, count: 0 };
}

/** The outcome of a step: the value that is read afterwards, and the number of passive messages. */
function outcome(step: ReturnType<typeof setActive>): unknown {
  return step === 'einval' ? 'einval' : [activeValue(step.state), step.passiveMessages];
}

const starts: Active[] = [false, true, 'once', 1, 5, activeMax];

describe('setting one value', () => {
  // Every start with every kind of value: the value that is read afterwards, and the number of passive messages.
  const table: [value: Active, rule: string, expected: (start: Active) => unknown][] = [
    [false, 'FC-8', () => [false, 0]],
    [true, 'FC-8', () => [true, 0]],
    ['once', 'FC-8', () => ['once', 0]],
    [0, 'FC-5, FC-6, FC-7', (start) => (typeof start === 'number' ? [start, 0] : [false, 1])],
    [1, 'FC-3, FC-4, FC-7', (start) => (start === activeMax ? 'einval' : [(typeof start === 'number' ? start : 0) + 1, 0])],
    [-1, 'FC-5, FC-7', (start) => (typeof start === 'number' && start > 1 ? [start - 1, 0] : [false, 1])],
    [activeMin, 'FC-5', () => [false, 1]],
    [activeMax, 'FC-4', (start) => (typeof start === 'number' ? 'einval' : [activeMax, 0])],
    [activeMax + 1, 'FC-2', () => 'einval'],
    [activeMin - 1, 'FC-2', () => 'einval'],
  ];
  for (const [value, rule, expected] of table) {
    test.each(starts)(`${String(value)} on %s (${rule})`, (start) => {
      expect(outcome(setActive(reading(start), value))).toEqual(expected(start));
    });
  }

  test('adds, and does not replace: 5, then 3, then -2 reads 8, then 6 (FC-3)', () => {
    let state = passive;
    const read: Active[] = [];
    for (const value of [5, 3, -2]) {
      const step = setActive(state, value);
      if (step === 'einval') throw new Error('unexpected');
      state = step.state;
      read.push(activeValue(state));
    }
    expect(read).toEqual([5, 8, 6]);
  });

  test('a sum above 32767 changes nothing (FC-4)', () => {
    expect(setActive(reading(10), 32767)).toBe('einval');
    expect(outcome(setActive(reading(10), 32757))).toEqual([32767, 0]);
  });
});

describe('setting a list', () => {
  test.each<[Active[], unknown, string]>([
    [[5, -3], [5, 1], 'the last first: -3 turns passive, then 5'],
    [[-3, 5], [2, 0], 'the last first: 5, then -3'],
    [['once', false], ['once', 0], 'the first written stays'],
    [[true, 3], [true, 0], 'true throws the count away'],
    [[0, 0], [false, 2], 'each sends its passive message'],
    [[], [false, 0], 'nothing'],
  ])('%j gives %j: %s (FC-12)', (values, expected) => {
    expect(outcome(setActiveList(passive, values))).toEqual(expected);
  });

  test('is all or nothing: a value out of range undoes those applied before it (FC-13)', () => {
    expect(setActiveList(passive, [40000, 5])).toBe('einval');
    expect(setActiveList(reading(32767), [1, true])).toEqual(setActive(reading(true), 1));
    expect(setActiveList(reading(true), [1, 32767])).toBe('einval');
  });
});

describe('opening', () => {
  test.each<[Active[], unknown, string]>([
    [[], [false, 0], 'FC-1'],
    [[3], [3, 0], 'FC-1'],
    [[0], [false, 1], 'FC-10'],
    [[-7], [false, 1], 'FC-10'],
    [[3, 3], [3, 0], 'FC-11'],
    [[true, 3], [3, 0], 'FC-11'],
    [[3, true], [true, 0], 'FC-11'],
    [['once'], ['once', 0], 'FC-1'],
  ])('with %j gives %j (%s)', (values, expected) => {
    expect(outcome(openActive(values))).toEqual(expected);
  });

  test.each([32768, -32769])('with %i throws BadArg (FC-2)', (value) => {
    expect(() => openActive([value])).toThrow(BadArg);
  });
});

describe('delivering', () => {
  test('once becomes passive in silence (FC-21)', () => {
    expect(outcome(countItem(reading('once')))).toEqual([false, 0]);
  });

  test('a count goes down, and at 0 tells its owner (FC-22)', () => {
    expect(outcome(countItem(reading(2)))).toEqual([1, 0]);
    expect(outcome(countItem(reading(1)))).toEqual([false, 1]);
  });

  test('true stays true, whatever is delivered (FC-29)', () => {
    expect(outcome(countItem(reading(true)))).toEqual([true, 0]);
  });

  test('nothing is ever delivered while passive (FC-27)', () => {
    expect(() => countItem(passive)).toThrow('passive');
    expect(allowance(passive)).toBe(0);
  });

  test.each<[Active, unknown]>([
    [false, [false, 0]],
    [true, [true, 0]],
    ['once', ['once', 0]],
    [1, [false, 1]],
    [5, [4, 0]],
  ])('a connect by way of a socket at %s leaves %j (CN-15)', (start, expected) => {
    expect(outcome(countConnect(reading(start)))).toEqual(expected);
  });
});

test.each<[unknown, boolean]>([
  [true, true],
  ['once', true],
  [7, true],
  [1.5, false],
  [Number.NaN, false],
  [Number.POSITIVE_INFINITY, false],
  ['true', false],
  [null, false],
  [[], false],
  [1n, false],
])('%s is of a kind that active takes: %s', (value, expected) => {
  expect(isActive(value)).toBe(expected);
});

type Command = { readonly set: Active } | { readonly setAll: readonly Active[] } | { readonly deliver: number };

const anyActive = fc.oneof(
  fc.boolean(),
  fc.constant<Active>('once'),
  fc.integer({ min: -8, max: 8 }),
  fc.integer({ min: activeMin - 2, max: activeMax + 2 }),
  fc.constantFrom(activeMin, activeMax, activeMax + 1, activeMin - 1),
);

const command: fc.Arbitrary<Command> = fc.oneof(
  anyActive.map((set) => ({ set })),
  fc.array(anyActive, { maxLength: 4 }).map((setAll) => ({ setAll })),
  fc.nat({ max: 12 }).map((deliver) => ({ deliver })),
);

/** The same rules seen from outside: one number for the allowance, and messages that are counted as they are sent. */
class Model {
  left = 0;
  counts = false;
  messages = 0;

  set(value: Active): boolean {
    if (typeof value !== 'number') {
      this.left = value === true ? Number.POSITIVE_INFINITY : value === 'once' ? 1 : 0;
      this.counts = false;
      return true;
    }
    if (value > 32767 || value < -32768) return false;
    const sum = (this.counts ? this.left : 0) + value;
    if (sum > 32767) return false;
    this.counts = sum > 0;
    this.left = Math.max(0, sum);
    if (sum <= 0) this.messages += 1;
    return true;
  }

  deliver(): boolean {
    if (this.left === 0) return false;
    this.left -= 1;
    if (this.left === 0 && this.counts) {
      this.messages += 1;
      this.counts = false;
    }
    return true;
  }

  copy(): Model {
    return Object.assign(new Model(), this);
  }
}

test('any sequence of settings and deliveries agrees with the model (FC-2..FC-9, FC-12, FC-13, FC-22)', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
      let state = passive;
      let model = new Model();
      let messages = 0;
      const take = (step: { state: ActiveState; passiveMessages: number }): void => {
        state = step.state;
        messages += step.passiveMessages;
      };
      for (const step of commands) {
        if ('deliver' in step) {
          for (let item = 0; item < step.deliver; item += 1) {
            expect(allowance(state) > 0).toBe(model.deliver());
            if (allowance(state) > 0) take(countItem(state));
          }
        } else {
          const values = 'set' in step ? [step.set] : step.setAll;
          const wanted = model.copy();
          const accepted = values.toReversed().every((value) => wanted.set(value));
          const next = setActiveList(state, values);
          expect(next !== 'einval').toBe(accepted);
          if (next !== 'einval') take(next);
          if (accepted) model = wanted;
        }
        expect(allowance(state)).toBe(model.left);
        expect(messages).toBe(model.messages);
        expect(state.count === 0).toBe(state.mode !== 'multi');
        expect(state.count).toBeLessThanOrEqual(activeMax);
      }
    }),
    { numRuns: 500 },
  );
});
