/** Listening: section TL of the rules. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { BadArg } from '../../runtime/index.js';
import { built } from '../support/built.js';
import { closeAll, listening, mailbox, nextWords, self, tcp } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
const program = fileURLToPath(new URL('programs/adoptDescriptor.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mailport-tcp-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a port in the options wins over the argument (TL-1)', async () => {
  const first = await listening();
  const port = first.port;
  await first.close();
  const second = await tcp.listen(self, 0, [
    ['ip', '127.0.0.1'],
    ['port', 1],
    ['port', port],
    ['reuseaddr', true],
  ]);
  expect(second.port).toBe(port);
  expect(second.sockname()).toEqual({ address: '127.0.0.1', port });
  await second.close();
});

test.each([[-1], [65_536], [1.5], ['no such service'], [''], [null]])('port %j is a mistake (TL-2)', (port) => {
  expect(() => tcp.listen(self, port as never)).toThrow(BadArg);
});

test('port 0 is any that is free, and a service has a name (TL-2)', async () => {
  const listener = await tcp.listen(self, 0);
  expect(listener.port).toBeGreaterThan(0);
  await listener.close();
  // Who may take a port below 1024 depends on who runs this.
  const web = await tcp.listen(self, 'http', { ip: '127.0.0.1' }).catch((error: unknown) => error);
  if (web instanceof Error) expect(['eacces', 'eaddrinuse']).toContain((web as { reason?: string }).reason);
  else {
    expect((web as { port: number }).port).toBe(80);
    await (web as { close(): Promise<void> }).close();
  }
});

test.each([
  [{ nosuch: 1 }],
  [{ active: 40_000 }],
  [{ active: 'sometimes' }],
  [{ packet: 3 }],
  [{ packet: 'http' }],
  [{ ip: '' }],
  [{ ip: [127, 0, 0, 1] }],
  [{ linger: true }],
  [{ sendTimeout: -1 }],
  [{ backlog: true }],
  [{ backlog: 1.5 }],
  [{ lineDelimiter: 300 }],
  [{ keepalive: 1 }],
  [{ nodelay: 'maybe' }],
  [{ readPackets: 5 }],
  [{ broadcast: true }],
  [{ fd: 'foo' }],
  [{ fd: -1 }],
  [{ ip: '127.0.0.1', family: 'inet6' }],
  [{ lowMsgqWatermark: 0 }],
  ['options'],
  [[['active']]],
  [['inet7']],
])('options %j are a mistake, named (TL-3, TL-6, TL-12, TO-4, TO-7)', (options) => {
  expect(() => tcp.listen(self, 0, options as never)).toThrow(BadArg);
});

test.each([[{ ttl: 0 }], [{ ipv6V6only: true }], [{ tclass: 1 }], [{ recvtclass: true }]])(
  'a value that the system refuses is told: %j (TL-4)',
  async (options) => {
    await expect(tcp.listen(self, 0, options)).rejects.toThrow(reason('einval'));
  },
);

test('listen takes the same options as connect and setopts, dontroute too (TL-5)', async () => {
  const listener = await listening({ lineDelimiter: 59, dontroute: true, packet: 'line' });
  expect(listener.getopts(['lineDelimiter', 'dontroute'])).toEqual({ lineDelimiter: 59, dontroute: true });
  await listener.close();
});

test('a failing step leaves no port behind (TL-7)', async () => {
  const listener = await listening();
  const { port } = listener;
  await listener.close();
  await expect(tcp.listen(self, port, { ip: '127.0.0.1', ttl: 0 })).rejects.toThrow(reason('einval'));
  await expect(tcp.listen(self, port, { ip: '127.0.0.1', bindToDevice: 'nope' })).rejects.toThrow();
  const again = await tcp.listen(self, port, { ip: '127.0.0.1' });
  await again.close();
});

test.each([
  [0, 1],
  [5, 6],
])('a backlog of %i completes %i handshakes; further peers wait for room (TL-8)', async (backlog, most) => {
  const listener = await listening({ backlog });
  const connect = (timeoutMs: number) => tcp.connect(self, '127.0.0.1', listener.port, { active: false }, timeoutMs);
  const clients = await Promise.all(Array.from({ length: most }, () => connect(5000)));
  await expect(connect(100)).rejects.toThrow(reason('timeout'));
  const late = connect(10_000);
  const accepted = await listener.accept(self);
  clients.push(await late);
  await closeAll(accepted, ...clients, listener);
});

test('a backlog may be negative, for the limit of the system (TL-8)', async () => {
  const listener = await listening({ backlog: -1 });
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => tcp.connect(self, '127.0.0.1', listener.port, { active: false })),
  );
  await closeAll(...clients, listener);
});

test('a port in use is eaddrinuse, with reuseaddr on both too; other addresses of the host are free (TL-9)', async () => {
  const listener = await listening({ reuseaddr: true });
  const { port } = listener;
  await expect(tcp.listen(self, port, { ip: '127.0.0.1', reuseaddr: true })).rejects.toThrow(reason('eaddrinuse'));
  await expect(tcp.listen(self, port)).rejects.toThrow(reason('eaddrinuse'));
  const other = await tcp.listen(self, port, { ip: '127.0.0.2' });
  await closeAll(listener, other);
});

test('reuseaddr on the old and the new listener serves restart (TL-10)', async () => {
  const restart = async (old: boolean, renewed: boolean): Promise<unknown> => {
    const listener = await listening({ reuseaddr: old });
    const client = await tcp.connect(self, '127.0.0.1', listener.port, { active: false });
    const accepted = await listener.accept(self);
    const { port } = listener;
    await listener.close();
    const outcome = await tcp.listen(self, port, { ip: '127.0.0.1', reuseaddr: renewed }).then(
      (socket) => socket.close().then(() => 'open'),
      (error: { reason: string }) => error.reason,
    );
    await closeAll(client, accepted);
    return outcome;
  };
  expect(await restart(true, true)).toBe('open');
  expect(await restart(true, false)).toBe('eaddrinuse');
  expect(await restart(false, true)).toBe('eaddrinuse');
});

test.each([
  [{ ip: 'any' }, '0.0.0.0'],
  [{ ip: 'loopback' }, '127.0.0.1'],
  [{ ip: 'localhost' }, '127.0.0.1'],
  [{ ifaddr: '127.0.0.1' }, '127.0.0.1'],
  [{ family: 'inet6', ip: 'loopback' }, '::1'],
  [{ ip: '::1' }, '::1'],
  [{ family: 'inet6' }, '::'],
  [
    [
      ['ip', '10.0.0.1'],
      ['ifaddr', '127.0.0.1'],
    ],
    '127.0.0.1',
  ],
  [['inet6', 'inet', ['ip', '::1']], '::1'],
])('%j is bound to %s (TL-11, TL-12)', async (options, address) => {
  const listener = await tcp.listen(self, 0, options as never);
  expect(listener.sockname()).toEqual({ address, port: listener.port });
  await listener.close();
});

test('an address with its port counts (TL-11)', async () => {
  const first = await listening();
  const { port } = first;
  await first.close();
  const listener = await tcp.listen(self, 0, { ifaddr: { family: 'inet', addr: '127.0.0.1', port } });
  expect(listener.port).toBe(port);
  await listener.close();
});

test('what is not there is told: an address, a name, a namespace (TL-13)', async () => {
  await expect(tcp.listen(self, 0, { ip: '192.0.2.1' })).rejects.toThrow(reason('eaddrnotavail'));
  await expect(tcp.listen(self, 0, { ip: 'no.such.name.invalid' })).rejects.toThrow(reason('nxdomain'));
  await expect(tcp.listen(self, 0, { netns: '/run/netns/none-such' })).rejects.toThrow(reason('enoent'));
});

test('an IPv6 listener takes IPv4 with mapped addresses, unless ipv6V6only (TL-14)', async () => {
  const both = await tcp.listen(self, 0, { family: 'inet6', active: false });
  expect(both.getopts(['ipv6V6only'])).toEqual({ ipv6V6only: false });
  const client = await tcp.connect(self, '127.0.0.1', both.port, { active: false });
  const accepted = await both.accept(self);
  expect(accepted.peername()).toEqual({ address: '::ffff:127.0.0.1', port: client.port });
  await expect(tcp.listen(self, both.port)).rejects.toThrow(reason('eaddrinuse'));
  await closeAll(both, client, accepted);
  const only = await tcp.listen(self, 0, { family: 'inet6', ipv6V6only: true });
  // At this address of IPv4 nobody else has ports.
  const ip = '127.0.88.1';
  await expect(tcp.connect(self, ip, only.port)).rejects.toThrow(reason('econnrefused'));
  const beside = await tcp.listen(self, only.port, { ip });
  await closeAll(only, beside);
});

describe('local sockets', () => {
  test.each([[join(folder, 'by-path')], ['\0mailport-tcp-abstract']])(
    '%j listens and connects (TL-15, TL-17, TN-16)',
    async (path) => {
      const listener = await tcp.listen(self, 0, { ifaddr: { local: path }, active: false });
      expect(listener.sockname()).toEqual({ local: path });
      expect(listener.port).toBe(0);
      const client = await tcp.connect(self, { local: path }, 0, { active: false, nodelay: true, keepalive: true });
      const accepted = await listener.accept(self);
      expect(client.peername()).toEqual({ local: path });
      expect(client.sockname()).toEqual({ local: '' });
      await client.send('by path');
      expect(String(await accepted.recv())).toBe('by path');
      await closeAll(listener, client, accepted);
    },
  );

  test('the file stays, and listening on it again is eaddrinuse; a stale one refuses (TL-16, TN-16)', async () => {
    const path = join(folder, 'stays');
    const listener = await tcp.listen(self, 0, { ip: { local: path } });
    await listener.close();
    expect(statSync(path).isSocket()).toBe(true);
    await expect(tcp.listen(self, 0, { ip: { local: path } })).rejects.toThrow(reason('eaddrinuse'));
    await expect(tcp.connect(self, { local: path }, 0)).rejects.toThrow(reason('econnrefused'));
  });

  test('a port is a mistake; a path that is too long, or none, is einval (TL-15)', async () => {
    expect(() => tcp.listen(self, 1, { ip: { local: join(folder, 'x') } })).toThrow(BadArg);
    await expect(tcp.listen(self, 0, { ip: { local: 'x'.repeat(120) } })).rejects.toThrow(reason('einval'));
    await expect(tcp.listen(self, 0, ['local'])).rejects.toThrow(reason('einval'));
  });

  test('tos and ttl are refused (TN-16)', async () => {
    const path = join(folder, 'options');
    const listener = await tcp.listen(self, 0, { ip: { local: path } });
    await expect(tcp.connect(self, { local: path }, 0, { tos: 4 })).rejects.toThrow(reason('einval'));
    await expect(tcp.connect(self, { local: path }, 0, { ttl: 4 })).rejects.toThrow(reason('einval'));
    await listener.close();
  });
});

test('active on a listener is for those whom it accepts; a count of 0 tells its owner (TL-19)', async () => {
  const listener = await listening();
  listener.setopts({ active: 0 });
  expect(await mailbox()).toEqual(['tcp_passive']);
  listener.setopts({ active: 3 });
  expect(listener.getopts(['active'])).toEqual({ active: 3 });
  expect(() => listener.peername()).toThrow(reason('enotconn'));
  expect(listener.info()).toMatchObject({ states: ['listen', 'open'], active: 3, stack: 'kernel' });
  await listener.close();
});

test('closing a listener leaves accepted sockets, and resets those that nobody has accepted (TL-20)', async () => {
  const listener = await listening();
  const connect = () => tcp.connect(self, '127.0.0.1', listener.port, { active: true, showEconnreset: true });
  const [first, second] = [await connect(), await connect()];
  const accepted = await listener.accept(self);
  await listener.close();
  expect(await nextWords(2)).toEqual(['tcp_error:econnreset', 'tcp_closed']);
  await accepted.send('alive');
  expect(await nextWords(1)).toEqual(['data:alive']);
  await first.close();
  await closeAll(second, accepted);
});

test('a descriptor that listens is adopted, and keeps its port; one that is no socket stays with its owner (TL-6)', async () => {
  const file = openSync('/dev/null', 'r');
  await expect(tcp.listen(self, 0, { fd: file })).rejects.toThrow(reason('enotsock'));
  closeSync(file);
  await expect(tcp.listen(self, 0, { fd: 9999 })).rejects.toThrow(reason('ebadf'));
  built('actors/tcp/index.js'); // Which the program imports.
  const node = createServer();
  await new Promise<void>((resolve) => node.listen(0, '127.0.0.1', resolve));
  const { port } = node.address() as { port: number };
  const { fd } = (node as unknown as { _handle: { fd: number } })._handle;
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit', fd] });
  const [told] = (await once(child.stdout!, 'data')) as [Buffer];
  expect(String(told)).toBe(`${port} einval\n`);
  node.close();
  const client = await tcp.connect(self, '127.0.0.1', port, { active: false });
  await client.send('to the child');
  expect(String(await client.recv())).toBe('to the child');
  await client.close();
  expect((await once(child, 'exit'))[0]).toBe(0);
});
