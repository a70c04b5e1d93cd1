/** Each call with each argument wrong, missing or of the wrong kind: `BadArg` with the name of the argument, at once, and nothing has happened. */
import { BadArg, mainActor } from 'mailport';
import { describe, expect, test } from 'vitest';
import { bytes, json } from '../../actors/messaging/index.js';
import { createMessaging } from '../../actors/messaging/messaging.js';
import { staged } from './stage.js';
import { transports } from './transports.js';

const main = mainActor();
const [named] = transports();
const { transport } = named!;

type Call = (...args: unknown[]) => unknown;

/** The argument that a call names; it must be thrown, not given as a rejection. */
function argumentOf(call: () => unknown): string {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(() => undefined);
  } catch (error) {
    if (error instanceof BadArg) return error.argument;
    throw error;
  }
  return 'nothing';
}

const { Server, Client } = createMessaging();
const start = Server.start as unknown as Call;
const connect = Client.connect as unknown as Call;

/** Wrong values of options that both calls have. */
const both: readonly (readonly [argument: string, options: unknown])[] = [
  ['options', undefined],
  ['options', null],
  ['options', 7],
  ['options.transport', {}],
  ['options.transport', { transport: 'tcp' }],
  ['options.transport', { transport: null }],
  ['options.transport', { transport: { listen: () => 1 } }],
  ['options.transprot', { transport, transprot: 1 }],
  ['options.requests', { transport, requests: {} }],
  ['options.requests', { transport, requests: null }],
  ['options.requests', { transport, requests: { encode: () => 1 } }],
  ['options.responses', { transport, responses: 'json' }],
  ['options.maxMessageBytes', { transport, maxMessageBytes: 0 }],
  ['options.maxMessageBytes', { transport, maxMessageBytes: 2 ** 26 + 1 }],
  ['options.maxMessageBytes', { transport, maxMessageBytes: '1' }],
  ['options.queueLength', { transport, queueLength: 0 }],
  ['options.queueLength', { transport, queueLength: 16_385 }],
  ['options.queueLength', { transport, queueLength: 1.5 }],
  ['options.queueBytes', { transport, queueBytes: -1 }],
  ['options.queueBytes', { transport, queueBytes: Number.NaN }],
  ['options.options', { transport, options: null }],
  ['options.options', { transport, options: ['ip'] }],
  ['options.options.active', { transport, options: { active: true } }],
  ['options.options.packet', { transport, options: { packet: 2 } }],
];

describe('start', () => {
  test.each([
    ...both.map(([argument, options]) => [argument, options] as const),
    ['options.port', { transport, port: -1 }],
    ['options.port', { transport, port: 65_536 }],
    ['options.port', { transport, port: null }],
    ['options.maxConnections', { transport, maxConnections: 0 }],
    ['options.maxConnections', { transport, maxConnections: Number.POSITIVE_INFINITY }],
    ['options.maxQueuedBytes', { transport, maxQueuedBytes: 0 }],
    ['options.handshakeMs', { transport, handshakeMs: -1 }],
    ['options.handshakeMs', { transport, handshakeMs: '1' }],
    ['options.address', { transport, address: '127.0.0.1' }],
  ] as const)('names %s of %j', (argument, options) => {
    expect(argumentOf(() => start(main, options))).toBe(argument);
  });

  test('names self', () => {
    for (const self of [undefined, null, main.pid, {}]) expect(argumentOf(() => start(self, { transport }))).toBe('self');
  });

  test('options of the socket that the socket does not take are a BadArg, too, as a rejection', async () => {
    const error = await (start(main, { transport, options: { recbuf: 'much' } }) as Promise<unknown>).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(BadArg);
    expect(createMessaging().servers()).toEqual([]);
  });
});

describe('connect', () => {
  test.each([
    ...both.map(
      ([argument, options]) =>
        [argument, typeof options === 'object' && options !== null ? { port: 7, ...options } : options] as const,
    ),
    ['options.port', { transport }],
    ['options.port', { transport, port: 0 }],
    ['options.port', { transport, port: 65_536 }],
    ['options.port', { transport, port: 1.5 }],
    ['options.address', { transport, port: 7, address: 7 }],
    ['options.timeoutMs', { transport, port: 7, timeoutMs: -1 }],
    ['options.timeoutMs', { transport, port: 7, timeoutMs: 'soon' }],
    ['options.signal', { transport, port: 7, signal: {} }],
    ['options.maxConnections', { transport, port: 7, maxConnections: 1 }],
  ] as const)('names %s of %j', (argument, options) => {
    expect(argumentOf(() => connect(main, options))).toBe(argument);
  });

  test('names self', () => {
    for (const self of [undefined, null, main.pid, {}])
      expect(argumentOf(() => connect(self, { transport, port: 7 }))).toBe('self');
  });
});

