/** A peer that reads nothing takes no room from the others of a one-to-many socket (RFC 6458 §8.1.10, SD-8). */
import { expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { connected, nextTurn, overStacks } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overStacks((sctp) => {
  /** A socket with two associations. Its sends to the first wait, because that peer reads nothing. */
  async function oneFull() {
    const { server, client, atClient } = await connected(sctp, { recbuf: 8192 }, { sndbuf: 65_536, sctpNodelay: true });
    const reading = await sctp.open(mainActor(), 0, { ip: '127.0.0.1' });
    await reading.listen(true);
    const { assocId: atReading } = await client.connect('127.0.0.1', reading.port);
    await reading.recv();
    const filling: Promise<unknown>[] = [];
    while (client.info().waitingSends < 100) {
      filling.push(client.send(atClient, 0, Buffer.alloc(1000, 'f')).catch((error: { reason: string }) => error.reason));
      if (filling.length % 64 === 0) await nextTurn();
    }
    return { server, client, atClient, reading, atReading, filling };
  }

  test('sends of other associations pass those that wait, and each association keeps its order', async () => {
    const { server, client, atClient, reading, atReading, filling } = await oneFull();
    const waiting = client.info().waitingSends;
    for (let index = 0; index < 300; index += 1) {
      await client.send(atReading, index % 2, `${index}`);
      expect(String((await reading.recv())[3])).toBe(`${index}`);
    }
    // Many at once, too.
    const sends = Array.from({ length: 300 }, (_, index) => client.send(atReading, 0, `${index}`));
    for (let index = 0; index < 300; index += 1) expect(String((await reading.recv())[3])).toBe(`${index}`);
    await Promise.all(sends);
    expect(client.info().waitingSends).toBe(waiting);
    expect(client.getstat().sendPend).toBe(waiting * 1000);
    await expect(Promise.race([client.send(atClient, 0, 'last'), nextTurn().then(() => 'waits')])).resolves.toBe('waits');
    for (let index = 0; index < filling.length; index += 1) expect((await server.recv())[3]).toHaveLength(1000);
    expect(String((await server.recv())[3])).toBe('last');
    await Promise.all(filling);
    for (const socket of [client, reading, server]) socket.close();
  });

  test('only the association that is full refuses a send that must not wait, and may not be peeled off', async () => {
    const { server, client, atClient, reading, atReading, filling } = await oneFull();
    client.setopts({ nonBlockSend: true });
    await expect(client.send(atClient, 0, 'x')).rejects.toThrow(reason('eagain'));
    await client.send(atReading, 0, 'y');
    expect(String((await reading.recv())[3])).toBe('y');
    expect(() => client.peeloff(mainActor(), atClient)).toThrow(reason('ebusy'));
    const peeled = client.peeloff(mainActor(), atReading);
    await peeled.send(atReading, 0, 'z');
    expect(String((await reading.recv())[3])).toBe('z');
    await client.abort(atClient);
    expect(new Set(await Promise.all(filling))).toEqual(new Set([undefined, 'epipe']));
    for (const socket of [client, reading, server, peeled]) socket.close();
    await nextTurn();
  });
});
