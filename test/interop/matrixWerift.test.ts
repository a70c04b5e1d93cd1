/** The matrix (docs/interop.md) with werift-sctp over UDP, on loopback. */
import { mainActor } from 'mailport';
import { type SctpSocket, sctp } from 'mailport/sctp';
import { afterEach, describe, expect, test } from 'vitest';
import { cannot } from './cannot.js';
import { offering, SocketEnd } from './end.js';
import { matrix } from './matrix.js';
import type { Meeting, Wish } from './meeting.js';
import { Relay } from './relay.js';
import { WeriftEnd } from './weriftEnd.js';

const [ourAddress, itsAddress] = ['127.77.0.2', '127.0.0.1'];

const sockets: SctpSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

async function meet(connecting: 'ours' | 'theirs', wish: Wish): Promise<Meeting> {
  const { streams = 10, offers = [], sndbuf = 4 * 2 ** 20 } = wish;
  const relay = await Relay.between(ourAddress, itsAddress, 1);
  const { end: theirs, udpPort } = await WeriftEnd.open(itsAddress, connecting);
  const socket = await sctp.open(mainActor(), {
    stack: 'embedded',
    ip: ourAddress,
    remoteEncapsPort: wish.line === true ? relay.portForLeft : udpPort,
    sndbuf,
    // It never asks a window that is closed whether it has opened.
    recbuf: 4 * 2 ** 20,
    sctpRtoinfo: { initial: 250, min: 250, max: 500 },
    // It throws at chunks that it does not know, such as the padding of a probe of the path's MTU.
    sctpPeerAddrParams: { pathmtu: 1400, flags: ['pmtud_disable'] },
    ...offering(offers, streams),
  });
  sockets.push(socket);
  relay.join({ address: ourAddress, port: socket.port }, { address: itsAddress, port: udpPort });
  const ours = new SocketEnd(socket, [ourAddress], 'embedded');
  theirs.sendsTo({ address: ourAddress, port: wish.line === true ? relay.portForRight : socket.port });
  if (connecting === 'ours') {
    await theirs.listen(socket.port);
    await Promise.all([ours.connect(theirs), theirs.event('comm_up')]);
  } else {
    await socket.listen(true);
    await Promise.all([theirs.connect(ours), ours.event('comm_up')]);
  }
  return { ours, theirs, line: relay };
}

describe.each(['ours', 'theirs'] as const)('werift-sctp over UDP, %s connects', (connecting) => {
  matrix((wish = {}) => meet(connecting, wish), cannot['werift-sctp over UDP']);

  test('a stream of either end begins anew when that end asks, and the other hears of it (RFC 6525 §5.1.2)', async () => {
    const { ours, theirs } = await meet(connecting, { offers: ['reconfig'] });
    const message = { stream: 1, bytes: 100, seed: 1 };
    await ours.send(message);
    expect(await theirs.data()).toEqual(theirs.expects(message));
    await ours.resetStreams('outgoing', [1]);
    await Promise.all([theirs.event('stream_reset 1'), ours.event('stream_reset outgoing 1')]);
    // It takes the message only if that has number 0 again.
    await ours.send(message);
    expect(await theirs.data()).toEqual(theirs.expects(message));
    for (const ssn of [0, 1]) {
      await theirs.send(message);
      expect(await ours.data()).toEqual(ours.expects(message, ssn));
    }
    await theirs.resetStreams('outgoing', [1]);
    await Promise.all([ours.event('stream_reset incoming 1'), theirs.event('stream_reset 1')]);
    await theirs.send(message);
    expect(await ours.data()).toEqual(ours.expects(message, 0));
    await ours.shutdown();
    await theirs.event('shutdown_event');
    await Promise.all([ours.event('shutdown_comp'), theirs.event('shutdown_comp')]);
  });
});
