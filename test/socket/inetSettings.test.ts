/** Options of TCP and UDP: they are checked before the first is set, set all or none, put back if one is refused, and read (FC-12, FC-13, TO-1..TO-5, TO-9). */
import { constants } from 'node:os';
import { beforeEach, describe, expect, test } from 'vitest';
import { type InetTable, inetOptions } from '../../actors/socket/inetOptions.js';
import { InetOptionsInForce } from '../../actors/socket/inetOptionsInForce.js';
import { checkInetNames, planInet, planPairs } from '../../actors/socket/inetPlan.js';
import { defaultWatermarks } from '../../actors/socket/mailboxRoom.js';
import { pairsOf } from '../../actors/socket/optionPairs.js';
import type { InetStack } from '../../native/contract/inet.js';
import { inetOption } from '../../native/contract/inet.js';
import { BadArg } from '../../runtime/index.js';

interface Kept {
  readonly loud: boolean;
}

const table: InetTable<Kept> = {
  transport: 'TCP',
  stack: new Map([
    ...Object.entries(inetOptions),
    ['join', { number: 125, writeOnly: true, inverse: 126, tellsReason: true, encode: () => [7], decode: () => 0 }],
    ['tap', { number: 130, writeOnly: true, encode: () => [1], decode: () => 0 }],
  ]),
  kept: { loud: (value) => typeof value === 'boolean' || 'must be a boolean' },
  mostBuffer: 65536,
  ofOthers: new Set(['broadcast']),
};

/** Keeps what is set, logs it, and refuses what it is told to. */
class FakeStack {
  readonly log: (readonly [option: number, ...values: number[]])[] = [];
  readonly words = new Map<number, readonly number[]>([
    [inetOption.recbuf, [212992]],
    [inetOption.buffer, [1460]],
  ]);
  readonly raw = new Map<string, Uint8Array>([['1,2', Uint8Array.of(9)]]);
  refuses = new Map<number, number>();

  setOption(_socket: number, option: number, values: readonly number[]): number {
    const errno = this.refuses.get(option);
    if (errno !== undefined) return -errno;
    this.log.push([option, ...values]);
    this.words.set(option, option === inetOption.recbuf ? [values[0]! * 2] : values);
    return 0;
  }
  getOption(_socket: number, option: number): number[] | number {
    return option === inetOption.tclass ? -constants.errno.EINVAL : [...(this.words.get(option) ?? [0])];
  }
  setRawOption(_socket: number, level: number, option: number, value: Uint8Array): number {
    this.raw.set(`${level},${option}`, value);
    return 0;
  }
  getRawOption(_socket: number, level: number, option: number): Uint8Array | number {
    return this.raw.get(`${level},${option}`) ?? -constants.errno.ENOPROTOOPT;
  }
}

let stack: FakeStack;
let options: InetOptionsInForce<Kept>;
const set = (given: unknown) => options.apply(planInet(table, given), 'setopts');
const read = (names: unknown) => checkInetNames(table, names).map((asked) => [asked.name, options.read(asked)]);

beforeEach(() => {
  stack = new FakeStack();
  const at = { stack: stack as unknown as InetStack, handle: 1 };
  const kept = {
    mode: 'binary',
    marks: defaultWatermarks,
    own: { loud: false },
    netns: '/run/netns/x',
    bufferIsSet: false,
  } as const;
  options = new InetOptionsInForce(at, table, kept);
});

test('a list is applied from its last element to its first (FC-12)', () => {
  set([
    ['ttl', 5],
    ['tos', 8],
    ['ttl', 6],
  ]);
  expect(stack.log).toEqual([
    [inetOption.ttl, 6],
    [inetOption.tos, 8],
    [inetOption.ttl, 5],
  ]);
});

test('of open the last of two counts (FC-11)', () => {
  const pairs = pairsOf([['loud', true], ['ttl', 5], ['loud', false], ['ttl', 6], 'list'], 'options');
  options.apply(planPairs(table, pairs, 'options', 'last'), 'open');
  expect(stack.words.get(inetOption.ttl)).toEqual([6]);
  expect(options.own.loud).toBe(false);
  expect(options.asList).toBe(true);
});

test('an unknown name, an ill-typed value and what only opening takes are BadArg, and nothing is set (TO-1, TO-4, TO-7)', () => {
  for (const [bad, argument, words] of [
    [{ ttl: 5, tso: 1 }, 'options.tso', /did you mean tos\?/],
    [{ ttl: 5, broadcast: true }, 'options.broadcast', /no option of a TCP socket/],
    [{ ttl: 5, dontroute: 1 }, 'options.dontroute', /must be a boolean/],
    [{ ttl: 256 }, 'options.ttl', /0\.\.255/],
    [{ tos: -1 }, 'options.tos', /0\.\.255/],
    [{ recbuf: -1 }, 'options.recbuf', /integer/],
    [{ loud: 1 }, 'options.loud', /must be a boolean/],
    [{ netns: '/x' }, 'options.netns', /only be given when the socket is opened/],
    [{ port: 1 }, 'options.port', /only be given when the socket is opened/],
    [{ raw: [1, 2] }, 'options.raw', /two integers and a Uint8Array/],
    [{ raw: [[1, 2, 'x']] }, 'options.raw[0]', /two integers and a Uint8Array/],
    [{ mode: 'text' }, 'options.mode', /'binary' or 'list'/],
    [{ active: 'twice' }, 'options.active', /'once'/],
    [{ bindToDevice: 'a-name-of-many-letters' }, 'options.bindToDevice', /at most 15 bytes/],
  ] as const) {
    expect(() => set(bad), argument).toThrow(BadArg);
    expect(() => set(bad)).toThrow(expect.objectContaining({ argument }));
    expect(() => set(bad)).toThrow(words);
  }
  expect(stack.log).toEqual([]);
});

