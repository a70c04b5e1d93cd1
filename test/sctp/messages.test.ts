/** The texts of failures name the cause and the remedy, for people. Programs match on `reason`, and never on these texts. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import { explain } from '../../actors/sctp/explanations.js';
import { connectProblem } from '../../actors/sctp/failure.js';
import { endsAssociation, type SctpItem } from '../../actors/sctp/received.js';
import { exit, mainActor, spawn } from '../../runtime/index.js';
import { connected, nextTurn, overStacks } from './subjects.js';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('every reason that docs/sctp.md lists for a call', () => {
  const rows = (read('docs/sctp.md').split('| call | reasons |')[1] ?? '').split('\n## ')[0]!.split('\n').slice(2);
  const listed = rows.flatMap((row) => {
    const [calls = '', reasons = ''] = row.split(' | ');
    const names = [...calls.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
    return names.map((name): [string, string[]] => [name, [...reasons.matchAll(/'([a-z_]+)'/g)].map(([, atom = '']) => atom)]);
  });
  // These reasons come with the event that tells of them.
  const withEvent = new Set(['cant_assoc']);

  test.each(listed.filter(([call]) => call !== 'setopts'))('of %s is explained', (call, reasons) => {
    expect(reasons.length).toBeGreaterThan(0);
    const unexplained = reasons.filter((reason) => !withEvent.has(reason) && explain(call, reason) === undefined);
    expect(unexplained).toEqual([]);
  });

  test('the table has been read', () => {
    expect(listed.length).toBeGreaterThan(15);
  });
});

test.each([
  [4, 'no room for more associations (error 4, Out of Resource): try again later'],
  [11, 'refused it (error 11, Restart of an Association with New Addresses)'],
  // Linux's own cause, which no RFC has.
  [14, 'by another UDP port (error 14): end that, or choose another port'],
  [77, 'refused it (error 77)'],
])('a connect that the peer refuses with error %i says why', (error, words) => {
  expect(connectProblem({ state: 'cant_assoc', error } as SctpAssocChange)).toContain(words);
});

overStacks((sctp, name) => {
  const self = mainActor();
  const saying = (reason: string, ...parts: string[]) =>
    expect.objectContaining({
      reason,
      message: expect.stringMatching(new RegExp(`^[^(]+: ${reason} \\(.*${parts.join('.*')}.*\\)$`, 's')),
    });

  test('a send says which stream there is not, that nothing is to be sent, and which buffer is too small', async () => {
    const { server, client, atClient } = await connected(sctp);
    await expect(client.send(atClient, 999, 'x')).rejects.toEqual(saying('einval', 'stream 999', 'has 10', 'numOstreams'));
    await expect(client.send(atClient, 0, '')).rejects.toEqual(saying('einval', 'nothing to send', 'eof'));
    await expect(client.send({ assocId: atClient, stream: 999 } as never, 'x')).rejects.toEqual(saying('einval', 'stream 999'));
    client.setopts({ sndbuf: 10_000 });
    const room = client.getopts(['sndbuf']).sndbuf!;
    await expect(client.send(atClient, 0, Buffer.alloc(room + 1))).rejects.toEqual(
      saying('emsgsize', `${room + 1} bytes`, 'raise sndbuf', `${room}`),
    );
    await expect(client.send(77, 0, 'x')).rejects.toEqual(saying('epipe', 'no such association'));
    await expect(client.eof(77)).rejects.toEqual(saying('epipe', 'no such association'));
    client.close();
    server.close();
  });

  test.skipIf(name === 'simulated')('a send that may not be fragmented says so', async () => {
    const { server, client, atClient } = await connected(sctp);
    client.setopts({ sctpDisableFragments: true });
    await expect(client.send(atClient, 0, Buffer.alloc(100_000))).rejects.toEqual(saying('emsgsize', 'sctpDisableFragments'));
    client.close();
    server.close();
  });

  test('a recv on an active socket says how its items come, and a second one that the first waits', async () => {
    const { server, client } = await connected(sctp);
    server.setopts({ active: true });
    await expect(server.recv()).rejects.toEqual(saying('einval', 'self.receive', 'active: false'));
    const waiting = client.recv().catch(() => undefined);
    await expect(client.recv()).rejects.toEqual(saying('ealready', 'another recv'));
    client.close();
    server.close();
    await waiting;
  });

  test('giving a socket to the dead, or somebody else’s, says why not', async () => {
    const { server, client } = await connected(sctp);
    const dead = spawn(() => undefined);
    const other = spawn(() => new Promise(() => undefined));
    await nextTurn();
    expect(() => client.controllingProcess(self, dead)).toThrow(saying('badarg', 'the new owner has ended', 'alive'));
    client.controllingProcess(self, other);
    expect(() => client.controllingProcess(self, self.pid)).toThrow(saying('not_owner', 'only the owner'));
    exit(other, 'kill');
    server.close();
  });

  test('a connect that nobody answers says what to look at', async () => {
    const { server, client } = await connected(sctp);
    const silent = await sctp.open(self, 0, { ip: '127.0.0.1' });
    await expect(client.connect('127.0.0.1', silent.port)).rejects.toEqual(saying('cant_assoc', 'listen\\(true\\)'));
    await expect(client.connect('127.0.0.1', server.port)).rejects.toEqual(saying('eisconn', 'its comm_up'));
    for (const socket of [client, server, silent]) socket.close();
  });

  test('a closed socket says so, an accept that nobody may come to, and a name of nobody', async () => {
    const listener = await sctp.open(self, 0, { ip: '127.0.0.1', type: 'stream' });
    await expect(listener.accept(self)).rejects.toEqual(saying('einval', 'listen\\(true\\)'));
    expect(() => listener.peername()).toThrow(saying('enotconn', 'no peer'));
    listener.close();
    expect(() => listener.sockname()).toThrow(saying('closed', 'is closed'));
  });
});

test('comm_lost, shutdown_comp and cant_assoc end an association; comm_up, restart and other events do not', () => {
  const item = (content: unknown) => ['127.0.0.1', 9, [], content] as unknown as SctpItem;
  const change = (state: string) =>
    item({ type: 'sctp_assoc_change', state, error: 0, outboundStreams: 1, inboundStreams: 1, assocId: 3 });
  const ends = ['comm_up', 'restart', 'comm_lost', 'shutdown_comp', 'cant_assoc'].filter((state) =>
    endsAssociation(change(state)),
  );
  expect(ends).toEqual(['comm_lost', 'shutdown_comp', 'cant_assoc']);
  expect(endsAssociation(item({ type: 'sctp_shutdown_event', assocId: 3 }))).toBe(false);
  expect(endsAssociation(item(Buffer.from('comm_lost')))).toBe(false);
  expect(endsAssociation(item([1, 2]))).toBe(false);
});
