/** examples/chat.ts as users run it: several clients in rooms, and clients that do not behave. */
import { beforeEach, expect, test } from 'vitest';
import { Peer, untilRefused } from './peer.js';
import { Program } from './program.js';

let program: Program;
let port: string;

beforeEach(async () => {
  program = new Program('chat', 0);
  [, port = ''] = await program.prints(/listens on 127\.0\.0\.1:(\d+)/);
});

async function enter(nick: string): Promise<Peer> {
  const peer = await Peer.connect(port);
  await peer.until(/^\* your name\?\n/);
  peer.say(`${nick}\n`);
  await peer.until(/\* here are: .*\n/);
  return peer;
}

test('members of a room hear each other, and nobody else', async () => {
  const ann = await enter('ann');
  const bob = await enter('bob');
  await ann.until(/^\* bob has come\n/);
  bob.say('hello\r\n');
  await ann.until(/^bob: hello\n/);
  await bob.until(/^bob: hello\n/);
  bob.say('/join cellar\n');
  await bob.until(/^\* here are: bob\n/);
  await ann.until(/^\* bob has gone\n/);
  bob.say('is anybody here?\n');
  await bob.until(/^bob: is anybody here\?\n/);
  bob.say('/join lobby\n');
  await bob.until(/^\* here are: ann, bob\n/);
  await ann.until(/^\* bob has come\n/);
  bob.say('/quit\n');
  expect(await bob.rest()).toBe('');
  await ann.until(/^\* bob has gone\n/);
});

test('a client that reads nothing stops nobody, and one that vanishes is gone', async () => {
  const ann = await enter('ann');
  const slow = await enter('slow');
  const gone = await enter('gone');
  await ann.until(/^\* slow has come\n\* gone has come\n/);
  slow.socket.pause();
  gone.socket.resetAndDestroy();
  await ann.until(/^\* gone has gone\n/);
  // More than the kernel's buffers, the session's queue and its mailbox hold.
  const line = 'x'.repeat(500);
  for (let round = 0; round < 200; round += 1) {
    for (let n = 0; n < 50; n += 1) ann.say(`${line}\n`);
    for (let n = 0; n < 50; n += 1) await ann.until(/^ann: x{500}\n/);
  }
  const bob = await enter('bob');
  bob.say('still here\n');
  await ann.until(/bob: still here\n/);
});

test('names that are none, and lines that are too long, end their session', async () => {
  const nobody = await Peer.connect(port);
  nobody.say('a name with spaces\n');
  expect(await nobody.rest()).toMatch(/\* a name has 1 to 24 letters, digits or -\n$/);
  const endless = await enter('endless');
  endless.say('x'.repeat(100_000));
  expect(await endless.rest()).toMatch(/^\* a line has 512 bytes at most\n$|^$/);
  const ann = await enter('ann');
  ann.say('\x1b[2Jhello\n');
  await ann.until(/^ann: \[2Jhello\n/);
});

test('at the end, clients are told', async () => {
  const ann = await enter('ann');
  program.signal('SIGTERM');
  await ann.until(/^\* the server ends\n/);
  expect(await ann.rest()).toBe('');
  expect(await program.status()).toBe(0);
  await untilRefused(port);
});
