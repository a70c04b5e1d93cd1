/**
 * A port is opened again while associations of its last listener live on in sockets of their own. New peers get to the new listener, and the old
 * associations stay where they are. A second socket that has the port open at the same time is still 'eaddrinuse' (LS-7, PO-9).
 */
import { describe, expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { connected, nextTurn, overStacks, pair, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp, name) => {
  describe.each([false, true])('reuseaddr %s', (reuseaddr) => {
    const options = { ip: '127.0.0.1', reuseaddr };

    test('a listener comes back beside what was peeled off, and each gets its own', async () => {
      const { server, client, atServer, atClient } = await connected(sctp, { reuseaddr });
      const peeled = server.peeloff(self, atServer);
      server.close();
      const again = await sctp.open(self, server.port, options);
      await again.listen(true);
      expect(again.getopts(['reuseaddr'])).toEqual({ reuseaddr });
      expect(peeled.getopts(['reuseaddr'])).toEqual({ reuseaddr });

      const newcomer = await sctp.open(self, 0, { ip: '127.0.0.1' });
      const { assocId } = await newcomer.connect('127.0.0.1', again.port);
      expect(await again.recv()).toMatchObject(['127.0.0.1', newcomer.port, [], { state: 'comm_up' }]);
      await client.send(atClient, 0, 'old');
      await newcomer.send(assocId, 0, 'new');
      expect(word(await peeled.recv())).toBe('data:old');
      expect(word(await again.recv())).toBe('data:new');
      await peeled.send(atServer, 0, 'answer');
      expect(word(await client.recv())).toBe('data:answer');
      // The old socket gets the end of the old association. Its peer may come again, and gets to the new listener.
      await client.eof(atClient);
      expect([word(await peeled.recv()), word(await peeled.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
      expect(word(await client.recv())).toBe('shutdown_comp');
      peeled.close();
      await client.connect('127.0.0.1', again.port);
      expect(await again.recv()).toMatchObject(['127.0.0.1', client.port, [], { state: 'comm_up' }]);
      await expect(again.recv(0)).rejects.toThrow(reason('timeout'));
      for (const socket of [client, newcomer, again]) socket.close();
    });

    test('again and again, each listener leaving some', async () => {
      const { server, client } = await pair(sctp, { reuseaddr });
      const kept = [];
      let listener = server;
      const more = [];
      for (let round = 0; round < 5; round += 1) {
        const own = round === 0 ? client : await sctp.open(self, 0, { ip: '127.0.0.1' });
        more.push(own);
        const { assocId } = await own.connect('127.0.0.1', listener.port);
        const [, , , up] = await listener.recv();
        kept.push({ own, assocId, peeled: listener.peeloff(self, up as { assocId: number } as never) });
        listener.close();
        listener = await sctp.open(self, listener.port, options);
        await listener.listen(true);
      }
      for (const { own, assocId, peeled } of kept) {
        await own.send(assocId, 0, `from ${own.port}`);
        expect(word(await peeled.recv())).toBe(`data:from ${own.port}`);
      }
      await expect(listener.recv(0)).rejects.toThrow(reason('timeout'));
      for (const { own, peeled } of kept) for (const socket of [own, peeled]) socket.close();
      listener.close();
    });

    test('beside accepted sockets, too', async () => {
      const listener = await sctp.open(self, 0, { ...options, type: 'stream' });
      await listener.listen(true);
      const client = await sctp.open(self, 0, { ip: '127.0.0.1' });
      const { assocId } = await client.connect('127.0.0.1', listener.port);
      const accepted = await listener.accept(self);
      listener.close();
      const again = await sctp.open(self, listener.port, { ...options, type: 'stream' });
      await again.listen(true);
      const other = await sctp.open(self, 0, { ip: '127.0.0.1' });
      await other.connect('127.0.0.1', again.port);
      const second = await again.accept(self);
      await client.send(assocId, 0, 'old');
      expect([word(await accepted.recv()), word(await accepted.recv())]).toEqual(['comm_up', 'data:old']);
      expect(word(await second.recv())).toBe('comm_up');
      for (const socket of [client, other, accepted, second, again]) socket.close();
    });

    test('at once after a close that leaves associations shutting down', async () => {
      const { server, client, atServer } = await connected(sctp, { reuseaddr });
      await server.send(atServer, 0, 'last words');
      server.close();
      const again = await sctp.open(self, server.port, options);
      await again.listen(true);
      expect([word(await client.recv()), word(await client.recv())]).toEqual(['data:last words', 'sctp_shutdown_event']);
      for (const socket of [client, again]) socket.close();
    });

    test('a second one that is open stays eaddrinuse, whoever lives beside it', async () => {
      const { server, client, atServer } = await connected(sctp, { reuseaddr });
      const peeled = server.peeloff(self, atServer);
      for (const wish of [false, true]) {
        await expect(sctp.open(self, server.port, { ip: '127.0.0.1', reuseaddr: wish })).rejects.toThrow(reason('eaddrinuse'));
      }
      server.close();
      const again = await sctp.open(self, server.port, options);
      await again.listen(true);
      for (const wish of [false, true]) {
        await expect(sctp.open(self, server.port, { ip: '127.0.0.1', reuseaddr: wish })).rejects.toThrow(reason('eaddrinuse'));
      }
      for (const socket of [client, peeled, again]) socket.close();
    });
  });

  test('the port is free for others when the last of them is gone', async ({ skip }) => {
    if (name === 'simulated') return skip('its ports are its own');
    const { server, client, atServer } = await connected(sctp);
    const peeled = server.peeloff(self, atServer);
    server.close();
    const again = await sctp.open(self, server.port, { ip: '127.0.0.1' });
    again.close();
    peeled.close();
    while (word(await client.recv()) !== 'shutdown_comp') await nextTurn();
    client.close();
    const other = await sctp.open(self, server.port, { ip: '127.0.0.1', type: 'stream' });
    other.close();
  });
});
