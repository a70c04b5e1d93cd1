/**
 * The servers among the examples, as users run them, each among peers that go early in every way there is. The servers go on, serve peers that behave, and end in
 * good order. The peers speak SCTP over UDP by hand, so this is about the embedded stack.
 */
import { Client } from 'mailport/messaging';
import { sctp } from 'mailport/sctp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../examples/diameterMessages.js';
import { earlyEnds, endEarly } from '../support/earlyEnds.js';
import { DiameterByHand } from './diameterStage.js';
import { M3uaPeer } from './m3uaStage.js';
import { actors, RawPeer } from './peers.js';
import { Program } from './program.js';

const options = { stack: 'embedded', ip: '127.0.0.1' } as const;
const patienceMs = 60_000;

let stackBefore: string | undefined;
beforeAll(() => {
  stackBefore = process.env.MAILPORT_SCTP;
  process.env.MAILPORT_SCTP = 'embedded';
});
afterAll(() => {
  if (stackBefore === undefined) delete process.env.MAILPORT_SCTP;
  else process.env.MAILPORT_SCTP = stackBefore;
});

/** A peer that behaves is served. */
type Serves = (port: number) => Promise<void>;

const echoes: Serves = async (port) => {
  const { main } = actors<never>();
  const peer = await RawPeer.connect(main, options, port, 0);
  await peer.say(Buffer.from('hello'));
  expect(String(await peer.next())).toMatch(/^hello/);
  peer.socket.close();
};

const associates: Serves = async (port) => {
  const { main } = actors<never>();
  const socket = await sctp.open(main, options);
  const { assocId } = await socket.connect('127.0.0.1', port);
  await socket.eof(assocId);
  for await (const [, , , content] of socket) {
    if ('type' in content && content.type === 'sctp_assoc_change') {
      expect(content.state).toBe('shutdown_comp');
      break;
    }
  }
  socket.close();
};

const answersM3ua: Serves = async (port) => {
  const { main } = actors<never>();
  const peer = await M3uaPeer.connect(main, options, port);
  await peer.say('ASPUP', { aspIdentifier: 1 });
  await peer.until('ASPUP_ACK');
};

const answersDiameter: Serves = async (port) => {
  const { main } = actors<never>();
  const peer = await DiameterByHand.open(main, options, port);
  await peer.ask(command.deviceWatchdog);
  await peer.nextOf(command.deviceWatchdog);
};

const countsWords: Serves = async (port) => {
  const client = await Client.connect<string, unknown>(actors<never>().main, { transport: sctp, port });
  await Client.send(client, 'two words');
  expect(await Client.receive(client)).toEqual({ line: 1, words: 2 });
  await Client.disconnect(client);
};

describe.each<[string, readonly (string | number)[], RegExp, Serves]>([
  ['echo', ['serve'], /(\d+) of SCTP/, echoes],
  ['workers', ['serve'], /listen on port (\d+)/, echoes],
  ['sessions', ['--serve', 0], /listens on 127\.0\.0\.1:(\d+)/, echoes],
  ['sctpServer', ['127.0.0.1', 0], /Listening on 127\.0\.0\.1:(\d+)/, associates],
  ['bridge', ['serve', 0], /SCTP port (\d+)/, countsWords],
  ['m3ua', ['sg', 0], /gateway \| listens on 127\.0\.0\.1:(\d+)/, answersM3ua],
  ['diameter', ['server', 0], /server \| listens on 127\.0\.0\.1:(\d+)/, answersDiameter],
])('%s', (name, args, listening, serves) => {
  test('goes on, whichever peer goes, and in whichever way', { timeout: patienceMs }, async () => {
    const program = new Program(name, ...args);
    const [, port = ''] = await program.prints(listening);
    const over = program.status().then(() => {
      throw new Error('it has ended');
    });
    over.catch(() => undefined);
    for (const [how, end] of Object.entries(earlyEnds)) {
      try {
        // Two failures of the listener would have ended its supervisor, too.
        for (let round = 0; round < 3; round += 1) await Promise.race([endEarly(Number(port), end), over]);
        await Promise.race([serves(Number(port)), over]);
      } catch (error) {
        throw new Error(`after a peer that ${how}: ${error}\n${program.output}`, { cause: error });
      }
    }
    expect(program.output).not.toMatch(/crashed|Error:/);
    program.signal('SIGTERM');
    await program.status();
  });
});
