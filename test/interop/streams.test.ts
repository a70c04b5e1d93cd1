/** Well-known programs that speak TCP and UDP, as clients and as servers: netcat and socat. mailport meets each from the other side. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Self } from 'mailport';
import { type TcpMessage, type TcpOptions, tcp } from 'mailport/tcp';
import { type UdpMessage, udp } from 'mailport/udp';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { installed } from '../support/installed.js';
import { failOnLeftovers } from '../support/setup.js';
import { Tool } from '../support/tool.js';
import { inActor } from './inActor.js';
import { payload } from './ours.js';

failOnLeftovers(() => [...tcp.openSockets(), ...udp.openSockets()].map(({ port }) => `socket ${port}`));

const home = '127.0.0.1';
const run = (program: string, ...args: readonly (string | number)[]) => new Tool([], program, ...args);
const inTcp = (body: (self: Self<TcpMessage>) => Promise<void>) => inActor<TcpMessage>(body);
const inUdp = (body: (self: Self<UdpMessage>) => Promise<void>) => inActor<UdpMessage>(body);
const listen = (self: Self<TcpMessage>, options: TcpOptions = {}) => tcp.listen(self, 0, { ip: home, active: false, ...options });

/** A path in a folder that goes with the test. */
function path(): string {
  const folder = mkdtempSync(join(tmpdir(), 'interop-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'socket');
}

describe('netcat', () => {
  beforeEach((context) => context.skip(!installed('nc.openbsd') && !installed('nc'), 'package netcat-openbsd is not installed'));

  test('sends lines, reads answers, and ends: TM-12, TH-2', () =>
    inTcp(async (self) => {
      const listener = await listen(self, { packet: 'line', exitOnClose: false });
      const client = run('nc', '-N', home, listener.port);
      const socket = await listener.accept(self);
      client.types('one\ntwo\n');
      expect(String(await socket.recv())).toBe('one\n');
      expect(String(await socket.recv())).toBe('two\n');
      client.endsInput();
      await expect(socket.recv()).rejects.toMatchObject({ reason: 'closed' });
      await socket.send('goodbye\n');
      await socket.close();
      await client.prints(/goodbye/);
      expect(await client.status()).toBe(0);
    }));

  test('listens, and is written to until it has all: TC-12', () =>
    inTcp(async (self) => {
      const server = run('nc', '-v', '-n', '-l', home, 0);
      const [, port] = await server.prints(/[Ll]istening on \S+ (\d+)/);
      const socket = await tcp.connect(self, home, Number(port), { active: true });
      server.types('hello');
      expect(await self.receive()).toEqual(['tcp', socket, Buffer.from('hello')]);
      await socket.send('x'.repeat(3_000_000));
      await socket.close();
      expect(await server.status()).toBe(0);
      expect(server.output.match(/x/g)).toHaveLength(3_000_000);
    }));

  test('sends a datagram for each line, and prints ours: UM-1', () =>
    inUdp(async (self) => {
      const socket = await udp.open(self, 0, { ip: home, active: false });
      const client = run('nc', '-u', home, socket.port);
      client.types('one\n');
      const [ip, port, data] = await socket.recv();
      expect(String(data)).toBe('one\n');
      await socket.send(ip, port, 'two\n');
      await client.prints(/two/);
    }));
});

describe('socat', () => {
  beforeEach((context) => context.skip(!installed('socat'), 'package socat is not installed'));

  /** The port of a server of its. */
  const portOf = async (server: Tool) => Number((await server.prints(/listening on .*:(\d+)/))[1]);

  test.each([1, 2, 4] as const)('gives packets of mode %i back as they came: TM-5, TM-6', (packet) =>
    inTcp(async (self) => {
      const server = run('socat', '-d', '-d', `TCP-LISTEN:0,bind=${home}`, 'EXEC:cat');
      const socket = await tcp.connect(self, home, await portOf(server), { active: true, packet });
      const sizes = packet === 1 ? [0, 1, 255] : [0, 1, 1459, 1460, 1461, 60_000];
      for (const [seed, size] of sizes.entries()) await socket.send(payload(size, seed));
      for (const [seed, size] of sizes.entries()) expect(await self.receive()).toEqual(['tcp', socket, payload(size, seed)]);
      await socket.close();
    }),
  );

  test('gives twenty megabytes back that are sent while they are read: TS-5, TM-3', () =>
    inTcp(async (self) => {
      const server = run('socat', '-d', '-d', '-b', 65536, `TCP-LISTEN:0,bind=${home}`, 'EXEC:cat');
      const socket = await tcp.connect(self, home, await portOf(server), { active: false, buffer: 65_536 });
      const all = payload(20_000_000, 1);
      const sending = (async () => {
        for (let at = 0; at < all.length; at += 100_000) await socket.send(all.subarray(at, at + 100_000));
      })();
      const back = await socket.recv(all.length);
      await sending;
      expect(Buffer.compare(back as Buffer, all)).toBe(0);
    }));

  test('ends its direction, and still hears us: TH-10', () =>
    inTcp(async (self) => {
      const listener = await listen(self, { active: true, exitOnClose: false });
      const client = run('socat', '-t', 10, '-', `TCP:${home}:${listener.port}`);
      const socket = await listener.accept(self);
      client.types('question');
      client.endsInput();
      expect(await self.receive()).toEqual(['tcp', socket, Buffer.from('question')]);
      expect(await self.receive()).toEqual(['tcp_closed', socket]);
      await socket.send('answer\n');
      await socket.close();
      await client.prints(/answer/);
      expect(await client.status()).toBe(0);
    }));

  test('is killed while its socket lingers for no time: TC-9, TC-10', () =>
    inTcp(async (self) => {
      const listener = await listen(self, { active: true, showEconnreset: true });
      const client = run('socat', '-u', '-', `TCP:${home}:${listener.port},linger=0`);
      const socket = await listener.accept(self);
      client.types('last');
      expect(await self.receive()).toEqual(['tcp', socket, Buffer.from('last')]);
      await client.kill();
      expect(await self.receive()).toEqual(['tcp_error', socket, 'econnreset']);
      expect(await self.receive()).toEqual(['tcp_closed', socket]);
    }));

  test('is killed in the middle of a packet: TM-17, CL-12', () =>
    inTcp(async (self) => {
      const listener = await listen(self, { active: true, packet: 4 });
      const client = run('socat', '-u', '-', `TCP:${home}:${listener.port}`);
      const socket = await listener.accept(self);
      client.types('\0\0\0\x02ab\0\0\0\x09half');
      expect(await self.receive()).toEqual(['tcp', socket, Buffer.from('ab')]);
      await client.kill();
      expect(await self.receive()).toEqual(['tcp_closed', socket]);
    }));

  test('speaks IPv6: TN-12', () =>
    inTcp(async (self) => {
      const server = run('socat', '-d', '-d', 'TCP6-LISTEN:0,bind=[::1]', 'EXEC:cat');
      const [, port] = await server.prints(/listening on .*\]?:(\d+)/);
      const socket = await tcp.connect(self, '::1', Number(port), { active: true });
      await socket.send('over six');
      expect(await self.receive()).toEqual(['tcp', socket, Buffer.from('over six')]);
      expect(socket.peername()).toEqual({ address: '::1', port: Number(port) });
      await socket.close();
    }));

  test('connects to a path, and to an abstract name: TL-15', () =>
    inTcp(async (self) => {
      const file = path();
      for (const [local, address] of [
        [file, `UNIX-CONNECT:${file}`],
        [`\0${file}`, `ABSTRACT-CONNECT:${file}`],
      ] as const) {
        const listener = await tcp.listen(self, 0, { ifaddr: { local }, packet: 'line', active: true });
        const client = run('socat', '-', address);
        const socket = await listener.accept(self);
        client.types('hello\n');
        expect(await self.receive()).toEqual(['tcp', socket, Buffer.from('hello\n')]);
        await socket.send('welcome\n');
        await client.prints(/welcome/);
        await socket.close();
        await listener.close();
      }
    }));

  test('listens at a path: TN-16', () =>
    inTcp(async (self) => {
      const file = path();
      const server = run('socat', '-d', '-d', `UNIX-LISTEN:${file}`, 'EXEC:cat');
      await server.prints(/listening on/);
      const socket = await tcp.connect(self, { local: file }, 0, { active: true });
      await socket.send('there and back');
      expect(await self.receive()).toEqual(['tcp', socket, Buffer.from('there and back')]);
      await socket.close();
    }));

  test('answers datagrams of a connected socket: US-4, UC-2', () =>
    inUdp(async (self) => {
      const socket = await udp.open(self, 0, { ip: home, active: true });
      run('socat', `UDP:${home}:${socket.port}`, 'SYSTEM:echo hello; cat');
      const [, , ip, port, data] = (await self.receive()) as unknown as ['udp', unknown, string, number, Buffer];
      expect(String(data)).toBe('hello\n');
      await socket.connect(ip, port);
      await socket.send('echo');
      expect(await self.receive()).toEqual(['udp', socket, home, port, Buffer.from('echo')]);
    }));

  test('sends datagrams between paths: UO-9', () =>
    inUdp(async (self) => {
      const [ours, its] = [path(), path()];
      const socket = await udp.open(self, 0, { ifaddr: { local: ours }, active: true });
      const client = run('socat', '-', `UNIX-SENDTO:${ours},bind=${its}`);
      client.types('hello');
      expect(await self.receive()).toEqual(['udp', socket, { local: its }, 0, Buffer.from('hello')]);
      await socket.send({ local: its }, 0, 'welcome\n');
      await client.prints(/welcome/);
    }));
});
