/** Bounded queues: a peer that does not read makes `send` wait, and what both ends hold stays below a figure. */
import { mainActor } from 'mailport';
import { describe, expect, test } from 'vitest';
import { bytes } from '../../actors/messaging/index.js';
import { nextTurn, type Stage, staged, until } from './stage.js';
import { transports } from './transports.js';

const messageBytes = 1024;
/** A batch is handed over when it has 256 KiB, and the read that brings it there may bring 64 KiB. */
const batchBytes = (256 + 64) * 1024;
const queueLength = 16;
/** Asked for; kernels double them. */
const buffers = { recbuf: 64 * 1024, sndbuf: 64 * 1024 };
/** What buffers of both sides may hold: as in test/contract/backPressure.test.ts. */
const mostInBuffers = 3 * (buffers.recbuf + buffers.sndbuf) + 64 * 1024;
/** Turns in which nothing more may be taken for the sender to count as stopped. */
const quietTurns = 300;

const raw = { requests: bytes, responses: bytes, queueLength };

function numbered(index: number, length = messageBytes): Buffer {
  const message = Buffer.alloc(length, '.');
  message.writeUInt32BE(index);
  return message;
}

/** Sends until no more is taken. Gives how many messages were taken, and the end of the sending. */
async function flooded(
  { messaging, client }: Stage,
  total: number,
  length = messageBytes,
): Promise<{ taken: number; all: Promise<void> }> {
  let taken = 0;
  const all = (async () => {
    for (let index = 0; index < total; index += 1) {
      await messaging.Client.send(client, numbered(index, length));
      taken += 1;
    }
  })();
  let before = -1;
  for (let quiet = 0; quiet < quietTurns; quiet += 1) {
    if (taken !== before || client.info().waitingSends === 0) quiet = 0;
    before = taken;
    await nextTurn();
  }
  return { taken, all };
}

