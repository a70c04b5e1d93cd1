/** What a simulated network does not take is a mistake of the caller: it is told at once, by name, and nothing has changed. */
import { mainActor } from 'mailport';
import { SimulatedNetwork } from 'mailport/testing';
import { expect, test } from 'vitest';

const badArg = (argument: string) => expect.objectContaining({ name: 'BadArg', argument });

test.each([
  [null, 'options'],
  [7, 'options'],
  [{ seed: 1.5 }, 'options.seed'],
  [{ system: {} }, 'options.system'],
  [{ latencyMs: -1 }, 'options.latencyMs'],
  [{ latencyMs: Number.POSITIVE_INFINITY }, 'options.latencyMs'],
  [{ jitterMs: '5' }, 'options.jitterMs'],
  [{ bytesPerSecond: 0 }, 'options.bytesPerSecond'],
  [{ loss: 1.1 }, 'options.loss'],
  [{ duplication: -0.1 }, 'options.duplication'],
  [{ reordering: Number.NaN }, 'options.reordering'],
  [{ mtu: 0 }, 'options.mtu'],
  [{ pieceBytes: 1.5 }, 'options.pieceBytes'],
  [{ latency: 5 }, 'options.latency'],
])('options %j', (options, argument) => {
  expect(() => new SimulatedNetwork(options as never)).toThrow(badArg(argument));
});

test('addresses of hosts', () => {
  const network = new SimulatedNetwork();
  const host = network.host('10.0.0.1', 'fd00::1');
  expect(network.host('10.0.0.1', 'fd00:0::1')).toBe(host);
  for (const bad of ['nowhere', '', '0.0.0.0', '239.1.1.1', '10.0.0.256', '127.0.0.2', '::1', 7]) {
    expect(() => network.host(bad as string)).toThrow(badArg('addresses[0]'));
  }
  expect(() => network.host()).toThrow(badArg('addresses'));
  expect(() => network.host('10.0.0.2', '10.0.0.1')).toThrow(badArg('addresses[1]'));
  expect(() => network.host('10.0.0.1', '10.0.0.2')).toThrow(badArg('addresses[1]'));
});

test('changes, cuts and resets', async () => {
  const network = new SimulatedNetwork({ seed: 1 });
  expect(() => network.change({ loss: 2 })).toThrow(badArg('conditions.loss'));
  expect(() => network.change('10.0.0.1', '10.0.0.2', { loss: 2 })).toThrow(badArg('conditions.loss'));
  expect(() => network.change('10.0.0.1', 'there', { loss: 0.5 })).toThrow(badArg('b'));
  expect(() => network.change('10.0.0.1', '10.0.0.2', undefined as never)).toThrow(badArg('conditions'));
  expect(() => network.cut('here')).toThrow(badArg('a'));
  expect(() => network.cut('10.0.0.1', null as never)).toThrow(badArg('b'));
  expect(() => network.heal('here', '10.0.0.1')).toThrow(badArg('a'));
  expect(() => network.reset({} as never)).toThrow(badArg('socket'));
  // Nothing is cut, and nothing lost.
  const self = mainActor<unknown>();
  const listener = await network.tcp.listen(self, 0, { active: false });
  const client = await network.tcp.connect(self, 'loopback', listener.port, { active: false });
  await listener.close(self);
  expect(() => network.reset(listener)).toThrow(expect.objectContaining({ reason: 'closed' }));
  await client.close(self);
});
