/** A server among peers that go early in every way there is. None of them disturbs another peer, and nothing is left of them. */
import { expect, test } from 'vitest';
import { stop } from '../../actors/behaviours/index.js';
import { createSctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { openEmbedded } from '../../actors/sctp/stacks.js';
import { server } from '../../actors/server/index.js';
import { type AnySelf, type CrashReport, createSystem, mainActor, type Pid, processes } from '../../runtime/index.js';
import { nextTurn, noLeftovers, word } from '../sctp/subjects.js';
import { earlyEnds, endEarly } from '../support/earlyEnds.js';

const sctp = createSctp({ embedded: openEmbedded });
noLeftovers(sctp);
const self = mainActor();
const loopback = { ip: '127.0.0.1' };

/** A session that awaits its answer to each message. If a peer does not read, its session waits for room. */
async function echo(_self: AnySelf, socket: SctpSocket): Promise<void> {
  for await (const [, , [info], content] of socket) {
    if (info !== undefined && Buffer.isBuffer(content)) await socket.send(info, content);
  }
}

test.each(Object.entries(earlyEnds))('one that %s', async (_, end) => {
  const crashes: CrashReport[] = [];
  const system = createSystem({ onCrash: (report) => crashes.push(report) });
  const listen = (own: AnySelf, port: number) => sctp.open(own, port, loopback);
  const pid: Pid = await server.start({ listen, session: echo, drainMs: 0 }, { system });
  const { port } = server.info(pid)!;
  const steady = await sctp.open(self, 0, loopback);
  const { assocId } = await steady.connect('127.0.0.1', port);
  while (server.info(pid)?.sessions !== 1) await nextTurn();
  const before = processes(system).length;

  for (let round = 0; round < 10; round += 1) await endEarly(port, end);
  // The server has taken everything that was sent to it before this.
  await steady.send(assocId, 0, 'still');
  expect(word(await steady.recv())).toBe('data:still');
  while (server.info(pid)?.sessions !== 1) await nextTurn();
  expect(server.info(pid)).toMatchObject({ listening: true, listenerRestarts: 0, crashed: 0, refused: 0 });
  expect([crashes, processes(system).length]).toEqual([[], before]);

  await stop(self, pid, 'shutdown');
  steady.close();
});
