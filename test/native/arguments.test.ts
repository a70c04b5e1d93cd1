/** Arguments of wrong types and lengths: the addon answers with an errno and never crashes, whatever JavaScript passes (TypeScript checks first). */
import { constants } from 'node:os';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loadAddon } from '../../native/addon.js';
import { type SctpStack, sendRecord } from '../../native/index.js';
import { overStacks, StackUnderTest } from './stackUnderTest.js';

type Method = (...parameters: unknown[]) => unknown;

const methods = [
  'open',
  'listen',
  'connect',
  'unwatch',
  'send',
  'sendMany',
  'setCredit',
  'drain',
  'peeloff',
  'close',
  'setOption',
  'getOption',
  'sockname',
  'localNames',
  'peernames',
  'findAssociation',
  'queuedBytes',
  'stats',
] as const satisfies readonly (keyof SctpStack)[];

function throwing(): object {
  return new Proxy([], {
    get() {
      throw new Error('thrown by the proxy');
    },
  });
}

const strange: unknown[] = [
  undefined,
  null,
  true,
  -1,
  1.5,
  NaN,
  2 ** 32,
  Infinity,
  10n,
  '',
  '127.0.0.1\0',
  'no address',
  Symbol('s'),
  {},
  [],
  [undefined],
  ['127.0.0.1', 5],
  Array(1000).fill('127.0.0.1'),
  () => {},
  new Uint8Array(0),
  new Uint8Array(3),
  new Uint16Array(3),
  new DataView(new ArrayBuffer(4)),
  new Uint8Array(new SharedArrayBuffer(4)),
  throwing(),
];

overStacks(() => {
  test('every method survives every strange argument in every place', () => {
    const it = new StackUnderTest();
    const socket = it.listener();
    const good: unknown[] = [socket, 0, 0, 0, 0, 0, 0, false, Buffer.from('x')];
    for (const name of methods) {
      const method = it.stack[name] as Method;
      for (let place = 0; place < good.length; place++) {
        for (const value of strange) method.call(it.stack, ...good.with(place, value));
      }
      method.call(it.stack);
      // `this` does not matter.
      method.call(undefined, ...strange);
    }
  });

  test('arbitrary arguments never throw and never crash', () => {
    const it = new StackUnderTest();
    const value = fc.oneof(fc.anything(), fc.nat(), fc.constantFrom(...strange), fc.uint8Array());
    fc.assert(
      fc.property(fc.constantFrom(...methods), fc.array(value, { maxLength: 10 }), (name, parameters) => {
        (it.stack[name] as Method).call(it.stack, ...parameters);
      }),
      { numRuns: 2000 },
    );
  });

  test('arguments of a wrong type are EINVAL', () => {
    const it = new StackUnderTest();
    const { stack } = it;
    const socket = it.socket();
    const wrong = stack as unknown as Record<string, Method>;
    const einval = -constants.errno.EINVAL;
    expect(wrong.open?.()).toBe(einval);
    expect(wrong.open?.({ port: 0 })).toBe(einval);
    expect(wrong.open?.(throwing())).toBe(einval);
    expect(wrong.listen?.(socket, true)).toBe(einval);
    expect(wrong.connect?.(socket, '127.0.0.1', 7, true)).toBe(einval);
    expect(wrong.connect?.(socket, [], 7, true)).toBe(einval);
    expect(wrong.connect?.(socket, ['localhost'], 7, true)).toBe(einval);
    expect(wrong.connect?.(socket, ['127.0.0.1'], 65536, true)).toBe(einval);
    expect(wrong.connect?.(socket, throwing(), 7, true)).toBe(einval);
    expect(wrong.send?.(socket, 3, 0, 0, 0, 0, 0, false, 'text')).toBe(einval);
    expect(wrong.send?.(socket, 3, 0, 0, 0, 0, 0, 0, Buffer.from('x'))).toBe(einval);
    expect(wrong.setOption?.(socket, 5, 0, 1)).toBe(einval);
    expect(wrong.getOption?.(socket, 'nodelay', 0)).toBe(einval);
    expect(wrong.close?.('1', false)).toBe(einval);
    expect(wrong.accept?.('1')).toBe(einval);
    expect(wrong.bindx?.(socket, '127.0.0.2', true)).toBe(einval);
    expect(wrong.bindx?.(socket, ['127.0.0.2'], 'add')).toBe(einval);
    expect(wrong.resetStreams?.(socket, 3, 1, 0)).toBe(einval);
    expect(wrong.resetAssociation?.(socket)).toBe(einval);
    expect(wrong.addStreams?.(socket, 3, 65536, 0)).toBe(einval);
    expect(it.tryOpen({ port: 65536 })).toBe(einval);
  });

  test('a detached message is not read', () => {
    const it = new StackUnderTest();
    const socket = it.socket();
    const data = new Uint8Array(1000);
    structuredClone(data.buffer, { transfer: [data.buffer] });
    expect(it.stack.send(socket, 3, 0, 0, 0, 0, 0, false, data)).toBeLessThan(0);
  });

  test('several sends: their words and payloads are looked at only when all of them are known, and each has its errno', () => {
    const { EBADF, EINVAL, EPIPE } = constants.errno;
    const it = new StackUnderTest();
    const socket = it.socket();
    const words = new Uint32Array(3 * sendRecord.words);
    const data = Buffer.from('x');
    const many = it.stack.sendMany as Method;
    for (const payloads of [
      undefined,
      [data, 'text'],
      [data, undefined, data],
      Array(2000).fill(data),
      Array(4).fill(data),
      throwing(),
    ]) {
      expect(many(socket, words, payloads)).toBe(-EINVAL);
    }
    for (const wrong of [undefined, new Uint8Array(1000), new Int32Array(1000), []])
      expect(many(socket, wrong, [data])).toBe(-EINVAL);
    expect(it.stack.sendMany(socket, words, [])).toBe(0);
    expect(it.stack.sendMany(socket, words, [data, data, data])).toBe(0);
    expect(words[sendRecord.error]).toBe(EPIPE);
    expect(it.stack.sendMany(999, words, [data])).toBe(0);
    expect(words[sendRecord.error]).toBe(EBADF);
    const payload = new Uint8Array(1 << 20);
    const detaching = [payload, data];
    Object.defineProperty(detaching, 1, {
      get: () => {
        structuredClone([payload.buffer, words.buffer], { transfer: [payload.buffer, words.buffer] });
        return data;
      },
    });
    expect(it.stack.sendMany(socket, words, detaching)).toBe(-EINVAL);
  });
});

test('a stack needs a callback', () => {
  const { embeddedSctp, kernelSctp } = loadAddon();
  for (const make of [embeddedSctp, kernelSctp] as unknown as Method[]) {
    expect(() => make()).toThrow(TypeError);
    expect(() => make({})).toThrow('onBatch');
  }
});
