/** Reading in a loop, and sockets that close at the end of a block. */
import { expect, test } from 'vitest';
import { exit, spawn } from '../../runtime/index.js';
import { closeAll, deferred, listening, mailbox, nextWords, pair, tcp } from './subjects.js';

const reason = (wanted: string) => expect.objectContaining({ reason: wanted });

test('a loop gives packets until the peer ends, and leaves the socket open', async () => {
  const { server, client } = await pair({ packet: 'line', exitOnClose: false });
  await client.send('one\ntwo\nrest');
  client.shutdown('write');
  const lines: string[] = [];
  for await (const line of server) lines.push(String(line));
  expect(lines).toEqual(['one\n', 'two\n']);
  await server.send('bye');
  expect(String(await client.recv())).toBe('bye');
  await closeAll(server, client);
});

test('a loop that is left goes on later where it was', async () => {
  const { server, client } = await pair({ packet: 'line' });
  await client.send('one\ntwo\n');
  for await (const line of server) {
    expect(String(line)).toBe('one\n');
    break;
  }
  expect(String(await server.recv())).toBe('two\n');
  await closeAll(server, client);
});

test('a loop ends when the socket is closed, and throws errors of the connection, if they are to be told', async () => {
  const first = await pair();
  const reading = (async () => {
    for await (const data of first.server) expect(data).toBeUndefined();
  })();
  await first.server.close();
  await reading;
  await first.client.close();
  const second = await pair({ packet: 1, packetSize: 2 }, { packet: 1 });
  await second.client.send('abc');
  await expect(second.server.messages().next()).rejects.toThrow(reason('emsgsize'));
  await closeAll(second.server, second.client);
});

test('the loop of an actor that dies frees the socket for others (RV-14)', async () => {
  const { server, client } = await pair();
  const waits = deferred<void>();
  const reader = spawn(async (me) => {
    const loop = server.messages(me);
    const next = loop.next();
    waits.resolve();
    await next;
  });
  await waits.promise;
  exit(reader, 'kill');
  await client.send('for whoever asks next');
  expect(String(await server.recv())).toBe('for whoever asks next');
  await closeAll(server, client);
});

test('a listener has nothing to loop over', async () => {
  const listener = await listening();
  expect(() => listener.messages()).toThrow(reason('enotconn'));
  await listener.close();
});

test('`using` closes at once, and nobody gets tcp_closed of that', async () => {
  const { server, client } = await pair({ active: true }, { active: true });
  {
    using gone = client;
    expect(gone.isOpen).toBe(true);
  }
  expect(client.isOpen).toBe(false);
  expect(await nextWords(1)).toEqual(['tcp_closed']);
  expect(await mailbox()).toEqual([]);
  expect(server.isOpen).toBe(false);
  expect(tcp.openSockets()).toEqual([]);
});
