/** The queue and the mailbox against models that are plain arrays. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Mailbox, none } from '../../runtime/mailbox.js';
import { matchesKey } from '../../runtime/message.js';
import { Ref } from '../../runtime/pid.js';
import { Ring } from '../../runtime/ring.js';
import { PortBacklog } from '../../runtime/weight.js';

describe('ring', () => {
  test('gives back what was put in, in order, at any length and after any number of turns', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -40, max: 40 })), (steps) => {
        const ring = new Ring<number>();
        const model: number[] = [];
        let next = 0;
        for (const step of steps) {
          for (let count = 0; count < step; count += 1, next += 1) {
            ring.push(next);
            model.push(next);
          }
          for (let count = 0; count > step; count -= 1) expect(ring.shift()).toBe(model.shift());
          expect(ring.length).toBe(model.length);
          for (let index = 0; index < model.length; index += 1) expect(ring.at(index)).toBe(model[index]);
        }
      }),
    );
  });

  test('loses the newest or the oldest that matches, alone, and says whether there was one', () => {
    for (const shifted of [0, 1, 3]) {
      const ring = new Ring<number>();
      for (let count = 0; count < shifted; count += 1) ring.push(0);
      for (let count = 0; count < shifted; count += 1) ring.shift();
      for (const item of [1, 2, 3, 4, 5]) ring.push(item);
      expect(ring.removeNewest((item) => item % 2 === 0)).toBe(true);
      expect(ring.removeNewest((item) => item > 5)).toBe(false);
      expect(ring.removeNewest((item) => item === 1)).toBe(true);
      expect(ring.removeOldest((item) => item % 2 === 1)).toBe(true);
      expect(ring.removeOldest((item) => item > 5)).toBe(false);
      expect([ring.length, ring.shift(), ring.shift(), ring.length]).toEqual([2, 2, 5, 0]);
      expect(ring.removeNewest(() => true)).toBe(false);
    }
  });

  test('keeps the messages that a filter keeps, in order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.array(fc.boolean()), (turned, keep) => {
        const ring = new Ring<number>();
        for (let count = 0; count < turned; count += 1) {
          ring.push(-1);
          ring.shift();
        }
        keep.forEach((_, index) => {
          ring.push(index);
        });
        ring.filter((index) => keep[index] === true);
        const kept = Array.from({ length: ring.length }, (_, index) => ring.at(index));
        expect(kept).toEqual(keep.flatMap((kept, index) => (kept ? [index] : [])));
      }),
    );
  });

  test('gives memory back after a burst', () => {
    const ring = new Ring<number>();
    for (let count = 0; count < 100_000; count += 1) ring.push(count);
    for (let count = 0; count < 100_000; count += 1) ring.shift();
    expect((ring as unknown as { slots: unknown[] }).slots).toHaveLength(0);
    ring.push(1);
    expect(ring.shift()).toBe(1);
  });
});

const refs = Array.from({ length: 3 }, () => new Ref());
const keys = ['a', 'b', 'c', ...refs];

/** Messages that tags and references pick, and others: numbers, strings, objects and tuples without either. */
const content = fc.oneof(
  fc.tuple(fc.constantFrom<unknown>('a', 'b', ...refs), fc.constantFrom<unknown>(1, 'a', ...refs)),
  fc.constantFrom<unknown>(undefined, null, 7, 'a', [], [['a']], { 0: 'a' }),
);
const modulo = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 4 }));

type Step =
  | { kind: 'push'; content: unknown; bytes: number }
  | { kind: 'shift' }
  | { kind: 'key'; key: string | Ref }
  | { kind: 'match' | 'extract'; by: [number, number] };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('push' as const), content, bytes: fc.nat({ max: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('shift' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('key' as const), key: fc.constantFrom(...keys) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('match' as const, 'extract' as const), by: modulo }) },
);

