/** SCTP of IP itself (protocol 132), without UDP: the embedded stack on raw sockets. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { built } from '../support/built.js';
import { embeddedSctp } from './carrierPair.js';
import { ipHosts, noRawIp } from './ipHosts.js';
import { word } from './subjects.js';

const sctp = embeddedSctp();
const self = mainActor();
const over = { over: 'ip', stack: 'embedded' } as const;
const local = { ...over, ip: '127.0.0.1' } as const;
const program = fileURLToPath(new URL('programs/overIp.mjs', import.meta.url));

beforeEach((context) => {
  if (noRawIp !== undefined) context.skip(noRawIp);
});

/** An association between passive sockets, its comm_up read at both ends. */
async function associated(server: SctpSocket, client: SctpSocket, address: string) {
  await server.listen(true);
  const { assocId: atClient } = await client.connect(address, server.port);
  const [, , , up] = await server.recv();
  return { atClient, atServer: (up as SctpAssocChange).assocId };
}

async function outcome(...args: readonly (string | number)[]): Promise<string> {
  built('actors/sctp/index.js'); // Which the program imports.
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args.map(String)]);
  return stdout.trim();
}

describe('between two hosts', () => {
  test.each(['ip', 'ip6'] as const)('by %s messages up to a megabyte travel both ways, and a shutdown ends it', async (kind) => {
    const [here, there] = await ipHosts();
    const family = kind === 'ip6' ? 'inet6' : 'inet';
    const room = { sndbuf: 4 * 2 ** 20 };
    const server = await sctp.open(self, 5000, { ...over, ...room, family, netns: there.netns });
    const client = await sctp.open(self, { ...over, ...room, family, netns: here.netns, ip: here[kind] });
    const { atClient, atServer } = await associated(server, client, there[kind]);
    expect(server.peername(atServer)).toEqual([here[kind], client.port]);
    expect(server.socknames(atServer)).toEqual([[there[kind], 5000]]);
    const message = randomBytes(2 ** 20);
    for (const [from, id, to] of [
      [client, atClient, server],
      [server, atServer, client],
    ] as const) {
      await from.send(id, 1, message);
      const [ip, , , data] = await to.recv();
      expect(ip).toBe(from === client ? here[kind] : there[kind]);
      expect((data as Buffer).equals(message)).toBe(true);
    }
    await client.eof(atClient);
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    expect(word(await client.recv())).toBe('shutdown_comp');
    expect([here.udpDatagrams(), there.udpDatagrams()]).toEqual([0, 0]);
    client.close();
    server.close();
  });

  test('packets fill what the link carries, and no more', async () => {
    const [here, there] = await ipHosts();
    const server = await sctp.open(self, 5000, { ...over, netns: there.netns });
    const client = await sctp.open(self, { ...over, netns: here.netns });
    const { atClient } = await associated(server, client, there.ip);
    const paths = client.getopts([['sctpGetPeerAddrInfo', { assocId: atClient, address: [there.ip, 5000] }]]);
    // 1,500 bytes less the header of IPv4. The engine shows the headers of IPv4 and UDP with it, whatever is below.
    expect((paths.sctpGetPeerAddrInfo?.mtu ?? 0) - 28).toBe(1480);
    client.close();
    server.close();
  });

  test('a host that has no SCTP says so by ICMP, and the connect fails at once', async () => {
    const [here, there] = await ipHosts();
    const patient = { sctpInitmsg: { maxAttempts: 100 } };
    const four = await sctp.open(self, { ...over, ...patient, netns: here.netns });
    await expect(four.connect(there.ip, 5000)).rejects.toMatchObject({ reason: 'cant_assoc' });
    const six = await sctp.open(self, { ...over, ...patient, netns: here.netns, family: 'inet6' });
    await expect(six.connect(there.ip6, 5000)).rejects.toMatchObject({ reason: 'cant_assoc' });
    four.close();
    six.close();
  });

  test('an association has paths of both families', async () => {
    const [here, there] = await ipHosts();
    const quiet = { addressEvent: false };
    const both = ({ ip, ip6, netns }: typeof here) =>
      ({ ...over, family: 'inet6', ip: [ip6, ip], netns, sctpEvents: quiet }) as const;
    const server = await sctp.open(self, 5000, both(there));
    const client = await sctp.open(self, both(here));
    const { atClient } = await associated(server, client, there.ip6);
    expect(
      client
        .peernames(atClient)
        .map(([ip]) => ip)
        .sort(),
    ).toEqual([there.ip, there.ip6].sort());
    await client.send(atClient, 0, 'hello');
    expect(word(await server.recv())).toBe('data:hello');
    client.close();
    server.close();
  });
});

