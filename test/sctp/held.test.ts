/**
 * Items that had left the stack when the socket turned passive in the middle of a batch. They are held, in order, ahead of the items that the stack still
 * has, and go wherever the socket goes (FC-20, FC-27, CP-11, PO-7, CL-10). A blocking connect makes this happen: its answer is charged to the count, beyond
 * the credit that the stack was given (CN-11).
 */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { kind } from '../../native/contract/sctp.js';
import { exit, mainActor, type Self, spawn } from '../../runtime/index.js';
import { connected, deferred, mailbox, nextTurn, simulated, word } from './subjects.js';

const self = mainActor();
const { sctp, sim } = simulated();

interface Held {
  readonly client: SctpSocket;
  readonly atClient: number;
  /** The peer of `atClient`. */
  readonly first: SctpSocket;
  readonly close: () => void;
}

/** A passive client that holds the first two texts of its first association and has the rest in the stack; its owner's mailbox is empty. */
async function holding(texts: readonly string[] = ['one', 'two', 'three']): Promise<Held> {
  const { server, client, atClient } = await connected(sctp);
  const handle = sim().lastHandle;
  const others = [await sctp.open(self), await sctp.open(self)];
  for (const other of others) {
    await other.listen(true);
    sim().silence(other.port, true);
  }
  client.setopts({ active: 2 });
  const connecting = others.map((other) => client.connect('127.0.0.1', other.port));
  for (const other of others) sim().silence(other.port, false);
  // Two answers and as many items as the count in one batch: the answers take the count, and the items find the socket passive.
  for (const text of texts) inject(handle, atClient, text, server.port);
  await Promise.all(connecting);
  await nextTurn();
  expect([client.getopts(['active']).active, await mailbox(), sim().creditOf(handle)]).toEqual([false, ['passive'], 0]);
  const sockets = [client, server, ...others];
  return { client, atClient, first: server, close: () => sockets.map((socket) => socket.close()) };
}

function inject(handle: number, assocId: number, text: string, port: number): void {
  sim().inject(handle, { kind: kind.data, assocId, address: '127.0.0.1', port, payload: Buffer.from(text) });
}

async function read(socket: SctpSocket, count: number): Promise<string[]> {
  const words: string[] = [];
  while (words.length < count) words.push(word(await socket.recv(0)));
  return words;
}

test('recv gives held items first, in order (FC-27)', async () => {
  const { client, close } = await holding();
  expect(await read(client, 3)).toEqual(['data:one', 'data:two', 'data:three']);
  await expect(client.recv(0)).rejects.toMatchObject({ reason: 'timeout' });
  close();
});

test.each([
  [1, ['data:one', 'passive'], ['data:two', 'data:three']],
  ['once', ['data:one'], ['data:two', 'data:three']],
  [2, ['data:one', 'data:two', 'passive'], ['data:three']],
  [3, ['data:one', 'data:two', 'data:three', 'passive'], []],
  [true, ['data:one', 'data:two', 'data:three'], []],
] as const)('at %s held items are delivered first, and counted (FC-20..FC-22, FC-28)', async (active, delivered, left) => {
  const { client, close } = await holding();
  client.setopts({ active });
  expect(await mailbox()).toEqual(delivered);
  client.setopts({ active: false });
  expect(await read(client, left.length)).toEqual(left);
  close();
});

test('held items go with the socket to another owner, ahead of newer ones (CP-11)', async () => {
  const { client, close } = await holding();
  const words = deferred<string[]>();
  const heir = spawn(async (actor: Self<SctpMessage>) => {
    const seen: string[] = [];
    while (seen.at(-1) !== 'passive') seen.push(word((await actor.receive()) as SctpMessage));
    words.resolve(seen);
    await actor.receive();
  });
  client.controllingProcess(self, heir);
  client.setopts({ active: 3 });
  expect(await words.promise).toEqual(['data:one', 'data:two', 'data:three', 'passive']);
  expect(await mailbox()).toEqual([]);
  exit(heir, 'kill');
  close();
});

test('held items of a peeled-off association move with it, once; the others stay (PO-7)', async () => {
  const { client, atClient, close } = await holding();
  const peeled = client.peeloff(self, atClient);
  await expect(client.recv(0)).rejects.toMatchObject({ reason: 'timeout' });
  expect(await read(peeled, 3)).toEqual(['data:one', 'data:two', 'data:three']);
  peeled.close();
  close();
  const again = await holding();
  const other = again.client.peeloff(self, strangerOf(again.client, again.atClient));
  await expect(other.recv(0)).rejects.toMatchObject({ reason: 'timeout' });
  expect(await read(again.client, 3)).toEqual(['data:one', 'data:two', 'data:three']);
  other.close();
  again.close();
});

test('held items become messages of the socket to which they have moved, also when it is handed on (PO-7, CP-11)', async () => {
  const { client, atClient, close } = await holding();
  const peeled = client.peeloff(self, atClient);
  peeled.setopts({ active: 3 });
  const messages = [await self.receive(), await self.receive(), await self.receive()] as readonly (readonly unknown[])[];
  expect(messages.map((message) => [message[1], word(message as SctpMessage)])).toEqual(
    ['data:one', 'data:two', 'data:three'].map((text) => [peeled, text]),
  );
  expect(await mailbox()).toEqual(['passive']);
  peeled.close();
  close();
});

test('held data is unread data, though the stack has none: closing aborts (CL-10)', async () => {
  const { client, first, close } = await holding(['one', 'two']);
  client.close();
  expect(word(await first.recv())).toBe('comm_lost');
  close();
});

/** Another association of the socket. */
function strangerOf(socket: SctpSocket, known: number): number {
  for (let id = 3; ; id += 1) {
    if (id !== known && Object.keys(socket.getopts([['sctpStatus', { assocId: id }]])).length > 0) return id;
  }
}
