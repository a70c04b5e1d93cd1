import { describe, expect, test } from 'vitest';
import { connected, mailbox, nextWords, subjects, word } from './subjects.js';

describe.each(subjects())('$name', ({ sctp, skipped }) => {
  test('passes a message', async (context) => {
    if (skipped !== undefined) context.skip(skipped);
    const { server, client, atClient } = await connected(sctp);
    await client.send(atClient, 0, 'hello');
    const item = await server.recv();
    expect(word(item)).toBe('data:hello');
    server.setopts({ active: 2 });
    await client.send(atClient, 0, 'a');
    await client.send(atClient, 0, 'b');
    await client.send(atClient, 0, 'c');
    expect(await nextWords(3)).toEqual(['data:a', 'data:b', 'passive']);
    expect(await mailbox()).toEqual([]);
    expect(word(await server.recv(1000))).toEqual('data:c');
    client.close();
    expect(word(await server.recv())).toBe('sctp_shutdown_event');
    expect(word(await server.recv())).toBe('shutdown_comp');
    server.close();
  });
});
