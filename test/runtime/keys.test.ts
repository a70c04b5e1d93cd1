/** Which known key an error names for an unknown one, and when it names none. */
import { BadArg } from 'mailport';
import { describe, expect, test } from 'vitest';
import { checkCallbacks, checkKeys, didYouMean, unknownKey } from '../../runtime/keys.js';

const meant = (key: string, ...known: string[]) => /did you mean (.*)\?$/.exec(didYouMean(key, new Set(known)))?.[1];

describe('a key is like another', () => {
  test.each([
    ['handle_call', 'handleCall'],
    ['handle-call', 'handleCall'],
    ['HANDLECALL', 'handleCall'],
    ['hand__le-Call', 'handleCall'],
    // One letter too many, too few or wrong, or two letters swapped: each is one slip.
    ['sinkk', 'sink'],
    ['sik', 'sink'],
    ['ink', 'sink'],
    ['sin', 'sink'],
    ['zink', 'sink'],
    ['sikn', 'sink'],
    ['isnk', 'sink'],
    // Two and three slips, of six and nine letters.
    ['abcxyf', 'abcdef'],
    ['badcef', 'abcdef'],
    ['abcdefxyz', 'abcdefghi'],
    ['abcdefghixyz', 'abcdefghi'],
    // Three slips at most, however long the key is.
    ['abcdefghijklmnopxyz', 'abcdefghijklmnopqrs'],
  ])('%s may mean %s', (key, known) => {
    expect(meant(key, known)).toBe(known);
  });

  test.each([
    ['ab', 'xb'],
    ['sinx', 'sonk'],
    ['snki', 'sink'],
    // One letter of two in the other's place is no swap.
    ['siax', 'siba'],
    ['sixb', 'siba'],
    ['abxdyf', 'zbcdef'],
    ['abcdewxyz', 'abcdefghi'],
    ['abcdefghijklmnwxyz', 'abcdefghijklmnopqr'],
    ['', 'abc'],
  ])('%s cannot mean %s', (key, known) => {
    expect(meant(key, known)).toBeUndefined();
  });

  test('the nearest known key is named, and of several as near the first', () => {
    expect(meant('label', 'lapels', 'labels', 'labelx')).toBe('labels');
    expect(meant('labels', 'lapels', 'label')).toBe('lapels');
    expect(meant('abcdeg', 'abcdxy', 'abcdef')).toBe('abcdef');
  });
});

test('the known keys are listed if none is like the unknown one, unless they are many', () => {
  const names = Array.from({ length: 12 }, (_, index) => `name${String(index).padStart(2, '0')}`);
  expect(unknownKey('options', 'zzz', new Set(names)).message).toBe(
    `options.zzz: is not known here: there is ${names.join(', ')}`,
  );
  expect(unknownKey('options', 'zzz', new Set([...names, 'one more'])).message).toBe('options.zzz: is not known here');
  expect(unknownKey('options', 'labl', new Set(['label']), 'is nothing').message).toBe(
    'options.labl: is nothing: did you mean label?',
  );
});

describe('checked', () => {
  test('are the keys of options, its own and no others', () => {
    const known = new Set(['a', 'label']);
    expect(() => checkKeys('options', {}, known)).not.toThrow();
    expect(() => checkKeys('options', { a: 1, label: undefined }, known)).not.toThrow();
    expect(() => checkKeys('options', { a: 1, b: undefined }, known)).toThrow(BadArg);
    expect(() => checkKeys('options', Object.create({ b: 1 }), known)).not.toThrow();
  });

  test('are callbacks that look like one that is known, by one slip, also those of a class', () => {
    const known = new Set(['handleCall', 'handleInfo']);
    const own = { handleCall: 1, handlePing: 1, toString: 1, handleClal: 1 };
    expect(() => checkCallbacks('callbacks', own, known)).toThrow(/^callbacks\.handleClal: .*did you mean handleCall\?$/);
    expect(() => checkCallbacks('callbacks', { handleCalled: 1, handleCall: 1, helper: 1 }, known)).not.toThrow();
    class Base {
      handleinfo() {}
    }
    class Server extends Base {
      handleCall() {}
    }
    expect(() => checkCallbacks('callbacks', new Server(), known)).toThrow(/^callbacks\.handleinfo: /);
    expect(() => checkCallbacks('callbacks', Object.create(null), known)).not.toThrow();
    // A property that every object has is no slip.
    expect(() => checkCallbacks('callbacks', {}, new Set(['to_string', 'valueof']))).not.toThrow();
  });
});
