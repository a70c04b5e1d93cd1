/** What becomes of the payload of a send, of any transport (SD-4, TS-1, US-4): bytes that cannot be read are the caller's mistake, and are never taken for no bytes. */
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { toBytes } from '../../actors/socket/ioData.js';
import { BadArg } from '../../runtime/index.js';

/** Bytes whose memory went to another thread. */
function transferred(): Uint8Array {
  const bytes = new Uint8Array(8);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** Bytes that lie behind the end of their memory, which has shrunk. */
function cutOff(): Uint8Array {
  type Resizable = ArrayBuffer & { resize(bytes: number): void };
  const memory = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 16 }]) as Resizable;
  const bytes = new Uint8Array(memory, 8, 8);
  memory.resize(4);
  return bytes;
}

test.each([
  ['transferred bytes', transferred],
  ['bytes behind the end of their memory', cutOff],
])('%s are refused, alone and in a list', (_name, make) => {
  const message = 'data: holds bytes whose memory has gone';
  expect(() => toBytes(make())).toThrow(message);
  expect(() => toBytes(['x', [make()]])).toThrow(message);
  expect(() => toBytes(make(), 'rest')).toThrow(BadArg);
});

test('what only looks like bytes has none', () => {
  const bytes = new Uint8Array([1, 2]);
  const through = { get: (target: object, key: string) => Reflect.get(target, key) as unknown };
  for (const each of [new Proxy(bytes, {}), new Proxy(bytes, through), Object.create(Uint8Array.prototype) as unknown]) {
    expect(() => toBytes(each)).toThrow('data: must be a string, a Uint8Array or a list of these');
    expect(() => toBytes([each])).toThrow('data: holds something that is neither text, nor bytes');
  }
});

test('bytes are sent, whoever made them, and none where there are none', () => {
  const foreign: unknown = runInNewContext('new Uint8Array([104, 105])');
  expect(String(Buffer.from(toBytes(foreign)))).toBe('hi');
  expect(String(toBytes([foreign, ' ', new Uint8Array(new SharedArrayBuffer(1))]))).toBe('hi \0');
  expect(toBytes(new Uint8Array(0)).length + toBytes(Buffer.alloc(0)).length + toBytes([[], '']).length).toBe(0);
});
