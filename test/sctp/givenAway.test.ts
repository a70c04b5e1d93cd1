/**
 * `handOff` gives an association away in one step: its items, and a message that tells the new owner of it. `controllingProcess` with a message does the same for a
 * whole socket. No item is lost, doubled or reordered, and a call that fails has changed nothing (CP-10, CP-11, PO-7).
 */
import { describe, expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { Sctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { kind } from '../../native/contract/sctp.js';
import {
  BadArg,
  exit,
  type Message,
  mainActor,
  type Pid,
  processInfo,
  type Self,
  send,
  spawn,
  tag,
} from '../../runtime/index.js';
import { backlog, connected, mailbox, nextTurn, overStacks, pair, simulated, untilArrived, word } from './subjects.js';

const reason = (atom: string) => expect.objectContaining({ name: 'SocketError', reason: atom });
const self = mainActor<SctpMessage>();

interface Heir {
  readonly pid: Pid<unknown>;
  /** The messages that the actor has received, with sockets as `parent` or `made`. */
  readonly words: string[];
  readonly messages: readonly unknown[][];
}

/** An actor that notes what it is sent. */
function heir(options: object = {}): Heir {
  const words: string[] = [];
  const messages: unknown[][] = [];
  const pid = spawn(async (own: Self<unknown>) => {
    for (;;) {
      const message = (await own.receive()) as unknown[];
      messages.push(message);
      words.push(['socket', 'yours'].includes(message[0] as string) ? (message[0] as string) : word(message as never));
    }
  }, options);
  return { pid, words, messages };
}

async function until(words: readonly string[], count: number): Promise<readonly string[]> {
  while (words.length < count) await nextTurn();
  return words;
}

/** A listener that has got a comm_up and, in its mailbox, the data after it. */
async function listenerWithData(sctp: Sctp, data: readonly string[], options: object = { active: true }) {
  const { server, client } = await pair(sctp, options);
  const { assocId: atClient } = await client.connect('127.0.0.1', server.port);
  const [, , , , [, change]] = (await self.receive()) as Exclude<SctpMessage, { length: 2 }>;
  for (const text of data) await client.send(atClient, 0, text);
  while (backlog() < data.length) await nextTurn();
  return { server, client, atClient, change: change as SctpAssocChange };
}

overStacks((sctp) => {
  test('messages that wait in the mailbox of the listener come after the message about the socket, and before new ones', async () => {
    const { server, client, atClient, change } = await listenerWithData(sctp, ['one', 'two']);
    const { pid, words, messages } = heir();
    const made = server.handOff(self, change, pid);
    expect([made.owner, made.isOpen, backlog()]).toEqual([pid, true, 0]);
    await client.send(atClient, 0, 'three');
    expect(await until(words, 4)).toEqual(['socket', 'data:one', 'data:two', 'data:three']);
    expect(messages.every((message) => message[1] === made)).toBe(true);
    expect(messages[1]).toEqual([
      'sctp',
      made,
      '127.0.0.1',
      client.port,
      [[expect.objectContaining({ ssn: 0 })], Buffer.from('one')],
    ]);
    await client.eof(atClient);
    expect((await until(words, 6)).slice(4)).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    expect(await mailbox()).toEqual([]);
    exit(pid, 'kill');
    expect(made.isOpen).toBe(false);
    client.close();
    server.close();
  });

  test('items that no mailbox has yet come too: from a passive listener, and from one whose count has run out', async () => {
    for (const active of [false, 2] as const) {
      const { server, client, atServer, atClient } = await connected(sctp);
      server.setopts({ active });
      for (const text of ['one', 'two', 'three', 'four']) await client.send(atClient, 0, text);
      await untilArrived(client);
      while (backlog() < Number(active && 3)) await nextTurn();
      const { pid, words } = heir();
      server.handOff(self, atServer, pid, { active: true });
      expect(await until(words, 5)).toEqual(['socket', 'data:one', 'data:two', 'data:three', 'data:four']);
      // The passive message of the listener stays with the owner of the listener.
      expect(await mailbox()).toEqual(active === false ? [] : ['passive']);
      exit(pid, 'kill');
      client.close();
      server.close();
    }
  });

  test('an end that waits in the mailbox goes along, too, while the association lives', async () => {
    const { server, client, atClient, change } = await listenerWithData(sctp, ['last']);
    const { pid, words } = heir();
    const made = server.handOff(self, change, pid);
    await client.abort(atClient);
    expect(await until(words, 3)).toEqual(['socket', 'data:last', 'comm_lost']);
    made.close();
    exit(pid, 'kill');
    client.close();
    server.close();
  });

  test.each([
    [undefined, 5, 5],
    [false, 5, false],
    [true, 5, true],
    ['once', 5, 'once'],
    [7, 5, 7],
    [7, true, 7],
    [undefined, true, true],
  ] as const)(
    'active %s, from a listener with %s, begins with %s, and the listener keeps its own (PO-5)',
    async (active, own, begun) => {
      const { server, client, atServer } = await connected(sctp);
      server.setopts({ active: own });
      const { pid } = heir();
      const made = server.handOff(self, atServer, pid, active === undefined ? {} : { active });
      expect(made.getopts(['active'])).toEqual({ active: begun });
      expect(server.getopts(['active'])).toEqual({ active: own });
      exit(pid, 'kill');
      client.close();
      server.close();
    },
  );

  test('a count of 0 or less brings the passive message, after the messages that came before (FC-10)', async () => {
    const { server, client, change } = await listenerWithData(sctp, ['one']);
    const { pid, words } = heir();
    server.handOff(self, change, pid, { active: -1 });
    expect(await until(words, 3)).toEqual(['socket', 'data:one', 'passive']);
    exit(pid, 'kill');
    client.close();
    server.close();
  });

  test.each([
    ['a message', ['yours', 7], ['yours', 7]],
    ['what a function makes of the socket', (socket: SctpSocket) => ['yours', socket.port], ['yours', 'port']],
  ] as const)('%s is the first message of the new owner', async (_, message, expected) => {
    const { server, client, change } = await listenerWithData(sctp, ['one']);
    const { pid, words, messages } = heir();
    server.handOff(self, change, pid, { message });
    expect(await until(words, 2)).toEqual(['yours', 'data:one']);
    expect(messages[0]).toEqual(expected.map((each) => (each === 'port' ? server.port : each)));
    exit(pid, 'kill');
    client.close();
    server.close();
  });

  test('messages of other associations stay, in order, and are found by tag as before', async () => {
    const { server, client, atClient, change } = await listenerWithData(sctp, ['one']);
    const other = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const { assocId } = await other.connect('127.0.0.1', server.port);
    while (backlog() < 2) await nextTurn();
    await other.send(assocId, 0, 'other one');
    while (backlog() < 3) await nextTurn();
    // A receive has passed over every message once, so each stands in the index of tags.
    send(self.pid as Pid<unknown>, ['mine', 1]);
    expect(await self.receive(tag('mine' as never))).toEqual(['mine', 1]);
    await client.send(atClient, 0, 'two');
    await other.send(assocId, 0, 'other two');
    while (backlog() < 5) await nextTurn();
    const { pid, words } = heir();
    server.handOff(self, change, pid);
    expect(await until(words, 3)).toEqual(['socket', 'data:one', 'data:two']);
    const rest = [];
    while (backlog() > 0) rest.push(word((await self.receive(tag('sctp'))) as SctpMessage));
    expect(rest).toEqual(['comm_up', 'data:other one', 'data:other two']);
    expect(await self.receive(tag('sctp'), { after: 0 })).toBeUndefined();
    exit(pid, 'kill');
    for (const socket of [client, other, server]) socket.close();
  });

  test('data without information goes to the owner of its association: dataIoEvent is off (MS-8)', async () => {
    const options = { active: true, sctpEvents: { dataIoEvent: false } };
    const { server, client, atClient, change } = await listenerWithData(sctp, ['one'], options);
    const other = await sctp.open(self, 0, { ip: '127.0.0.1' });
    const { assocId } = await other.connect('127.0.0.1', server.port);
    await other.send(assocId, 0, 'other');
    await client.send(atClient, 0, 'two');
    while (backlog() < 4) await nextTurn();
    const { pid, words } = heir();
    server.handOff(self, change, pid);
    expect(await until(words, 3)).toEqual(['socket', 'data:one', 'data:two']);
    expect(await mailbox()).toEqual(['comm_up', 'data:other']);
    exit(pid, 'kill');
    for (const socket of [client, other, server]) socket.close();
  });

  test('the caller may hand it off to itself', async () => {
    const { server, client, change } = await listenerWithData(sctp, ['one', 'two'], { active: 10 });
    send(self.pid as Pid<unknown>, ['mine']);
    const made = server.handOff(self, change, self.pid as Pid<unknown>);
    expect(await self.receive()).toEqual(['mine']);
    expect(await self.receive()).toEqual(['socket', made]);
    const moved = [await self.receive(), await self.receive()];
    expect(moved.map((message) => [message[1] === made, word(message)])).toEqual([
      [true, 'data:one'],
      [true, 'data:two'],
    ]);
    expect([made.owner, server.owner]).toEqual([self.pid, self.pid]);
    for (const socket of [client, made, server]) socket.close(self);
  });

  test('any actor may call it, and the messages that wait for the owner of the listener move (CP-18)', async () => {
    const { server, client, change } = await listenerWithData(sctp, ['one']);
    const { pid, words } = heir();
    const helper = spawn(async (own: Self) => {
      server.handOff(own, change, pid);
    });
    const ended = self.monitor(helper);
    expect(await until(words, 2)).toEqual(['socket', 'data:one']);
    expect(await self.receive()).toEqual(['DOWN', ended, 'process', helper, 'normal']);
    exit(pid, 'kill');
    client.close();
    server.close();
  });

  test.each(['drop_newest', 'drop_oldest', 'exit'] as const)(
    'a mailbox with a limit (%s) takes all of it: what a socket has read is never refused',
    async (policy) => {
      const { server, client, change } = await listenerWithData(sctp, ['one', 'two', 'three']);
      const { pid, words } = heir({ mailbox: { limit: 1, policy } });
      server.handOff(self, change, pid);
      expect(await until(words, 4)).toEqual(['socket', 'data:one', 'data:two', 'data:three']);
      expect(processInfo(pid)?.dropped).toBe(0);
      exit(pid, 'kill');
      client.close();
      server.close();
    },
  );

  describe('what fails has not happened', () => {
    test.each<[string, (server: SctpSocket, change: SctpAssocChange) => unknown, unknown]>([
      ['a new owner that has ended', (server, change) => server.handOff(self, change, dead()), reason('badarg')],
      ['no such association', (server) => server.handOff(self, 999_999, heirs()), reason('einval')],
      ['an option that is none', (server, change) => server.handOff(self, change, heirs(), { mesage: 1 } as never), BadArg],
      ['a mode that is none', (server, change) => server.handOff(self, change, heirs(), { active: 'twice' } as never), BadArg],
      ['a count out of range', (server, change) => server.handOff(self, change, heirs(), { active: 40_000 }), BadArg],
      ['options that are none', (server, change) => server.handOff(self, change, heirs(), 7 as never), BadArg],
      ['a name in place of a pid', (server, change) => server.handOff(self, change, 'worker' as never), BadArg],
      ['no association at all', (server) => server.handOff(self, undefined as never, heirs()), BadArg],
      ['no handle', (server, change) => server.handOff({} as never, change, heirs()), BadArg],
      ['a function that throws', (server, change) => server.handOff(self, change, heirs(), { message: failing }), failure],
      [
        'a function that ends the new owner',
        (server, change) => {
          const pid = heirs();
          server.handOff(self, change, pid, { message: () => exit(pid, 'kill') });
        },
        reason('badarg'),
      ],
    ])('%s', async (_, call, error) => {
      const { server, client, atClient, change } = await listenerWithData(sctp, ['one', 'two']);
      const open = sctp.openSockets().length;
      expect(() => call(server, change)).toThrow(error as Error);
      expect([sctp.openSockets().length, backlog()]).toEqual([open, 2]);
      await client.send(atClient, 0, 'three');
      while (backlog() < 3) await nextTurn();
      expect(await mailbox()).toEqual(['data:one', 'data:two', 'data:three']);
      // The call can still be made.
      const { pid, words } = heir();
      server.handOff(self, change, pid);
      expect(await until(words, 1)).toEqual(['socket']);
      for (const each of [pid, ...spawned.splice(0)]) exit(each, 'kill');
      client.close();
      server.close();
    });

    test('an association that has ended: its messages, the end among them, stay where they are', async () => {
      const { server, client, atClient, change } = await listenerWithData(sctp, ['one']);
      await client.abort(atClient);
      while (backlog() < 2) await nextTurn();
      const { pid, words } = heir();
      expect(() => server.handOff(self, change, pid)).toThrow(reason('einval'));
      expect(await mailbox()).toEqual(['data:one', 'comm_lost']);
      expect(words).toEqual([]);
      exit(pid, 'kill');
      client.close();
      server.close();
    });

    test('a function that closes the listener: closed', async () => {
      const { server, client, change } = await listenerWithData(sctp, []);
      const { pid, words } = heir();
      expect(() => server.handOff(self, change, pid, { message: () => server.close() })).toThrow(reason('closed'));
      expect(() => server.handOff(self, change, pid)).toThrow(reason('closed'));
      await nextTurn();
      expect(words).toEqual([]);
      exit(pid, 'kill');
      client.close();
    });

    test('a function that hands the association off itself: the inner one counts', async () => {
      const { server, client, change } = await listenerWithData(sctp, ['one']);
      const inner = heir();
      const outer = heir();
      const message = () => {
        server.handOff(self, change, inner.pid);
        return ['yours'];
      };
      expect(() => server.handOff(self, change, outer.pid, { message })).toThrow(reason('einval'));
      expect(await until(inner.words, 2)).toEqual(['socket', 'data:one']);
      expect(outer.words).toEqual([]);
      for (const { pid } of [inner, outer]) exit(pid, 'kill');
      client.close();
      server.close();
    });

    test('while the function runs the socket is not open, and afterwards one that was not made never is', async () => {
      const { server, client, change } = await listenerWithData(sctp, []);
      let early: SctpSocket | undefined;
      const message = (socket: SctpSocket) => {
        early = socket;
        expect(socket.isOpen).toBe(false);
        expect(() => socket.peernames()).toThrow(reason('closed'));
        throw new Error('no message');
      };
      expect(() => server.handOff(self, change, heirs(), { message })).toThrow('no message');
      expect(early?.isOpen).toBe(false);
      await expect(early?.send(change, 0, 'x')).rejects.toThrow(reason('closed'));
      early?.close();
      exit(spawned.pop()!, 'kill');
      client.close();
      server.close();
    });
  });

  describe('a whole socket, by controllingProcess', () => {
    test('a message comes first, and the mode is the one that was asked for', async () => {
      const { server, client, atClient } = await listenerWithData(sctp, ['one', 'two'], { active: 3 });
      expect(word((await self.receive()) as SctpMessage)).toBe('data:one');
      const { pid, words } = heir();
      server.controllingProcess(self, pid, { message: (socket) => ['yours', socket], active: 1 });
      await client.send(atClient, 0, 'three');
      await client.send(atClient, 0, 'four');
      expect(await until(words, 5)).toEqual(['yours', 'data:two', 'passive', 'data:three', 'passive']);
      expect(await mailbox()).toEqual([]);
      exit(pid, 'kill');
      client.close();
    });

    test('without a message nobody is told, with a mode or not (CP-21)', async () => {
      const { server, client } = await pair(sctp);
      const { pid, words } = heir();
      server.controllingProcess(self, pid, { active: 2 });
      expect(server.info()).toMatchObject({ owner: pid, active: 2 });
      await nextTurn();
      expect(words).toEqual([]);
      exit(pid, 'kill');
      client.close();
    });

    test('to its owner: the message, then the messages that were there already', async () => {
      const { server, client } = await listenerWithData(sctp, ['one'], { active: 5 });
      server.controllingProcess(self, self.pid, { message: ['yours', 1] as never, active: false });
      expect(await self.receive()).toEqual(['yours', 1]);
      expect(await mailbox()).toEqual(['data:one']);
      expect(server.info()).toMatchObject({ owner: self.pid, active: false });
      expect(processInfo(self.pid)?.links.filter((link) => link === server)).toHaveLength(1);
      server.close();
      client.close();
    });

    test('what fails has not happened', async () => {
      const { server, client } = await listenerWithData(sctp, ['one'], { active: 5 });
      const give = (to: Pid<unknown>, options: object) => server.controllingProcess(self, to, options as never);
      expect(() => give(dead(), { message: 1 })).toThrow(reason('badarg'));
      expect(() => give(heirs(), { massage: 1 })).toThrow(BadArg);
      expect(() => give(heirs(), { active: 99_999 })).toThrow(BadArg);
      expect(() => give(heirs(), { message: failing })).toThrow(failure);
      // An actor that does not own the socket cannot send its owner messages this way.
      let thrown: unknown;
      const stranger = spawn((own: Self) => {
        try {
          server.controllingProcess(own, self.pid, { message: ['yours'] as never });
        } catch (error) {
          thrown = error;
        }
      });
      const ended = self.monitor(stranger);
      await self.receive((message) => (message as readonly unknown[])[1] === ended);
      expect(thrown).toEqual(reason('not_owner'));
      expect(server.info()).toMatchObject({ owner: self.pid, active: 3 });
      expect(await mailbox()).toEqual(['data:one']);
      for (const each of spawned.splice(0)) exit(each, 'kill');
      server.close();
      client.close();
    });
  });

  test('many associations handed off while their peers send: each owner gets its own, whole and in order', async () => {
    const peers = 10;
    const each = 300;
    const { server, client: first } = await pair(sctp, { active: 7 });
    const clients = [first];
    while (clients.length < peers) clients.push(await sctp.open(self, 0, { ip: '127.0.0.1' }));
    const heirsOf = new Map<number, Heir>();
    const sending = clients.map(async (client) => {
      const { assocId } = await client.connect('127.0.0.1', server.port);
      for (let index = 0; index < each; index += 1) await client.send(assocId, 0, `${client.port} ${index}`);
    });
    // Data stays in the mailbox until its association is handed off. Some associations wait longer for that than others.
    const waiting: SctpAssocChange[] = [];
    for (let taken = 0; heirsOf.size < peers; taken += 1) {
      const message = await self.receive((each) => each[0] === 'sctp_passive' || changeOf(each as Message) !== undefined);
      const change = changeOf(message);
      if (change === undefined) server.setopts({ active: 7 });
      else waiting.push(change);
      if (taken % 3 !== 0 && waiting.length + heirsOf.size < peers) continue;
      const next = waiting.shift();
      if (next === undefined) continue;
      const owner = heir();
      server.handOff(self, next, owner.pid, { active: true });
      heirsOf.set(next.assocId, owner);
    }
    await Promise.all(sending);
    for (const { words } of heirsOf.values()) {
      await until(words, each + 1);
      const [, first = ''] = words;
      const [port] = first.split(' ');
      expect(words).toEqual(['socket', ...Array.from({ length: each }, (_, index) => `${port} ${index}`)]);
    }
    for (const { pid } of heirsOf.values()) exit(pid, 'kill');
    expect((await mailbox()).filter((left) => left !== 'passive')).toEqual([]);
    for (const socket of [...clients, server]) socket.close();
  });
});

const failure = 'the message could not be made';
function failing(): never {
  throw new Error(failure);
}

const spawned: Pid<unknown>[] = [];

/** The pid of an actor that does nothing. */
function heirs(): Pid<unknown> {
  const pid = spawn(async (own: Self<unknown>) => {
    await own.receive();
  });
  spawned.push(pid);
  return pid;
}

function dead(): Pid<unknown> {
  const pid = heirs();
  spawned.pop();
  exit(pid, 'kill');
  return pid;
}

function changeOf(message: Message): SctpAssocChange | undefined {
  const content = message[0] === 'sctp' ? message[4][1] : undefined;
  return content !== undefined && 'type' in content && content.type === 'sctp_assoc_change' ? content : undefined;
}

describe('on a stack that can be made to do anything', () => {
  const { sctp, sim } = simulated();

  test('events of every kind go along, those that tell of errors, too', async () => {
    const { server, client, change } = await listenerWithData(sctp, ['one'], {
      active: true,
      sctpEvents: { adaptationLayerEvent: true, partialDeliveryEvent: true },
    });
    const handle = sim().lastHandle - 1;
    const base = { assocId: change.assocId, address: '127.0.0.1', port: client.port };
    const item = { ...base, payload: Buffer.alloc(0) } as never as Parameters<ReturnType<typeof sim>['inject']>[1];
    const kinds = [
      kind.remoteError,
      kind.adaptation,
      kind.peerAddrChange,
      kind.shutdownEvent,
      kind.sendFailed,
      kind.partialDelivery,
    ];
    for (const each of kinds) sim().inject(handle, { ...item, kind: each });
    while (backlog() < 1 + kinds.length) await nextTurn();
    const { pid, words, messages } = heir();
    const made = server.handOff(self, change, pid);
    expect(await until(words, 2 + kinds.length)).toEqual([
      'socket',
      'data:one',
      'sctp_remote_error',
      'sctp_adaptation_event',
      'sctp_paddr_change',
      'sctp_shutdown_event',
      'sctp_send_failed',
      'sctp_pdapi_event',
    ]);
    expect(messages.filter(([name]) => name === 'sctp_error')).toHaveLength(3);
    expect(messages.every((message) => message[1] === made)).toBe(true);
    expect(await mailbox()).toEqual([]);
    exit(pid, 'kill');
    client.close();
    server.close();
  });

  test.each([
    ['EMFILE', 24, 'emfile'],
    ['ENFILE', 23, 'enfile'],
    ['ENOMEM', 12, 'enomem'],
  ] as const)('%s: nothing has happened, and it can be done later', async (_, errno, atom) => {
    const { server, client, change } = await listenerWithData(sctp, ['one']);
    const { pid, words } = heir();
    sim().failNext('peeloff', errno);
    expect(() => server.handOff(self, change, pid)).toThrow(reason(atom));
    expect([backlog(), sctp.openSockets().length]).toEqual([1, 2]);
    server.handOff(self, change, pid);
    expect(await until(words, 2)).toEqual(['socket', 'data:one']);
    exit(pid, 'kill');
    client.close();
    server.close();
  });
});
