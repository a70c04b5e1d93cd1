/** examples/bridge.ts as users run it: by itself, and among clients and peers of its server that do not behave. Clients are of node:net, so that what they do is up to the test. */
import { once } from 'node:events';
import { connect as connectNet } from 'node:net';
import { connect } from 'mailport/connector';
import { bytes, Client } from 'mailport/messaging';
import { sctp } from 'mailport/sctp';
import { describe, expect, test } from 'vitest';
import { Peer, untilRefused } from './peer.js';
import { actors } from './peers.js';
import { Program } from './program.js';

interface Bridge {
  readonly program: Program;
  readonly port: string;
  readonly serverPort: number;
}

async function serve(...args: readonly (string | number)[]): Promise<Bridge> {
  const program = new Program('bridge', 'serve', 0, ...args);
  const [, port = '', serverPort] = await program.prints(/listens on 127\.0\.0\.1:(\d+), and its server on SCTP port (\d+)/);
  return { program, port, serverPort: Number(serverPort) };
}

/** A client that behaves is served. */
async function isServed(port: string): Promise<void> {
  const peer = await Peer.connect(port);
  peer.say('three small words\nand  two\t more \n\n');
  await peer.until(/^line 1, 3 words: three small words\nline 2, 3 words: and {2}two\t more \nline 3, 0 words: \n/);
  peer.socket.end();
  expect(await peer.rest()).toBe('');
}

/** A client that sends more than buffers take, and reads nothing of the answers. */
async function neverReads(port: string): Promise<{ readonly peer: Peer; readonly isTaken: () => boolean }> {
  const peer = await Peer.connect(port);
  peer.socket.pause();
  let isTaken = false;
  peer.socket.write(`${'x'.repeat(1000)}\n`.repeat(32_000), () => {
    isTaken = true;
  });
  return { peer, isTaken: () => isTaken };
}

/** It ends in good order, and nothing has crashed. */
async function ends({ program, port }: Bridge, signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
  program.signal(signal);
  expect(await program.status()).toBe(0);
  expect(program.output).toMatch(/bridge has ended\n$/);
  expect(program.output).not.toMatch(/crashed|Error:|not awaited/);
  await untilRefused(port);
}

test('by itself it lets three clients talk, each in its order, and ends', async () => {
  const program = new Program('bridge');
  expect(await program.status()).toBe(0);
  const told = (name: string): string[] =>
    [...program.output.matchAll(new RegExp(`^client \\| ${name} \\| (line .*?):`, 'gm'))].map(([, what = '']) => what);
  expect(told('ann')).toEqual(['line 1, 6 words', 'line 2, 4 words']);
  expect(told('bob')).toEqual(['line 1, 9 words', 'line 2, 7 words']);
  expect(told('cid')).toEqual(['line 1, 3 words', 'line 2, 3 words', 'line 3, 5 words']);
  expect(program.output).toMatch(/bridge has ended\n$/);
  expect(program.output).not.toMatch(/crashed|Error:/);
});

test('a client of connectors is served without the rendezvous', async () => {
  const bridge = await serve();
  const connection = await connect(actors<never>().main, { addr: '127.0.0.1', port: Number(bridge.port) }, { rendezvous: false });
  await connection.write('hello there\n');
  const answer = 'line 1, 2 words: hello there\n';
  expect(String(await connection.read(answer.length))).toBe(answer);
  await connection.close();
  await ends(bridge, 'SIGTERM');
});

