/** Buffers under the limits of a stock Linux. For all other tests the lab raises these limits. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mainActor } from '../../runtime/index.js';
import { connected, overStacks } from './subjects.js';

const limits = ['rmem_max', 'wmem_max'].map((name) => `/proc/sys/net/core/${name}`);
const stock = 212_992;
const before: string[] = [];

overStacks((sctp, name) => {
  beforeEach((context) => {
    if (name !== 'kernel') context.skip('the limits are the kernel’s');
    if (process.env.MAILPORT_LAB === undefined) context.skip('only the lab’s limits may be changed');
    for (const limit of limits) {
      before.push(readFileSync(limit, 'utf8'));
      writeFileSync(limit, String(stock));
    }
  });
  afterEach(() => {
    for (const [index, value] of before.splice(0).entries()) writeFileSync(limits[index]!, value);
  });

  test('the limits are what buffers have by default and at most, and what reads back (FC-36, OPN-5, SO-18)', async () => {
    const socket = await sctp.open(mainActor(), 0, { ip: '127.0.0.1' });
    const read = () => socket.getopts(['recbuf', 'sndbuf']);
    expect(read()).toEqual({ recbuf: stock, sndbuf: stock });
    socket.setopts({ recbuf: 100_000, sndbuf: 50_000 });
    expect(read()).toEqual({ recbuf: 100_000, sndbuf: 50_000 });
    socket.setopts({ recbuf: 1_000_000, sndbuf: 1_000_000 });
    expect(read()).toEqual({ recbuf: stock, sndbuf: stock });
    socket.close();
  });

  test('a message as large as the send buffer arrives, and a larger one is emsgsize (SD-10)', async () => {
    const { server, client, atClient } = await connected(sctp);
    const tooLarge = expect.objectContaining({ name: 'SocketError', reason: 'emsgsize' });
    await expect(client.send(atClient, 0, Buffer.alloc(stock + 1))).rejects.toThrow(tooLarge);
    await client.send(atClient, 0, Buffer.alloc(stock));
    expect((await server.recv())[3]).toHaveLength(stock);
    client.close();
    server.close();
  });
});
