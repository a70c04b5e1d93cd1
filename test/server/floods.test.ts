/** A server of TCP under peers by the thousand: what they cost is bounded, comes back when they leave, and the others are served meanwhile. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { stop } from '../../actors/behaviours/index.js';
import { server } from '../../actors/server/index.js';
import type { TcpSocket } from '../../actors/tcp/index.js';
import { type AnySelf, mainActor, processes } from '../../runtime/index.js';
import { nextTurn } from '../sctp/subjects.js';
import { built } from '../support/built.js';
import { ask, connected, echo, endServers, infoOf, quietSystem, start, until } from './streams.js';

endServers();
const self = mainActor();
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const descriptors = (): number => readdirSync('/proc/self/fd').length;

async function heapUsed(): Promise<number> {
  for (let turn = 0; turn < 5; turn += 1) {
    await nextTurn();
    collectGarbage();
  }
  return process.memoryUsage().heapUsed;
}

/** So many connections at once; node:net makes them, so each takes two descriptors of this process. */
async function crowd(port: number, count: number): Promise<Socket[]> {
  const all: Socket[] = [];
  // No more at a time than may wait, since the kernel drops what is beyond the backlog, and the client tries again after a second.
  while (all.length < count)
    all.push(...(await Promise.all(Array.from({ length: Math.min(500, count - all.length) }, () => connected(port)))));
  return all;
}

test('10,000 connects that say nothing, then leave: memory and descriptors come back, and a steady peer is served meanwhile', async () => {
  const pid = await start({ session: echo });
  const { port } = infoOf(pid);
  const steady = await connected(port);
  const wave = async (count: number): Promise<void> => {
    const silent = await crowd(port, count);
    await until(() => infoOf(pid).sessions === count + 1);
    expect(await ask(steady, 'meanwhile')).toBe('meanwhile');
    // They end their connections in both ways.
    for (const [index, client] of silent.entries()) {
      if (index % 2 === 0) client.destroy();
      else client.resetAndDestroy();
    }
    await until(() => infoOf(pid).sessions === 1);
  };
  await wave(500);
  const [heapBefore, descriptorsBefore, actorsBefore] = [await heapUsed(), descriptors(), processes().length];
  for (let round = 0; round < 4; round += 1) await wave(2500);
  await until(() => descriptors() <= descriptorsBefore);
  expect(await ask(steady, 'still')).toBe('still');
  expect(infoOf(pid)).toMatchObject({ accepted: 10_501, crashed: 0, refused: 0, vanished: 0, listenerRestarts: 0 });
  expect([descriptors(), processes().length]).toEqual([descriptorsBefore, actorsBefore]);
  expect((await heapUsed()) - heapBefore).toBeLessThan(2 * 1024 * 1024);
  await stop(self, pid, 'shutdown');
}, 60_000);

test('a full server accepts none of a crowd: they cost it no descriptor, and it goes on serving', async () => {
  const pid = await start({ session: echo, maxSessions: 1 });
  const { port } = infoOf(pid);
  const steady = await connected(port);
  expect(await ask(steady, 'first')).toBe('first');
  const before = descriptors();
  const waiting = await crowd(port, 500);
  for (let round = 0; round < 50; round += 1) expect(await ask(steady, `${round}`)).toBe(`${round}`);
  // One for each client, and none for the server.
  expect([descriptors() - before, infoOf(pid)]).toMatchObject([500, { sessions: 1, accepted: 1 }]);
  for (const client of waiting) client.destroy();
  steady.end();
  // Those who have left are accepted, and are found to have gone.
  await until(() => infoOf(pid).accepted === 501 && infoOf(pid).sessions === 0);
  expect(infoOf(pid)).toMatchObject({ crashed: 0, listenerRestarts: 0 });
  await stop(self, pid, 'shutdown');
});

test('a storm of 2,000 sessions that crash at once: each is reported once and ends its own connection, and the server goes on', async () => {
  const { system, crashes } = quietSystem();
  const session = async (own: AnySelf, socket: TcpSocket) => {
    const first = String(await socket.recv());
    if (first === 'crash') throw new Error('as the client wanted');
    await socket.send(first);
    await echo(own, socket);
  };
  const pid = await start({ session }, { system });
  const steady = await connected(infoOf(pid).port);
  expect(await ask(steady, 'a')).toBe('a');
  const before = server.info(pid);
  for (let round = 0; round < 4; round += 1) {
    const clients = await crowd(infoOf(pid).port, 500);
    for (const client of clients) client.write('crash');
    for (const client of clients) client.resume();
    await until(() => infoOf(pid).crashed === (round + 1) * 500);
    expect(await ask(steady, 'meanwhile')).toBe('meanwhile');
    for (const client of clients) client.destroy();
  }
  expect(crashes).toHaveLength(2000);
  expect(new Set(crashes.map(({ pid: who }) => who)).size).toBe(2000);
  expect(infoOf(pid)).toEqual({ ...before, accepted: 2001, crashed: 2000 });
  await stop(self, pid, 'shutdown');
}, 60_000);

test('with 20 descriptors a server takes as many as it can, tries for more without spinning, and serves all in the end', async () => {
  const program = fileURLToPath(new URL('programs/fewDescriptors.mjs', import.meta.url));
  const script = [
    'ulimit -n 400 && exec "$@"',
    'sh',
    process.execPath,
    program,
    built('actors/index.js'),
    built('actors/tcp/index.js'),
  ];
  const child = spawn('sh', ['-c', ...script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  const clients = await crowd(port, 60);
  const answers = clients.map(async (client, index) => {
    const answer = await ask(client, `${index}`);
    client.destroy();
    return answer;
  });
  expect(await Promise.all(answers)).toEqual(clients.map((_, index) => `${index}`));
  child.stdin.end();
  const seen = JSON.parse(String((await lines.next()).value)) as Record<string, number>;
  expect(seen).toMatchObject({ accepted: 60, listenerRestarts: 0 });
  expect(seen.most).toBeGreaterThan(5);
  expect(seen.most).toBeLessThanOrEqual(20);
  expect(seen.tries).toBeLessThanOrEqual(200);
});