describe('goes on', () => {
  test('when clients vanish, at whatever moment', async () => {
    const bridge = await serve();
    for (const said of ['', 'half a line', 'a line\n', 'a line\nand a half', 'many\n'.repeat(1000)]) {
      for (const vanish of ['end', 'resetAndDestroy', 'destroy'] as const) {
        const peer = await Peer.connect(bridge.port);
        peer.say(said);
        if (said.includes('\n')) await peer.until(/^line 1, /);
        peer.socket[vanish]();
        await isServed(bridge.port);
      }
    }
    await ends(bridge);
  });

  test('when clients send garbage, one byte at a time, or lines without end', async () => {
    const bridge = await serve();
    const garbage = await Peer.connect(bridge.port);
    garbage.say(Uint8Array.from({ length: 256 }, (_, index) => index).filter((byte) => byte !== 10));
    garbage.say('\n');
    await garbage.until(/^line 1, \d+ words: [^\n]*\n/);
    const slow = await Peer.connect(bridge.port);
    slow.socket.setNoDelay(true);
    for (const byte of 'byte by byte\n') {
      slow.say(byte);
      await isServed(bridge.port);
    }
    await slow.until(/^line 1, 3 words: byte by byte\n/);
    const longest = await Peer.connect(bridge.port);
    longest.say(`${'x'.repeat(1024)}\n${'y'.repeat(1025)}\n`);
    expect(await longest.rest()).toBe(`line 1, 1 words: ${'x'.repeat(1024)}\na line has 1024 bytes at most\n`);
    const endless = await Peer.connect(bridge.port);
    endless.say('z'.repeat(1_000_000));
    // What has not been read when the relay closes makes the system reset the connection, at times ahead of the word.
    expect(await endless.rest()).toMatch(/^a line has 1024 bytes at most\n$|^$/);
    await isServed(bridge.port);
    await ends(bridge);
  });

  test('when clients send and never read', async () => {
    const bridge = await serve();
    const stuck = await Promise.all(Array.from({ length: 10 }, () => neverReads(bridge.port)));
    for (let n = 0; n < 10; n += 1) await isServed(bridge.port);
    expect(stuck.filter(({ isTaken }) => isTaken())).toEqual([]);
    for (const { peer } of stuck) peer.socket.resetAndDestroy();
    await isServed(bridge.port);
    await ends(bridge);
  });

  test('when clients come by the hundred: those beyond the limit wait, and each has its turn', async () => {
    const bridge = await serve();
    const crowd = await Promise.all(Array.from({ length: 300 }, () => Peer.connect(bridge.port)));
    for (const peer of crowd) peer.say('here I am\n');
    await Promise.all(
      crowd.map(async (peer) => {
        await peer.until(/^line 1, 3 words: here I am\n/);
        peer.socket.end();
        expect(await peer.rest()).toBe('');
      }),
    );
    // These have gone before their turn.
    const gone = Array.from({ length: 300 }, () =>
      connectNet({ port: Number(bridge.port), host: '127.0.0.1' }).on('error', () => {}),
    );
    await Promise.all(gone.map((socket) => once(socket, 'connect')));
    for (const socket of gone) socket.resetAndDestroy();
    await isServed(bridge.port);
    await ends(bridge);
  });

  test('when peers of its server send what is no request', async () => {
    const bridge = await serve();
    const { main } = actors<never>();
    for (const garbage of ['{', '7', '{"text":"hello"}', '[]', 'null', '\xff', '"'.padEnd(8192)]) {
      const client = await Client.connect(main, { transport: sctp, port: bridge.serverPort, requests: bytes, responses: bytes });
      await Client.send(client, Buffer.from(garbage, 'latin1'));
      await expect(Client.receive(client)).rejects.toMatchObject({ reason: 'closed' });
    }
    await bridge.program.prints(/ends connection \d+: .*what the codec does not take: a request is a text/);
    await isServed(bridge.port);
    await ends(bridge);
  });
});

test('whoever does nothing, or does not read, has to go, so that others have their turn', async () => {
  const bridge = await serve(1000);
  // More than the limit: those that wait have their turn when the first have had to go.
  const silent = await Promise.all(Array.from({ length: 150 }, () => Peer.connect(bridge.port)));
  await Promise.all(silent.map((peer) => peer.rest()));
  const { peer } = await neverReads(bridge.port);
  await bridge.program.prints(/has relayed [1-9]\d* lines, and has ended: the client has done nothing for too long/);
  peer.socket.destroy();
  await ends(bridge);
});

test('at the end, clients that wait and clients that do not read hold nothing up', async () => {
  const bridge = await serve();
  const { peer } = await neverReads(bridge.port);
  const crowd = await Promise.all(Array.from({ length: 120 }, () => Peer.connect(bridge.port)));
  const { program } = bridge;
  program.signal('SIGINT');
  await program.prints(/bridge has ended\n$/);
  await Promise.all(crowd.map((each) => each.rest()));
  peer.socket.destroy();
  expect(await program.status()).toBe(0);
});
