/** `controllingProcess`, the owner's life and death, monitors of sockets, `close` (CP, OW, CL). */
import { describe, expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { BadArg, exit, isAlive, mainActor, type Pid, type Self, send, spawn, tag } from '../../runtime/index.js';
import { asActor, connected, deferred, mailbox, nextTurn, nextWords, overStacks, pair, untilArrived, word } from './subjects.js';

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
    test('the opener owns it; afterwards the other does (CP-1, CP-2, CP-4, OW-7)', async () => {
      const heir = collector();
      const socket = await open();
      expect(socket.owner).toBe(self.pid);
      socket.controllingProcess(self, heir.pid);
      expect(socket.owner).toBe(heir.pid);
      expect(socket.info().owner).toBe(heir.pid);
      expect(() => socket.controllingProcess(self, self.pid)).toThrow(reason('not_owner'));
      socket.close();
      heir.end();
    });

    test('to the present owner it succeeds, whoever calls (CP-3)', async () => {
      const socket = await open({ active: 3 });
      socket.controllingProcess(self, self.pid);
      await asActor((other) => socket.controllingProcess(other, self.pid));
      expect([read(socket), socket.owner === self.pid, await mailbox()]).toEqual([3, true, []]);
      socket.close();
    });

    test('the count goes along: a delivered message moves, later ones come to the new owner, and then the passive message (CP-10..CP-12)', async () => {
      const heir = collector();
      const { server, client, atClient } = await connected(sctp);
      await client.send(atClient, 0, 'm1');
      await untilArrived(client);
      server.setopts({ active: 3 });
      expect(read(server)).toBe(2);
      server.controllingProcess(self, heir.pid);
      expect([await heir.words(), read(server)]).toEqual([['data:m1'], 2]);
      await client.send(atClient, 0, 'm2');
      await client.send(atClient, 0, 'm3');
      await untilArrived(client);
      while (read(server) !== false) await nextTurn();
      expect(await heir.words()).toEqual(['data:m2', 'data:m3', 'passive']);
      expect(() => server.controllingProcess(self, heir.pid)).not.toThrow();
      expect(() => server.controllingProcess(self, self.pid)).toThrow(reason('not_owner'));
      client.close();
      server.close();
      heir.end();
    });

    test('every message of the socket moves, the passive message too, and messages of others stay (CP-15, CP-16)', async () => {
      const heir = collector();
      const { server, client, atClient } = await connected(sctp);
      const other = await open({ active: 0 });
      await client.send(atClient, 0, 'm1');
      await untilArrived(client);
      server.setopts({ active: 1 });
      send(self.pid, ['unrelated', server] as never);
      server.controllingProcess(self, heir.pid);
      expect(await heir.words()).toEqual(['data:m1', 'passive']);
      expect(await self.receive()).toEqual(['sctp_passive', other]);
      expect(await self.receive()).toEqual(['unrelated', server]);
      client.close();
      server.close();
      other.close();
      heir.end();
    });

    test('moved messages come before newer ones (CP-11)', async () => {
      const heir = collector();
      const { server, client, atClient } = await connected(sctp);
      for (let index = 0; index < 20; index += 1) await client.send(atClient, 0, `${index}`);
      await untilArrived(client);
      server.setopts({ active: 10 });
      server.controllingProcess(self, heir.pid);
      server.setopts({ active: 10 });
      const expected = Array.from({ length: 20 }, (_, index) => `data:${index}`);
      expect(await heir.words()).toEqual([...expected.slice(0, 10), 'passive', ...expected.slice(10), 'passive']);
      client.close();
      server.close();
      heir.end();
    });

    test('a used-up once stays false (CP-10)', async () => {
      const heir = collector();
      const { server, client, atClient } = await connected(sctp, {}, {});
      server.setopts({ active: 'once' });
      await client.send(atClient, 0, 'x');
      while (read(server) !== false) await nextTurn();
      server.controllingProcess(self, heir.pid);
      expect([await heir.words(), read(server)]).toEqual([['data:x'], false]);
      client.close();
      server.close();
      heir.end();
    });

    test('to one who has ended it is badarg, and nothing has changed (CP-5, CP-6)', async () => {
      const { server, client, atClient } = await connected(sctp);
      await client.send(atClient, 0, 'x');
      await untilArrived(client);
      server.setopts({ active: 3 });
      const gone = spawn(() => undefined);
      while (isAlive(gone)) await nextTurn();
      expect(() => server.controllingProcess(self, gone)).toThrow(reason('badarg'));
      expect([server.owner === self.pid, read(server), await mailbox()]).toEqual([true, 2, ['data:x']]);
      client.close();
      server.close();
    });

    test('what is no Pid, or no self, throws BadArg (CP-7)', async () => {
      const socket = await open();
      for (const bad of [undefined, null, 'name', 7, {}, self]) {
        expect(() => socket.controllingProcess(self, bad as never)).toThrow(BadArg);
        if (bad !== self) expect(() => socket.controllingProcess(bad as never, self.pid)).toThrow(BadArg);
      }
      socket.close();
    });

    test('on a closed socket it is closed (CP-8)', async () => {
      const socket = await open();
      socket.close();
      expect(() => socket.controllingProcess(self, self.pid)).toThrow(reason('closed'));
    });

    test("the former owner's death changes nothing, the new one's closes (CP-17)", async () => {
      const heir = collector();
      const socket = await asActor(async (first) => {
        const opened = await sctp.open(first, 0, { ip: '127.0.0.1' });
        opened.controllingProcess(first, heir.pid);
        return opened;
      });
      await nextTurn();
      expect(socket.isOpen).toBe(true);
      heir.end();
      expect(socket.isOpen).toBe(false);
    });

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

    test("an exit signal 'normal' that the owner ignores does not close (OW-2)", async () => {
      const opened = deferred<SctpSocket>();
      const owner = spawn(async (actor: Self) => {
        opened.resolve(await sctp.open(actor, 0, { ip: '127.0.0.1' }));
        await actor.receive();
      });
      const socket = await opened.promise;
      await asActor((other) => exit(owner, 'normal', other));
      expect([isAlive(owner), socket.isOpen]).toEqual([true, true]);
      exit(owner, 'kill');
      expect(socket.isOpen).toBe(false);
    });

    test("anybody else's death never closes it (OW-3)", async () => {
      const socket = await open();
      await asActor(async () => {
        await socket.listen(true);
        socket.setopts({ active: 1 });
      });
      await nextTurn();
      expect(socket.isOpen).toBe(true);
      socket.close();
      await mailbox();
    });

    test('closing by another does not end an owner, and one who traps exits hears of it (OW-4, OW-5)', async () => {
      const opened = deferred<SctpSocket>();
      const heard = deferred<unknown>();
      spawn(async (actor: Self) => {
        actor.trapExit = true;
        opened.resolve(await sctp.open(actor, 0, { ip: '127.0.0.1' }));
        heard.resolve(await actor.receive(tag('EXIT')));
      });
      const socket = await opened.promise;
      socket.close();
      expect(await heard.promise).toEqual(['EXIT', socket, 'normal']);
    });

    test('an owner who closes as itself does not hear of it (OW-5)', async () => {
      const heard = await asActor(async (actor) => {
        actor.trapExit = true;
        const socket = await sctp.open(actor, 0, { ip: '127.0.0.1' });
        socket.close(actor);
        return actor.receive({ after: 0 });
      });
      expect(heard).toBeUndefined();
    });

    test("monitors get 'DOWN' once: normal after close, the owner's reason after its death, noproc afterwards (OW-9)", async () => {
      const socket = await open();
      const [first, second, cancelled] = [self.monitor(socket), self.monitor(socket), self.monitor(socket)];
      self.demonitor(cancelled);
      socket.close();
      expect(await self.receive()).toEqual(['DOWN', first, 'port', socket, 'normal']);
      expect(await self.receive()).toEqual(['DOWN', second, 'port', socket, 'normal']);
      const late = self.monitor(socket);
      expect(await self.receive()).toEqual(['DOWN', late, 'port', socket, 'noproc']);
      const opened = deferred<SctpSocket>();
      const owner = spawn(async (actor: Self) => {
        opened.resolve(await sctp.open(actor, 0, { ip: '127.0.0.1' }));
        await actor.receive();
      });
      const other = await opened.promise;
      const ref = self.monitor(other);
      exit(owner, 'kill');
      expect(await self.receive()).toEqual(['DOWN', ref, 'port', other, 'killed']);
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
    test('may be called by anybody, any number of times (CL-1, CL-2)', async () => {
      const socket = await open();
      await asActor(() => socket.close());
      expect(socket.isOpen).toBe(false);
      socket.close();
      socket.close(self);
    });

    test("leaves messages in the owner's mailbox (CL-4)", async () => {
      const { server, client, atClient } = await connected(sctp);
      await client.send(atClient, 0, 'x');
      await untilArrived(client);
      server.setopts({ active: true });
      server.close();
      expect(await mailbox()).toEqual(['data:x']);
      client.close();
    });

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

    test('a socket that was active sends no message once it is closed', async () => {
      const socket = await open({ active: true });
      socket.close();
      expect(await nextWords(0)).toEqual([]);
    });
  });
});
