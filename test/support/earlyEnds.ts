/** Every way in which a peer goes early: at each step of the handshake, with and after its first data, while answers wait, in good order and without a word. */
import { abort, chunk, chunkType, RawSctp } from './rawSctp.js';

export type EarlyEnd = (peer: RawSctp) => Promise<void>;

const hello = 'hello';
/** More bytes than a send buffer holds, in packets as large as loopback takes. */
const flood = { packets: 14, bytes: 50_000 };
const protocolViolation = Buffer.from([0, 13, 0, 4]);

export const earlyEnds: { readonly [how: string]: EarlyEnd } = {
  'says nothing after INIT': async (peer) => {
    await peer.init();
  },
  'aborts after INIT': async (peer) => {
    await peer.init();
    await peer.send([abort()]);
  },
  'aborts with the packet of COOKIE ECHO': async (peer) => {
    await peer.init();
    await peer.send([peer.cookieEcho(), abort()]);
  },
  'does so twice, with the same cookie': async (peer) => {
    await peer.init();
    await peer.send([peer.cookieEcho(), abort()]);
    await peer.send([peer.cookieEcho(), abort()]);
  },
  'sends COOKIE ECHO, DATA and ABORT in one packet': async (peer) => {
    await peer.init();
    await peer.send([peer.cookieEcho(), peer.data(hello), abort()]);
  },
  'sends COOKIE ECHO, DATA and SHUTDOWN in one packet, and no more': async (peer) => {
    await peer.init();
    await peer.send([peer.cookieEcho(), peer.data(hello), peer.shutdown()]);
  },
  'vanishes after COOKIE ECHO': async (peer) => {
    await peer.init();
    await peer.send([peer.cookieEcho()]);
  },
  'aborts right after COOKIE ECHO, in a packet of its own': async (peer) => {
    await peer.init();
    await peer.send([peer.cookieEcho()]);
    await peer.send([abort()]);
  },
  'aborts when it is associated': async (peer) => {
    await peer.associate();
    await peer.send([abort()]);
  },
  'sends DATA and ABORT in one packet': async (peer) => {
    await peer.associate();
    await peer.send([peer.data(hello), abort()]);
  },
  'sends DATA, then ABORT': async (peer) => {
    await peer.associate();
    await peer.send([peer.data(hello)]);
    await peer.send([abort()]);
  },
  'sends DATA, and vanishes': async (peer) => {
    await peer.associate();
    await peer.send([peer.data(hello)]);
    peer.vanish();
  },
  'sends DATA and SHUTDOWN in one packet, and ends in good order': async (peer) => {
    await peer.associate();
    await peer.send([peer.data(hello), peer.shutdown()]);
    await peer.next(chunkType.shutdownAck);
    await peer.send([chunk(chunkType.shutdownComplete)]);
  },
  'sends DATA and SHUTDOWN in one packet, and aborts': async (peer) => {
    await peer.associate();
    await peer.send([peer.data(hello), peer.shutdown()]);
    await peer.send([abort()]);
  },
  'sends DATA, reports an error, and aborts': async (peer) => {
    await peer.associate();
    await peer.send([peer.data(hello), chunk(chunkType.error, protocolViolation)]);
    await peer.send([abort()]);
  },
  'begins anew, and aborts with that': async (peer) => {
    await peer.associate();
    await peer.send([peer.data(hello)]);
    await peer.init();
    await peer.send([peer.cookieEcho(), peer.data(hello), abort()]);
  },
  'reads no answers, sends until they wait, and aborts': async (peer) => {
    await peer.associate(1500);
    for (let sent = 0; sent < flood.packets; sent += 1) await peer.send([peer.data(Buffer.alloc(flood.bytes))]);
    await peer.send([abort()]);
  },
};

/** A peer that ends in that way. Its UDP port is closed at once, whatever the other end still sends. */
export async function endEarly(port: number, end: EarlyEnd): Promise<void> {
  const peer = await RawSctp.open(port);
  await end(peer);
  peer.vanish();
}
