/** What a process with a carrier does at its end, and what its peer sees of that. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { SctpAssocChange } from '../../actors/sctp/events.js';
import { mainActor } from '../../runtime/index.js';
import { built } from '../support/built.js';
import { Child } from '../support/child.js';
import { embeddedSctp } from './carrierPair.js';
import { word } from './subjects.js';

const sctp = embeddedSctp();
const program = fileURLToPath(new URL('programs/carrier.mjs', import.meta.url));

/** The program, and a listening socket whose packets go through the program's input and output. */
async function started(mode: string) {
  built('actors/sctp/index.js'); // Which the program imports.
  const child: ChildProcess = spawn(process.execPath, [program, mode], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const { stdin, stdout } = child;
  stdin!.on('error', () => undefined); // It has ended, and packets to it are lost.
  const carrier = sctp.overDatagrams({
    send: (packet) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(packet.length);
      stdin!.write(Buffer.concat([length, packet]));
    },
  });
  let rest: Buffer = Buffer.alloc(0);
  stdout!.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      carrier.receive(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
  });
  const socket = await sctp.open(mainActor(), 5000, { carrier });
  await socket.listen(true);
  return { child, carrier, socket };
}

test('process.exit tells the peers: their associations end at once', async () => {
  const { child, carrier, socket } = await started('exit');
  const ended = once(child, 'exit');
  const words = [word(await socket.recv()), word(await socket.recv())];
  // What had been sent may have left, or not: the exit aborts.
  expect(words[0]).toBe('comm_up');
  if (words[1] === 'data:last words') words.push(word(await socket.recv()));
  expect(words.at(-1)).toBe('comm_lost');
  expect((await ended)[0]).toBe(0);
  socket.close();
  carrier.close();
});

test('a process whose socket is closed ends when the association has shut down', async () => {
  const { child, carrier, socket } = await started('close');
  const ended = once(child, 'exit');
  const [, , , up] = await socket.recv();
  expect(word(await socket.recv())).toBe('data:last words');
  await socket.send(up as SctpAssocChange, 0, 'got it');
  expect([word(await socket.recv()), word(await socket.recv())]).toEqual(['sctp_shutdown_event', 'shutdown_comp']);
  child.stdin!.end();
  expect((await ended)[0]).toBe(0);
  socket.close();
  carrier.close();
});

test('a carrier without sockets keeps no process alive', async () => {
  built('actors/sctp/index.js');
  const child = new Child(process.execPath, [program, 'alone']);
  expect(await child.status()).toBe(0);
  expect(child.output).toBe('opened\n');
});

test('a worker with a busy carrier can be terminated', async () => {
  built('actors/sctp/index.js');
  const child = new Child(process.execPath, [program, 'worker']);
  expect(await child.status()).toBe(0);
  expect(child.output).toBe('terminated\n');
});
