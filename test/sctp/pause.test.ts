/**
 * `active: true` and the watermarks of the owner's mailbox, together with handoffs, connects and settings. A socket never reads for an owner whose mailbox
 * is full, never stays paused for an owner whose mailbox is not, and loses nothing (FC-29, CP-10, CP-11).
 */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import { exit, mainActor, type Pid, processInfo, type Self, type SpawnOptions, send, spawn } from '../../runtime/index.js';
import { backlog, connected, deferred, mailbox, nextTurn, overStacks, untilArrived, word } from './subjects.js';

const marks = { highMsgqWatermark: 10, lowMsgqWatermark: 4 };
const texts = Array.from({ length: 30 }, (_, index) => `${index}`);
const expected = texts.map((text) => `data:${text}`);

interface Reader {
  readonly pid: Pid;
  /** The messages of sockets that the actor has taken, as words. */
  readonly words: string[];
  /** From now on the actor takes every message that comes. */
  readonly go: () => void;
  /** Messages that wait in its mailbox. */
  readonly length: () => number;
}

/** An actor with notes in its mailbox, which takes nothing before it is told to. */
function reader(notes: number, options: SpawnOptions = {}): Reader {
  const words: string[] = [];
  let go = (): void => undefined;
  const told = new Promise<void>((resolve) => {
    go = resolve;
  });
  const pid = spawn(async (self: Self<SctpMessage | readonly ['note']>) => {
    await told;
    for (;;) {
      const message = await self.receive();
      if (message[0] !== 'note') words.push(word(message));
    }
  }, options);
  for (let note = 0; note < notes; note += 1) send(pid, ['note']);
  return { pid, words, go, length: () => processInfo(pid)?.mailboxLength ?? 0 };
}

overStacks((sctp) => {
  const self = mainActor();

  /** A paused server that owes 20 of 30 messages; the first 10 are in the main actor's mailbox. */
  async function paused() {
    const { server, client, atClient } = await connected(sctp, marks);
    for (const text of texts) await client.send(atClient, 0, text);
    await untilArrived(client);
    server.setopts({ active: true });
    expect(backlog()).toBe(10);
    return { server, client, atClient };
  }

  test('a pause for the former owner does not bind the new one', async () => {
    const heir = reader(0);
    const { server, client } = await paused();
    // The former owner will never take these.
    for (let note = 0; note < 10; note += 1) send(self.pid, ['note'] as never);
    heir.go();
    server.controllingProcess(self, heir.pid);
    while (heir.words.length < texts.length) await nextTurn();
    expect(heir.words).toEqual(expected);
    expect(backlog()).toBe(10);
    await mailbox();
    exit(heir.pid, 'kill');
    client.close();
  });

  test('for an owner whose mailbox has a limit the socket reads up to that limit, and nothing is lost', async () => {
    const owner = reader(0, { mailbox: { limit: 6, policy: 'drop_newest' } });
    const { server, client, atClient } = await connected(sctp);
    for (const text of texts) await client.send(atClient, 0, text);
    await untilArrived(client);
    server.controllingProcess(self, owner.pid);
    expect(processInfo(owner.pid)?.sockets).toEqual([server]);
    server.setopts({ active: true });
    expect(owner.length()).toBe(6);
    owner.go();
    while (owner.words.length < texts.length) await nextTurn();
    expect(owner.words).toEqual(expected);
    expect(processInfo(owner.pid)?.dropped).toBe(0);
    exit(owner.pid, 'kill');
    client.close();
    await mailbox();
  });

  test('a new owner with a full mailbox pauses it, until he has taken his messages', async () => {
    const heir = reader(10);
    const { server, client } = await paused();
    server.controllingProcess(self, heir.pid);
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    // The mailbox holds ten notes and the messages that moved. Nothing has been read since.
    expect(heir.length()).toBe(20);
    heir.go();
    while (heir.words.length < texts.length) await nextTurn();
    expect(heir.words).toEqual(expected);
    exit(heir.pid, 'kill');
    client.close();
  });

  test('handed on while paused, it reads for the last owner alone', async () => {
    const [told, last] = [deferred<void>(), reader(0)];
    const { server, client } = await paused();
    const relay = spawn(async (actor: Self) => {
      await told.promise;
      server.controllingProcess(actor, last.pid);
      await new Promise(() => undefined);
    });
    for (let note = 0; note < 10; note += 1) send(relay, ['note'] as never);
    server.controllingProcess(self, relay);
    last.go();
    told.resolve();
    while (last.words.length < texts.length) await nextTurn();
    expect(last.words).toEqual(expected);
    expect(processInfo(relay)?.mailboxLength).toBe(10);
    exit(relay, 'kill');
    expect(server.isOpen).toBe(true);
    exit(last.pid, 'kill');
    expect(server.isOpen).toBe(false);
    client.close();
  });

  test('other calls of the socket read nothing for a full mailbox', async () => {
    const { server, client, atClient } = await paused();
    const other = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await other.listen(true);
    // The answer of a connect, and setting an option to the value that it has, give the socket its turn.
    expect((await server.connect('127.0.0.1', other.port)).state).toBe('comm_up');
    for (let turn = 0; turn < 5; turn += 1) {
      await client.send(atClient, 0, 'more');
      server.setopts({ active: true, sctpNodelay: true });
      await nextTurn();
    }
    expect(backlog()).toBe(10);
    server.setopts({ active: false });
    expect(await mailbox()).toEqual(expected.slice(0, 10));
    for (const text of expected.slice(10)) expect(word(await server.recv())).toBe(text);
    for (let left = 5; left > 0; left -= 1) expect(word(await server.recv())).toBe('data:more');
    for (const socket of [other, client, server]) socket.close();
  });

  test('a higher mark lets more in at once', async () => {
    const { server, client } = await paused();
    server.setopts({ highMsgqWatermark: 25 });
    expect(backlog()).toBe(25);
    expect(await mailbox()).toEqual(expected);
    client.close();
    server.close();
    await mailbox();
  });

  test('a recv that waits while the socket is made active gets the next item, however full the mailbox (RV-15)', async () => {
    const { server, client, atClient } = await connected(sctp, marks);
    const waiting = server.recv();
    for (let note = 0; note < 12; note += 1) send(self.pid, ['note'] as never);
    server.setopts({ active: true });
    await client.send(atClient, 0, 'x');
    await client.send(atClient, 0, 'y');
    expect(word(await waiting)).toBe('data:x');
    await untilArrived(client);
    expect(backlog()).toBe(12);
    for (let note = 0; note < 12; note += 1) await self.receive();
    expect(word((await self.receive()) as never)).toBe('data:y');
    client.close();
    server.close();
  });
});