describe.each(transports())('over $name', (named) => {
  // In small windows there is one packet at a time, whose acknowledgement would be delayed by 200 ms.
  const socket = named.sctp === undefined ? buffers : { ...buffers, sctpDelayedAckTime: { assocValue: 1 } };

  test('a peer that never receives makes send wait, and its queue is never longer than it may be', {
    timeout: 60_000,
  }, async () => {
    const stage = await staged(named, { ...raw, options: { ip: '127.0.0.1', ...socket } }, { ...raw, options: socket });
    const { messaging, accepted, client, end } = stage;
    const total = 3000;
    const { taken, all } = await flooded(stage, total);
    expect(accepted.info().queued).toBe(queueLength);
    expect(taken).toBeLessThan(queueLength + mostInBuffers / messageBytes);
    expect(client.info().waitingSends).toBe(1);
    for (let index = 0; index < total; index += 1) {
      const message = (await messaging.Server.receive(accepted)) as Buffer;
      if (message.readUInt32BE() !== index) throw new Error(`${message.readUInt32BE()} came in the place of ${index}`);
      expect(accepted.info().queued).toBeLessThanOrEqual(queueLength);
    }
    await all;
    expect(client.info().waitingSends).toBe(0);
    await end();
  });

  test('a queue holds no more bytes than it may, and what was read already', { timeout: 60_000 }, async () => {
    const queueBytes = 64 * 1024;
    const long = 8 * 1024;
    const options = { ...raw, queueLength: 16_384, queueBytes };
    const stage = await staged(named, { ...options, options: { ip: '127.0.0.1', ...socket } }, { ...options, options: socket });
    const { messaging, accepted, end } = stage;
    const total = 400;
    const { all } = await flooded(stage, total, long);
    expect(accepted.info().queuedBytes).toBeGreaterThanOrEqual(queueBytes);
    // In the mailbox of the actor that reads: as many bytes again, a batch, and a message.
    expect(accepted.info().queuedBytes).toBeLessThan(2 * queueBytes + batchBytes + long);
    for (let index = 0; index < total; index += 1) {
      const message = (await messaging.Server.receive(accepted)) as Buffer;
      if (message.readUInt32BE() !== index) throw new Error(`${message.readUInt32BE()} came in the place of ${index}`);
    }
    await all;
    expect(accepted.info()).toMatchObject({ queued: 0, queuedBytes: 0 });
    await end();
  });

  test('all connections of a server together hold no more than maxQueuedBytes and a batch each', {
    timeout: 60_000,
  }, async () => {
    const limit = 64 * 1024;
    const clients = 8;
    const options = { ...raw, queueLength: 16_384, queueBytes: 1024 * 1024 };
    const stage = await staged(
      named,
      { ...options, maxQueuedBytes: limit, options: { ip: '127.0.0.1', ...socket } },
      { ...options, options: socket },
    );
    const { messaging, server, connect, end } = stage;
    const { Server, Client } = messaging;
    const floods: Promise<void>[] = [];
    const each = 500;
    const accepted = [stage.accepted];
    for (let number = 0; number < clients; number += 1) {
      const client = await connect();
      accepted.push(await Server.accept(mainActor(), server));
      floods.push(
        (async () => {
          for (let index = 0; index < each; index += 1) await Client.send(client, numbered(index));
        })(),
      );
    }
    let before = -1;
    for (let quiet = 0; quiet < quietTurns; quiet += 1) {
      if (server.info().queuedBytes !== before) quiet = 0;
      before = server.info().queuedBytes;
      await nextTurn();
    }
    expect(before).toBeGreaterThanOrEqual(limit);
    expect(before).toBeLessThan(limit + clients * (batchBytes + messageBytes));
    // Everything arrives all the same, whoever is read first.
    for (const connection of accepted.slice(1).reverse()) {
      for (let index = 0; index < each; index += 1) {
        expect(((await Server.receive(connection)) as Buffer).readUInt32BE()).toBe(index);
      }
    }
    await Promise.all(floods);
    expect(server.info().queuedBytes).toBe(0);
    await end();
  });

  test('short messages count for what they take, so many of them use up maxQueuedBytes, too', async () => {
    const stage = await staged(
      named,
      { ...raw, queueLength: 1024, maxQueuedBytes: 64 * 1024, options: { ip: '127.0.0.1' } },
      raw,
    );
    const { messaging, server, connect, client, accepted, end } = stage;
    const { Server, Client } = messaging;
    const short = Buffer.alloc(1);
    for (let count = 0; count < 600; count += 1) await Client.send(client, short);
    await until(() => accepted.info().queued >= 512);
    const second = await connect();
    const here = await Server.accept(mainActor(), server);
    await Client.send(second, short);
    await until(() => here.info().queued === 1);
    for (let count = 1; count < 20; count += 1) await Client.send(second, short);
    for (let quiet = 0; quiet < quietTurns; quiet += 1) await nextTurn();
    expect(here.info().queued).toBe(1);
    expect(server.info().queuedBytes).toBeLessThan(1024);
    for (let count = 0; count < 600; count += 1) await Server.receive(accepted);
    for (let count = 0; count < 20; count += 1) await Server.receive(here);
    await end();
  });

  test('the smallest limits let messages through, one at a time', async () => {
    const least = { queueLength: 1, queueBytes: 1 };
    const stage = await staged(named, { ...least, maxQueuedBytes: 1, options: { ip: '127.0.0.1' } }, least);
    const { messaging, client, accepted, end } = stage;
    const sending = Array.from({ length: 50 }, (_, index) => messaging.Client.send(client, index));
    for (let index = 0; index < 50; index += 1) {
      await until(() => accepted.info().queued > 0);
      expect(accepted.info().queued).toBe(1);
      await messaging.Server.reply(accepted, await messaging.Server.handle(accepted, (_, message) => message));
      expect(await messaging.Client.receive(client)).toBe(index);
    }
    await Promise.all(sending);
    await end();
  });

  test('a slow connection holds up no other', async () => {
    const stage = await staged(named, { ...raw, options: { ip: '127.0.0.1', ...socket } }, { ...raw, options: socket });
    const { messaging, server, connect, end } = stage;
    const { Server, Client } = messaging;
    const { all } = await flooded(stage, 3000);
    const quick = await connect();
    const here = await Server.accept(mainActor(), server);
    for (let index = 0; index < 100; index += 1) {
      await Client.send(quick, numbered(index));
      await Server.reply(here, (await Server.handle(here, (_, message) => message)) as Buffer);
      expect(((await Client.receive(quick)) as Buffer).readUInt32BE()).toBe(index);
    }
    // Sends that wait fail when their connection ends.
    const failed = all.catch((error: { reason: string }) => error.reason);
    await end();
    expect(await failed).toBe('closed');
    await until(() => !quick.isOpen);
  });
});
