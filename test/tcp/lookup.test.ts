/** Addresses of a name: all are tried, in order, with the time that is left (TN-4, TN-7). */
import { lookup } from 'node:dns/promises';
import { expect, test, vi } from 'vitest';
import { closeAll, deferred, listening, nextTurn, self, tcp } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
vi.mock('node:dns/promises', () => ({ lookup: vi.fn() }));

function resolvesTo(...addresses: readonly string[]): void {
  vi.mocked(lookup).mockImplementation((async () => addresses.map((address) => ({ address, family: 4 }))) as never);
}

test('the first that answers counts (TN-7)', async () => {
  const listener = await listening();
  resolvesTo('127.0.0.2', '127.0.0.3', '127.0.0.1');
  const client = await tcp.connect(self, 'server.example', listener.port, { active: false });
  expect(client.peername()).toEqual({ address: '127.0.0.1', port: listener.port });
  await closeAll(client, listener);
});

test('if none does, the last failure is told (TN-7)', async () => {
  const listener = await listening();
  const { port } = listener;
  await listener.close();
  resolvesTo('255.255.255.255', '127.0.0.1');
  await expect(tcp.connect(self, 'server.example', port)).rejects.toThrow(reason('econnrefused'));
  resolvesTo('127.0.0.1', '255.255.255.255');
  await expect(tcp.connect(self, 'server.example', port)).rejects.toThrow(reason('enetunreach'));
});

test('einval and timeout stop (TN-7)', async () => {
  const listener = await listening({ backlog: 0 });
  const first = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
  resolvesTo('127.0.0.1', '127.0.0.2');
  await expect(tcp.connect(self, 'server.example', listener.port, {}, 30)).rejects.toThrow(reason('timeout'));
  await expect(tcp.connect(self, 'server.example', listener.port, { ttl: 0 })).rejects.toThrow(reason('einval'));
  await closeAll(first, listener);
});

test('the time covers the look-up, and nothing begins after it (TN-4)', async () => {
  const listener = await listening();
  const answer = deferred<readonly unknown[]>();
  vi.mocked(lookup).mockImplementation((() => answer.promise) as never);
  await expect(tcp.connect(self, 'server.example', listener.port, {}, 20)).rejects.toThrow(reason('timeout'));
  await expect(tcp.connect(self, 'server.example', listener.port, {}, 0)).rejects.toThrow(reason('timeout'));
  answer.resolve([{ address: '127.0.0.1', family: 4 }]);
  await nextTurn();
  await expect(listener.accept(self, 0)).rejects.toThrow(reason('timeout'));
  await listener.close();
});

test('a listener is bound to the address of a name (TL-11)', async () => {
  resolvesTo('127.0.0.4');
  const listener = await tcp.listen(self, 0, { ip: 'server.example' });
  expect(listener.sockname()).toEqual({ address: '127.0.0.4', port: listener.port });
  await listener.close();
});