describe('one that is refused', () => {
  test('puts those before it back, in reverse (FC-13, TO-1)', () => {
    stack.refuses.set(inetOption.priority, constants.errno.EPERM);
    stack.words.set(inetOption.ttl, [64]);
    expect(() => set({ tos: 3, priority: 7, ttl: 9, recbuf: 1000, join: 0, raw: [1, 2, Uint8Array.of(4)], loud: true })).toThrow(
      expect.objectContaining({ reason: 'einval', syscall: 'setopts', message: expect.stringMatching(/priority: eperm/) }),
    );
    expect(stack.words.get(inetOption.ttl)).toEqual([64]);
    expect(stack.words.get(inetOption.recbuf)).toEqual([212992]);
    expect(stack.raw.get('1,2')).toEqual(Uint8Array.of(9));
    expect(stack.log.at(-1)).toEqual([126, 7]);
    expect(stack.words.has(inetOption.tos)).toBe(false);
    expect(options.own.loud).toBe(false);
  });

  test('of multicast has the reason of the system, others are einval, or enotsup (TO-2, UG-2)', () => {
    stack.refuses.set(125, constants.errno.EADDRINUSE);
    stack.refuses.set(inetOption.reusePort, constants.errno.ENOTSUP);
    stack.refuses.set(inetOption.bindToDevice, constants.errno.ENODEV);
    expect(() => set({ join: 0 })).toThrow(expect.objectContaining({ reason: 'eaddrinuse' }));
    expect(() => set({ reuseport: true })).toThrow(expect.objectContaining({ reason: 'enotsup' }));
    expect(() => set({ bindToDevice: 'x0' })).toThrow(expect.objectContaining({ reason: 'einval' }));
    expect(() => set({ tclass: 1 })).toThrow(expect.objectContaining({ reason: 'einval' }));
  });

  test('what cannot be put back is set last, and named if it was', () => {
    set({ tap: 1, ttl: 2 });
    expect(stack.log.map(([option]) => option)).toEqual([inetOption.ttl, 130]);
    stack.refuses.set(131, constants.errno.EINVAL);
    const twice: InetTable<Kept> = {
      ...table,
      stack: new Map([...table.stack, ['tip', { ...table.stack.get('tap')!, number: 131 }]]),
    };
    const both = planInet(twice, [
      ['tip', 1],
      ['tap', 1],
    ]);
    expect(() => options.apply(both, 'setopts')).toThrow(/tip: .*the former value of tap was refused, too/);
  });

  test('marks out of order are einval, and nothing is set', () => {
    expect(() => set({ ttl: 5, lowMsgqWatermark: 9000 })).toThrow(expect.objectContaining({ reason: 'einval' }));
    expect(stack.log).toEqual([]);
  });
});

test('a recbuf raises the buffer, until the buffer is given (TO-5)', () => {
  set({ recbuf: 1000 });
  expect(stack.words.get(inetOption.buffer)).toEqual([1460]);
  set({ recbuf: 3000 });
  expect(stack.words.get(inetOption.buffer)).toEqual([3000]);
  set({ recbuf: 100_000 });
  expect(stack.words.get(inetOption.buffer)).toEqual([65536]);
  set({ recbuf: 200_000, buffer: 5 });
  expect(stack.words.get(inetOption.buffer)).toEqual([5]);
  set({ recbuf: 4000 });
  expect(stack.words.get(inetOption.buffer)).toEqual([5]);
  expect(options.kept.bufferIsSet).toBe(true);
});

describe('reading', () => {
  test('keeps the order, leaves out what is refused and what the other transport has (TO-3, TO-9)', () => {
    stack.words.set(inetOption.ttl, [64]);
    const names = [
      'ttl',
      'broadcast',
      'mode',
      'tclass',
      'loud',
      ['raw', 1, 2, 1],
      ['raw', 6, 9999, 4],
      'netns',
      'highMsgqWatermark',
    ];
    expect(read(names)).toEqual([
      ['ttl', 64],
      ['mode', 'binary'],
      ['tclass', undefined],
      ['loud', false],
      ['raw', [[1, 2, Uint8Array.of(9)]]],
      ['netns', '/run/netns/x'],
      ['highMsgqWatermark', 8192],
    ]);
  });

  test.each([
    ['ttl', 'names', /must be a list/],
    [['foo'], 'names[0]', /no option that can be read/],
    [['ttl', 'modes'], 'names[1]', /did you mean mode\?/],
    [['join'], 'names[0]', /can only be set/],
    [['port'], 'names[0]', /no option that can be read/],
    [[['raw', 1, 2]], 'names[0]', /'raw', level, option, bytes/],
    [[['raw', 1, 2, 1e9]], 'names[0]', /'raw', level, option, bytes/],
    [[7], 'names[0]', /no option that can be read/],
  ])('%j is BadArg %s (TO-3)', (names, argument, words) => {
    expect(() => read(names)).toThrow(BadArg);
    expect(() => read(names)).toThrow(expect.objectContaining({ argument }));
    expect(() => read(names)).toThrow(words);
  });
});
