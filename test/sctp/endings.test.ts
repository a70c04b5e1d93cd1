/** Associations that begin and end: sends, eof and abort before, while and after (AS-2, AS-6, AS-7, SD-10, SD-14, SD-15, EV-11, EV-12). */
import { expect, test } from 'vitest';
import { connected, mailbox, nextTurn, nextWords, overStacks, pair, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
/** The reason for which tests of the set-up are skipped. */
const atOnce = 'the kernel sets an association up on loopback within the call';
/** Whether a send was taken. */
const taken = [() => true, () => false] as const;

overStacks((sctp, name) => {
  test('eof during the set-up ends the attempt without any event of it, and the peer can be connected again (AS-6)', async ({
    skip,
  }) => {
    if (name === 'kernel') skip(atOnce);
    const { server, client } = await pair(sctp);
    const id = await client.connectInit('127.0.0.1', server.port);
    await client.eof(id);
    await expect(client.eof(id)).rejects.toThrow(reason('epipe'));
    const { assocId } = await client.connect('127.0.0.1', server.port);
    await client.send(assocId, 0, 'x');
    const seen: string[] = [];
    while (!seen.includes('data:x')) seen.push(word(await server.recv()));
    await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('abort during the set-up is cant_assoc with the id and its cause (AS-6, EV-17)', async ({ skip }) => {
    if (name === 'kernel') skip(atOnce);
    const { server, client } = await pair(sctp);
    const id = await client.connectInit('127.0.0.1', server.port);
    await client.abort(id);
    expect((await client.recv())[3]).toMatchObject({ state: 'cant_assoc', error: 12, assocId: id });
    client.close();
    server.close();
  });

  test('data may be sent during the set-up, on streams that were asked for (SD-15)', async () => {
    const { server, client } = await pair(sctp, {}, { sctpInitmsg: { numOstreams: 4 } });
    const id = await client.connectInit('127.0.0.1', server.port);
    await client.send(id, 3, 'early');
    await expect(client.send(id, 4, 'no such stream')).rejects.toThrow(reason('einval'));
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['comm_up', 'data:early']);
    expect(word(await client.recv())).toBe('comm_up');
    client.close();
    server.close();
  });

  test('eof may be repeated while it is under way; data may not follow it; afterwards the id is dead (SD-10, SD-14, AS-7)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, { sndbuf: 8192, nonBlockSend: true });
    let unread = 0;
    // The kernel shuts down on loopback within the call, unless there is something to be sent first.
    if (name === 'kernel') while (await client.send(atClient, 0, Buffer.alloc(1000)).then(...taken)) unread += 1;
    await client.eof(atClient);
    await client.eof(atClient);
    await client.send({ assocId: atClient, flags: ['eof', 'abort'] }, '');
    await expect(client.send(atClient, 0, 'late')).rejects.toThrow(reason('eshutdown'));
    for (; unread > 0; unread -= 1) expect(word(await server.recv())).toMatch(/^data:/);
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    expect(word(await client.recv())).toBe('shutdown_comp');
    await expect(client.eof(atClient)).rejects.toThrow(expect.objectContaining({ reason: 'epipe', syscall: 'eof' }));
    await expect(client.abort(atClient)).rejects.toThrow(expect.objectContaining({ reason: 'epipe', syscall: 'abort' }));
    client.close();
    server.close();
  });

  test('abort may carry a reason, which the peer is not shown (SD-14, EV-12)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await client.send({ assocId: atClient, flags: ['abort'] }, 'because');
    const lost = { type: 'sctp_assoc_change', state: 'comm_lost', error: 12 };
    expect((await server.recv())[3]).toMatchObject({ ...lost, assocId: atServer });
    expect((await client.recv())[3]).toMatchObject({ ...lost, assocId: atClient });
    client.close();
    server.close();
  });

  test('the end of one association takes two of a count from its peer and one from whoever began (FC-37, EV-11)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    server.setopts({ active: 1 });
    client.setopts({ active: 2 });
    await client.eof(atClient);
    expect((await nextWords(3)).sort()).toEqual(['passive', 'sctp_shutdown_event', 'shutdown_comp']);
    expect(await mailbox()).toEqual([]);
    expect([server.getopts(['active']).active, client.getopts(['active']).active]).toEqual([false, 1]);
    // N ran out between the two: the second is left for recv.
    expect((await server.recv())[3]).toMatchObject({ state: 'shutdown_comp', assocId: atServer });
    client.close();
    server.close();
  });

  test('unordered messages say so, and how they were sent is as SD-2 has it (SD-2, SD-12, MS-10)', async () => {
    const { server, client, atClient } = await connected(sctp, {}, { sctpDefaultSendParam: { ppid: 7, flags: ['unordered'] } });
    await client.send(atClient, 2, 'by the defaults');
    expect((await server.recv())[2][0]).toMatchObject({ stream: 2, ppid: 7, flags: ['unordered'], ssn: 0 });
    await client.send({ assocId: atClient, stream: 2 }, 'by the record alone');
    expect((await server.recv())[2][0]).toMatchObject({ stream: 2, ppid: 0, flags: [], ssn: 0, cumtsn: 0 });
    client.close();
    server.close();
  });

  test('abort fails the waiting sends of its association at once, and nobody reads (AS-2)', async ({ skip }) => {
    if (name === 'simulated') skip('the buffers of the simulated stack are for one association each');
    const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, { sndbuf: 8192, nonBlockSend: true });
    for (let quiet = 0; quiet < 20; quiet += 1) {
      while (await client.send(atClient, 0, Buffer.alloc(1000)).then(...taken)) quiet = 0;
      await nextTurn();
    }
    client.setopts({ nonBlockSend: false });
    const doomed = client.send(atClient, 0, 'no room for this');
    expect(client.info().waitingSends).toBe(1);
    await client.abort(atClient);
    await expect(doomed).rejects.toThrow(reason('epipe'));
    expect(client.info()).toMatchObject({ waitingSends: 0 });
    for (const socket of [client, server]) socket.close();
  });

  test('bytes that the sender changes after the send was taken arrive as they were sent', async () => {
    const { server, client, atClient } = await connected(sctp);
    const bytes = Buffer.from('mine');
    await client.send(atClient, 0, bytes);
    bytes.fill('x');
    const [, , , first] = await server.recv();
    await client.send(atClient, 0, bytes);
    (first as Buffer).fill('y');
    expect([String(first), word(await server.recv())]).toEqual(['yyyy', 'data:xxxx']);
    client.close();
    server.close();
  });

  test('a send waits behind others and is taken as its bytes were (SD-8)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    const many = Array.from({ length: 60 }, (_, index) => client.send(atClient, 0, Buffer.alloc(1000, index)));
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    const last = client.send(atClient, 0, ['text', ['in', 32], Buffer.from('parts')]);
    const ended = client.eof(atClient);
    for (let index = 0; index < 60; index += 1) expect((await server.recv())[3]).toHaveLength(1000);
    expect(word(await server.recv())).toBe('data:textin parts');
    await Promise.all([...many, last, ended]);
    expect(word(await server.recv())).toBe('sctp_shutdown_event');
    client.close();
    server.close();
  });
});
