/** Options of a send: a signal that withdraws it while it waits, and a limit for the delivery of its message. */
import { expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { connected, nextTurn, overStacks, word } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });
const block = Buffer.alloc(16 * 1024, 1);

overStacks((sctp) => {
  mainActor();

  test('a send that waits can be withdrawn; what waits behind it goes on, in order (SD-7, SD-8)', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 32768 }, { sndbuf: 32768 });
    const controller = new AbortController();
    const taken: Promise<void>[] = [];
    while (client.info().waitingSends === 0) taken.push(client.send(atClient, 0, block));
    const withdrawn = client.send(atClient, 0, 'withdrawn', { signal: controller.signal });
    const after = client.send({ assocId: atClient, stream: 0 }, 'after', { signal: new AbortController().signal });
    expect(client.info().waitingSends).toBe(3);
    controller.abort();
    await expect(withdrawn).rejects.toThrow(reason('aborted'));
    expect(client.info().waitingSends).toBe(2);
    const words: string[] = [];
    while (words.at(-1) !== 'data:after') words.push(word(await server.recv()).slice(0, 12));
    await Promise.all([...taken, after]);
    expect(words).toHaveLength(taken.length + 1);
    expect(words).not.toContain('data:withdrawn'.slice(0, 12));
    client.close();
    server.close();
  });

  test('withdrawing what waits first lets the next one try', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 32768 }, { sndbuf: 32768 });
    const controller = new AbortController();
    while (client.info().waitingSends === 0) {
      client.send(atClient, 0, block, { signal: controller.signal }).catch(() => undefined);
    }
    const small = client.send(atClient, 0, 'small');
    controller.abort();
    while (word(await server.recv()) !== 'data:small');
    await small;
    client.close();
    server.close();
  });

  test('a signal that has fired sends nothing; one that fires later does nothing', async () => {
    const { server, client, atClient } = await connected(sctp);
    await expect(client.send(atClient, 0, 'x', { signal: AbortSignal.abort() })).rejects.toThrow(reason('aborted'));
    const controller = new AbortController();
    await client.send(atClient, 0, 'y', { signal: controller.signal });
    controller.abort();
    expect(word(await server.recv())).toBe('data:y');
    await nextTurn();
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('a limit of time is a lifetime, on every stack (RFC 7496 section 3.1)', async () => {
    const { server, client, atClient } = await connected(sctp);
    await client.send({ assocId: atClient, prPolicy: 'ttl', prValue: 60_000 }, 'in time');
    await client.send({ assocId: atClient, prPolicy: 'none' }, 'whenever');
    expect([word(await server.recv()), word(await server.recv())]).toEqual(['data:in time', 'data:whenever']);
    client.close();
    server.close();
  });

  test('whatever the limit, a message that can be delivered is delivered (RFC 7496 sections 3.1 and 3.2)', async () => {
    const { server, client, atClient } = await connected(sctp);
    for (const prPolicy of ['rtx', 'prio'] as const) {
      for (const prValue of [0, 3]) {
        await client.send({ assocId: atClient, prPolicy, prValue }, prPolicy);
        expect(word(await server.recv())).toBe(`data:${prPolicy}`);
      }
    }
    client.close();
    server.close();
  });
});
