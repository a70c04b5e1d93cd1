/** The end of a stream in flow control: behind all items, uncounted, to whoever asks (FC-32, FC-33, RV-15); and items of a length that a recv asks for. */
import { expect, test } from 'vitest';
import { FlowControl, openActive, type Source, type StreamEnd } from '../../actors/socket/index.js';
import { mainActor, type Port } from '../../runtime/index.js';

const self = mainActor();
const tags = { passive: 'test_passive', all: new Set(['test', 'test_passive', 'test_closed']) };

/** Flow control over a stream; `told` are those who were told of the end. */
function reading(onDrain: () => void = () => undefined) {
  const port: Port = { label: '#Port<test>', isOpen: true, onExit: () => undefined };
  const expected: number[] = [];
  const told: string[] = [];
  const source: Source = {
    setCredit: () => undefined,
    drain: () => onDrain(),
    payloadWeight: 1,
    weigh: () => 1,
    expect: (bytes) => expected.push(bytes),
  };
  const flow = new FlowControl<string>(port, self.pid, tags, source);
  let messages: StreamEnd['messages'] = [['test_closed', port]];
  const end: StreamEnd = {
    reason: 'closed',
    get messages() {
      return messages;
    },
    told: (whom) => {
      told.push(whom);
      if (whom === 'owner') messages = [];
    },
  };
  const come = (item: string): void => {
    const message = ['test', port, item];
    if (flow.takesMessages) flow.deliver(message, 1);
    else flow.offer(message, item, 1);
  };
  return { flow, come, end, told, expected };
}

async function words(): Promise<unknown[]> {
  const got: unknown[] = [];
  for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
    got.push((message as readonly unknown[])[2] ?? (message as readonly unknown[])[0]);
  }
  return got;
}

test('the owner of an active socket gets it behind the items, once, and no count is charged', async () => {
  const { flow, come, end, told } = reading();
  flow.begin(openActive([5]));
  come('last');
  flow.finish(end);
  flow.settle();
  expect(await words()).toEqual(['last', 'test_closed']);
  expect(flow.active).toEqual({ mode: 'multi', count: 4 });
  flow.apply(openActive([true]));
  expect(await words()).toEqual([]);
  expect(told).toEqual(['owner']);
});

test('items that are held come before it, for whichever taker', async () => {
  const { flow, come, end, told } = reading();
  flow.begin(openActive([false]));
  come('one');
  come('two');
  flow.finish(end);
  flow.settle();
  expect(told).toEqual([]);
  await expect(flow.recv(self.pid, 0, undefined)).resolves.toBe('one');
  flow.apply(openActive(['once']));
  expect(await words()).toEqual(['two']);
  expect(told).toEqual([]);
  flow.apply(openActive(['once']));
  expect(await words()).toEqual(['test_closed']);
});

test('a recv that waits is told first, then the owner, if it is to get something', async () => {
  const { flow, end, told } = reading();
  flow.begin(openActive([false]));
  const waiting = flow.recv(self.pid, Number.POSITIVE_INFINITY, undefined);
  flow.apply(openActive([true]));
  flow.finish(end);
  flow.settle();
  await expect(waiting).rejects.toMatchObject({ reason: 'closed' });
  expect(await words()).toEqual(['test_closed']);
  expect(told).toEqual(['recv', 'owner']);
});

test('a passive socket tells nobody until somebody asks, and each recv then', async () => {
  const { flow, end, told } = reading();
  flow.begin(openActive([false]));
  flow.finish(end);
  flow.settle();
  expect(told).toEqual([]);
  for (let call = 0; call < 2; call += 1)
    await expect(flow.recv(self.pid, 0, undefined)).rejects.toMatchObject({ reason: 'closed' });
  expect(told).toEqual(['recv', 'recv']);
});

test('an end that a raised credit brings is told at once', async () => {
  const socket = reading(() => socket.flow.finish(socket.end));
  socket.flow.begin(openActive([false]));
  socket.flow.apply(openActive([true]));
  expect(await words()).toEqual(['test_closed']);
});

test('a length is asked for before the wait, and taken back when the wait ends without an item', async () => {
  const { flow, come, expected } = reading();
  flow.begin(openActive([false]));
  const controller = new AbortController();
  const aborted = flow.recv(self.pid, Number.POSITIVE_INFINITY, controller.signal, 7);
  controller.abort();
  await expect(aborted).rejects.toMatchObject({ reason: 'aborted' });
  await expect(flow.recv(self.pid, 0, undefined, 9)).rejects.toMatchObject({ reason: 'timeout' });
  expect(expected).toEqual([7, 0, 9, 0]);
  const waiting = flow.recv(self.pid, Number.POSITIVE_INFINITY, undefined, 3);
  come('abc');
  await expect(waiting).resolves.toBe('abc');
  expect(expected).toEqual([7, 0, 9, 0, 3]);
});
