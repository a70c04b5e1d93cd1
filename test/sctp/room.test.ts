/** How much the buffers take if nobody reads, in bursts, and at a close (FC-36, SD-16, CL-8), and sends without data (AS-3). */
import { expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { connected, nextTurn, overStacks, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
/** Whether a send was taken. */
const taken = [() => true, () => false] as const;

overStacks((sctp, name) => {
  test('with nobody reading many messages are taken, but not any number, and all of them arrive (SD-16)', async ({ skip }) => {
    if (name === 'simulated') return skip('the buffers of the simulated stack are for one association each');
    const { server, client, atClient } = await connected(sctp, {}, { nonBlockSend: true });
    let sent = 0;
    for (let quiet = 0; quiet < 20; quiet += 1) {
      while (await client.send(atClient, 0, Buffer.alloc(1000, sent)).then(...taken)) {
        sent += 1;
        quiet = 0;
      }
      await nextTurn();
    }
    // Erlang's default buffers take 53.
    expect(sent).toBeGreaterThan(53);
    const { sndbuf = 0 } = client.getopts(['sndbuf']);
    const { recbuf = 0 } = server.getopts(['recbuf']);
    expect(sent * 1000).toBeLessThanOrEqual(2 * (sndbuf + recbuf));
    await expect(client.send(atClient, 0, Buffer.alloc(1000))).rejects.toThrow(reason('eagain'));
    for (let index = 0; index < sent; index += 1) {
      const [, , , data] = await server.recv();
      expect([(data as Buffer).length, (data as Buffer)[0]]).toEqual([1000, index & 255]);
    }
    client.close();
    server.close();
  });

  test('of messages as large as the buffer two are taken with nobody reading, the first of which has left, and not many more (SD-16, SD-7)', async ({
    skip,
  }) => {
    if (name === 'simulated') return skip('the buffers of the simulated stack are for one association each');
    const { server, client, atClient } = await connected(sctp, {}, { nonBlockSend: true });
    const { sndbuf = 0 } = client.getopts(['sndbuf']);
    await client.send(atClient, 0, Buffer.alloc(sndbuf));
    await untilArrived(client);
    let sent = 1;
    while (await client.send(atClient, 0, Buffer.alloc(sndbuf)).then(...taken)) sent += 1;
    // The kernel counts its own overhead in a buffer, too.
    expect(sent).toBeGreaterThanOrEqual(2);
    expect(sent).toBeLessThanOrEqual(name === 'kernel' ? 4 : 2);
    client.close();
    server.close();
  });

  // RFC 9260 section 6.9.
  test('a message that has outgrown the receive buffer counts as queued while it is put together', async ({ skip }) => {
    if (name === 'simulated') return skip('messages of the simulated network come whole');
    const recbuf = 16 * 1024;
    const { server, client, atClient } = await connected(sctp, { recbuf });
    const { sndbuf = 0 } = client.getopts(['sndbuf']);
    let received = 0;
    const receiving = server.recv().then(([, , , data]) => {
      received = (data as Buffer).length;
    });
    await client.send(atClient, 0, Buffer.alloc(sndbuf));
    let most = 0;
    while (received === 0) {
      most = Math.max(most, server.info().queuedBytes[0]);
      await nextTurn();
    }
    await receiving;
    expect(received).toBe(sndbuf);
    expect(most).toBeGreaterThan(sndbuf / 2);
    expect(server.info().queuedBytes[0]).toBe(0);
    client.close();
    server.close();
  });

  test('a burst to a socket that reads nothing is taken whole: none of it has to be sent again (FC-36, OPN-5)', async ({
    skip,
  }) => {
    if (name === 'simulated') return skip('nothing is lost in the simulated network');
    const { server, client, atClient } = await connected(sctp, {}, { sctpMaxseg: 1400, sndbuf: 100_000 });
    const { sctpRtoinfo } = client.getopts(['sctpRtoinfo']);
    // A message that had to be sent again would make the test run out of time.
    client.setopts({ sctpRtoinfo: { initial: 60_000, min: 60_000, max: 60_000 } });
    client.setopts({ sctpRtoinfo: { assocId: atClient, initial: 60_000, min: 60_000, max: 60_000 } });
    expect(sctpRtoinfo?.min).toBeLessThan(60_000);
    for (let index = 0; index < 200; index += 1) await client.send(atClient, 0, Buffer.from([index]));
    await client.send(atClient, 0, Buffer.alloc(9000));
    await untilArrived(client);
    for (let index = 0; index < 200; index += 1) expect((await server.recv())[3]).toEqual(Buffer.from([index]));
    expect((await server.recv())[3]).toHaveLength(9000);
    client.close();
    server.close();
  });

  test('what is larger than the buffer, or than a packet that must not be divided, is emsgsize; what just fits is taken (SD-10)', async () => {
    const { server, client, atClient } = await connected(sctp, {}, { sndbuf: 20_000 });
    await expect(client.send(atClient, 0, Buffer.alloc(20_001))).rejects.toThrow(reason('emsgsize'));
    await client.send(atClient, 0, Buffer.alloc(20_000));
    expect((await server.recv())[3]).toHaveLength(20_000);
    client.setopts({ sndbuf: 200_000, sctpDisableFragments: true });
    const { sctpStatus } = client.getopts([['sctpStatus', { assocId: atClient }]]);
    const most = sctpStatus!.fragmentationPoint;
    if (name !== 'simulated') await expect(client.send(atClient, 0, Buffer.alloc(most + 1))).rejects.toThrow(reason('emsgsize'));
    await client.send(atClient, 0, Buffer.alloc(most));
    expect((await server.recv())[3]).toHaveLength(most);
    client.close();
    server.close();
  });

  test('a one-to-one socket that is not connected sends nothing; one opened as such has neither eof nor abort (SD-10)', async ({
    skip,
  }) => {
    if (name === 'simulated') return skip('the simulated stack ends associations of any socket');
    const open = () => sctp.open(mainActor(), 0, { ip: '127.0.0.1', type: 'stream' });
    const [listener, client] = [await open(), await open()];
    await expect(client.send(0, 0, 'x')).rejects.toThrow(reason('epipe'));
    await listener.listen(true);
    await expect(listener.send(0, 0, 'x')).rejects.toThrow(reason('epipe'));
    const { assocId } = await client.connect('127.0.0.1', listener.port);
    await expect(client.eof(assocId)).rejects.toThrow(reason('einval'));
    await expect(client.abort(assocId)).rejects.toThrow(reason('einval'));
    await client.send(assocId, 0, 'alive');
    client.close();
    listener.close();
  });

  test('close does not wait for what is queued, which arrives all the same (CL-8)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 100_000, linger: [true, 3] });
    let sent = 0;
    while (client.info().queuedBytes[1] < 40_000 && client.info().waitingSends === 0) {
      void client.send(atClient, 0, Buffer.alloc(1000, sent)).catch(() => undefined);
      sent += 1;
    }
    client.close();
    expect(client.isOpen).toBe(false);
    const words: string[] = [];
    while (words.at(-1) !== 'shutdown_comp') words.push(word(await server.recv()));
    expect(words.length).toBeGreaterThanOrEqual(Math.min(sent, 20));
    expect(words.at(-2)).toBe('sctp_shutdown_event');
    server.close();
  });

  test('eof and abort are sends without data that carry the flag alone (AS-3)', async () => {
    const { server, client, atClient } = await connected(sctp);
    await client.send({ assocId: atClient, flags: ['eof'] }, '');
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    expect(word(await client.recv())).toBe('shutdown_comp');
    for (const flags of [['eof'], ['abort']] as const) {
      await expect(client.send({ assocId: atClient, flags }, '')).rejects.toThrow(reason('epipe'));
    }
    await expect(client.eof(atClient)).rejects.toThrow(reason('epipe'));
    await expect(client.abort(atClient)).rejects.toThrow(reason('epipe'));
    const again = await client.connect('127.0.0.1', server.port);
    await client.send({ assocId: again.assocId, flags: ['abort'] }, '');
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['comm_up', 'comm_lost']);
    expect(word(await client.recv())).toBe('comm_lost');
    client.close();
    server.close();
  });

  test('two sockets that connect to each other at once have one association between them (CN-18)', async ({ skip }) => {
    if (name === 'simulated') return skip('the simulated network knows no collisions');
    if (name === 'kernel') return skip('the kernel sets an association up on loopback within the call');
    const self = mainActor();
    const [one, other] = [await sctp.open(self, 0, { ip: '127.0.0.1' }), await sctp.open(self, 0, { ip: '127.0.0.1' })];
    for (const socket of [one, other]) await socket.listen(true);
    const [here, there] = await Promise.all([one.connect('127.0.0.1', other.port), other.connect('127.0.0.1', one.port)]);
    expect([here.state, there.state]).toEqual(['comm_up', 'comm_up']);
    await one.send(here, 0, 'to the other');
    expect(await other.recv()).toMatchObject(['127.0.0.1', one.port, [{ assocId: there.assocId }], Buffer.from('to the other')]);
    await other.send(there, 0, 'and back');
    expect(await one.recv()).toMatchObject(['127.0.0.1', other.port, [{ assocId: here.assocId }], Buffer.from('and back')]);
    for (const socket of [one, other]) await expect(socket.recv(0)).rejects.toThrow(reason('timeout'));
    await expect(one.connect('127.0.0.1', other.port)).rejects.toThrow(reason('eisconn'));
    one.close();
    other.close();
  });
});
