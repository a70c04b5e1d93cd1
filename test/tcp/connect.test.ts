/** Connecting: section TN of the rules. */
import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { ActorExit, BadArg, exit, spawn } from '../../runtime/index.js';
import { asActor, closeAll, deferred, listening, mailbox, nextTurn, readAll, self, tcp } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
/** Documentation addresses (RFC 5737) answer nobody: where they are not routed, the system says so at once. */
const silent = '192.0.2.1';

/** A listener that completes no more handshakes, so that a connect to it waits. */
async function full() {
  const listener = await listening({ backlog: 0 });
  const first = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
  return { listener, first, address: '127.0.0.1', port: listener.port };
}

test('connected means that the handshake is done, not that anybody accepted; sending at once is fine (TN-2)', async () => {
  const listener = await listening();
  const client = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
  expect(client.peername()).toEqual({ address: '127.0.0.1', port: listener.port });
  expect(client.sockname()).toEqual({ address: '127.0.0.1', port: client.port });
  await client.send('early');
  await client.close();
  const accepted = await listener.accept(self);
  expect(await readAll(accepted)).toBe('early');
  await closeAll(accepted, listener);
});

test('nobody listening is econnrefused, with the address (TN-3)', async () => {
  const listener = await listening();
  const { port } = listener;
  await listener.close();
  await expect(tcp.connect(self, '127.0.0.1', port)).rejects.toMatchObject({
    reason: 'econnrefused',
    address: '127.0.0.1',
    port,
    syscall: 'connect',
  });
  await expect(tcp.connect(self, '255.255.255.255', 80)).rejects.toThrow(reason('enetunreach'));
});

test('the time covers everything; then the attempt is dropped (TN-4)', async () => {
  const { listener, first, address, port } = await full();
  await expect(tcp.connect(self, address, port, {}, 20)).rejects.toThrow(reason('timeout'));
  expect(tcp.openSockets()).toHaveLength(2);
  await closeAll(listener, first);
});

test('without time an outcome that is known at once counts (TN-5)', async () => {
  const listener = await listening();
  const client = await tcp.connect(self, '127.0.0.1', listener.port, { active: false }, 0);
  await client.close();
  const { port } = listener;
  await listener.close();
  await expect(tcp.connect(self, '127.0.0.1', port, {}, 0)).rejects.toThrow(reason('econnrefused'));
  const busy = await full();
  await expect(tcp.connect(self, busy.address, busy.port, {}, 0)).rejects.toThrow(reason('timeout'));
  await closeAll(busy.listener, busy.first);
});

test.each([[-1], [1.5], ['infinity'], [2 ** 32]])('a timeout of %j is a mistake (TN-6)', (timeout) => {
  expect(() => tcp.connect(self, '127.0.0.1', 1, {}, timeout as number)).toThrow(BadArg);
});

test.each([[{ ttl: 0 }], [{ tclass: 1 }], [{ bindToDevice: 'nope' }]])(
  'a value that the system refuses is told: %j (TN-8)',
  async (options) => {
    await expect(tcp.connect(self, '127.0.0.1', 9, options)).rejects.toMatchObject({
      reason: expect.stringMatching(/^(einval|enodev)$/),
    });
  },
);

test('names that stand for nothing are nxdomain; short forms of addresses are fine (TN-9)', async () => {
  for (const name of ['no.such.name.invalid', '', 'a name with spaces', '127.0.0.300']) {
    await expect(tcp.connect(self, name, 9)).rejects.toThrow(reason('nxdomain'));
  }
  const listener = await listening();
  const client = await tcp.connect(self, '127.1', listener.port, { active: false });
  await closeAll(client, listener);
});

test.each([['any'], ['loopback'], ['localhost']])('%s is this host (TN-10)', async (address) => {
  const listener = await listening();
  const client = await tcp.connect(self, address, listener.port, { active: false });
  expect(client.peername()).toEqual({ address: '127.0.0.1', port: listener.port });
  await closeAll(client, listener);
});

test.each([[-1], [65_536], [1.5], ['80'], ['no such service'], [undefined]])('port %j is a mistake (TN-11)', (port) => {
  expect(() => tcp.connect(self, '127.0.0.1', port as never)).toThrow(BadArg);
});

test('port 0 is refused by the system (TN-11)', async () => {
  await expect(tcp.connect(self, '127.0.0.1', 0)).rejects.toThrow(reason('econnrefused'));
});

test.each([[42], [null], [{ path: 'x' }], [['127.0.0.1']]])('address %j is a mistake', (address) => {
  expect(() => tcp.connect(self, address as never, 1)).toThrow(BadArg);
});

