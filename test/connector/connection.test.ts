/** A connection as a port: it reads and writes bytes, has an owner, may be handed over, and makes a Duplex of Node. */

import { createHash, randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { describe, expect, test } from 'vitest';
import { Alerted, accept, type Connection, close, connect, getEndPoint, IPError } from '../../actors/connector/index.js';
import { exit, isAlive } from '../../runtime/index.js';
import { actor, closeAll, failure, failureNow, hasSettled, nextTurn, opened, pair, self, transports, until } from './subjects.js';

const text = (bytes: Buffer): string => String(bytes);

/** Whether a write waits because its peer does not read. */
async function isStuck(writing: Promise<void>): Promise<boolean> {
  for (let turn = 0; turn < 50; turn += 1) if (await hasSettled(writing)) return false;
  return true;
}

describe.each(transports)('over %s', (transport) => {
  const options = { transport } as const;

  test('bytes go both ways, and nothing is between them', async () => {
    const { server, client } = await pair(options);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      await from.write('one');
      await from.write(['two', [0x21, Uint8Array.of(0x21)]]);
      await from.write('');
      expect(text(await to.read(8))).toBe('onetwo!!');
    }
    await closeAll(server, client);
  });

  test('read of a count gives exactly so many bytes, and leaves the others', async () => {
    const { server, client } = await pair(options);
    await client.write('abcdefgh');
    expect(text(await server.read(3))).toBe('abc');
    expect(text(await server.read(1))).toBe('d');
    const reading = server.read(6);
    expect(await hasSettled(reading)).toBe(false);
    await client.write('ijkl');
    expect(text(await reading)).toBe('efghij');
    expect(text(await server.read())).toBe('kl');
    await closeAll(server, client);
  });

  test('read without a count gives what there is', async () => {
    const { server, client } = await pair(options);
    const reading = server.read();
    await client.write('something');
    expect(text(await reading)).toBe('something');
    await closeAll(server, client);
  });

  test('the end of the peer comes behind its bytes: fewer than were asked for, then none, each time', async () => {
    const { server, client } = await pair(options);
    await client.write('last');
    await client.close();
    expect(text(await server.read(10))).toBe('last');
    expect((await server.read(10)).length).toBe(0);
    expect((await server.read()).length).toBe(0);
    await closeAll(server);
  });

  test('a connection is a loop of pieces', async () => {
    const { server, client } = await pair(options);
    const heard = (async () => {
      let all = '';
      for await (const piece of server) all += text(piece);
      return all;
    })();
    for (const word of ['a', 'b', 'c'.repeat(50_000)]) await client.write(word);
    await client.close();
    expect(await heard).toBe(`ab${'c'.repeat(50_000)}`);
    await closeAll(server);
  });

  test('four MiB arrive whole, each way at once, however they are written and read', async () => {
    const { server, client } = await pair(options);
    const sent = randomBytes(4 * 1024 * 1024);
    const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex');
    const send = async (by: Connection) => {
      for (let at = 0; at < sent.length; ) {
        const length = 1 + (sent[at]! % 7) * 40_000;
        await by.write(sent.subarray(at, at + length));
        at += length;
      }
    };
    const take = async (by: Connection) => {
      const parts: Buffer[] = [];
      for (let at = 0; at < sent.length; at += parts.at(-1)!.length) {
        parts.push(await by.read(Math.min(sent.length - at, 1 + (at % 100_000))));
      }
      return digest(Buffer.concat(parts));
    };
    const [, , there, back] = await Promise.all([send(client), send(server), take(server), take(client)]);
    expect([there, back]).toEqual([digest(sent), digest(sent)]);
    await closeAll(server, client);
  });

  test('reads wait for their turn, and one that is alerted takes nothing', async () => {
    const { server, client } = await pair(options);
    const alert = new AbortController();
    const reads = [server.read(3), server.read(2, { signal: alert.signal }), server.read(3)];
    const outcomes = reads.map((read) => read.then(text, (error: unknown) => (error as Error).name));
    await client.write('ab');
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    alert.abort();
    await client.write('cdef');
    expect(await Promise.all(outcomes)).toEqual(['abc', 'Alerted', 'def']);
    await closeAll(server, client);
  });

  test('reads that share a signal add one listener to it, however many wait, and none when they have ended', async () => {
    const { server, client } = await pair(options);
    const alert = new AbortController();
    const reads = Array.from({ length: 1000 }, () => failure(server.read(1, { signal: alert.signal })));
    await nextTurn();
    expect(getEventListeners(alert.signal, 'abort').length).toBe(1);
    await client.write('a');
    expect(await reads[0]).toBe('no failure: a');
    alert.abort();
    expect(new Set(await Promise.all(reads.slice(1)))).toEqual(new Set(['Alerted']));
    expect(getEventListeners(alert.signal, 'abort').length).toBe(0);
    await closeAll(server, client);
  });

  test('a read that is alerted while it collects leaves what has come to the next', async () => {
    const { server, client } = await pair(options);
    const alert = new AbortController();
    const reading = server.read(10, { signal: alert.signal }).catch((error: unknown) => error);
    await client.write('abc');
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    alert.abort();
    expect(await reading).toBeInstanceOf(Alerted);
    expect(await failure(server.read({ signal: alert.signal }))).toBe('Alerted');
    await client.write('d');
    expect(text(await server.read(4))).toBe('abcd');
    await closeAll(server, client);
  });

  test('writes that are made together are never mixed', async () => {
    const { server, client } = await pair(options);
    const size = 100_000;
    const writes = ['a', 'b', 'c'].map((letter) => client.write(letter.repeat(size)));
    const heard = text(await server.read(3 * size));
    await Promise.all(writes);
    expect(heard === 'a'.repeat(size) + 'b'.repeat(size) + 'c'.repeat(size)).toBe(true);
    await closeAll(server, client);
  });

  test('a peer that does not read makes writes wait, and an alert withdraws one that waits', async () => {
    const { server, client } = await pair(options);
    const alert = new AbortController();
    const block = Buffer.alloc(64 * 1024, 'x');
    let written = 0;
    let isAlerted = false;
    const writing = (async () => {
      for (;;) {
        try {
          await client.write(block, { signal: alert.signal });
          written += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(Alerted);
          isAlerted = true;
          return;
        }
      }
    })();
    for (let still = 0, last = -1; still < 50; still = last === written ? still + 1 : 0) {
      last = written;
      await nextTurn();
    }
    expect(written).toBeLessThan(1000);
    alert.abort();
    await writing;
    expect(isAlerted).toBe(true);
    expect((await server.read(written * block.length)).length).toBe(written * block.length);
    await closeAll(server, client);
  });

  test('a long write that waits is withdrawn whole or not at all', async () => {
    const { server, client } = await pair(options);
    const full = Buffer.alloc(64 * 1024, 'f');
    let filling = client.write(full);
    let count = 1;
    for (; !(await isStuck(filling)); count += 1) filling = client.write(full);
    const alert = new AbortController();
    const long = client.write(Buffer.alloc(300_000, 'l'), { signal: alert.signal }).catch((error: unknown) => error);
    const behind = client.write('behind');
    await nextTurn();
    alert.abort();
    expect(await long).toBeInstanceOf(Alerted);
    const heard = await server.read(count * full.length + 6);
    expect(text(heard.subarray(-7))).toBe('fbehind');
    expect(heard.includes('l')).toBe(false);
    await Promise.all([filling, behind]);
    await closeAll(server, client);
  });

  test('after close every call is Closed, and calls that waited are, too', async () => {
    const { server, client } = await pair(options);
    const waiting = [failure(client.read(5)), failure(client.read())];
    await nextTurn();
    const closing = close(client);
    expect(await Promise.all(waiting)).toEqual(['Rd.Failure Closed', 'Rd.Failure Closed']);
    await closing;
    expect(await failure(client.read())).toBe('Rd.Failure Closed');
    expect(await failure(client.write('x'))).toBe('Wr.Failure Closed');
    expect(failureNow(() => client.toDuplex())).toBe('IP.Error Closed');
    expect(failureNow(() => client.controllingProcess(self, self.pid))).toBe('closed');
    await close(client);
    await closeAll(server);
  });

  test('a peer that breaks the connection off is ConnLost, for reads each time, and for writes', async () => {
    const { server, client } = await pair(options);
    // What the peer has not read is lost, so its end is no end in good order.
    await client.write('unread');
    await until(() => true);
    for (let turn = 0; turn < 10; turn += 1) await nextTurn();
    await server.close();
    expect(await failure(client.read())).toBe('Rd.Failure ConnLost');
    const error = await client.read(5).catch((failed: unknown) => failed);
    expect(error).toBeInstanceOf(IPError);
    expect(error).toMatchObject({
      kind: 'Rd.Failure',
      reason: 'ConnLost',
      atoms: ['ConnLost', transport === 'tcp' ? 'econnreset' : 'comm_lost'],
    });
    let failed: unknown;
    while (failed === undefined)
      failed = await client.write('x').then(
        () => undefined,
        (lost: unknown) => lost,
      );
    expect(failed).toMatchObject({ kind: 'Wr.Failure', reason: 'ConnLost', operation: 'write' });
    await closeAll(client);
  });

  test('a connection closes with its owner, and the peer reads the end', async () => {
    const connector = await opened(options);
    const owner = actor(async (own) => {
      const connection = await accept(own, connector);
      await connection.write('bye');
      await own.receive();
    });
    const client = await connect(self, getEndPoint(connector), options);
    expect(text(await client.read(3))).toBe('bye');
    exit(owner.pid, 'shutdown');
    expect((await client.read()).length).toBe(0);
    await expect(owner.result).rejects.toThrow();
    connector.close();
    await closeAll(client);
  });

  test('a connection is handed over: the new owner is told first, and its end closes it', async () => {
    const { server, client } = await pair(options);
    await client.write('early');
    const heir = actor(async (own) => {
      const [tag, connection] = (await own.receive()) as readonly [string, Connection];
      expect(tag).toBe('connection');
      await connection.write(await connection.read(5));
      await own.receive();
    });
    const message = (connection: Connection) => ['connection', connection] as const;
    server.controllingProcess(self, heir.pid, { message });
    expect(server.owner).toBe(heir.pid);
    expect(text(await client.read(5))).toBe('early');
    expect(failureNow(() => server.controllingProcess(self, self.pid))).toBe('not_owner');
    exit(heir.pid, 'shutdown');
    expect((await client.read()).length).toBe(0);
    expect(server.isOpen).toBe(false);
    await expect(heir.result).rejects.toThrow();
    await closeAll(client);
  });

  test('a connection outlives the actor that gave it away, also while its read waits', async () => {
    const { server, client } = await pair(options);
    const giver = actor(async (own) => {
      const [connection] = (await own.receive()) as readonly [Connection];
      connection.controllingProcess(own, self.pid);
    });
    server.controllingProcess(self, giver.pid, { message: (connection: Connection) => [connection] });
    const reading = server.read(5);
    await giver.result;
    await until(() => !isAlive(giver.pid));
    await client.write('hello');
    expect(text(await reading)).toBe('hello');
    await closeAll(server, client);
  });

  test('nothing changes if it is given to an actor that has ended', async () => {
    const { server, client } = await pair(options);
    const dead = actor(async () => undefined);
    await until(() => !isAlive(dead.pid));
    expect(failureNow(() => server.controllingProcess(self, dead.pid))).toBe('badarg');
    await client.write('x');
    expect(text(await server.read(1))).toBe('x');
    expect(server.owner).toBe(self.pid);
    await closeAll(server, client);
  });

  test('it is a port: monitors, links and labels name the connection, and nothing below it', async () => {
    const { server, client } = await pair(options);
    const ref = self.monitor(server);
    expect(String(server)).toMatch(/^#Connection<\d+>$/);
    await server.close();
    expect(await self.receive()).toEqual(['DOWN', ref, 'port', server, 'normal']);
    const trapping = actor(async (own) => {
      own.trapExit = true;
      client.controllingProcess(self, own.pid);
      await client.close();
      return own.receive();
    });
    expect(await trapping.result).toEqual(['EXIT', client, 'normal']);
  });

  test('as a Duplex it gives what has come first, and goes through a pipeline', async () => {
    const { server, client } = await pair(options);
    await client.write('head-body');
    expect(text(await server.read(5))).toBe('head-');
    const duplex = server.toDuplex();
    expect(await failure(server.read())).toBe('Rd.Failure Closed');
    expect(text((await once(duplex, 'data'))[0] as Buffer)).toBe('body');
    const sent = randomBytes(1_000_000);
    const heard = client.read(sent.length);
    await pipeline(Readable.from([sent.subarray(0, 300_000), sent.subarray(300_000)]), duplex, { end: false });
    expect((await heard).equals(sent)).toBe(true);
    const ended = finished(duplex.resume());
    await client.close();
    duplex.end();
    await ended;
    await until(() => !server.isOpen);
  });

  test('the end of a Duplex is the end for its peer, behind what was written', async () => {
    const { server, client } = await pair(options);
    const duplex = server.toDuplex();
    duplex.resume();
    duplex.end('goodbye');
    expect(text(await client.read(100))).toBe('goodbye');
    await client.close();
    await finished(duplex);
    expect(server.isOpen).toBe(false);
  });

  test('a Duplex that is destroyed closes its connection, and the other way round', async () => {
    const first = await pair(options);
    first.server.toDuplex().destroy();
    await until(() => !first.server.isOpen);
    await first.client.read().catch(() => undefined);
    const second = await pair(options);
    const duplex = second.server.toDuplex();
    await second.server.close();
    await until(() => duplex.destroyed);
    await closeAll(first.client, second.client);
  });

  test('no Duplex is made while a read waits', async () => {
    const { server, client } = await pair(options);
    const reading = server.read(1);
    expect(() => server.toDuplex()).toThrow('connection');
    await client.write('x');
    expect(text(await reading)).toBe('x');
    await closeAll(server, client);
  });
});
