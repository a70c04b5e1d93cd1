/** An object that is used again begins anew: nothing of its first use disturbs or ends the second. */
import { expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { handClock } from './handClock.js';
import { connected, mailbox, nextTurn, nextWords, overStacks, word } from './subjects.js';

const forever = 1_000_000;

function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: { reason: string }) => error.reason,
  );
}

overStacks((sctp) => {
  const self = mainActor();

  test('a recv is not ended by the timeout or the signal of the one before it', async () => {
    const { server, client, atClient } = await connected(sctp);
    const clock = handClock();
    const abort = new AbortController();
    const early = server.recv(5, abort);
    await client.send(atClient, 0, 'first');
    expect(word(await early)).toBe('data:first');
    const second = server.recv(forever);
    abort.abort();
    clock.advance(5); // The timeout of the first recv is over.
    expect(await reasonOf(server.recv(0))).toBe('ealready');
    await client.send(atClient, 0, 'second');
    expect(word(await second)).toBe('data:second');
    // The socket reads nothing for a recv that has given up. An item that comes then is for the next recv.
    const third = reasonOf(server.recv(1));
    clock.advance(1);
    expect(await third).toBe('timeout');
    server.setopts({ active: 'once' });
    await client.send(atClient, 0, 'third');
    expect(await nextWords(1)).toEqual(['data:third']);
    await client.send(atClient, 0, 'fourth');
    expect([word(await server.recv()), await mailbox()]).toEqual(['data:fourth', []]);
    client.close();
    server.close();
  });

  test('an accept is not ended by the timeout or the signal of the one before it', async () => {
    const listener = await sctp.open(self, 0, { ip: '127.0.0.1', type: 'stream' });
    const join = async (): Promise<SctpSocket> => {
      const client = await sctp.open(self, 0, { ip: '127.0.0.1', type: 'stream' });
      await client.connect('127.0.0.1', listener.port);
      return client;
    };
    const sockets: SctpSocket[] = [];
    const clock = handClock();
    for (let life = 0; life < 3; life += 1) {
      await listener.listen(true);
      const abort = new AbortController();
      const first = listener.accept(self, 5, abort);
      sockets.push(await join(), await first);
      const second = listener.accept(self, forever);
      abort.abort();
      clock.advance(5);
      expect(listener.info().waitingAccepts).toBe(1);
      sockets.push(await join(), await second);
      const refused = listener.accept(self, forever);
      await listener.listen(false);
      expect([await reasonOf(refused), await reasonOf(listener.accept(self, 0))]).toEqual(['einval', 'einval']);
    }
    for (const socket of [listener, ...sockets]) socket.close();
  });

  test('a connect has its own outcome, whatever became of those before it', async () => {
    const server = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const client = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const ids = new Set<number>();
    for (let life = 0; life < 3; life += 1) {
      expect(await reasonOf(client.connect('127.0.0.1', server.port, {}, forever))).toBe('cant_assoc');
      await server.listen(true);
      const change = await client.connect('127.0.0.1', server.port, {}, forever);
      expect(change.state).toBe('comm_up');
      ids.add(change.assocId);
      await client.abort(change);
      // The end of the association is the only item of the socket. The outcomes of connects are no items.
      expect([word(await client.recv()), await reasonOf(client.recv(0))]).toEqual(['comm_lost', 'timeout']);
      expect([word(await server.recv()), word(await server.recv())]).toEqual(['comm_up', 'comm_lost']);
      await server.listen(false);
    }
    expect([ids.size, client.info().waitingConnects]).toEqual([3, 0]);
    client.close();
    server.close();
  });

  test('a sender that is full again keeps the order, and what may be withdrawn is', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 8192 });
    let next = 0;
    let expected = 0;
    for (let life = 0; life < 3; life += 1) {
      const sends: Promise<unknown>[] = [];
      const { signal } = new AbortController();
      while (client.info().waitingSends < 4) {
        // With a signal or without.
        const payload = Buffer.alloc(1000, next);
        sends.push(next % 2 === 0 ? client.send(atClient, 0, payload, { signal }) : client.send(atClient, 0, payload));
        next = (next + 1) % 256;
        if (sends.length % 64 === 0) await nextTurn();
      }
      const abort = new AbortController();
      const withdrawn = reasonOf(client.send(atClient, 0, 'withdrawn', abort));
      const last = client.send(atClient, 0, 'last');
      abort.abort();
      expect(await withdrawn).toBe('aborted');
      for (let read = 0; read < sends.length; read += 1) {
        const [, , , data] = await server.recv();
        expect((data as Buffer)[0]).toBe(expected);
        expected = (expected + 1) % 256;
      }
      expect(word(await server.recv())).toBe('data:last');
      await Promise.all([...sends, last]);
      expect([client.info().waitingSends, client.getstat().sendPend]).toEqual([0, 0]);
    }
    client.close();
    server.close();
  });

  test('an owner that is behind a second time is left alone a second time, and a count begins at what is set', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (let life = 0; life < 3; life += 1) {
      server.setopts({ active: true, highMsgqWatermark: 4, lowMsgqWatermark: 2 });
      for (let message = 0; message < 9; message += 1) await client.send(atClient, 0, `${message}`);
      expect(await nextWords(9)).toEqual(Array.from({ length: 9 }, (_, message) => `data:${message}`));
      server.setopts({ active: false });
      server.setopts({ active: 2 });
      for (let message = 0; message < 3; message += 1) await client.send(atClient, 0, `${message}`);
      expect(await nextWords(3)).toEqual(['data:0', 'data:1', 'passive']);
      expect([word(await server.recv()), await mailbox()]).toEqual(['data:2', []]);
    }
    client.close();
    server.close();
  });

  test('a port that was closed is like a new one', async () => {
    let port = 0;
    for (let life = 0; life < 3; life += 1) {
      const server = await sctp.open(self, port, {
        ip: '127.0.0.1',
        active: life === 0 ? 1 : false,
        ...(life === 0 ? { mode: 'list' } : {}),
      });
      port = server.port;
      const client = await sctp.open(self, 0, { ip: '127.0.0.1' });
      expect(await reasonOf(client.connect('127.0.0.1', port))).toBe('cant_assoc');
      await server.listen(true);
      const change = await client.connect('127.0.0.1', port);
      await client.send(change, 0, 'x');
      if (life === 0) expect(await nextWords(2)).toEqual(['comm_up', 'passive']);
      else expect([word(await server.recv()), word(await server.recv())]).toEqual(['comm_up', 'data:x']);
      const { recvCnt } = server.getstat();
      expect([server.getopts(['active', 'mode']), recvCnt]).toEqual([
        { active: false, mode: life === 0 ? 'list' : 'binary' },
        life === 0 ? 1 : 2,
      ]);
      server.close();
      server.close();
      expect([await reasonOf(server.recv()), await reasonOf(server.send(change, 0, 'x'))]).toEqual(['closed', 'closed']);
      client.close();
    }
  });
});
