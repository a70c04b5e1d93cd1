/** OTP gen_sctp_SUITE: opening, listening, closing. */
import { expect, test } from 'vitest';
import { BadArg, mainActor, makeRef } from '../../../runtime/index.js';
import { asActor } from '../subjects.js';
import { genSctpSuite, loopback, nextChange, nextShutdown, nothingLeft, reason } from './suite.js';

const self = mainActor();

genSctpSuite((sctp) => {
  test('basic', async () => {
    // OPN-1, CL-1
    const socket = await sctp.open(self);
    expect(socket.isOpen).toBe(true);
    socket.close();
    expect(socket.isOpen).toBe(false);
  });

  test('basic_stream', async () => {
    // LS-1, LS-3, OPN-10
    const socket = await sctp.open(self, { type: 'stream' });
    await socket.listen(true);
    await asActor(() => socket.listen(10));
    expect(socket.info().type).toBe('stream');
    socket.close();
  });

  test('api_open_close', async () => {
    // OPN-1, OPN-3, MH-3, CL-2
    const first = await sctp.open(self, 0);
    const { port } = first;
    expect(port).toBeGreaterThan(0);
    first.close();
    const ways = [
      () => sctp.open(self, port),
      () => sctp.open(self, [['port', port]]),
      () => sctp.open(self, port, []),
      () =>
        sctp.open(self, port, [
          ['ip', 'any'],
          ['sctpNodelay', false],
          ['sctpNodelay', true],
        ]),
    ];
    for (const open of ways) {
      const socket = await open();
      expect([socket.port, socket.sockname()[1]]).toEqual([port, port]);
      socket.close();
      socket.close();
    }
    const bad: unknown[][] = [['0'], [-1], [65536], [makeRef(), []], [0, '{}'], [0, [makeRef()]]];
    bad.push([0, [['invalid_option', true]]], [0, [['mode', 'invalid_mode']]]);
    for (const args of bad)
      expect(() => (sctp.open as (...all: unknown[]) => unknown)(self, ...args), String(args)).toThrow(BadArg);
    expect(sctp.openSockets()).toEqual([]);
  });

  test('api_listen', async () => {
    // LS-1, LS-2, LS-5, CN-4, CN-6, CN-14, EV-13
    const closed = await sctp.open(self, 0);
    for (const backlog of ['true', 1.5, null, undefined]) expect(() => closed.listen(backlog as never)).toThrow(BadArg);
    closed.close();
    await expect(closed.listen(true)).rejects.toThrow(reason('closed'));

    const server = await sctp.open(self, 0, { ip: loopback });
    const client = await sctp.open(self, 0, { ip: loopback });
    await expect(client.connect('localhost', server.port)).rejects.toMatchObject({
      reason: 'cant_assoc',
      event: { type: 'sctp_assoc_change', state: 'cant_assoc', error: 0 },
    });
    await server.listen(true);
    const change = await client.connect('localhost', server.port);
    expect(change).toMatchObject({ state: 'comm_up', error: 0 });
    for (const nobody of ['', '.']) await expect(client.connect(nobody, server.port)).rejects.toThrow(reason('nxdomain'));
    const { assocId } = await nextChange(server, 'comm_up');
    client.close();
    await nextShutdown(server, assocId);
    await nothingLeft(server);
    server.close();
  });

  test('skip_old_solaris', ({ skip }) => {
    skip('OTP skips it everywhere: it stands for cases that old Solaris could not run');
  });
});
