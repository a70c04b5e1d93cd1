/** What a peer sees when a process with an association is killed (CL-12). */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import { mainActor } from '../../runtime/index.js';
import { overStacks, word } from './subjects.js';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const addon = process.env.MAILPORT_ADDON ?? file('../../native/build/Release/mailport.node');

/** A process that has associated with the port. */
async function associated(port: number, stack: string): Promise<ChildProcess> {
  const env = { ...process.env, ADDON: addon };
  const child = fork(file('../native/programs/associateAndHang.mjs'), [String(port), stack], { env });
  await once(child, 'message');
  return child;
}

overStacks((sctp, name) => {
  test('by the kernel’s stack it is a graceful end, by the embedded one the next packet finds nobody (CL-12, OW-8)', async ({
    skip,
  }) => {
    if (name === 'simulated') return skip('the simulated network is within this process');
    const server = await sctp.open(mainActor(), 0, { ip: '127.0.0.1' });
    await server.listen(true);
    const child = await associated(server.port, name);
    const [, , , up] = await server.recv();
    const { assocId } = up as SctpAssocChange;
    child.kill('SIGKILL');
    await once(child, 'exit');
    if (name === 'kernel') {
      expect([word(await server.recv()), word(await server.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
    } else {
      await server.send(assocId, 0, 'anybody there?');
      expect(word(await server.recv())).toBe('comm_lost');
      expect((await server.recv())[3]).toMatchObject({ type: 'sctp_send_failed' });
    }
    server.close();
  });
});
