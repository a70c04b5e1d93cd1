/**
 * Lossless handoff: while a peer sends as fast as it may, a socket goes through 1,000 owners. The owners together, in the order of their ownership, receive
 * every sequence number, once and in order (CP-9..CP-12, CP-19, CP-22).
 */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../actors/sctp/messages.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor, type Pid, type Self, send, spawn } from '../../runtime/index.js';
import { connected, deferred, overStacks } from './subjects.js';

const handoffs = 1000;
/** How many messages each owner, in turn, takes before it gives the socket away. Most owners leave some messages in their mailboxes. */
const takes = [0, 1, 2, 7, 3];
/** The last message, which says that no other comes. */
const end = 'end';

type Mode = true | 'once' | number;
type Turn = readonly ['turn', number];

/** Takes some sequence numbers, then gives the socket to the next owner. The last owner takes all that are left. */
function spawnOwner(
  socket: SctpSocket,
  mode: Mode,
  seen: number[],
  finish: (self: Self<SctpMessage | Turn>) => void,
): Pid<SctpMessage | Turn> {
  return spawn(async (self: Self<SctpMessage | Turn>) => {
    const [, index] = (await self.receive((message): message is Turn => (message as Turn)[0] === 'turn')) as Turn;
    const last = index === handoffs;
    for (let left = last ? Number.POSITIVE_INFINITY : takes[index % takes.length]!; left > 0; ) {
      const message = (await self.receive()) as SctpMessage;
      expect(message[1]).toBe(socket);
      if (message[0] === 'sctp_passive') socket.setopts({ active: mode });
      else {
        const text = String(message[4][1]);
        if (text === end) {
          finish(self);
          return;
        }
        seen.push(Number(text));
        left -= 1;
        if (mode === 'once') socket.setopts({ active: 'once' });
      }
    }
    const next = spawnOwner(socket, mode, seen, finish);
    socket.controllingProcess(self, next);
    // Nothing of the socket was left behind.
    expect(await self.receive({ after: 0 })).toBeUndefined();
    send(next, ['turn', index + 1]);
  });
}

overStacks((sctp) => {
  test.each([true, 'once', 3, 50] as Mode[])(
    'active %s: 1,000 handoffs under full load lose, double and reorder nothing (CP-9..CP-12, CP-19, CP-22)',
    async (mode) => {
      const self = mainActor();
      const { server, client, atClient } = await connected(sctp, { highMsgqWatermark: 200, lowMsgqWatermark: 50 });
      const finished = deferred<void>();
      const seen: number[] = [];
      const first = spawnOwner(server, mode, seen, (owner) => {
        server.close(owner);
        finished.resolve();
      });
      server.controllingProcess(self, first);
      server.setopts({ active: mode });
      send(first, ['turn', 0]);
      // Enough that the last owner has its share, too.
      const total = handoffs * 3 + 500;
      for (let index = 0; index < total; index += 1) await client.send(atClient, 0, `${index}`);
      await client.send(atClient, 0, end);
      await finished.promise;
      expect(seen).toEqual(Array.from({ length: total }, (_, index) => index));
      client.close();
    },
  );
});
