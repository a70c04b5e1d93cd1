/** Addresses of a name: all are tried, in order, with the time that is left (TN-4, TN-7). */
import { lookup } from 'node:dns/promises';
import { expect, test, vi } from 'vitest';
import { createTcp } from '../../actors/tcp/open.js';
import type { InetFamily } from '../../native/contract/inet.js';
import type { TcpStack } from '../../native/contract/tcp.js';
import { kernelTcp } from '../../native/index.js';
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

test('a descriptor that is adopted is tried once: it is closed by a failure, and its number may be that of somebody else then', async () => {
  const asked: unknown[] = [];
  const { connect } = createTcp((onBatch) => {
    const stack = kernelTcp(onBatch);
    const open = ({ family, fd }: { readonly family: InetFamily; readonly fd?: number }) => {
      asked.push(fd);
      return stack.open({ family });
    };
    return Object.create(stack, { open: { value: open } }) as TcpStack;
  });
  const listener = await listening();
  const { port } = listener;
  await listener.close();
  resolvesTo('127.0.0.1', '127.0.0.2');
  await expect(connect(self, 'server.example', port, { fd: 77 })).rejects.toThrow(reason('econnrefused'));
  expect(asked).toEqual([77]);
});

test('a connect that is withdrawn already does not care what the look-up says later', async () => {
  const answer = deferred<readonly unknown[]>();
  vi.mocked(lookup).mockImplementation((() => answer.promise) as never);
  const connecting = tcp.connect(self, 'server.example', 80, {}, 1000, { signal: AbortSignal.abort() });
  await expect(connecting).rejects.toThrow(reason('aborted'));
  // The look-up fails with nobody there: an unhandled rejection would fail this run.
  answer.resolve(Promise.reject(new Error('ENOTFOUND')));
  await nextTurn();
});

test('a listener is bound to the address of a name (TL-11)', async () => {
  resolvesTo('127.0.0.4');
  const listener = await tcp.listen(self, 0, { ip: 'server.example' });
  expect(listener.sockname()).toEqual({ address: '127.0.0.4', port: listener.port });
  await listener.close();
});
