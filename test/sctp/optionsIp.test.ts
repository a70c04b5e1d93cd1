/**
 * Options of IP and of the socket, with an effect that can be seen: an address that is used twice, a network namespace, a device, and marks on packets, of which
 * no item tells (LS-7, MS-8, SO-20).
 */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { BadArg, mainActor } from '../../runtime/index.js';
import { connected, overStacks, pair, word } from './subjects.js';

const self = mainActor();
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

/** Why there can be no other network namespace here. */
const noNamespaces = ((): string | undefined => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'network namespaces take Linux and root';
  try {
    execFileSync('unshare', ['--net', 'true'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'this machine lets nobody make a network namespace';
  }
})();

/** A network namespace with its loopback up; it lives as long as a process in it. */
async function namespace(): Promise<{ readonly path: string; end(): void }> {
  const { spawn } = await import('node:child_process');
  // `cat` ends when its input does.
  const child = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', () => reject(new Error('there is no namespace')));
  });
  return { path: `/proc/${child.pid}/ns/net`, end: () => child.stdin.end() };
}

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('two sockets on one address want reuseaddr of both, and one may listen (LS-7)', async () => {
    const first = await open({ reuseaddr: true });
    await expect(sctp.open(self, first.port, { ip: '127.0.0.1' })).rejects.toEqual(reason('eaddrinuse'));
    if (name === 'kernel') {
      const second = await sctp.open(self, first.port, { ip: '127.0.0.1', reuseaddr: true });
      await first.listen(true);
      await expect(second.listen(true)).rejects.toEqual(reason('eaddrinuse'));
      second.close();
    } else {
      await expect(sctp.open(self, first.port, { ip: '127.0.0.1', reuseaddr: true })).rejects.toEqual(reason('eaddrinuse'));
    }
    first.close();
    // The option counts if it is set before binding, so it is too late for a socket that is open.
    const late = await open();
    late.setopts({ reuseaddr: true });
    expect(late.getopts(['reuseaddr'])).toEqual({ reuseaddr: true });
    if (name !== 'kernel') {
      await expect(sctp.open(self, late.port, { ip: '127.0.0.1', reuseaddr: true })).rejects.toEqual(reason('eaddrinuse'));
    }
    late.close();
  });

  test('no item tells of type of service, class or hops, whatever options ask for them (MS-8)', async () => {
    const wishes = { recvtos: true, recvttl: true };
    const { server, client, atClient } = await connected(sctp, wishes, { tos: 16, ttl: 9 });
    expect(server.getopts(['recvtos', 'recvttl'])).toEqual(wishes);
    await client.send(atClient, 0, 'marked');
    const [, , anc, data] = await server.recv();
    expect([String(data), anc.map(({ type }) => type)]).toEqual(['marked', ['sctp_sndrcvinfo']]);
    client.close();
    server.close();
  });

  test('no item tells of them over IPv6 either (MS-8)', async () => {
    const server = await sctp.open(self, 0, { ip: '::1', recvtclass: true, recvtos: true, recvttl: true });
    await server.listen(true);
    const client = await sctp.open(self, 0, { ip: '::1', tclass: 32 });
    const { assocId } = await client.connect('::1', server.port);
    await server.recv();
    await client.send(assocId, 0, 'marked');
    const [, , anc] = await server.recv();
    expect(anc.map(({ type }) => type)).toEqual(['sctp_sndrcvinfo']);
    client.close();
    server.close();
  });

  test('with dontroute, a device, a priority and a class messages still arrive', async () => {
    if (name === 'simulated') return;
    const options = { dontroute: true, bindToDevice: 'lo', priority: 6, tos: 184, ttl: 1 };
    const { server, client, atClient } = await connected(sctp, options, options);
    await client.send(atClient, 0, 'near');
    expect(word(await server.recv())).toBe('data:near');
    client.close();
    server.close();
  });

  test('a device that is not there is told by its reason in open, and is einval later (SO-1)', async () => {
    if (name === 'simulated') return;
    await expect(open({ bindToDevice: 'nosuch0' })).rejects.toEqual(reason('enodev'));
    expect(sctp.openSockets()).toEqual([]);
    const socket = await open();
    expect(() => socket.setopts({ bindToDevice: 'nosuch0', sctpNodelay: true })).toThrow(
      expect.objectContaining({ reason: 'einval', message: expect.stringContaining('enodev') }),
    );
    expect(socket.getopts(['bindToDevice', 'sctpNodelay'])).toEqual({ bindToDevice: '', sctpNodelay: false });
    socket.close();
  });

  test('a namespace that is not there is enoent, what is none throws BadArg, and nothing stays open (SO-20)', async ({
    skip,
  }) => {
    if (name === 'simulated' || noNamespaces !== undefined) skip(noNamespaces ?? 'there is no network here');
    await expect(open({ netns: '/run/netns/no-such' })).rejects.toEqual(reason('enoent'));
    await expect(open({ netns: '/dev/null' })).rejects.toThrow(BadArg);
    expect(() => open({ netns: '' })).toThrow(expect.objectContaining({ argument: 'options.netns' }));
    expect(() => open({ netns: '/a\0b' })).toThrow(expect.objectContaining({ argument: 'options.netns' }));
    expect(sctp.openSockets()).toEqual([]);
  });

  test('sockets of a namespace find each other there, and leave ours alone (SO-20)', async ({ skip }) => {
    if (name === 'simulated' || noNamespaces !== undefined) skip(noNamespaces ?? 'there is no network here');
    const there = await namespace();
    try {
      const { server, client } = await pair(sctp, { netns: there.path }, { netns: there.path });
      expect(server.getopts(['netns'])).toEqual({ netns: there.path });
      // The same address and port on this host is another one, and this thread is back on this host.
      const here = await sctp.open(self, server.port, { ip: '127.0.0.1' });
      expect(here.getopts(['netns'])).toEqual({});
      const { assocId } = await client.connect('127.0.0.1', server.port);
      await server.recv();
      await client.send(assocId, 0, 'abroad');
      expect(word(await server.recv())).toBe('data:abroad');
      await expect(here.recv(0)).rejects.toEqual(reason('timeout'));
      for (const socket of [here, client, server]) socket.close();
    } finally {
      there.end();
    }
  });

  test('where sockets share a UDP port, options of its packets cannot be set', async ({ skip }) => {
    if (name !== 'embedded') skip('the kernel has no such ports');
    const shared = await open({ encapsPort: 19897 });
    for (const options of [{ tos: 16 }, { ttl: 7 }, { priority: 1 }, { dontroute: true }]) {
      expect(() => shared.setopts(options)).toThrow(reason('enotsup'));
    }
    expect(shared.getopts(['tos', 'ttl'])).toEqual({ tos: 0, ttl: 64 });
    shared.close();
  });

  test('a port that is opened again has no options of the socket before', async ({ skip }) => {
    if (name !== 'embedded') skip('it is about UDP sockets that are used again');
    const { server, client, atClient } = await connected(sctp, {}, { tos: 16, ttl: 7, priority: 3, dontroute: true });
    await client.send(atClient, 0, 'not taken yet');
    const { port } = client;
    client.close();
    // The association goes on to its end on the old UDP socket.
    const next = await sctp.open(self, port, { ip: '127.0.0.1' });
    expect(next.getopts(['tos', 'ttl', 'priority', 'dontroute'])).toEqual({ tos: 0, ttl: 64, priority: 0, dontroute: false });
    next.close();
    server.close();
  });
});
