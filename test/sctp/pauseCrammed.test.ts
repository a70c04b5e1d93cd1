/**
 * Many sockets of one owner. One message of each socket may pass the mark in bytes, so that an owner that looks for it need not wait behind messages that it does not look
 * for. But all of them together come to no more than four times the mark, unless the owner is looking at that moment (FC-29).
 */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor, makeRef, processInfo, reply, send, tag } from '../../runtime/index.js';
import { backlog, connected, mailbox, nextTurn, overStacks, untilArrived } from './subjects.js';

const size = 60_000;
const weight = size * 8;
const marks = { mode: 'list', highMsgqWatermarkBytes: 250_000, lowMsgqWatermarkBytes: 100_000 };
const most = 4 * marks.highMsgqWatermarkBytes;
/** The bytes that one batch may add to that. */
const batch = 8 * 256 * 1024;
const count = 16;

overStacks((sctp) => {
  const self = mainActor<SctpMessage>();
  const waitingBytes = (): number => processInfo(self.pid)?.mailboxBytes ?? 0;

  /** So many pairs of sockets, with a message that has arrived at each server. */
  async function filled(active: boolean | 'once', pairs = count) {
    const servers: SctpSocket[] = [];
    const clients: { socket: SctpSocket; assocId: number }[] = [];
    for (let index = 0; index < pairs; index += 1) {
      const { server, client, atClient } = await connected(sctp, marks);
      servers.push(server);
      clients.push({ socket: client, assocId: atClient });
    }
    for (const server of servers) server.setopts({ active });
    for (const { socket, assocId } of clients) {
      await socket.send(assocId, 0, Buffer.alloc(size));
      await untilArrived(socket);
    }
    const close = (): void => {
      for (const socket of [...servers, ...clients.map((client) => client.socket)]) socket.close();
    };
    return { servers, close };
  }

  async function takeAll(): Promise<number> {
    let taken = 0;
    for (let idle = 0; idle < 5; idle += 1) {
      const words = await mailbox();
      taken += words.length;
      if (words.length > 0) idle = 0;
      await nextTurn();
    }
    return taken;
  }

  test.each([true, 'once'] as const)(
    'active %s: messages that all sockets were granted before are taken back when the mailbox is crammed',
    async (active) => {
      const { servers, close } = await filled(active);
      expect(servers).toHaveLength(count);
      expect(waitingBytes()).toBeGreaterThanOrEqual(most);
      expect(waitingBytes()).toBeLessThanOrEqual(most + batch);
      expect(await takeAll()).toBe(count);
      close();
      await mailbox();
    },
  );

  test('a socket that becomes active then delivers nothing, however large the one message there is', async () => {
    const { servers, close } = await filled(false);
    // One, two and three of them are below four times the mark.
    const waiting = servers.map((server) => {
      server.setopts({ active: true });
      return waitingBytes();
    });
    expect(waiting.slice(0, 4)).toEqual([weight, 2 * weight, 3 * weight, 3 * weight]);
    expect(waiting.at(-1)).toBe(3 * weight);
    expect(await takeAll()).toBe(count);
    close();
    await mailbox();
  });

  test.each(['receive', 'receiveNow'] as const)(
    'an owner who looks for one of them by %s finds it, and no more come than must',
    async (how) => {
      const { servers, close } = await filled(false, 8);
      for (const server of servers) server.setopts({ active: true });
      expect(backlog()).toBe(3);
      const wanted = servers[5];
      const fromWanted = (message: SctpMessage): boolean => message[1] === wanted;
      let found: SctpMessage | undefined;
      if (how === 'receive') found = (await self.receive(fromWanted)) as SctpMessage;
      for (; found === undefined; await nextTurn()) found = self.receiveNow(fromWanted) as SctpMessage | undefined;
      expect(found[1]).toBe(wanted);
      // The messages come one by one, so those behind it have not come.
      expect(backlog()).toBeLessThanOrEqual(5);
      expect(await takeAll()).toBe(7);
      close();
      await mailbox();
    },
  );

  test('nor does an owner wait for ever behind as many messages as the mark in messages says', async () => {
    const few = { highMsgqWatermark: 10, lowMsgqWatermark: 4 };
    const [one, other] = [await connected(sctp, few), await connected(sctp, few)];
    for (const { client, atClient } of [...Array(12).fill(one), other, other]) await client.send(atClient, 0, 'x');
    for (const { client } of [one, other]) await untilArrived(client);
    for (const { server } of [one, other]) server.setopts({ active: true });
    expect(backlog()).toBe(10);
    const fromOther = (message: SctpMessage): message is SctpMessage => message[1] === other.server;
    for (let taken = 0; taken < 2; taken += 1) expect((await self.receive(fromOther))[1]).toBe(other.server);
    expect(backlog()).toBe(10);
    expect(await takeAll()).toBe(12);
    for (const { server, client } of [one, other]) for (const socket of [server, client]) socket.close();
    await mailbox();
  });

  test('no message comes to an owner that waits for something else', async () => {
    const { servers, close } = await filled(false, 8);
    const ref = makeRef();
    const answer = self.receive(reply(ref));
    for (const server of servers) server.setopts({ active: true });
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(backlog()).toBe(3);
    send(self.pid, [ref] as never);
    await answer;
    const other = self.receive(tag('other' as never));
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    expect(backlog()).toBe(3);
    send(self.pid, ['other'] as never);
    await other;
    expect(await takeAll()).toBe(8);
    close();
    await mailbox();
  });

  test('an owner who looks already is brought what comes to be its own', async () => {
    const { servers, close } = await filled(false, 8);
    for (const server of servers.slice(0, 4)) server.setopts({ active: true });
    expect(backlog()).toBe(3);
    const wanted = servers[7];
    const found = self.receive((message: SctpMessage): message is SctpMessage => message[1] === wanted);
    await nextTurn();
    wanted?.setopts({ active: 'once' });
    expect(((await found) as SctpMessage)[1]).toBe(wanted);
    for (const server of servers.slice(4, 7)) server.setopts({ active: true });
    expect(await takeAll()).toBe(7);
    close();
    await mailbox();
  });
});
