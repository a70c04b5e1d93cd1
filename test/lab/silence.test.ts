/** Peers that do not answer yet, or no longer: attempts to associate, and messages that were sent (EV-15, EV-21, AS-6, CN-7, SD-17). */
import { expect, test } from 'vitest';
import type { SctpSendFailed } from '../../actors/sctp/events.js';
import { onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

/** The association with a peer as soon as there is one, though nobody has been told its id. */
async function idOf(client: Peer, address: readonly [string, number]): Promise<number> {
  for (;;) {
    const id = client.socket.getopts([['sctpGetPeerAddrInfo', { address }]]).sctpGetPeerAddrInfo?.assocId;
    if (id !== undefined) return id;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

onNetwork((network) => {
  /** Two sockets on link 1 alone. The link loses every packet of the client. */
  async function silent(options = {}) {
    const { here, there } = network();
    const server = await Peer.listening(there, { ip: there.ips[0], ...options });
    const client = await Peer.open(here, { ip: here.ips[0], ...options });
    network().cut(1);
    return { server, client, address: there.ips[0] };
  }

  test('without an answer an attempt ends in cant_assoc with error 0, and what was queued comes back after it (EV-21, CN-14, CN-30, SD-15)', async () => {
    const { server, client, address } = await silent();
    const id = await client.socket.connectInit(address, server.port);
    for (const text of ['one', 'two']) await client.socket.send(id, 0, text);
    expect((await client.next())[3]).toMatchObject({ type: 'sctp_assoc_change', state: 'cant_assoc', error: 0, assocId: id });
    for (const text of ['one', 'two']) {
      expect((await client.next())[3]).toMatchObject({
        type: 'sctp_send_failed',
        flags: false,
        error: 0,
        data: Buffer.from(text),
      });
    }
    await expect(client.socket.connect(address, server.port)).rejects.toThrow(reason('cant_assoc'));
    expect(await client.left()).toEqual([]);
  });

  test('after its timeout an attempt goes on: it is in the way of another, and its outcome comes as an item (CN-7, CN-17)', async () => {
    const { server, client, address } = await silent({ sctpInitmsg: { maxAttempts: 100 } });
    await expect(client.socket.connect(address, server.port, {}, 1)).rejects.toThrow(reason('timeout'));
    await expect(client.socket.connect(address, server.port)).rejects.toThrow(reason('ealready'));
    network().mend();
    const [ip, port, , event] = await client.next();
    expect([ip, port, event]).toMatchObject([address, server.port, { state: 'comm_up' }]);
    await server.change('comm_up');
  });

  test('eof during the set-up ends the attempt without any event of it; what was queued comes back; the peer can be connected at once (AS-6)', async () => {
    const { server, client, address } = await silent({ sctpInitmsg: { maxAttempts: 100 } });
    const id = await client.socket.connectInit(address, server.port);
    await client.socket.send(id, 0, 'queued');
    await client.socket.eof(id);
    expect(await client.word()).toBe('send_failed queued');
    await expect(client.socket.eof(id)).rejects.toThrow(reason('epipe'));
    network().mend();
    const { atFrom } = await associate(client, server, address);
    expect(atFrom).not.toBe(id);
    await client.socket.send(atFrom, 0, 'x');
    expect(await server.word()).toBe('data x');
    expect(await client.left()).toEqual([]);
  });

  test('eof during the set-up settles who waits for the outcome, with cant_assoc, and the socket goes on (AS-6)', async () => {
    const { server, client, address } = await silent({ sctpInitmsg: { maxAttempts: 100 } });
    const outcome = client.socket.connect(address, server.port);
    const refused = expect(outcome).rejects.toMatchObject({ reason: 'cant_assoc', event: { state: 'cant_assoc', error: 0 } });
    const id = await idOf(client, [address, server.port]);
    await client.socket.send(id, 0, 'queued');
    await client.socket.eof(id);
    await refused;
    expect(await client.word()).toBe('send_failed queued');
    network().mend();
    await associate(client, server, address);
    expect(await client.left()).toEqual([]);
  });

  test('eof just after the set-up is no refusal: the outcome that nobody has read yet counts (AS-2, AS-6)', async () => {
    const { server, client, address } = await silent();
    network().mend();
    const outcome = client.socket.connect(address, server.port);
    const id = await idOf(client, [address, server.port]);
    // The peer's stack answers without anybody reading here.
    while (client.socket.getopts([['sctpStatus', { assocId: id }]]).sctpStatus?.state !== 'established');
    await client.socket.eof(id);
    expect((await outcome).state).toBe('comm_up');
    expect(await client.word()).toBe('shutdown_comp');
  });

  test('abort during the set-up is cant_assoc with the id and its cause (AS-6, EV-17)', async () => {
    const { server, client, address } = await silent({ sctpInitmsg: { maxAttempts: 100 } });
    const id = await client.socket.connectInit(address, server.port);
    await client.socket.abort(id);
    expect((await client.next())[3]).toMatchObject({ state: 'cant_assoc', error: 12, assocId: id });
    await expect(client.socket.abort(id)).rejects.toThrow(reason('epipe'));
  });

  test('a peer that has gone silently and comes again is one restart of the same id, after what was in flight (EV-15, EV-21, FC-38, SD-6)', async () => {
    const { here, there } = network();
    const a = await Peer.listening(here, { ip: here.ips[0], ...patient });
    const b = await Peer.open(there, { ip: there.ips[0], ...patient });
    const { atFrom: atB, atTo: atA } = await associate(b, a, here.ips[0]);
    network().cut(1);
    for (const text of ['one', 'two']) await a.socket.send(atA, 0, text);
    // Its abort does not arrive.
    b.socket.setopts({ linger: [true, 0] });
    b.socket.close();
    const again = await Peer.open(there, { ip: there.ips[0], port: b.port, sctpInitmsg: { maxAttempts: 100 } });
    const assocId = await again.socket.connectInit(here.ips[0], a.port);
    expect(assocId).not.toBe(atB);
    // The link is mended only when there is an association again: the kernel would answer a packet for no association with an abort.
    network().mend();
    expect((await again.change('comm_up')).assocId).toBe(assocId);
    expect(await a.words(2)).toEqual(['send_failed one', 'send_failed two']);
    expect((await a.change('restart')).assocId).toBe(atA);
    await a.socket.send(atA, 0, 'after');
    await again.until('data after');
  });

  test('messages that have not left when their lifetime is over come back, and the rest arrives (SD-17, EV-7)', async () => {
    const { here, there } = network();
    const server = await Peer.listening(there, { ip: there.ips[0], ...patient });
    const client = await Peer.open(here, { ip: here.ips[0], sctpNodelay: true, ...patient });
    const { atFrom } = await associate(client, server, there.ips[0]);
    network().cut(1);
    // These are more bytes than the congestion window of a new association lets out.
    await client.socket.send(atFrom, 0, Buffer.alloc(20_000));
    for (const text of ['one', 'two', 'three']) await client.socket.send({ assocId: atFrom, timetolive: 50 }, text);
    await client.socket.send(atFrom, 0, 'last');
    await expect(server.socket.recv(60)).rejects.toThrow(reason('timeout'));
    network().mend();
    expect(await server.words(2)).toEqual(['data of 20000 bytes', 'data last']);
    const failed: SctpSendFailed[] = [];
    while (failed.length < 3) {
      const [, , , event] = await client.next();
      if ('type' in event && event.type === 'sctp_send_failed') failed.push(event);
    }
    expect(failed.map(({ data, flags, error, info }) => [String(data), flags, error, info.timetolive])).toEqual(
      ['one', 'two', 'three'].map((text) => [text, false, 0, 50]),
    );
  });
});
