/** OTP gen_sctp_SUITE: an association that becomes a socket of a third process, which is `active` in each of the ways. */
import { expect, test } from 'vitest';
import type { SctpMessage } from '../../../actors/sctp/messages.js';
import type { Sctp } from '../../../actors/sctp/open.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import type { Active } from '../../../actors/socket/index.js';
import { changeOf, genSctpSuite, itemOf, loopback, type SocketProcess, socketProcess } from './suite.js';

/** The next item that `owner` gets from `socket`, which is data. */
async function dataOf(owner: SocketProcess, socket: SctpSocket) {
  const { from, anc, content } = itemOf(await owner.next(), socket);
  expect(anc).toHaveLength(1);
  return { from, info: anc[0]!, text: String(content) };
}

/** The next item that `owner` gets from `socket`: the comm_up of an association. */
async function upOf(owner: SocketProcess, socket: SctpSocket) {
  const { from, anc, content } = itemOf(await owner.next(), socket);
  return { ...changeOf(anc, content, 'comm_up'), from };
}

/** `rearm` keeps the new socket going in the mode that is tried. */
async function peeloff(sctp: Sctp, active: Active, rearm: (message: SctpMessage) => void): Promise<void> {
  const once = (message: SctpMessage) => message[1].setopts({ active: 'once' });
  const [first, second, third] = [socketProcess(once), socketProcess(once), socketProcess(rearm)];
  const options = { ip: loopback, active: 'once' } as const;
  const listener = await first.run((owner) => sctp.open(owner, 0, options));
  await listener.listen(true);
  const client = await second.run((owner) => sctp.open(owner, 0, options));
  await second.run(() => client.connectInit(loopback, listener.port));
  const atListener = await upOf(first, listener);
  const atClient = await upOf(second, client);
  expect([atListener.from, atClient.from]).toEqual([
    [loopback, client.port],
    [loopback, listener.port],
  ]);

  await client.send(atClient.assocId, 0, 'number 1');
  expect(await dataOf(first, listener)).toMatchObject({ text: 'number 1', info: { stream: 0, assocId: atListener.assocId } });
  await listener.send(atListener.assocId, 0, 'number 2');
  expect(await dataOf(second, client)).toMatchObject({ text: 'number 2', info: { stream: 0, assocId: atClient.assocId } });

  const inherited = { priority: 3, sctpNodelay: true, linger: [true, 7] } as const;
  listener.setopts(inherited);
  const peeled = await third.run((owner) => {
    const socket = listener.peeloff(owner, atListener.assocId);
    expect(socket.getopts(['priority', 'sctpNodelay', 'linger'])).toEqual(inherited);
    socket.setopts(['binary', ['active', active]]);
    return socket;
  });
  expect([listener.port, 0]).toContain(peeled.port);
  const asked = [['sctpGetPeerAddrInfo', { address: [loopback, client.port] }]] as const;
  const path = peeled.getopts(asked).sctpGetPeerAddrInfo!;
  expect(path.state).toBe('active');

  await client.send(atClient.assocId, 0, 'number 3');
  expect(await dataOf(third, peeled)).toMatchObject({ text: 'number 3', info: { stream: 0, assocId: path.assocId } });
  await peeled.send(path.assocId, 0, 'number 4');
  expect(await dataOf(second, client)).toMatchObject({ text: 'number 4', info: { stream: 0, assocId: atClient.assocId } });

  listener.close();
  expect(peeled.isOpen).toBe(true);
  client.close();
  const ends = [await third.next(), await third.next()].map((message) => itemOf(message, peeled).content);
  expect(ends).toEqual([
    { type: 'sctp_shutdown_event', assocId: path.assocId },
    expect.objectContaining({ type: 'sctp_assoc_change', state: 'shutdown_comp', assocId: path.assocId, error: 0 }),
  ]);
  // Whatever has been delivered has been seen then.
  for (const process of [first, second, third]) await process.run(() => undefined);
  peeled.close();
  expect([first.left(), second.left(), third.left()]).toEqual([[], [], []]);
  for (const process of [first, second, third]) process.end();
}

// PO-1, PO-3, PO-5, PO-8, PO-10, PO-11, CL-11, MH-13
genSctpSuite((sctp) => {
  test('peeloff_active_once', () => peeloff(sctp, 'once', ([, socket]) => socket.setopts({ active: 'once' })));

  test('peeloff_active_true', () => peeloff(sctp, true, () => undefined));

  test('peeloff_active_n', async () => {
    // FC-9, FC-20, FC-22
    let turnedPassive = 0;
    await peeloff(sctp, 1, ([tag, socket]) => {
      if (tag !== 'sctp_passive') return;
      turnedPassive += 1;
      expect(socket.getopts(['active'])).toEqual({ active: false });
      socket.setopts({ active: 1 });
    });
    // One message, and the two events of the end.
    expect(turnedPassive).toBe(3);
  });
});
