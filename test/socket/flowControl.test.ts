/** The credit that a transport has: what the active mode allows and 1 for a waiting `recv`, whatever the transport (FC-20..FC-30, RV-5, RV-15). */
import { expect, test } from 'vitest';
import { FlowControl, openActive, passive, type Source } from '../../actors/socket/index.js';
import { mainActor } from '../../runtime/index.js';
import type { Port } from '../../runtime/ports.js';

const self = mainActor();
const tags = { passive: 'test_passive', all: new Set(['test', 'test_passive']) };

/** Flow control over a transport that has nothing; `credits` are those that it was given, and `come` gives an item as the transport does. */
function reading() {
  const port: Port = { label: '#Port<test>', isOpen: true, onExit: () => undefined };
  const credits: number[] = [];
  const source: Source = {
    setCredit: (items) => credits.push(items),
    drain: () => undefined,
    payloadWeight: 1,
    weigh: () => 1,
  };
  const flow = new FlowControl<string>(port, self.pid, tags, source);
  const come = (item: string): void => {
    const message = ['test', port, item];
    if (flow.takesMessages) flow.deliver(message, 1);
    else flow.offer(message, item, 1);
  };
  return { flow, credits, come, port };
}

const count = (active: number) => openActive([active]);

test('a count is the credit, and runs down to passive with a message that says so', async () => {
  const { flow, credits, come } = reading();
  flow.begin(count(2));
  expect(credits).toEqual([2]);
  come('first');
  expect(flow.active).toEqual({ mode: 'multi', count: 1 });
  come('second');
  flow.settle();
  expect(flow.active).toEqual(passive);
  const got = [await self.receive(), await self.receive(), await self.receive()].map(([tag, , item]: readonly unknown[]) => [
    tag,
    item,
  ]);
  expect(got).toEqual([
    ['test', 'first'],
    ['test', 'second'],
    ['test_passive', undefined],
  ]);
});

test('a waiting recv is a credit of 1, and its end takes the credit back', async () => {
  const { flow, credits, come } = reading();
  flow.begin(count(0));
  await self.receive();
  const waiting = flow.recv(self.pid, Number.POSITIVE_INFINITY, undefined);
  expect(credits).toEqual([1]);
  expect(flow.recvRefusal(undefined)).toBe('ealready');
  come('answer');
  await expect(waiting).resolves.toBe('answer');
  await expect(flow.recv(self.pid, 0, undefined)).rejects.toMatchObject({ reason: 'timeout' });
  expect(credits.at(-1)).toBe(0);
});

test('items that come beyond the credit are held, in order, for whoever takes them', async () => {
  const { flow, come } = reading();
  flow.begin(openActive([false]));
  come('early');
  come('later');
  expect(flow.held.map((item) => 'result' in item && item.result)).toEqual(['early', 'later']);
  await expect(flow.recv(self.pid, 0, undefined)).resolves.toBe('early');
  flow.apply(count(1));
  expect(flow.held).toEqual([]);
  expect((await self.receive()) as readonly unknown[]).toContain('later');
  await self.receive();
});

test('held items and delivered messages of one connection go to the socket that was made of it, and name it', async () => {
  const { flow, come, port } = reading();
  const made = reading();
  flow.begin(count(1));
  come('delivered of one');
  for (const item of ['held of one', 'held of another']) come(item);
  const isOfOne = (message: readonly unknown[]) => String(message[2]).endsWith('of one');
  flow.moveMessages(made.flow, isOfOne);
  flow.moveHeld(made.flow, isOfOne);
  expect(flow.held.map((item) => 'result' in item && item.result)).toEqual(['held of another']);
  expect(made.flow.held.map(({ message }) => message[1])).toEqual([made.port]);
  const messages = [await self.receive(), await self.receive()] as readonly (readonly unknown[])[];
  expect(messages).toEqual([
    ['test_passive', port],
    ['test', made.port, 'delivered of one'],
  ]);
});

test('a socket that has ended gets no more credit, and its waiting recv fails', async () => {
  const { flow, credits } = reading();
  flow.begin(openActive([false]));
  const waiting = flow.recv(self.pid, Number.POSITIVE_INFINITY, undefined);
  flow.end(() => new Error('over'));
  await expect(waiting).rejects.toThrow('over');
  const before = credits.length;
  flow.apply(count(5));
  flow.settle();
  expect(credits).toHaveLength(before);
});

test('an error of reading keeps its place among items, and neither counts nor uses credit (FC-25, RV-12)', async () => {
  const { flow, credits, come, port } = reading();
  const report = (reason: string) => flow.report(['test_error', port, reason], new Error(reason));
  flow.begin(count(3));
  report('first');
  come('item');
  report('second');
  expect(flow.active).toEqual({ mode: 'multi', count: 2 });
  expect(credits).toEqual([3]);
  for (const expected of [
    ['test_error', port, 'first'],
    ['test', port, 'item'],
    ['test_error', port, 'second'],
  ])
    expect(await self.receive()).toEqual(expected);
  flow.apply(openActive([false]));
  // What left the transport before the credit fell is held, errors as well.
  come('early');
  report('late');
  come('latest');
  await expect(flow.recv(self.pid, 0, undefined)).resolves.toBe('early');
  await expect(flow.recv(self.pid, 0, undefined)).rejects.toThrow('late');
  flow.apply(openActive(['once']));
  expect(await self.receive()).toEqual(['test', port, 'latest']);
  const waiting = flow.recv(self.pid, Number.POSITIVE_INFINITY, undefined);
  report('answers');
  await expect(waiting).rejects.toThrow('answers');
  expect(flow.recvRefusal(undefined)).toBeUndefined();
});
