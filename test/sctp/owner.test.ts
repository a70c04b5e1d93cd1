/** What ownership and the end of a socket mean for associations: listeners, peeled-off sockets, peers (CP, OW, CL). What holds for every transport is in test/contract. */
import { describe, expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { exit, mainActor, type Pid, type Self, send, spawn } from '../../runtime/index.js';
import { connected, deferred, nextTurn, overStacks, pair, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

/** An actor that collects its messages as words until told to tell. */
function collector(): { pid: Pid<unknown>; words: () => Promise<string[]>; end: () => void } {
  const words: string[] = [];
  const waiting: ((words: string[]) => void)[] = [];
  const pid = spawn(async (self: Self<unknown>) => {
    for (;;) {
      const message = await self.receive();
      if (message === 'tell') waiting.shift()?.(words.splice(0));
      else words.push(word(message as SctpMessage));
    }
  });
  return {
    pid: pid as Pid<unknown>,
    words: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        send(pid, 'tell');
      }),
    end: () => exit(pid, 'kill'),
  };
}

overStacks((sctp) => {
  const self = mainActor();
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });
  const read = (socket: SctpSocket) => socket.getopts(['active']).active;

  describe('controllingProcess', () => {
    test('listening and peeled-off sockets go the same way (CP-20, CP-22)', async () => {
      const heir = collector();
      const { server, client } = await pair(sctp);
      server.controllingProcess(self, heir.pid);
      server.setopts({ active: true });
      const { assocId } = await client.connect('127.0.0.1', server.port);
      const peeled = client.peeloff(self, assocId);
      peeled.setopts({ active: 2 });
      peeled.controllingProcess(self, heir.pid);
      await peeled.send(assocId, 0, 'x');
      await untilArrived(peeled);
      expect(await heir.words()).toEqual(['comm_up', 'data:x']);
      expect([read(peeled), peeled.owner === heir.pid]).toEqual([2, true]);
      heir.end();
      expect([server.isOpen, peeled.isOpen]).toEqual([false, false]);
      client.close();
    });
  });

  describe("the owner's life", () => {
    test.each([
      ['returns', (actor: Self) => actor.pid],
      ['exits', (actor: Self) => actor.exit('shutdown')],
      ['exits normal', (actor: Self) => actor.exit('normal')],
    ])('an owner that %s closes its sockets (OW-1)', async (_how, end) => {
      const { server, client } = await pair(sctp);
      const gone = deferred<SctpSocket>();
      spawn(async (actor: Self) => {
        const socket = await sctp.open(actor, 0, { ip: '127.0.0.1' });
        await socket.connect('127.0.0.1', server.port);
        gone.resolve(socket);
        return end(actor);
      });
      const socket = await gone.promise;
      while (socket.isOpen) await nextTurn();
      expect([word(await server.recv()), word(await server.recv()), word(await server.recv())]).toEqual([
        'comm_up',
        'sctp_shutdown_event',
        'shutdown_comp',
      ]);
      client.close();
      server.close();
    });

    test('open for an actor that ends meanwhile leaves nothing open (OW-1)', async () => {
      const outcome = deferred<unknown>();
      const owner = spawn(async (actor: Self) => {
        outcome.resolve(sctp.open(actor, 0, { ip: 'localhost.localdomain.invalid' }).catch((error: Error) => error.name));
        await actor.receive();
      });
      await nextTurn();
      exit(owner, 'kill');
      expect(['ActorExit', 'SocketError']).toContain(await outcome.promise);
      expect(sctp.openSockets()).toEqual([]);
    });
  });

  describe('close', () => {
    test('is graceful: the peer gets all data, shutdown_event, shutdown_comp (CL-7, EV-11)', async () => {
      const { server, client, atClient } = await connected(sctp);
      for (const text of ['a', 'b', 'c']) await client.send(atClient, 0, text);
      client.close();
      const words: string[] = [];
      while (words.at(-1) !== 'shutdown_comp') words.push(word(await server.recv()));
      expect(words).toEqual(['data:a', 'data:b', 'data:c', 'sctp_shutdown_event', 'shutdown_comp']);
      server.close();
    });

    test('linger [true, 0] aborts, after what has arrived (CL-9)', async () => {
      const { server, client, atClient } = await connected(sctp, {}, { linger: [true, 0] });
      await client.send(atClient, 0, 'a');
      await untilArrived(client);
      client.close();
      expect([word(await server.recv()), word(await server.recv())]).toEqual(['data:a', 'comm_lost']);
      server.close();
    });

    test('with unread data it aborts every association; with unread events it does not (CL-10)', async () => {
      const { server, client, atClient } = await connected(sctp);
      const other = await open();
      await other.connect('127.0.0.1', server.port);
      expect(word(await server.recv())).toBe('comm_up');
      await client.send(atClient, 0, 'unread');
      await untilArrived(client);
      server.close();
      expect([word(await client.recv()), word(await other.recv())]).toEqual(['comm_lost', 'comm_lost']);
      client.close();
      other.close();

      const quiet = await pair(sctp);
      await quiet.client.connect('127.0.0.1', quiet.server.port);
      quiet.server.close();
      expect([word(await quiet.client.recv()), word(await quiet.client.recv())]).toEqual([
        'sctp_shutdown_event',
        'shutdown_comp',
      ]);
      quiet.client.close();
    });

    test('every call afterwards is closed (CL-6)', async () => {
      const socket = await open();
      socket.close();
      const rejecting = [
        socket.send(3, 0, 'x'),
        socket.send({ assocId: 3 }, 'x'),
        socket.recv(),
        socket.listen(true),
        socket.connect('127.0.0.1', 7),
        socket.connectInit('127.0.0.1', 7),
        socket.eof(3),
        socket.abort(3),
      ];
      for (const outcome of await Promise.allSettled(rejecting)) expect(outcome).toMatchObject({ reason: { reason: 'closed' } });
      const throwing = [
        () => socket.peeloff(self, 3),
        () => socket.setopts({ active: true }),
        () => socket.getopts(['active']),
        () => socket.sockname(),
        () => socket.socknames(),
        () => socket.peername(3),
        () => socket.peernames(),
        () => socket.info(),
        () => socket.controllingProcess(self, self.pid),
      ];
      for (const call of throwing) expect(call).toThrow(reason('closed'));
    });

    test('the parent does not take a peeled-off socket with it, nor the reverse (CL-11)', async () => {
      const { server, client, atServer, atClient } = await connected(sctp);
      const peeled = server.peeloff(self, atServer);
      server.close();
      await peeled.send(atServer, 0, 'still here');
      expect(word(await client.recv())).toBe('data:still here');
      await client.send(atClient, 0, 'and back');
      expect(word(await peeled.recv())).toBe('data:and back');
      peeled.close();
      expect(word(await client.recv())).toBe('sctp_shutdown_event');
      client.close();
    });
  });
});
