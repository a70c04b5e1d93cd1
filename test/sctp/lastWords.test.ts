/** What a peer sends before its process ends is heard before the network says that nobody is there any more. */
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type SctpAssocChange, sctp } from '../../actors/sctp/index.js';
import { mainActor } from '../../runtime/index.js';
import { built } from '../support/built.js';
import { Child } from '../support/child.js';
import { nextTurn } from '../support/waiting.js';

/** Whether a process has ended. Its parent need not have been told. */
function hasEnded(pid: number): boolean {
  const [, state = ''] = /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
  return state === 'Z' || state === 'X';
}

class Peer extends Child {
  get pid(): number {
    if (this.child.pid === undefined) throw new Error('it has not begun');
    return this.child.pid;
  }
}

describe.runIf(platform() === 'linux')('a peer that aborts and exits while this process is at work', () => {
  test('has aborted, though a packet to it finds nobody before its ABORT is read (EV-12, CL-12)', async () => {
    built('actors/index.js');
    for (let round = 0; round < 5; round += 1) {
      const server = await sctp.open(mainActor(), 0, { ip: '127.0.0.1', stack: 'embedded', sctpNodelay: true });
      await server.listen(true);
      const peer = new Peer(process.execPath, [
        fileURLToPath(new URL('./programs/abortAndExit.mjs', import.meta.url)),
        String(server.port),
      ]);
      const [, , , up] = await server.recv();
      const { assocId } = up as SctpAssocChange;
      await server.send(assocId, 0, 'end');
      await nextTurn();
      // From here on this thread reads nothing.
      while (!hasEnded(peer.pid));
      await server.send(assocId, 0, 'anybody there?');
      expect((await server.recv())[3]).toMatchObject({ state: 'comm_lost', error: 12 });
      server.close();
    }
  });
});