describe('on one host', () => {
  test('each port gets its own packets, and none of the others', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => sctp.open(self, local)));
    const client = await sctp.open(self, local);
    expect(client.port).toBeGreaterThanOrEqual(49152);
    const ids = [];
    for (const server of servers) ids.push((await associated(server, client, '127.0.0.1')).atClient);
    for (const [index, server] of servers.entries()) {
      await client.send(ids[index]!, 0, `to ${server.port}`);
      expect(word(await server.recv())).toBe(`data:to ${server.port}`);
    }
    for (const server of servers) await expect(server.recv(0)).rejects.toMatchObject({ reason: 'timeout' });
    for (const socket of [client, ...servers]) socket.close();
  });

  test('a port belongs to one socket at an address, and to one process', async () => {
    // A port of UDP is another one.
    const udp = await sctp.open(self, { stack: 'embedded', ip: '127.0.0.1' });
    const { port } = udp;
    const first = await sctp.open(self, port, local);
    await expect(sctp.open(self, port, local)).rejects.toMatchObject({ reason: 'eaddrinuse' });
    await expect(sctp.open(self, port, over)).rejects.toMatchObject({ reason: 'eaddrinuse' });
    const beside = await sctp.open(self, port, { ...over, ip: '127.0.0.2' });
    expect(await outcome(port)).toBe('eaddrinuse');
    expect(await outcome(0)).toBe('open');
    for (const socket of [first, beside, udp]) socket.close();
    expect(await outcome(port)).toBe('open');
  });

  test('a listener is opened again beside the sockets that it has accepted', async () => {
    const listener = await sctp.open(self, { ...local, type: 'stream' });
    const { port } = listener;
    await listener.listen(5);
    const client = await sctp.open(self, { ...local, type: 'stream' });
    await client.connect('127.0.0.1', port);
    const accepted = await listener.accept(self);
    listener.close();
    const again = await sctp.open(self, port, { ...local, type: 'stream' });
    await again.listen(5);
    const [, , , up] = await accepted.recv();
    await accepted.send(up as SctpAssocChange, 0, 'beside');
    expect(word(await client.recv())).toBe('data:beside');
    for (const socket of [client, accepted, again]) socket.close();
  });

  test('without the privilege it is eperm', async () => {
    expect(await outcome(0, 65534)).toBe('eperm');
  });

  test('ports of UDP are no options of it, nor is a word that is none', () => {
    expect(() => sctp.open(self, { ...over, encapsPort: 9899 })).toThrow('options.encapsPort');
    expect(() => sctp.open(self, { ...over, remoteEncapsPort: 9899 })).toThrow('options.remoteEncapsPort');
    expect(() => sctp.open(self, { over: 'tcp' as 'ip' })).toThrow('options.over');
  });

  test('a new address is added, and taken away', async () => {
    const socket = await sctp.open(self, local);
    await socket.bindx(['127.0.0.2'], 'add');
    expect(socket.socknames().map(([ip]) => ip)).toEqual(['127.0.0.1', '127.0.0.2']);
    await expect(socket.bindx(['127.0.0.2'], 'add')).rejects.toMatchObject({ reason: 'einval' });
    await socket.bindx(['127.0.0.1'], 'remove');
    const other = await sctp.open(self, socket.port, local);
    for (const each of [socket, other]) each.close();
  });
});