describe('mailbox', () => {
  test('loses, doubles and reorders nothing, whatever is taken from between', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const mailbox = new Mailbox();
        const waiting = new PortBacklog();
        // Each message by an envelope of its own: equal ones may have different weights.
        const model: { message: unknown; bytes: number }[] = [];
        const takeFromModel = (match: (message: unknown) => boolean) => {
          const index = model.findIndex(({ message }) => match(message));
          return index < 0 ? none : model.splice(index, 1)[0]!.message;
        };
        // Identity tells equal messages apart: each is wrapped in an array or object of its own where it can be.
        let serial = 0;
        const numbers = new Map<unknown, number>();
        const matcher =
          ([divisor, rest]: [number, number]) =>
          (message: unknown) =>
            (numbers.get(message) ?? 0) % divisor === rest;
        for (const step of steps) {
          if (step.kind === 'push') {
            const message = Array.isArray(step.content) ? [...step.content] : step.content;
            serial += 1;
            if (Array.isArray(message)) numbers.set(message, serial);
            mailbox.push(message);
            if (step.bytes > 0) mailbox.weighNewest(waiting, step.bytes);
            model.push({ message, bytes: step.bytes });
          } else if (step.kind === 'shift') {
            if (model.length > 0) expect(mailbox.shift()).toBe(model.shift()!.message);
          } else if (step.kind === 'key') {
            expect(mailbox.takeKey(step.key)).toBe(takeFromModel((message) => matchesKey(message, step.key)));
          } else if (step.kind === 'match') {
            expect(mailbox.takeMatch(matcher(step.by), false)).toBe(takeFromModel(matcher(step.by)));
          } else {
            const match = matcher(step.by);
            const expected = model.filter(({ message }) => match(message)).map(({ message }) => message);
            const left = model.filter(({ message }) => !match(message));
            model.splice(0, model.length, ...left);
            const taken = mailbox.extract(match);
            expect(taken).toHaveLength(expected.length);
            taken.forEach((message, index) => {
              expect(message).toBe(expected[index]);
            });
          }
          expect(mailbox.length).toBe(model.length);
          const bytes = model.reduce((sum, each) => sum + each.bytes, 0);
          expect([mailbox.bytes, waiting.bytes]).toEqual([bytes, bytes]);
        }
        while (model.length > 0) expect(mailbox.shift()).toBe(model.shift()!.message);
        expect([mailbox.length, mailbox.bytes, mailbox.weights, waiting.bytes]).toEqual([0, 0, 0, 0]);
      }),
      { numRuns: 500 },
    );
  });

  test('drops the newest or the oldest that matches, alone, and none with a weight, and says whether there was one', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 9 }),
        fc.array(fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 2 })), { maxLength: 12 }),
        fc.array(fc.tuple(fc.boolean(), fc.nat({ max: 3 })), { maxLength: 6 }),
        (turned, content, drops) => {
          const mailbox = new Mailbox();
          const waiting = new PortBacklog();
          for (let count = 0; count < turned; count += 1) mailbox.push(count);
          for (let count = 0; count < turned; count += 1) mailbox.shift();
          let model = content.map(([message, bytes]) => ({ message, bytes }));
          for (const { message, bytes } of model) {
            if (bytes === 0) mailbox.push(message);
            else mailbox.pushWeighed(message, waiting, bytes);
          }
          for (const [newest, dropped] of drops) {
            const is = ({ message, bytes }: { message: number; bytes: number }) => bytes === 0 && message === dropped;
            const found = newest ? model.findLastIndex(is) : model.findIndex(is);
            const take = newest ? 'takeNewest' : 'takeOldest';
            expect(mailbox[take]((message) => message === dropped)).toBe(found >= 0);
            model = model.filter((_, index) => index !== found);
          }
          while (model.length > 0) {
            expect([mailbox.length, waiting.bytes]).toEqual([model.length, model.reduce((sum, { bytes }) => sum + bytes, 0)]);
            expect(mailbox.shift()).toBe(model.shift()!.message);
          }
          expect([mailbox.length, mailbox.bytes, mailbox.weights, waiting.bytes]).toEqual([0, 0, 0, 0]);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('asks only about new messages when told that the skipped ones were asked about', () => {
    const mailbox = new Mailbox();
    const asked: unknown[] = [];
    const ask = (message: unknown) => {
      asked.push(message);
      return false;
    };
    mailbox.push(1);
    mailbox.push(2);
    expect(mailbox.takeMatch(ask, false)).toBe(none);
    mailbox.push(3);
    expect(mailbox.takeMatch(ask, true)).toBe(none);
    expect(asked).toEqual([1, 2, 3]);
    expect([mailbox.shift(), mailbox.shift(), mailbox.shift()]).toEqual([1, 2, 3]);
  });

  test.each(['takeMatch', 'extract'] as const)('%s takes nothing if the guard throws', (method) => {
    const mailbox = new Mailbox();
    for (const message of [1, 2, 3]) mailbox.push(message);
    const guard = (message: unknown) => {
      if (message === 2) throw new Error('guard');
      return false;
    };
    expect(() => mailbox[method](guard, false)).toThrow('guard');
    expect([mailbox.shift(), mailbox.shift(), mailbox.shift()]).toEqual([1, 2, 3]);
  });

  test('does not look at unrelated messages again for a tag or a reference', () => {
    const mailbox = new Mailbox();
    let looks = 0;
    const unrelated = new Proxy(['u', 1], {
      get: (target, property) => {
        looks += 1;
        return Reflect.get(target, property);
      },
    });
    for (let count = 0; count < 1000; count += 1) mailbox.push(unrelated);
    const [ref] = refs as [Ref];
    mailbox.push(['x', 0]);
    expect(mailbox.takeKey('x')).toEqual(['x', 0]);
    const looksOnce = looks;
    for (let count = 0; count < 100; count += 1) {
      mailbox.push(['x', ref]);
      mailbox.push(['y', ref]);
      expect(mailbox.takeKey('x')).toEqual(['x', ref]);
      expect(mailbox.takeKey(ref)).toEqual(['y', ref]);
    }
    expect(looks).toBe(looksOnce);
    expect(mailbox.length).toBe(1000);
  });

  test('keeps the index in step when messages with two keys leave by either', () => {
    const mailbox = new Mailbox();
    const [ref] = refs as [Ref];
    for (let count = 0; count < 200; count += 1) mailbox.push(['DOWN', ref, count]);
    expect(mailbox.takeKey('none of them')).toBe(none);
    for (let count = 0; count < 200; count += 1) {
      expect(mailbox.takeKey(count % 2 === 0 ? ref : 'DOWN')).toEqual(['DOWN', ref, count]);
    }
    expect(mailbox.takeKey(ref)).toBe(none);
    expect(mailbox.length).toBe(0);
  });
});
