/** Messages above the limit of every stack. Only a kernel whose buffers may grow can send one. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

const tooLarge = Buffer.alloc((64 << 20) + 1, 'x');
const mostBuffer = '/proc/sys/net/core/wmem_max';
const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

onNetwork((network) => {
  let before = '';
  beforeEach((context) => {
    if (process.env.MAILPORT_LAB === undefined) context.skip('only the lab’s buffers may be as large');
    before = readFileSync(mostBuffer, 'utf8');
    writeFileSync(mostBuffer, String(4 * tooLarge.length));
  });
  afterEach(() => {
    if (before !== '') writeFileSync(mostBuffer, before);
  });

  const from = () => Peer.open(network().here, { ...patient, ip: network().here.ips[0], sndbuf: 2 * tooLarge.length });
  const to = (options: object) => Peer.listening(network().there, { ...patient, ip: network().there.ips[0], ...options });

  test('a message above the limit ends its association with comm_lost at both ends; the others go on, and nothing of it is delivered (RV-18)', async () => {
    const server = await to({});
    const address = network().there.ips[0];
    const client = await from();
    const other = await from();
    const { atFrom } = await associate(client, server, address);
    const others = await associate(other, server, address);
    await client.socket.send(atFrom, 0, tooLarge);
    // On a slow machine the path may have seemed unreachable for a while. Nothing of the message has come.
    expect((await server.until('comm_lost')).filter((word) => !word.startsWith('addr_'))).toEqual([]);
    await client.until('comm_lost');
    await other.socket.send(others.atFrom, 0, 'x');
    expect(await server.word()).toBe('data x');
    expect(await server.left()).toEqual([]);
  });

  test('on a one-to-one socket, too, which has then nothing left but what was read, and its close (EV-16, SD-10)', async () => {
    const listener = await to({ type: 'stream', linger: [true, 5], sctpNodelay: true });
    const client = await from();
    const { assocId } = await client.socket.connect(network().there.ips[0], listener.port);
    const accepted = await listener.socket.accept(mainActor());
    expect((await accepted.recv())[3]).toMatchObject({ state: 'comm_up' });
    // Send until there is no room, because the client reads nothing.
    const sends = Array.from({ length: 40 }, () => accepted.send(0, 0, Buffer.alloc(50_000)));
    const outcomes = Promise.allSettled(sends);
    await client.socket.send(assocId, 0, tooLarge);
    expect((await accepted.recv())[3]).toMatchObject({ state: 'comm_lost', error: 12 });
    expect((await outcomes).at(-1)).toEqual({ status: 'rejected', reason: reason('epipe') });
    await client.until('comm_lost');
    await expect(accepted.send(0, 0, 'x')).rejects.toThrow(reason('epipe'));
    await expect(accepted.recv(0)).rejects.toThrow(reason('timeout'));
    expect(() => accepted.peername()).toThrow(reason('enotconn'));
    expect(() => accepted.sockname()).toThrow(reason('einval'));
    expect(() => accepted.setopts({ sctpNodelay: false })).toThrow(reason('einval'));
    expect(() => accepted.setopts({ ttl: 9 })).toThrow(reason('einval'));
    expect(accepted.getopts(['linger', 'sctpNodelay', 'recbuf', 'ttl', ['sctpStatus', { assocId: 0 }]])).toEqual({});
    await expect(accepted.connect(network().here.ips[0], client.port)).rejects.toThrow(reason('einval'));
    await expect(accepted.listen(true)).rejects.toThrow(reason('einval'));
    expect(accepted.info().queuedBytes).toEqual([0, 0]);
    accepted.close();
    // The listener goes on.
    await (await from()).socket.connect(network().there.ips[0], listener.port);
    (await listener.socket.accept(mainActor())).close();
  });
});
