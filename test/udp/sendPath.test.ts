/** What becomes of sends when the system has no room, over a stack that is told when it has: order, own outcomes, withdrawal, and that calls are few. */
import { constants } from 'node:os';
import { beforeEach, expect, test } from 'vitest';
import { Destinations } from '../../actors/udp/destinations.js';
import { SendBatch } from '../../actors/udp/sendBatch.js';
import { SendPath } from '../../actors/udp/sendPath.js';
import { inetFamily } from '../../native/contract/inet.js';
import { type UdpStack, udpSend } from '../../native/contract/udp.js';
import { mainActor } from '../../runtime/index.js';

const self = mainActor();
const { EAGAIN, EMSGSIZE } = constants.errno;

/** Takes as many datagrams as it has room for; those that begin with '!' are too long for it. */
class Room {
  room = Number.POSITIVE_INFINITY;
  readonly taken: string[] = [];
  readonly calls: number[] = [];

  sendMany(_socket: number, words: Uint32Array, payloads: readonly Uint8Array[], paths?: readonly string[]): number {
    this.calls.push(payloads.length);
    for (const [index, payload] of payloads.entries()) {
      const text = String(Buffer.from(payload));
      const errno = text.startsWith('!') ? EMSGSIZE : this.room === 0 || paths?.[index] === '/deaf' ? EAGAIN : 0;
      if (errno !== 0) {
        words[index * udpSend.words + udpSend.error] = errno;
        return index;
      }
      this.room -= 1;
      this.taken.push(text);
    }
    return payloads.length;
  }
}

let stack: Room;
let path: SendPath;
const to = new Destinations(inetFamily.ipv4).find('127.0.0.1', 'send')!;
const locals = new Destinations(inetFamily.local);
const send = (text: string, signal?: AbortSignal) => path.send(to, 9, Buffer.from(text), undefined, signal);
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

beforeEach(() => {
  stack = new Room();
  path = new SendPath(new SendBatch(stack as unknown as UdpStack), 1, { owner: self.pid });
});

test('the first of a turn goes down at once, those that follow together, at most 64 in a call', async () => {
  const sends = Array.from({ length: 150 }, (_, at) => send(String(at)));
  expect(stack.calls).toEqual([1, 64, 64]);
  await Promise.all(sends);
  expect(stack.calls).toEqual([1, 64, 64, 21]);
  expect(stack.taken).toEqual(Array.from({ length: 150 }, (_, at) => String(at)));
  for (let at = 0; at < 3; at += 1) await send('one by one');
  expect(stack.calls.slice(4)).toEqual([1, 1, 1]);
});

test('without room sends wait in order, and go when there is room', async () => {
  stack.room = 2;
  const outcomes: string[] = [];
  const sends = ['a', 'b', 'c', 'd', 'e'].map((text) => send(text).then(() => outcomes.push(text)));
  await Promise.all(sends.slice(0, 2));
  const later = send('f').then(() => outcomes.push('f'));
  expect([path.waiting, path.waitingBytes]).toEqual([4, 4]);
  stack.room = 1;
  path.retry();
  await sends[2];
  expect(stack.taken).toEqual(['a', 'b', 'c']);
  stack.room = 100;
  path.retry();
  await Promise.all([...sends, later]);
  expect(outcomes).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  expect(path.traffic).toMatchObject({ count: 6, bytes: 6 });
});

test('one that fails does not end the others', async () => {
  stack.room = 0;
  const outcomes = Promise.allSettled(['a', '!b', 'c', '!d', '!e', 'f'].map((text) => send(text)));
  await Promise.resolve();
  stack.room = 100;
  path.retry();
  const word = (each: PromiseSettledResult<void>) =>
    each.status === 'rejected' ? (each.reason as { reason: string }).reason : 'sent';
  expect((await outcomes).map(word)).toEqual(['sent', 'emsgsize', 'sent', 'emsgsize', 'emsgsize', 'sent']);
  expect(path.traffic.count).toBe(3);
});

test('a signal withdraws sends that wait, all that share it, and no others', async () => {
  stack.room = 0;
  const abort = new AbortController();
  const kept = [send('a'), send('b')];
  const withdrawn = [send('x', abort.signal), send('y', abort.signal)];
  kept.push(send('c', new AbortController().signal));
  abort.abort();
  for (const each of withdrawn) await expect(each).rejects.toThrow(reason('aborted'));
  await expect(send('z', abort.signal)).rejects.toThrow(reason('aborted'));
  stack.room = 100;
  path.retry();
  await Promise.all(kept);
  expect(stack.taken).toEqual(['a', 'b', 'c']);
  expect(path.waiting).toBe(0);
});

test('a path that does not read holds up sends to itself alone', async () => {
  const local = (where: string, text: string) =>
    path.send(locals.find({ local: where }, 'send'), 0, Buffer.from(text), undefined, undefined);
  const deaf = [local('/deaf', '1'), local('/deaf', '2')];
  await local('/hears', 'a');
  await Promise.all([local('/hears', 'b'), local('/hears', 'c')]);
  expect(stack.taken).toEqual(['a', 'b', 'c']);
  expect(path.waiting).toBe(2);
  path.failAll(new Error('over'));
  for (const each of deaf) await expect(each).rejects.toThrow('over');
});

test('sends that nobody awaits fail in silence when the socket ends', async () => {
  stack.room = 0;
  void send('a');
  void send('b');
  path.failAll(new Error('over'));
  expect(path.waiting).toBe(0);
});

test('an address is made into words once, and a thousand strangers are not remembered for ever', () => {
  const known = new Destinations(inetFamily.ipv4);
  const first = known.find('10.0.0.1', 'send');
  expect(known.find('10.0.0.1', 'send')).toBe(first);
  for (let at = 0; at < 2000; at += 1) known.find(`10.1.${at >> 8}.${at & 255}`, 'send');
  expect(known.find('10.0.0.1', 'send')).not.toBe(first);
  expect(known.find('10.0.0.1', 'send')).toEqual(first);
});
