/** Sockets with several addresses, between hosts of two links: how they are bound and named, and which paths an association has (MH, EV-10). */
import { expect, test } from 'vitest';
import { BadArg, mainActor } from '../../runtime/index.js';
import { onNetwork } from './network.js';
import { associate, Peer } from './peers.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const ips = (names: readonly (readonly [string, number])[]) => names.map(([ip]) => ip);

onNetwork((network) => {
  test('each address of open is bound, in the order given, all to the one port that was picked (MH-1, MH-2, MH-13, MH-14)', async () => {
    const { here } = network();
    for (const list of [here.ips, here.ips.toReversed()]) {
      const { socket } = await Peer.open(here, { ip: list });
      expect(socket.port).toBeGreaterThan(0);
      expect(socket.socknames()).toEqual(list.map((ip) => [ip, socket.port]));
      expect(socket.sockname()).toEqual([list.at(-1), socket.port]);
      socket.close();
    }
  });

  test('a socket that is bound to any is named any, and lists nothing else (MH-14)', async () => {
    const { here } = network();
    const { socket } = await Peer.open(here, { ip: 'any' });
    expect(socket.sockname()).toEqual(['0.0.0.0', socket.port]);
    expect(socket.socknames()).toEqual([['0.0.0.0', socket.port]]);
    expect(() => socket.peername()).toThrow(reason('enotconn'));
    expect(() => socket.peernames(4_000_000)).toThrow(reason('einval'));
  });

  test('an address that cannot be added fails the whole open, and leaves nothing bound (MH-8)', async () => {
    const { here, there } = network();
    const { port, socket } = await Peer.open(here);
    socket.close();
    await expect(Peer.open(here, { port, ip: [here.ips[0], there.ips[0]] })).rejects.toThrow(reason('eaddrnotavail'));
    await expect(Peer.open(here, { port, ip: [here.ips[0], here.ips[0]] })).rejects.toThrow(BadArg);
    expect((await Peer.open(here, { port })).port).toBe(port);
  });

  test('the two ends of an association know the same addresses, peeled off as well (MH-10, MH-12, MH-13)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there);
    const client = await Peer.open(here);
    const { atFrom, atTo } = await associate(client, server, there.ips[1]);
    const peeled = server.socket.peeloff(mainActor(), atTo);
    expect(ips(client.socket.peernames(atFrom)).sort()).toEqual(there.ips);
    for (const names of [peeled.socknames(), peeled.peernames()]) expect(names).toHaveLength(2);
    expect(peeled.peernames().sort()).toEqual(client.socket.socknames().sort());
    expect(peeled.socknames().sort()).toEqual(client.socket.peernames(atFrom).sort());
    expect(peeled.port).toBe(server.port);
    // The address that was connected to is the primary one.
    expect(client.socket.getopts([['sctpStatus', { assocId: atFrom }]]).sctpStatus?.primary.address).toEqual([
      there.ips[1],
      server.port,
    ]);
    peeled.close();
  });

  test('comm_up is the first event at both ends, and each further path is confirmed by a heartbeat (EV-10, EV-19, EV-21)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there);
    const client = await Peer.open(here);
    await associate(client, server, there.ips[0]);
    expect((await server.next())[3]).toMatchObject({ state: 'addr_confirmed', addr: [here.ips[1], client.port] });
    expect((await client.next())[3]).toMatchObject({ state: 'addr_confirmed', addr: [there.ips[1], server.port] });
    expect([await server.left(), await client.left()]).toEqual([[], []]);
  });

  test('one address at each end: no address event at all (EV-10)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there, { ip: there.ips[0] });
    const client = await Peer.open(here, { ip: here.ips[0] });
    const { atFrom } = await associate(client, server, there.ips[0]);
    await client.socket.send(atFrom, 0, 'x');
    await client.socket.eof(atFrom);
    expect(await server.words(3)).toEqual(['data x', 'shutdown_event', 'shutdown_comp']);
    expect(await client.words(1)).toEqual(['shutdown_comp']);
  });

  test('bound to any it counts as multi-homed (EV-10)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there, { ip: 'any' });
    const client = await Peer.open(here, { ip: here.ips[0] });
    const { atFrom } = await associate(client, server, there.ips[0]);
    expect(ips(client.socket.peernames(atFrom))).toEqual(expect.arrayContaining([...there.ips]));
    // A socket on link 1 alone cannot reach link 2 of the other host, so that path stays unconfirmed.
    const paths = client.socket.peernames(atFrom).map(([ip, port]) => {
      const address = [ip, port] as const;
      return [ip, client.socket.getopts([['sctpGetPeerAddrInfo', { assocId: atFrom, address }]]).sctpGetPeerAddrInfo?.state];
    });
    expect(Object.fromEntries(paths)).toMatchObject({ [there.ips[0]]: 'active', [there.ips[1]]: 'unconfirmed' });
  });

  test('an IPv6 socket has addresses of both families, and is named by them as they are (MH-7, MH-14)', async () => {
    const { here, there } = network();
    // Without this the kernel keeps addresses of a smaller scope, such as these IPv4 ones, to itself.
    for (const host of [here, there]) host.set('sctp.addr_scope_policy', 0);
    const dual = (host: typeof here) => ({ family: 'inet6', ip: [host.ips6[0], host.ips[1]] }) as const;
    const server = await Peer.listening(there, dual(there));
    const client = await Peer.open(here, dual(here));
    const { atFrom, atTo } = await associate(client, server, there.ips6[0]);
    expect(ips(client.socket.peernames(atFrom)).sort()).toEqual([there.ips[1], there.ips6[0]].sort());
    expect(ips(server.socket.peernames(atTo)).sort()).toEqual([here.ips[1], here.ips6[0]].sort());
    expect(await server.word()).toBe(`addr_confirmed ${here.ips[1]}`);
    await client.socket.send(atFrom, 0, 'over IPv6');
    await server.until('data over IPv6');
  });
});
