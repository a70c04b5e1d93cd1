/** What happens while a name is looked up: time runs out, the socket is closed, the owner ends (CN-7, CN-16, CN-21, OW-1). The resolver is the test's own. */
import { lookup } from 'node:dns/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { exit, isAlive, mainActor, type Self, spawn } from '../../runtime/index.js';
import { deferred, nextTurn, overStacks, pair, word } from './subjects.js';

vi.mock('node:dns/promises', () => ({ lookup: vi.fn() }));

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });

overStacks((sctp) => {
  const self = mainActor();
  let answer: ReturnType<typeof deferred<{ address: string; family: number }>>;
  const found = { address: '127.0.0.1', family: 4 };

  beforeEach(() => {
    answer = deferred();
    vi.mocked(lookup).mockImplementation((async () => [await answer.promise]) as never);
  });

  test('names are looked up, and those that connect by them associate', async () => {
    const { server, client } = await pair(sctp);
    answer.resolve(found);
    expect((await client.connect('server.example', server.port)).state).toBe('comm_up');
    const other = await sctp.open(self, 0, { ip: 'server.example' });
    expect(other.sockname()[0]).toBe('127.0.0.1');
    const id = await other.connectInit('server.example', server.port);
    expect((await other.recv())[3]).toMatchObject({ state: 'comm_up', assocId: id });
    for (const socket of [other, client, server]) socket.close();
  });

  test('when the time is over, no attempt begins, although the name is known at last (CN-7, CN-21)', async () => {
    const { server, client } = await pair(sctp);
    await expect(client.connect('server.example', server.port, {}, 1)).rejects.toThrow(reason('timeout'));
    await expect(client.connectInit('server.example', server.port, {}, 1)).rejects.toThrow(reason('timeout'));
    answer.resolve(found);
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    await expect(client.recv(0)).rejects.toThrow(reason('timeout'));
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('when the socket is closed meanwhile, both forms reject with closed, and no association begins (CN-16)', async () => {
    const { server, client } = await pair(sctp);
    const waiting = [client.connect('server.example', server.port), client.connectInit('server.example', server.port)];
    client.close();
    answer.resolve(found);
    for (const outcome of await Promise.allSettled(waiting)) expect(outcome).toMatchObject({ reason: { reason: 'closed' } });
    for (let turn = 0; turn < 5; turn += 1) await nextTurn();
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    server.close();
  });

  test('an actor that ends while it opens gets no socket (OW-1)', async () => {
    let opening: Promise<SctpSocket> | undefined;
    const owner = spawn(async (actor: Self) => {
      opening = sctp.open(actor, 0, { ip: 'server.example' });
      await opening;
    });
    while (opening === undefined) await nextTurn();
    exit(owner, 'kill');
    answer.resolve(found);
    await expect(opening).rejects.toMatchObject({ name: 'ActorExit', reason: 'killed' });
    expect([isAlive(owner), sctp.openSockets()]).toEqual([false, []]);
  });

  test('a message comes while a connect looks its name up, and is not held back (CN-8)', async () => {
    const { server, client } = await pair(sctp);
    const { assocId } = await client.connect('127.0.0.1', server.port);
    const [, , , event] = await server.recv();
    const other = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await other.listen(true);
    const connecting = client.connect('other.example', other.port);
    await server.send(event as never, 0, 'x');
    expect(word(await client.recv())).toBe('data:x');
    answer.resolve(found);
    expect((await connecting).assocId).not.toBe(assocId);
    for (const socket of [other, client, server]) socket.close();
  });
});
