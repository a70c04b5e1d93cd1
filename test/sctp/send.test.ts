/** `send`, `eof`, `abort`: their forms, their errors, how they wait for room, and the events that follow (SD, AS, EV). */
import { describe, expect, test } from 'vitest';
import type { SendInfo } from '../../actors/sctp/index.js';
import { BadArg, mainActor } from '../../runtime/index.js';
import { asActor, connected, mailbox, nextTurn, nextWords, overStacks, pair, simulated, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test('takes associations by id and by event, and iolists (SD-1, SD-5)', async () => {
    const { server, client } = await pair(sctp);
    const change = await client.connect('127.0.0.1', server.port);
    await server.recv();
    const bytes = new Uint8Array([104, 105]);
    for (const data of ['hi', bytes, Buffer.from('hi'), [104, 'i'], [['h'], [[bytes.subarray(1)]]]]) {
      await asActor(() => client.send(change, 1, data));
      await client.send(change.assocId, 1, data);
      for (let copy = 0; copy < 2; copy += 1) expect(word(await server.recv())).toBe('data:hi');
    }
    client.close();
    server.close();
  });

  test('takes ppid and the like from the defaults of the association, in the form with a stream (SD-1, SO-8)', async () => {
    const { server, client, atClient } = await connected(sctp, {}, { sctpDefaultSendParam: { ppid: 17 } });
    const ppid = async () => (await server.recv())[2][0]?.ppid;
    await client.send(atClient, 1, 'a');
    expect(await ppid()).toBe(17);
    client.setopts({ sctpDefaultSendParam: { ppid: 18 } });
    client.setopts({ sctpDefaultSendParam: { assocId: atClient, ppid: 19 } });
    await client.send(atClient, 0, 'b');
    expect(await ppid()).toBe(19);
    await client.send({ assocId: atClient }, 'c');
    expect(await ppid()).toBe(0);
    await client.send({ assocId: atClient, ppid: 20 }, 'd');
    expect(await ppid()).toBe(20);
    expect(client.getopts([['sctpDefaultSendParam', { assocId: atClient }]]).sctpDefaultSendParam).toMatchObject({
      assocId: atClient,
      ppid: 19,
    });
    expect(client.getopts(['sctpDefaultSendParam']).sctpDefaultSendParam).toMatchObject({ assocId: 0, ppid: 18 });
    client.close();
    server.close();
  });

  test('a received record may be sent back as it is (SD-3)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await client.send({ assocId: atClient, stream: 4, ppid: 9 }, 'ping');
    const [, , [info], data] = await server.recv();
    await server.send({ ...info!, assocId: atServer }, data as Buffer);
    const [, , [echoed], text] = await client.recv();
    expect([echoed?.stream, echoed?.ppid, String(text)]).toEqual([4, 9, 'ping']);
    client.close();
    server.close();
  });

  test('errors of the stack reject with their atoms (SD-9, SD-10)', async () => {
    const { server, client, atClient } = await connected(sctp, {}, { sctpInitmsg: { numOstreams: 5 } });
    for (const id of [0, 1, 2, 999_999]) await expect(client.send(id, 0, 'x')).rejects.toThrow(reason('epipe'));
    await client.send(atClient, 4, 'fits');
    await expect(client.send(atClient, 5, 'no such stream')).rejects.toThrow(reason('einval'));
    await expect(client.send(atClient, 0, '')).rejects.toThrow(reason('einval'));
    await expect(client.send({ assocId: atClient, flags: ['eof'] }, 'x')).rejects.toThrow(reason('einval'));
    await expect(client.send({ assocId: atClient, flags: ['addr_over'] }, 'x')).rejects.toThrow(reason('einval'));
    const { sndbuf = 0 } = client.getopts(['sndbuf']);
    await expect(client.send(atClient, 0, Buffer.alloc(sndbuf + 1))).rejects.toThrow(reason('emsgsize'));
    await client.abort(atClient);
    await expect(client.send(atClient, 0, 'x')).rejects.toThrow(reason('epipe'));
    client.close();
    server.close();
  });

  test('eof and abort of what is not there are epipe, and touch nothing else (AS-7)', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (const id of [0, 999_999]) {
      await expect(client.eof(id)).rejects.toThrow(reason('epipe'));
      await expect(client.abort(id)).rejects.toThrow(reason('epipe'));
    }
    await client.send(atClient, 0, 'alive');
    expect(word(await server.recv())).toBe('data:alive');
    client.close();
    server.close();
  });

  test('an abort brings comm_lost with cause 12, events count down to the passive message, and the id names nothing any more (EV-12, EV-17)', async () => {
    const { server, client } = await pair(sctp, { active: 3 });
    const change = await client.connect('127.0.0.1', server.port);
    await client.send(change, 0, 'x');
    await untilArrived(client);
    await client.abort(change);
    expect(await nextWords(2)).toEqual(['comm_up', 'data:x']);
    const lost = (await self.receive()) as readonly unknown[];
    // Cause 12, User Initiated Abort, in host order.
    expect(lost).toMatchObject(['sctp', server, '127.0.0.1', client.port, [[], { state: 'comm_lost', error: 12 }]]);
    expect(await nextWords(1)).toEqual(['passive']);
    expect(server.getopts(['active']).active).toBe(false);
    expect(word(await client.recv())).toBe('comm_lost');
    await expect(client.send(change, 0, 'x')).rejects.toThrow(reason('epipe'));
    client.close();
    server.close();
  });

  test('eof flushes what was sent, and the peer can be connected again (AS-2, SD-10)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const sends = ['a', 'b', 'c'].map((text) => client.send(atClient, 0, text));
    const ended = client.eof(atClient);
    await Promise.all([...sends, ended]);
    const words: string[] = [];
    while (words.at(-1) !== 'shutdown_comp') words.push(word(await server.recv()));
    expect(words).toEqual(['data:a', 'data:b', 'data:c', 'sctp_shutdown_event', 'shutdown_comp']);
    expect(word(await client.recv())).toBe('shutdown_comp');
    expect((await client.connect('127.0.0.1', server.port)).state).toBe('comm_up');
    client.close();
    server.close();
  });

  test('own unread data stays readable after eof (AS-5)', async () => {
    const { server, client, atServer, atClient } = await connected(sctp);
    await server.send(atServer, 0, 'unread');
    await untilArrived(server);
    await client.eof(atClient);
    expect([word(await client.recv()), word(await client.recv())]).toEqual(['data:unread', 'shutdown_comp']);
    client.close();
    server.close();
  });

  test('without room it waits, in order, others too; reading makes room again (SD-7, SD-8)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    const done: number[] = [];
    const sends = Array.from({ length: 60 }, (_, index) =>
      client.send(atClient, 0, Buffer.alloc(1000, index)).then(() => done.push(index)),
    );
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
    expect(client.info().waitingSends).toBeGreaterThan(10);
    expect(done.length + client.info().waitingSends).toBe(60);
    for (let index = 0; index < 60; index += 1) {
      const [, , , data] = await server.recv();
      expect([(data as Buffer).length, (data as Buffer)[0]]).toEqual([1000, index]);
    }
    await Promise.all(sends);
    expect(done).toEqual(Array.from({ length: 60 }, (_, index) => index));
    client.close();
    server.close();
  });

  test('closing fails the sends that wait (SD-7)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    const sends = Promise.allSettled(Array.from({ length: 60 }, () => client.send(atClient, 0, Buffer.alloc(1000))));
    await nextTurn();
    client.close();
    const outcomes = await sends;
    expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { reason: 'closed' } });
    expect(outcomes[0]).toMatchObject({ status: 'fulfilled' });
    server.close();
  });

  test('with nonBlockSend it fails with eagain instead (SD-7)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192, nonBlockSend: true });
    let accepted = 0;
    for (;;) {
      const outcome = await client.send(atClient, 0, Buffer.alloc(1000)).catch((error: { reason: string }) => error.reason);
      if (outcome !== undefined) {
        expect(outcome).toBe('eagain');
        break;
      }
      accepted += 1;
    }
    expect(accepted).toBeGreaterThanOrEqual(8);
    for (let index = 0; index < accepted; index += 1) expect(word(await server.recv())).toMatch(/^data:/);
    client.setopts({ nonBlockSend: false });
    expect(client.getopts(['nonBlockSend'])).toEqual({ nonBlockSend: false });
    await client.send(atClient, 0, 'room again');
    expect(word(await server.recv())).toBe('data:room again');
    client.close();
    server.close();
  });

  test('abort goes ahead of waiting sends, which then fail (AS-2)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    const sends = Promise.allSettled(Array.from({ length: 60 }, () => client.send(atClient, 0, Buffer.alloc(1000))));
    await nextTurn();
    await client.abort(atClient);
    expect((await sends).at(-1)).toMatchObject({ status: 'rejected', reason: { reason: 'epipe' } });
    expect(word(await client.recv())).toBe('comm_lost');
    client.close();
    server.close();
    await nextTurn();
  });

  test('bad arguments throw BadArg at once and send nothing (SD-4, AS-1)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const calls: [() => unknown, string][] = [
      [() => client.send(-1, 0, 'x'), 'assoc'],
      [() => client.send('3' as never, 0, 'x'), 'assoc'],
      [() => client.send({} as never, 0, 'x'), 'assoc'],
      [() => client.send(atClient, -1, 'x'), 'stream'],
      [() => client.send(atClient, 65536, 'x'), 'stream'],
      [() => client.send(atClient, 1.5, 'x'), 'stream'],
      [() => client.send(atClient, 0, 5 as never), 'data'],
      [() => client.send(atClient, 0, undefined as never), 'data'],
      [() => client.send(atClient, 0, [256]), 'data'],
      [() => client.send(atClient, 0, [{}] as never), 'data'],
      [() => client.send({ assocId: atClient, flags: ['loud'] as never }, 'x'), 'info.flags'],
      [() => client.send({ assocId: atClient, flags: 'eof' as never }, 'x'), 'info.flags'],
      [() => client.send({ assocId: atClient, ppid: -1 }, 'x'), 'info.ppid'],
      [() => client.send({ assocId: atClient, stream: 70000 }, 'x'), 'info.stream'],
      [() => client.send({ stream: 1 } as never, 'x'), 'info.assocId'],
      [() => client.send(5 as never, 'x' as never), 'stream'],
      [() => client.send('5' as never, 'x' as never), 'info'],
      [() => client.send({ assocId: atClient }, 'x', 5 as never), 'options'],
      [() => client.send(atClient, 0, 'x', { signal: 'now' } as never), 'options.signal'],
      [() => client.send({ assocId: atClient, prPolicy: 'soon' as never }, 'x'), 'info.prPolicy'],
      [() => client.send({ assocId: atClient, prValue: 3 }, 'x'), 'info.prValue'],
      [() => client.send({ assocId: atClient, prPolicy: 'rtx', timetolive: 5 }, 'x'), 'info.timetolive'],
      [() => client.eof(undefined as never), 'assoc'],
      [() => client.abort('all' as never), 'assoc'],
    ];
    for (const [call, argument] of calls) {
      expect(call).toThrow(BadArg);
      expect(call).toThrow(expect.objectContaining({ argument }));
    }
    const deep: unknown[] = [];
    deep.push(deep);
    expect(() => client.send(atClient, 0, deep as never)).toThrow(BadArg);
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('a field is read once, so that what was checked is what is sent', async () => {
    const { server, client, atClient } = await connected(sctp);
    const turns = new Map<PropertyKey, number>();
    const info = new Proxy<SendInfo>(
      { assocId: atClient, flags: ['unordered'], ppid: 5, stream: 1 },
      {
        get: (target, name) => {
          turns.set(name, (turns.get(name) ?? 0) + 1);
          return turns.get(name) === 1 ? Reflect.get(target, name) : 'something else';
        },
      },
    );
    await client.send(info, 'x');
    expect((await server.recv()).slice(2)).toMatchObject([[{ flags: ['unordered'], ppid: 5, stream: 1 }], Buffer.from('x')]);
    client.close();
    server.close();
  });

  test('one-to-one sockets connect and listen, too (OPN-10)', async () => {
    const server = await open();
    await server.listen(true);
    const client = await open({ type: 'stream' });
    const { assocId } = await client.connect('127.0.0.1', server.port);
    expect(client.peername()).toEqual(['127.0.0.1', server.port]);
    await client.send(assocId, 0, 'x');
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['comm_up', 'data:x']);
    client.close();
    server.close();
  });
});

describe('sends that the stack does not take', () => {
  const { sctp, sim } = simulated();

  test('a refusal that is not for want of room fails the send alone', async () => {
    const { server, client, atClient } = await connected(sctp);
    sim().failNext('send', 105);
    await expect(client.send(atClient, 0, 'x')).rejects.toThrow(reason('enobufs'));
    await client.send(atClient, 0, 'y');
    expect(word(await server.recv())).toBe('data:y');
    expect(await mailbox()).toEqual([]);
    client.close();
    server.close();
  });
});
