/** Listening: backlogs, one's own port, two sockets on one port, and one-to-one sockets whose connections are accepted (LS, CL-13, FC-34, FC-39). */
import { expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import { mainActor } from '../../runtime/index.js';
import { overStacks, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor();

overStacks((sctp, name) => {
  const open = (options: object = {}) => sctp.open(self, 0, { ip: '127.0.0.1', ...options });

  test.each([
    [true, 'comm_up'],
    [5, 'comm_up'],
    [1, 'comm_up'],
    [-1, 'comm_up'],
    [false, 'cant_assoc'],
    [0, 'cant_assoc'],
  ] as const)('a backlog of %s: a newcomer sees %s (LS-1, LS-6)', async (backlog, state) => {
    const [server, client] = [await open(), await open()];
    if (state === 'cant_assoc') await server.listen(true);
    await server.listen(backlog);
    await client.connectInit('127.0.0.1', server.port);
    expect(word(await client.recv())).toBe(state);
    if (state === 'comm_up') expect(word(await server.recv())).toBe('comm_up');
    await expect(server.recv(0)).rejects.toThrow(reason('timeout'));
    client.close();
    server.close();
  });

  test('a one-to-many listener takes all newcomers, whatever its backlog (LS-1, LS-4)', async () => {
    const server = await open();
    await server.listen(1);
    const clients = await Promise.all(Array.from({ length: 4 }, () => open()));
    for (const client of clients) await client.connect('127.0.0.1', server.port);
    for (const _ of clients) expect(word(await server.recv())).toBe('comm_up');
    for (const socket of [...clients, server]) socket.close();
  });

  test('a listener that has stopped takes newcomers again, whatever has been peeled off from it', async () => {
    const server = await open();
    await server.listen(true);
    const [first, second] = [await open(), await open()];
    await first.connect('127.0.0.1', server.port);
    const [, , , up] = await server.recv();
    const peeled = server.peeloff(self, up as SctpAssocChange);
    await server.listen(false);
    await expect(second.connect('127.0.0.1', server.port)).rejects.toThrow(reason('cant_assoc'));
    await server.listen(true);
    await second.connect('127.0.0.1', server.port);
    expect(word(await server.recv())).toBe('comm_up');
    for (const socket of [first, second, peeled, server]) socket.close();
  });

  test('a listener may connect to its own port: one association, one comm_up (CN-18)', async ({ skip }) => {
    if (name === 'simulated') return skip('the simulated network has two ends');
    const socket = await open();
    await socket.listen(true);
    const { state, assocId } = await socket.connect('127.0.0.1', socket.port);
    expect(state).toBe('comm_up');
    await expect(socket.recv(0)).rejects.toThrow(reason('timeout'));
    await socket.send(assocId, 0, 'to myself');
    expect(word(await socket.recv())).toBe('data:to myself');
    await socket.eof(assocId);
    socket.close();
  });
});
