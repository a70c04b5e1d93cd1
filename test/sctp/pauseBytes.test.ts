/**
 * The watermarks in bytes. In no active mode does a socket deliver more than so many bytes to an owner that does not take them, plus the message that
 * passed the mark. And no owner waits for ever behind messages that it does not look for (FC-29).
 */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import { mainActor, type Pid, processInfo, type Self, send, spawn, tag } from '../../runtime/index.js';
import { backlog, connected, mailbox, nextTurn, overStacks, untilArrived, word } from './subjects.js';

const marks = { highMsgqWatermarkBytes: 10_000, lowMsgqWatermarkBytes: 4_000 };
const size = 1000;
const texts = Array.from({ length: 30 }, (_, index) => `${index}`.padEnd(size, '.'));
const expected = texts.map((text) => `data:${text}`);

overStacks((sctp) => {
  const self = mainActor<SctpMessage>();
  const waitingBytes = (pid: Pid = self.pid): number => processInfo(pid)?.mailboxBytes ?? 0;

  async function sent(options: object = marks) {
    const { server, client, atClient } = await connected(sctp, options);
    for (const text of texts) await client.send(atClient, 0, text);
    await untilArrived(client);
    return { server, client, atClient };
  }

  test.each([true, 30, 32767])('active %s stops at the high mark, goes on at the low one, and loses nothing', async (active) => {
    const { server, client } = await sent();
    server.setopts({ active });
    expect([backlog(), waitingBytes()]).toEqual([10, 10_000]);
    for (let taken = 0; taken < 5; taken += 1) expect(word((await self.receive()) as SctpMessage)).toBe(expected[taken]);
    await nextTurn();
    // Not yet: 5,000 bytes are above the low mark.
    expect(backlog()).toBe(5);
    const words: string[] = [];
    while (words.length < 25) {
      words.push(word((await self.receive()) as SctpMessage));
      expect(waitingBytes()).toBeLessThanOrEqual(10_000);
    }
    expect(words).toEqual(expected.slice(5));
    expect(await mailbox()).toEqual(active === 30 ? ['passive'] : []);
    client.close();
    server.close();
    await mailbox();
  });

  test('setting once again and again stops at the mark as well', async () => {
    const { server, client } = await sent();
    for (let asked = 0; asked < 30; asked += 1) server.setopts({ active: 'once' });
    expect(backlog()).toBe(10);
    expect(server.getopts(['active']).active).toBe('once');
    expect((await mailbox()).slice(0, 10)).toEqual(expected.slice(0, 10));
    await nextTurn();
    expect(await mailbox()).toEqual([]);
    for (const text of expected.slice(11)) expect(word(await server.recv())).toBe(text);
    client.close();
    server.close();
  });

  test('a byte in a list weighs eight times as much, also when the mode changes under way', async () => {
    const { server, client } = await sent({ ...marks, mode: 'list' });
    server.setopts({ active: true });
    // 8,000 bytes are below the mark, 16,000 are not.
    expect([backlog(), waitingBytes()]).toEqual([2, 16_000]);
    server.setopts(['binary']);
    expect(backlog()).toBe(2);
    for (let taken = 0; taken < 2; taken += 1) expect((await self.receive())[4]).toHaveProperty('1.length', size);
    await nextTurn();
    expect([backlog(), waitingBytes()]).toEqual([10, 10_000]);
    server.setopts(['list']);
    expect(await mailbox()).toHaveLength(28);
    client.close();
    server.close();
  });

  test('a message that is larger than the mark passes, alone', async () => {
    const { server, client, atClient } = await connected(sctp, { highMsgqWatermarkBytes: 100, lowMsgqWatermarkBytes: 50 });
    for (const text of texts.slice(0, 3)) await client.send(atClient, 0, text);
    await untilArrived(client);
    server.setopts({ active: true });
    for (const text of expected.slice(0, 3)) {
      expect(backlog()).toBe(1);
      expect(word((await self.receive()) as SctpMessage)).toBe(text);
      await nextTurn();
    }
    client.close();
    server.close();
    await mailbox();
  });

  test('behind a mailbox that another socket has filled, one message of each socket gets through', async () => {
    const { server, client } = await sent();
    server.setopts({ active: true });
    const other = await connected(sctp, marks);
    for (const text of ['a', 'b']) await other.client.send(other.atClient, 0, text);
    await untilArrived(other.client);
    other.server.setopts({ active: true });
    const fromOther = (message: SctpMessage): message is SctpMessage => message[1] === other.server;
    expect(word((await self.receive(fromOther)) as SctpMessage)).toBe('data:a');
    expect(word((await self.receive(fromOther)) as SctpMessage)).toBe('data:b');
    expect(backlog()).toBe(10);
    for (const socket of [server, client, other.client, other.server]) socket.close();
    await mailbox();
  });

  test('what waits moves to a new owner with its weight, and pauses the socket there', async () => {
    const { server, client } = await sent();
    server.setopts({ active: true });
    // Every message that holds the socket moves along. A message that the socket has not sent weighs nothing.
    for (const other of [
      ['sctp', server],
      ['sctp', server, '', 0, [[], null]],
    ])
      send(self.pid, other as never);
    const words: string[] = [];
    const heir = spawn(async (actor: Self<SctpMessage>) => {
      await actor.receive(tag('go' as never));
      for (;;) {
        const message = await actor.receive();
        if (Array.isArray(message[4]) && message[4][1] !== null) words.push(word(message));
      }
    });
    server.controllingProcess(self, heir);
    await nextTurn();
    expect([waitingBytes(), waitingBytes(heir), processInfo(heir)?.mailboxLength]).toEqual([0, 10_000, 12]);
    send(heir, ['go'] as never);
    while (words.length < texts.length) await nextTurn();
    expect(words).toEqual(expected);
    server.close();
    client.close();
  });

  test('for a mailbox with a limit in bytes the socket reads up to that limit', async () => {
    const { server, client } = await sent({});
    const words: string[] = [];
    const owner = spawn(
      async (actor: Self<SctpMessage>) => {
        await actor.receive(tag('go' as never));
        for (;;) words.push(word(await actor.receive()));
      },
      { mailbox: { limitBytes: 3000 } },
    );
    server.controllingProcess(self, owner);
    server.setopts({ active: true });
    expect([waitingBytes(owner), processInfo(owner)?.mailboxLength]).toEqual([3000, 3]);
    send(owner, ['go'] as never);
    while (words.length < texts.length) await nextTurn();
    expect(words).toEqual(expected);
    server.close();
    client.close();
  });

  test('the window closes to a sender whose reader is busy, so that memory stays', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 64 * 1024 }, { nonBlockSend: true });
    server.setopts({ active: true });
    const payload = Buffer.alloc(60_000);
    let most = 0;
    // Goes on until the mark is reached, which takes the kernel's stack many turns, and for long after that.
    for (let turn = 0; turn < 200; turn += most < 1024 * 1024 ? 0 : 1) {
      await client.send(atClient, 0, payload).catch(() => undefined);
      await nextTurn();
      most = Math.max(most, waitingBytes());
    }
    expect(most).toBeLessThan(1024 * 1024 + payload.length);
    client.close();
    server.close();
    await mailbox();
  });
});
