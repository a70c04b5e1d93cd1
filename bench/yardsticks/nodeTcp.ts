/** The TCP cases by node:net, with framing in JavaScript, between two processes: `nodeTcp.js SETTING` makes runs, and starts `nodeTcp.js SETTING peer`. */
import { connect, createServer, type Socket } from 'node:net';
import { countRuns } from '../cases/counted.js';
import { Counterpart, endWithParent, sendFor, tell } from '../cases/counterpart.js';
import { endBytes, type Setting, sendsTogether } from '../cases/inetRun.js';
import { perSecond } from '../cases/measuring.js';
import { answerRuns } from '../forked.js';
import { Frames, framed } from './frames.js';

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting;

/** Writes messages with as few system calls as there can be. Whether there is room for more. */
function write(socket: Socket, message: Buffer, count: number): boolean {
  let hasRoom = true;
  socket.cork();
  for (let sent = 0; sent < count; sent += 1) for (const piece of framed(message)) hasRoom = socket.write(piece);
  socket.uncork();
  return hasRoom;
}

function serve(): void {
  const countLength = countRuns();
  const count = (message: Buffer): void => countLength(message.length);
  const server = createServer({ noDelay: true }, (socket) => {
    const echo = (message: Buffer): unknown => write(socket, message, 1);
    const frames = new Frames(setting.role === 'echo' ? echo : count);
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
  });
  server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as { port: number }).port }));
  endWithParent();
}

async function flood(peer: Counterpart, socket: Socket, message: Buffer): Promise<number> {
  await sendFor(setting.runMs, async () => {
    if (!write(socket, message, sendsTogether)) await new Promise((resolve) => socket.once('drain', resolve));
  });
  return peer.counted(() => write(socket, Buffer.alloc(endBytes), 1), false);
}

function pingPong(socket: Socket, message: Buffer): Promise<number> {
  let trips = 0;
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const frames = new Frames(() => {
      trips += 1;
      if (performance.now() < startedMs + setting.runMs) {
        write(socket, message, 1);
        return;
      }
      socket.removeAllListeners('data');
      resolve(perSecond(trips, startedMs));
    });
    socket.on('data', (chunk: Buffer) => frames.push(chunk));
    write(socket, message, 1);
  });
}

async function measure(): Promise<void> {
  const peer = await Counterpart.start(new URL(import.meta.url), setting, 'peer');
  const socket = connect({ port: peer.port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve) => socket.once('connect', resolve));
  const message = Buffer.alloc(setting.lengthBytes, 'm');
  answerRuns({
    measure: () => (setting.role === 'echo' ? pingPong(socket, message) : flood(peer, socket, message)),
    stop: async () => {
      socket.destroy();
      peer.stop();
    },
  });
}

if (process.argv[3] === 'peer') serve();
else await measure();