test.each([
  [{ family: 'inet6' }, '127.0.0.1'],
  [{ ip: '::1' }, '127.0.0.1'],
  [{ family: 'inet' }, '::1'],
])('%j and %s are of different families (TN-12)', async (options, address) => {
  await expect(tcp.connect(self, address, 9, options as never)).rejects.toThrow(reason('eafnosupport'));
});

test('an IPv6 address means IPv6, and a link-local one has a zone (TN-12)', async () => {
  const listener = await tcp.listen(self, 0, { ip: '::1', active: false });
  const client = await tcp.connect(self, '::1', listener.port, { active: false });
  expect(client.sockname()).toEqual({ address: '::1', port: client.port });
  await closeAll(client, listener);
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const local = addresses?.find(({ address }) => address.startsWith('fe80:'));
    if (local === undefined) continue;
    const there = await tcp.listen(self, 0, { ip: `${local.address}%${name}`, active: false });
    const zoned = await tcp.connect(self, `${local.address}%${name}`, there.port, { active: false });
    expect(zoned.peername()).toEqual({ address: `${local.address}%${local.scopeid}`, port: there.port });
    await closeAll(zoned, there);
  }
});

test('the own end may be chosen (TN-13)', async () => {
  const listener = await listening();
  const client = await tcp.connect(self, '127.0.0.1', listener.port, { active: false, ip: '127.0.0.2' });
  expect(client.sockname()).toEqual({ address: '127.0.0.2', port: client.port });
  const again = { active: false, ip: '127.0.0.2', port: client.port } as const;
  await expect(tcp.connect(self, '127.0.0.1', listener.port, again)).rejects.toThrow(reason('eaddrinuse'));
  await expect(tcp.connect(self, '127.0.0.1', listener.port, { ip: silent })).rejects.toThrow(reason('eaddrnotavail'));
  expect(() => tcp.connect(self, '127.0.0.1', listener.port, { port: 70_000 })).toThrow(BadArg);
  await closeAll(client, listener);
});

test('a port without listener that connects to itself is connected to itself (TN-14)', async () => {
  const listener = await listening();
  const { port } = listener;
  await listener.close();
  const alone = await tcp.connect(self, '127.0.0.1', port, { active: false, ip: '127.0.0.1', port, reuseaddr: true });
  await alone.send('echo');
  expect(String(await alone.recv())).toBe('echo');
  await alone.close();
});

test('success, failure and timeout leave no message, trapping or not (TN-15)', async () => {
  const { listener, first, address, port } = await full();
  const words = await asActor(async (me) => {
    me.trapExit = true;
    await tcp.connect(me, address, port, {}, 20).catch(() => undefined);
    await tcp.connect(me, '127.0.0.1', 0).catch(() => undefined);
    const accepted = await listener.accept(self);
    const mine = await tcp.connect(me, address, port, { active: false });
    const left = await mailbox(me);
    await mine.close(me);
    await accepted.close();
    return left;
  });
  expect(words).toEqual([]);
  await closeAll(listener, first);
});

test('a caller that is killed takes the attempt with it (TN-15)', async () => {
  const { listener, first, address, port } = await full();
  const started = deferred<Promise<unknown>>();
  const caller = spawn(async (me) => {
    const connecting = tcp.connect(me, address, port);
    started.resolve(Promise.resolve({ connecting: connecting.catch((error: unknown) => error) }));
    await me.receive();
  });
  const { connecting } = (await started.promise) as { connecting: Promise<unknown> };
  await nextTurn();
  exit(caller, 'kill');
  expect(await connecting).toBeInstanceOf(ActorExit);
  expect(tcp.openSockets()).toHaveLength(2);
  await closeAll(listener, first);
});

test('a signal ends the attempt', async () => {
  const { listener, first, address, port } = await full();
  const controller = new AbortController();
  const connecting = tcp.connect(self, address, port, {}, Number.POSITIVE_INFINITY, controller);
  await nextTurn();
  controller.abort();
  await expect(connecting).rejects.toThrow(reason('aborted'));
  await expect(tcp.connect(self, address, port, {}, 1000, { signal: controller.signal })).rejects.toThrow(reason('aborted'));
  await closeAll(listener, first);
});

test('a path takes port 0 (TN-16)', async () => {
  expect(() => tcp.connect(self, { local: '/nowhere' }, 1)).toThrow(BadArg);
  await expect(tcp.connect(self, { local: '/nowhere/at/all' }, 0)).rejects.toMatchObject({
    reason: 'enoent',
    address: '/nowhere/at/all',
  });
});

test('a handle of an actor is wanted, and a living one', async () => {
  expect(() => tcp.connect({} as never, '127.0.0.1', 1)).toThrow(BadArg);
  const dead = await asActor((me) => me);
  await nextTurn();
  expect(() => tcp.connect(dead, '127.0.0.1', 1)).toThrow(ActorExit);
});