test('calls of a connection name the argument that is wrong, and change nothing', async () => {
  const { messaging, server, client, accepted, end } = await staged(named!);
  const calls = [
    [messaging.Server as unknown as Record<string, Call>, accepted, client],
    [messaging.Client as unknown as Record<string, Call>, client, accepted],
  ] as const;
  for (const [side, right, wrongEnd] of calls) {
    for (const wrong of [undefined, null, 1, {}, server, wrongEnd]) {
      expect(argumentOf(() => side.send!(wrong, 1))).toBe('connection');
      expect(argumentOf(() => side.receive!(wrong))).toBe('connection');
      expect(argumentOf(() => side.reply!(wrong, 1))).toBe('connection');
      expect(argumentOf(() => side.handle!(wrong, () => 1))).toBe('connection');
    }
    for (const message of [undefined, () => 1, 1n, Symbol('x')]) {
      expect(argumentOf(() => side.send!(right, message))).toBe('message');
      expect(argumentOf(() => side.reply!(right, message))).toBe('message');
    }
    const circle: Record<string, unknown> = {};
    circle.itself = circle;
    expect(argumentOf(() => side.send!(right, circle))).toBe('message');
    for (const timeoutMs of [-1, Number.NaN, '1', null]) {
      expect(argumentOf(() => side.receive!(right, timeoutMs))).toBe('timeoutMs');
      expect(argumentOf(() => side.handle!(right, () => 1, timeoutMs))).toBe('timeoutMs');
    }
    for (const f of [undefined, null, 'f', {}]) expect(argumentOf(() => side.handle!(right, f))).toBe('f');
    for (const options of [null, 1, new AbortController().signal]) {
      expect(argumentOf(() => side.receive!(right, 0, options))).toBe('options');
      expect(argumentOf(() => side.handle!(right, () => 1, 0, options))).toBe('options');
    }
    expect(argumentOf(() => side.receive!(right, 0, { signal: 1 }))).toBe('options.signal');
    expect(argumentOf(() => side.receive!(right, 0, { sginal: 1 }))).toBe('options.sginal');
  }
  const { stop, accept, connections } = messaging.Server as unknown as Record<string, Call>;
  const { disconnect } = messaging.Client as unknown as Record<string, Call>;
  for (const wrong of [undefined, null, {}, client, accepted]) {
    expect(argumentOf(() => stop!(wrong))).toBe('server');
    expect(argumentOf(() => connections!(wrong))).toBe('server');
    expect(argumentOf(() => accept!(main, wrong))).toBe('server');
  }
  for (const wrong of [undefined, null, {}, server, accepted]) expect(argumentOf(() => disconnect!(wrong))).toBe('connection');
  expect(argumentOf(() => accept!(main.pid, server))).toBe('self');
  expect(argumentOf(() => accept!(main, server, -1))).toBe('timeoutMs');
  expect(argumentOf(() => accept!(main, server, 0, { signal: 1 }))).toBe('options.signal');
  expect([client.info(), accepted.info()]).toMatchObject([
    { isOpen: true, queued: 0, waitingSends: 0 },
    { isOpen: true, queued: 0, waitingSends: 0 },
  ]);
  await end();
});

test('json names its options, and bytes takes nothing else', () => {
  const make = json as unknown as Call;
  expect(argumentOf(() => make(null))).toBe('options');
  expect(argumentOf(() => make({ maxDepth: 0 }))).toBe('options.maxDepth');
  expect(argumentOf(() => make({ maxDepth: 1.5 }))).toBe('options.maxDepth');
  expect(argumentOf(() => make({ check: 1 }))).toBe('options.check');
  expect(argumentOf(() => make({ chekc: 1 }))).toBe('options.chekc');
  expect(() => bytes.encode('text' as never)).toThrow(TypeError);
});
