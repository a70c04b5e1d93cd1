/** Codecs, and the parts that need no socket: the queue, and the smallest number that is free. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, json } from '../../actors/messaging/index.js';
import { MessageQueue } from '../../actors/messaging/queue.js';
import { SmallestFree } from '../../actors/messaging/smallestFree.js';
import { hello, idIn, isHello, welcome } from '../../actors/messaging/wire.js';

const decoded = (text: string | Buffer, codec = json()): unknown => codec.decode(Buffer.from(text));

describe('json', () => {
  test('gives back what JSON has words for', () => {
    const codec = json();
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const back = codec.decode(Buffer.from(codec.encode(value)));
        expect(back).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('takes what is nested as deep as it may be, and nothing deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => decoded(nested(64))).not.toThrow();
    expect(() => decoded(nested(65))).toThrow('nested more than 64 deep');
    expect(() => decoded(`{"a":${nested(3)}}`, json({ maxDepth: 3 }))).toThrow('nested more than 3 deep');
    // Brackets in text are no nesting.
    expect(decoded(JSON.stringify('[[[[["\\['.repeat(100)), json({ maxDepth: 1 }))).toBe('[[[[["\\['.repeat(100));
    let deep: unknown = 1;
    for (let depth = 0; depth < 65; depth += 1) deep = [deep];
    expect(() => json().encode(deep)).toThrow('nested more than 64 deep');
  });

  test.each([
    '',
    '{',
    '{"a":1}x',
    'undefined',
    "{'a':1}",
    '[1,]',
    '\u0000',
    Buffer.from([0xff, 0xfe, 0x22]),
    Buffer.from([0x22, 0xc3, 0x28, 0x22]),
  ])('throws for what is no JSON in UTF-8: %j', (text) => {
    expect(() => decoded(text)).toThrow(SyntaxError);
  });

  test('a check gives the message, or throws', () => {
    const codec = json({
      check: (value) => {
        if (typeof value !== 'number') throw new TypeError('no number');
        return value;
      },
    });
    expect(codec.decode(Buffer.from('7'))).toBe(7);
    expect(() => codec.decode(Buffer.from('"7"'))).toThrow('no number');
  });

  test('a name like __proto__ is a name like any other', () => {
    const value = decoded('{"__proto__":{"polluted":true}}') as object;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
  });
});

test('bytes are what they were', () => {
  const message = Buffer.from([0, 1, 255]);
  expect(bytes.decode(Buffer.from(bytes.encode(message)))).toEqual(message);
});

test('a hello is four bytes, and a welcome has the id behind them', () => {
  expect(isHello(Buffer.from(hello))).toBe(true);
  expect([Buffer.alloc(0), hello.subarray(1), Buffer.concat([hello, hello]), Buffer.from('GET ')].map(isHello)).toEqual([
    false,
    false,
    false,
    false,
  ]);
  for (const id of [1, 255, 65_536, 2 ** 32 - 1]) expect(idIn(welcome(id))).toBe(id);
  const right = welcome(7);
  for (let length = 0; length < right.length; length += 1) expect(idIn(right.subarray(0, length))).toBeUndefined();
  expect(idIn(welcome(0))).toBeUndefined();
  expect(idIn(Buffer.concat([right, right]))).toBeUndefined();
});

test('a queue is first in, first out, whatever is put in and taken out between', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(300), fc.constant(-1)), { maxLength: 400 }), (acts) => {
      const queue = new MessageQueue();
      const naive: Buffer[] = [];
      for (const act of acts) {
        if (act >= 0) {
          const message = Buffer.alloc(act);
          queue.append(message);
          naive.push(message);
        } else if (naive.length > 0) {
          expect(queue.first).toBe(naive.shift());
          queue.removeFirst();
        }
        expect(queue.length).toBe(naive.length);
        expect(queue.bytes).toBe(naive.reduce((sum, { length }) => sum + length, 0));
      }
      expect(queue.all).toEqual(naive);
    }),
  );
});

test('the number given is the smallest that is free, whatever is taken and freed', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(40), { maxLength: 300 }), (acts) => {
      const numbers = new SmallestFree();
      const taken = new Set<number>();
      for (const act of acts) {
        if (taken.has(act)) {
          numbers.free(act);
          taken.delete(act);
          continue;
        }
        let smallest = 1;
        while (taken.has(smallest)) smallest += 1;
        expect(numbers.take()).toBe(smallest);
        taken.add(smallest);
      }
    }),
  );
});

test('thirty thousand numbers are taken and freed in no time that grows with their square', () => {
  const numbers = new SmallestFree();
  const count = 30_000;
  for (let number = 1; number <= count; number += 1) if (numbers.take() !== number) throw new Error(`not ${number}`);
  for (let number = count; number > 1; number -= 1) numbers.free(number);
  for (let number = 2; number <= count; number += 1) if (numbers.take() !== number) throw new Error(`not ${number}`);
});
