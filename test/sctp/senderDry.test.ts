/** The event that tells a sender that none of its messages is under way any more (RFC 6458 section 6.1.9). It is off unless asked for, because gen_sctp does not have it. */
import { beforeEach, expect, test } from 'vitest';
import { connected, contentWord, overStacks, word } from './subjects.js';

const dry = { sctpEvents: { senderDryEvent: true } } as const;

overStacks((sctp, name) => {
  beforeEach((context) => {
    if (name === 'simulated') context.skip('nothing is ever under way on the simulated stack');
  });

  test('the event comes when the last byte has been acknowledged', async () => {
    const { server, client, atClient } = await connected(sctp, {}, dry);
    for (const text of ['a', 'b', 'c']) await client.send(atClient, 0, text);
    expect((await client.recv())[3]).toEqual({ type: 'sctp_sender_dry_event', assocId: atClient });
    // The kernel gives the event before it frees the memory.
    if (name === 'embedded') expect(client.info().queuedBytes[1]).toBe(0);
    for (const text of ['a', 'b', 'c']) expect(word(await server.recv())).toBe(`data:${text}`);
    await expect(server.recv(0)).rejects.toThrow(expect.objectContaining({ reason: 'timeout' }));
    client.close();
    server.close();
  });

  test('the event comes each time anew, also after a message for which the peer had to make room', async () => {
    const { server, client, atClient } = await connected(sctp, { recbuf: 4096 }, dry);
    await client.send(atClient, 0, Buffer.alloc(60_000));
    expect(word(await server.recv())).toHaveLength(60_005);
    expect(contentWord((await client.recv())[3])).toBe('sctp_sender_dry_event');
    await client.send(atClient, 0, 'x');
    expect(contentWord((await client.recv())[3])).toBe('sctp_sender_dry_event');
    client.close();
    server.close();
  });
});
