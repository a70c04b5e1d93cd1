/** Every call with each of its arguments wrong, missing or of the wrong kind: a `BadArg` that names it, at once, and nothing has happened. */
import { describe, expect, test } from 'vitest';
import { CommHandle } from '../../actors/repy/handle.js';
import { createRepy, type Repy, type RepySocket } from '../../actors/repy/index.js';
import { end, inSandbox, network, self } from './stage.js';

const nobody = (): void => undefined;
// biome-ignore lint/suspicious/noExplicitAny: the arguments are wrong on purpose
type Any = any;

const hosts: readonly unknown[] = [undefined, null, '', 7, {}, ['a'], { local: '/tmp/x' }];
const ips: readonly unknown[] = [undefined, null, '', 'localhost', '1.2.3', '1.2.3.4.5', 7, {}, { local: '/tmp/x' }];
const ports: readonly unknown[] = [undefined, null, '80', -1, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, {}];
const functions: readonly unknown[] = [undefined, null, 7, 'f', {}, []];
const options: readonly unknown[] = [null, 7, 'x', true];
const bytes: readonly unknown[] = [undefined, null, 7, {}, [256], [-1], ['x', {}], new Date()];
const counts: readonly unknown[] = [undefined, null, 0, -1, 1.5, '7', Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60];

type Wrong = readonly [argument: string, call: (repy: Any) => unknown];

const each = (argument: string, values: readonly unknown[], call: (repy: Any, value: unknown) => unknown): Wrong[] =>
  values.map((value) => [argument, (repy: Any) => call(repy, value)]);

const wrong: readonly Wrong[] = [
  ...each('host', hosts, (repy, host) => repy.openconn(host, 80)),
  ...each('port', [0, ...ports], (repy, port) => repy.openconn('127.0.0.1', port)),
  ...each('options', options, (repy, given) => repy.openconn('127.0.0.1', 80, given)),
  ...each('options.localip', ips.slice(1), (repy, localip) => repy.openconn('127.0.0.1', 80, { localip })),
  ...each('options.localport', ports.slice(1), (repy, localport) => repy.openconn('127.0.0.1', 80, { localport })),
  ...each('options.timeout', [null, '1', -1, 1.5, Number.NaN], (repy, timeout) => repy.openconn('127.0.0.1', 80, { timeout })),
  ['options.timeoutMs', (repy) => repy.openconn('127.0.0.1', 80, { timeoutMs: 5 })],
  ...each('ip', ips, (repy, ip) => repy.waitforconn(ip, 80, nobody)),
  ...each('port', ports, (repy, port) => repy.waitforconn('127.0.0.1', port, nobody)),
  ...each('callback', functions, (repy, callback) => repy.waitforconn('127.0.0.1', 0, callback)),
  ...each('ip', ips, (repy, ip) => repy.recvmess(ip, 80, nobody)),
  ...each('port', ports, (repy, port) => repy.recvmess('127.0.0.1', port, nobody)),
  ...each('callback', functions, (repy, callback) => repy.recvmess('127.0.0.1', 0, callback)),
  ...each('handle', [undefined, null, 7, {}, { ip: '127.0.0.1', port: 80 }], (repy, handle) => repy.stopcomm(handle)),
  ...each('host', hosts, (repy, host) => repy.sendmess(host, 80, 'x')),
  ...each('port', [0, ...ports], (repy, port) => repy.sendmess('127.0.0.1', port, 'x')),
  ...each('message', bytes, (repy, message) => repy.sendmess('127.0.0.1', 80, message)),
  ...each('options', options, (repy, given) => repy.sendmess('127.0.0.1', 80, 'x', given)),
  ...each('options.localip', ips.slice(1), (repy, localip) => repy.sendmess('127.0.0.1', 80, 'x', { localip })),
  ...each('options.localport', ports.slice(1), (repy, localport) => repy.sendmess('127.0.0.1', 80, 'x', { localport })),
  ['options.timeout', (repy) => repy.sendmess('127.0.0.1', 80, 'x', { timeout: 1 })],
];

/** The argument that a call names as it throws. */
function named(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return (error as { code?: unknown; argument?: unknown }).code === 'badarg' ? (error as Any).argument : error;
  }
  return 'it did not throw';
}

test('every wrong argument of a call is named at once, and nothing has happened', async () => {
  await inSandbox({}, async (repy: Repy) => {
    const before = repy.info();
    expect(wrong.map(([, call]) => named(() => call(repy)))).toEqual(wrong.map(([argument]) => argument));
    expect(repy.info()).toEqual(before);
    expect([repy.tcp_conn_table, repy.tcp_listen_table, repy.udp_listen_table]).toEqual([[], [], []]);
    expect([...network.tcp.openSockets(), ...network.udp.openSockets()]).toEqual([]);
  });
});

describe('a socket', () => {
  test('names bytes and n at once, also when it is closed', async () => {
    await inSandbox({}, async (repy: Repy) => {
      const listener = await network.tcp.listen(self, 0, { ip: '127.0.0.1' });
      const socket: RepySocket = await repy.openconn('127.0.0.1', listener.port);
      for (const when of ['open', 'closed']) {
        const found = [
          ...bytes.map((value) => named(() => socket.send(value as Any))),
          ...counts.map((value) => named(() => socket.recv(value as Any))),
        ];
        expect([when, ...found]).toEqual([when, ...bytes.map(() => 'bytes'), ...counts.map(() => 'n')]);
        if (when === 'open') expect(socket.willblock()).toEqual([true, false]);
        await socket.close();
      }
      await listener.close(self);
    });
  });
});

test.each<[string, unknown, unknown]>([
  ['self', undefined, { events: 1, sockets: 1 }],
  ['self', self.pid, { events: 1, sockets: 1 }],
  ['self', {}, { events: 1, sockets: 1 }],
  ['options', self, undefined],
  ['options', self, null],
  ['options', self, 7],
  ['options.events', self, { sockets: 1 }],
  ['options.events', self, { events: -1, sockets: 1 }],
  ['options.events', self, { events: 1.5, sockets: 1 }],
  ['options.events', self, { events: '1', sockets: 1 }],
  ['options.events', self, { events: Number.POSITIVE_INFINITY, sockets: 1 }],
  ['options.sockets', self, { events: 1 }],
  ['options.sockets', self, { events: 1, sockets: -1 }],
  ['options.sockets', self, { events: 1, sockets: null }],
  ['options.socket', self, { events: 1, sockets: 1, socket: 1 }],
  ['options.network', self, { events: 1, sockets: 1, network: {} }],
  ['options.network', self, { events: 1, sockets: 1, network: null }],
  ['options.network', self, { events: 1, sockets: 1, network: { tcp: network.tcp } }],
])('createRepy names %s', (argument, owner, given) => {
  expect(named(() => createRepy(owner as Any, given as Any))).toBe(argument);
});

test('createRepy takes 0 of each, and a handle shows what it stands for', async () => {
  const repy = createRepy(self, { events: 0, sockets: 0, network });
  expect(repy.info()).toEqual({
    events: { all: 0, free: 0 },
    sockets: { all: 0, free: 0 },
    selectorRuns: false,
    callbacks: 0,
    waiting: 0,
  });
  expect(`${new CommHandle('udp', '127.0.0.1', 53)}`).toBe('#CommHandle<udp 127.0.0.1:53>');
  await end(repy);
});
