/** One-to-one sockets that listen. Each association is accepted as a socket of its own. This is beyond gen_sctp (OPN-10), and follows gen_tcp where that has a rule. */
import { expect, test } from 'vitest';
import type { SctpOpenOptions } from '../../actors/sctp/index.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { exit, mainActor, spawn } from '../../runtime/index.js';
import { asActor, deferred, mailbox, nextWords, overStacks, pair, word } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

overStacks((sctp) => {
  const self = mainActor();
  const open = (options: SctpOpenOptions = {}) => sctp.open(self, 0, { ip: '127.0.0.1', type: 'stream', ...options });
  const listening = async (options: SctpOpenOptions = {}): Promise<SctpSocket> => {
    const listener = await open(options);
    await listener.listen(true);
    return listener;
  };

  test('associations are accepted in the order in which they came, and the first item of each is its comm_up', async () => {
    const listener = await listening();
    const clients = [await open(), await open()];
    for (const client of clients) await client.connect('127.0.0.1', listener.port);
    for (const client of clients) {
      const accepted = await listener.accept(self);
      expect(accepted.peername()).toEqual(['127.0.0.1', client.port]);
      expect(accepted.port).toBe(listener.port);
      expect(accepted.info()).toMatchObject({ owner: self.pid, type: 'stream', active: false });
      expect(word(await accepted.recv())).toBe('comm_up');
      await accepted.send(0, 0, 'welcome');
      expect(word(await client.recv())).toBe('data:welcome');
      accepted.close();
      client.close();
    }
    listener.close();
  });

  test('calls wait, and are served in the order they were made', async () => {
    const listener = await listening();
    const first = listener.accept(self);
    const second = listener.accept(self);
    expect(listener.info().waitingAccepts).toBe(2);
    const clients = [await open(), await open()];
    for (const client of clients) await client.connect('127.0.0.1', listener.port);
    const accepted = [await first, await second];
    expect(accepted.map((socket) => socket.peername()[1])).toEqual(clients.map((client) => client.port));
    for (const socket of [...accepted, ...clients, listener]) socket.close();
  });

  test.each([
    [1, 2],
    [true, 6],
  ])(
    'a backlog of %s lets %i associations wait; a further peer is refused, and after an accept the next one gets in (LS-1)',
    async (backlog, most) => {
      const listener = await open();
      await listener.listen(backlog);
      const clients = await Promise.all(Array.from({ length: most + 2 }, () => open()));
      const [refused, next] = clients.splice(most) as [SctpSocket, SctpSocket];
      for (const client of clients) await client.connect('127.0.0.1', listener.port);
      await expect(refused.connect('127.0.0.1', listener.port)).rejects.toThrow(reason('cant_assoc'));
      const accepted = await listener.accept(self);
      expect(accepted.peername()).toEqual(['127.0.0.1', clients[0]?.port]);
      await next.connect('127.0.0.1', listener.port);
      for (const socket of [accepted, refused, next, ...clients, listener]) socket.close();
    },
  );

  test('a negative backlog is no limit but that of the system, and a new one counts at once (LS-6)', async () => {
    const listener = await open();
    await listener.listen(-1);
    const clients = await Promise.all(Array.from({ length: 10 }, () => open()));
    for (const client of clients) await client.connect('127.0.0.1', listener.port);
    await listener.listen(2);
    const refused = await open();
    await expect(refused.connect('127.0.0.1', listener.port)).rejects.toThrow(reason('cant_assoc'));
    for (const socket of [refused, ...clients, listener]) socket.close();
  });

  test('the caller of accept owns the new socket, which begins with the active value of the listener, count included (CP-1, FC-34)', async () => {
    const listener = await listening({ active: 3 });
    const client = await open();
    const done = asActor(async (actor) => {
      const accepted = await listener.accept(actor);
      expect(accepted.owner).toBe(actor.pid);
      expect(word(await actor.receive())).toBe('comm_up');
      expect(accepted.getopts(['active']).active).toBe(2);
      expect(word(await actor.receive())).toBe('data:x');
      return word(await actor.receive());
    });
    const { assocId } = await client.connect('127.0.0.1', listener.port);
    await client.send(assocId, 0, 'x');
    await client.send(assocId, 0, 'y');
    expect(await done).toBe('data:y');
    expect(listener.getopts(['active']).active).toBe(3);
    expect(await mailbox()).toEqual([]);
    client.close();
    listener.close();
  });

  test('a listening socket itself is told nothing, however active (FC-39)', async () => {
    const listener = await listening({ active: true });
    const client = await open();
    await client.connect('127.0.0.1', listener.port);
    listener.setopts({ active: 'once' });
    const accepted = await listener.accept(self);
    expect(await nextWords(1)).toEqual(['comm_up']);
    expect(accepted.getopts(['active']).active).toBe(false);
    expect(listener.getopts(['active']).active).toBe('once');
    for (const socket of [accepted, client, listener]) socket.close();
  });

  test('an active mode set while it listens counts when it listens no more and connects (FC-39)', async () => {
    const server = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await server.listen(true);
    for (const active of [true, false]) {
      const socket = await open({ active: !active });
      await socket.listen(true);
      socket.setopts({ active });
      await socket.listen(false);
      await socket.connect('127.0.0.1', server.port);
      const [, , , change] = await server.recv();
      if (!('assocId' in change)) throw new Error('expected a change');
      await server.send(change.assocId, 0, 'x');
      if (active) expect(await nextWords(1)).toEqual(['data:x']);
      else expect(word(await socket.recv())).toBe('data:x');
      socket.close();
      while (word(await server.recv()) !== 'shutdown_comp');
    }
    expect(await mailbox()).toEqual([]);
    server.close();
  });

  test('an accepted socket has the options of the listener (PO-12)', async () => {
    const listener = await listening({ sctpNodelay: true, mode: 'list', sctpEvents: { associationEvent: false } });
    const client = await open();
    const { assocId } = await client.connect('127.0.0.1', listener.port);
    const accepted = await listener.accept(self);
    await client.send(assocId, 0, 'x');
    expect(word(await accepted.recv())).toBe('list:120');
    expect(accepted.getopts(['sctpNodelay', 'mode'])).toEqual({ sctpNodelay: true, mode: 'list' });
    for (const socket of [accepted, client, listener]) socket.close();
  });

  test('closing the listener leaves accepted sockets alone and aborts what nobody accepted (CL-11, CL-13)', async () => {
    const listener = await listening();
    const [client, forgotten] = [await open(), await open()];
    const { assocId } = await client.connect('127.0.0.1', listener.port);
    const accepted = await listener.accept(self);
    await forgotten.connect('127.0.0.1', listener.port);
    listener.close();
    expect(word(await forgotten.recv())).toBe('comm_lost');
    await client.send(assocId, 0, 'x');
    expect([word(await accepted.recv()), word(await accepted.recv())]).toEqual(['comm_up', 'data:x']);
    for (const socket of [accepted, client, forgotten]) socket.close();
  });

  test('a socket that listens no more and closes aborts associations that nobody accepted, too (CL-13)', async () => {
    const listener = await listening();
    const client = await open();
    await client.connect('127.0.0.1', listener.port);
    await listener.listen(false);
    listener.close();
    expect(word(await client.recv())).toBe('comm_lost');
    client.close();
  });

  test('a socket that has listened and then connected ends its association gracefully (CL-7)', async () => {
    const { server, client: other } = await pair(sctp);
    const socket = await listening();
    await socket.listen(false);
    await socket.connect('127.0.0.1', server.port);
    expect(word(await server.recv())).toBe('comm_up');
    socket.close();
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    for (const open of [server, other]) open.close();
  });

  test('the wait ends with the listener, with its time, with a signal and with the actor (CL-5)', async () => {
    const listener = await listening();
    await expect(listener.accept(self, 0)).rejects.toThrow(reason('timeout'));
    await expect(listener.accept(self, 1)).rejects.toThrow(reason('timeout'));
    await expect(listener.accept(self, 1000, { signal: AbortSignal.abort() })).rejects.toThrow(reason('aborted'));
    const controller = new AbortController();
    const withdrawn = listener.accept(self, 100_000, { signal: controller.signal });
    controller.abort();
    await expect(withdrawn).rejects.toThrow(reason('aborted'));
    const waiting = deferred<void>();
    const pid = spawn(async (actor) => {
      const accepting = listener.accept(actor);
      waiting.resolve();
      await accepting;
    });
    await waiting.promise;
    expect(listener.info().waitingAccepts).toBe(1);
    exit(pid, 'kill');
    expect(listener.info().waitingAccepts).toBe(0);
    const closed = listener.accept(self);
    listener.close();
    await expect(closed).rejects.toThrow(reason('closed'));
    await expect(listener.accept(self)).rejects.toThrow(reason('closed'));
  });

  test('a socket that does not listen accepts nothing, and listen(false) ends the waits', async () => {
    const socket = await open();
    await expect(socket.accept(self)).rejects.toThrow(reason('einval'));
    await socket.listen(true);
    const waiting = socket.accept(self);
    await socket.listen(false);
    await expect(waiting).rejects.toThrow(reason('einval'));
    const client = await open();
    await expect(client.connect('127.0.0.1', socket.port)).rejects.toThrow(reason('cant_assoc'));
    const { server, client: other } = await pair(sctp);
    await expect(server.accept(self)).rejects.toThrow(reason('einval'));
    for (const open of [socket, client, server, other]) open.close();
  });

  test('an accepted socket is one-to-one: it neither listens, connects nor peels off (SD-11, PO-14)', async () => {
    const listener = await listening();
    const client = await open();
    await client.connect('127.0.0.1', listener.port);
    const accepted = await listener.accept(self);
    const [, , , change] = await accepted.recv();
    if (!('assocId' in change)) throw new Error('expected a change');
    await expect(accepted.listen(true)).rejects.toThrow(reason('einval'));
    await expect(accepted.connect('127.0.0.1', client.port)).rejects.toThrow(reason('eisconn'));
    expect(() => accepted.peeloff(self, change)).toThrow(reason('einval'));
    await expect(accepted.eof(change)).rejects.toThrow(reason('einval'));
    await accepted.send(change.assocId + 1000, 0, 'any id is its own');
    expect(word(await client.recv())).toBe('data:any id is its own');
    for (const socket of [accepted, client, listener]) socket.close();
  });
});
