/** Paths that die and heal while data travels: nothing is lost, and both ends are told (EV-21, MS-11, SD-6). */
import { expect, test } from 'vitest';
import type { SctpItem } from '../../actors/sctp/received.js';
import { type Host, type Network, onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

/** Two hosts whose two paths have been confirmed. The events of that have been read. */
async function twoPaths({ here, there }: Network, options = {}) {
  const server = await Peer.listening(there, options);
  const client = await Peer.open(here, options);
  const ids = await associate(client, server, there.ips[0]);
  expect(await server.word()).toBe(`addr_confirmed ${here.ips[1]}`);
  expect(await client.word()).toBe(`addr_confirmed ${there.ips[1]}`);
  return { server, client, ...ids };
}

const stateOf = ({ socket }: Peer, assocId: number, ip: string, port: number) =>
  socket.getopts([['sctpGetPeerAddrInfo', { assocId, address: [ip, port] }]]).sctpGetPeerAddrInfo?.state;

onNetwork((network) => {
  test('the primary path is cut while messages travel: none is lost, doubled or reordered; it heals, and all are told (EV-21, MS-11)', async () => {
    const { here, there } = network();
    const { server, client, atFrom } = await twoPaths(network());
    const total = 400;
    const sending = (async () => {
      const payload = Buffer.alloc(1400);
      for (let index = 0; index < total; index += 1) {
        payload.writeUInt32BE(index);
        await client.socket.send(atFrom, 0, payload);
        if (index === total / 4) network().cut(1);
      }
    })();
    const numbers: number[] = [];
    const sources: string[] = [];
    while (numbers.length < total) {
      const [ip, , , content] = await server.next();
      if (!Buffer.isBuffer(content)) continue;
      numbers.push(content.readUInt32BE());
      if (sources.at(-1) !== ip) sources.push(ip);
    }
    await sending;
    expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index));
    // The source of data is where its packet came from.
    expect(sources).toEqual(here.ips);
    expect(await client.word()).toBe(`addr_unreachable ${there.ips[0]}`);
    expect(stateOf(client, atFrom, there.ips[0], server.port)).toBe('inactive');

    network().mend();
    expect(await client.word()).toBe(`addr_available ${there.ips[0]}`);
    await server.until(`addr_available ${here.ips[0]}`);
    expect(stateOf(client, atFrom, there.ips[0], server.port)).toBe('active');
    await client.socket.send(atFrom, 0, 'back');
    const [ip, , , back] = await server.next();
    expect([ip, String(back)]).toEqual([here.ips[0], 'back']);
  });

  test('the other path is cut and heals while nothing is sent: heartbeats tell both ends, whose primary path it is not (EV-21, MS-11)', async () => {
    const { here, there } = network();
    const { server, client } = await twoPaths(network());
    const told = async (peer: Peer, of: Peer, { ips }: Host, state: string) => {
      const event = { state, addr: [ips[1], of.port] };
      expect(await peer.next()).toMatchObject([ips[0], of.port, [], event]);
    };
    network().cut(2);
    await told(client, server, there, 'addr_unreachable');
    await told(server, client, here, 'addr_unreachable');
    network().mend();
    await told(client, server, there, 'addr_available');
    await told(server, client, here, 'addr_available');
  });

  test('all paths die: each is unreachable, then comm_lost with error 0, then what was not delivered comes back (EV-7, EV-17, EV-21, CL-12)', async () => {
    const { here, there } = network();
    // To cut both takes a busy machine so long that an association with a limit of five would be over before anything is sent.
    const { server, client, atFrom, atTo } = await twoPaths(network(), { sctpAssocinfo: { asocmaxrxt: 20 } });
    // Without Nagle's algorithm, by which the second message could wait for the acknowledgement of the first one, and never leave.
    client.socket.setopts({ sctpNodelay: true });
    network().cut(1, 2);
    for (const text of ['one', 'two']) await client.socket.send({ assocId: atFrom, stream: 3, ppid: 7, context: 9 }, text);
    const items: SctpItem[] = [];
    while (items.length < 5) items.push(await client.next());
    const events = items.map(([, , , content]) => content);
    const unreachable = events.slice(0, 2).map((event) => 'addr' in event && [event.state, event.addr[0]]);
    expect(unreachable).toEqual(expect.arrayContaining(there.ips.map((ip) => ['addr_unreachable', ip])));
    expect(events[2]).toMatchObject({ type: 'sctp_assoc_change', state: 'comm_lost', error: 0, assocId: atFrom });
    for (const [index, text] of ['one', 'two'].entries()) {
      expect(events[3 + index]).toMatchObject({
        type: 'sctp_send_failed',
        flags: true,
        error: 0,
        assocId: atFrom,
        info: { stream: 3, ppid: 7, context: 9, flags: [] },
        data: Buffer.from(text),
      });
    }
    const before = await server.until('comm_lost');
    expect(before.sort()).toEqual(here.ips.map((ip) => `addr_unreachable ${ip}`));
    expect([await client.left(), await server.left()]).toEqual([[], []]);
    for (const [peer, id] of [
      [client, atFrom],
      [server, atTo],
    ] as const) {
      await expect(peer.socket.send(id, 0, 'x')).rejects.toMatchObject({ reason: 'epipe' });
    }
  });

  test('messages of a megabyte arrive whole and in order over a link that loses one packet in twenty (RV-13)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there, { ...patient, ip: there.ips[0] });
    const client = await Peer.open(here, { ...patient, ip: here.ips[0], sndbuf: 4 * 2 ** 20 });
    const { atFrom } = await associate(client, server, there.ips[0]);
    network().shape(1, { lossPercent: 5 });
    const messages = [1, 2].map((seed) =>
      Buffer.from(Uint8Array.from({ length: 2 ** 20 }, (_, at) => (at * 31 + (at >> 8) + seed) % 251)),
    );
    for (const message of messages) await client.socket.send(atFrom, 0, message);
    for (const message of messages) {
      const [, , , data] = await server.next();
      expect(Buffer.isBuffer(data) && data.equals(message)).toBe(true);
    }
  });

  test('another primary address is told at this end alone, and is where data goes from then on (EV-19, EV-21, MS-11)', async () => {
    const { here, there } = network();
    const { server, client, atFrom } = await twoPaths(network());
    client.socket.setopts({ sctpPrimaryAddr: { assocId: atFrom, addr: [there.ips[1], server.port] } });
    const [from, , , event] = await client.next();
    expect(event).toMatchObject({ state: 'addr_made_prim', addr: [there.ips[1], server.port], error: 0 });
    expect(from).toBe(there.ips[1]);
    await client.socket.send(atFrom, 0, 'x');
    expect(await server.next()).toMatchObject([here.ips[1], client.port, [{}], Buffer.from('x')]);
    expect(await server.left()).toEqual([]);
  });
});
