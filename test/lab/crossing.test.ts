/** Associations that are set up over links with a delay, so that packets cross on the way (CN-18, RV-18). */
import { expect, test } from 'vitest';
import { onNetwork } from './network.js';
import { associate, Peer, patient } from './peers.js';

onNetwork((network) => {
  const onLink1 = () => {
    const { here, there } = network();
    return { here, there, a: { ip: here.ips[0] }, b: { ip: there.ips[0] } };
  };

  test('two sockets that connect to each other at the same moment have one association and one comm_up each (CN-18)', async () => {
    const { here, there, a, b } = onLink1();
    const one = await Peer.open(here, a);
    const two = await Peer.open(there, b);
    network().shape(1, { delayMs: 100 });
    const [atOne, atTwo] = await Promise.all([
      one.socket.connect(there.ips[0], two.port),
      two.socket.connect(here.ips[0], one.port),
    ]);
    expect([atOne.state, atTwo.state]).toEqual(['comm_up', 'comm_up']);
    await one.socket.send(atOne.assocId, 0, 'to two');
    await two.socket.send(atTwo.assocId, 0, 'to one');
    expect([await one.word(), await two.word()]).toEqual(['data to one', 'data to two']);
    expect([await one.left(), await two.left()]).toEqual([[], []]);
  });

  test('a cookie that is too old when it arrives is renewed, and nobody is told (CN-18)', async () => {
    const { here, there, a, b } = onLink1();
    const server = await Peer.listening(there, { ...b, sctpAssocinfo: { cookieLife: 10 } });
    const client = await Peer.open(here, { ...a, sctpInitmsg: { maxAttempts: 20 } });
    network().shape(1, { delayMs: 100 });
    await associate(client, server, there.ips[0]);
    expect([await client.left(), await server.left()]).toEqual([[], []]);
  });

  test('an abort in the middle of a message: its half is dropped, and the call that waits gets the end (RV-18, RV-13, EV-9)', async () => {
    const { here, there, a, b } = onLink1();
    // The window is small against the message, so the kernel hands it over in parts.
    const server = await Peer.listening(there, { ...patient, ...b, recbuf: 4000 });
    const client = await Peer.open(here, { ...patient, ...a, sndbuf: 200_000, sctpMaxseg: 600 });
    const { atFrom } = await associate(client, server, there.ips[0]);
    await client.socket.send(atFrom, 0, Buffer.alloc(100_000, 'x'));
    // Wait until the kernel has begun to hand the message over. The news that there is room again comes too late for the sender.
    while (server.socket.info().queuedBytes[0] === 0) await new Promise((resolve) => setImmediate(resolve));
    network().shape(1, { delayMs: 500 });
    const waiting = server.word();
    await client.socket.abort(atFrom);
    const seen = [await waiting];
    while (seen.at(-1) !== 'comm_lost') seen.push(await server.word());
    expect(seen.filter((word) => word !== 'pdapi_event')).toEqual(['comm_lost']);
    network().mend();
    // The socket goes on with the next association.
    const { atFrom: next } = await associate(await Peer.open(here, a), server, there.ips[0]);
    expect(next).toBeGreaterThan(0);
  });
});
