/** The UDP cases by node:dgram, between two processes: `nodeUdp.js SETTING` makes runs, and starts `nodeUdp.js SETTING peer`. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { countRuns } from '../cases/counted.js';
import { Counterpart, endWithParent, sendFor, tell } from '../cases/counterpart.js';
import { endBytes, type Setting, sendsTogether } from '../cases/inetRun.js';
import { perSecond } from '../cases/measuring.js';
import { answerRuns } from '../forked.js';

const setting = JSON.parse(process.argv[2] ?? '{}') as Setting;

async function bound(): Promise<Socket> {
  const { bufferBytes } = setting;
  const sizes = bufferBytes === 0 ? {} : { recvBufferSize: bufferBytes, sendBufferSize: bufferBytes };
  const socket = createSocket({ type: 'udp4', ...sizes });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function serve(): Promise<void> {
  const socket = await bound();
  if (setting.role === 'echo') {
    socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  } else {
    const count = countRuns();
    socket.on('message', (data) => count(data.length));
  }
  tell({ port: socket.address().port });
  endWithParent();
}

async function flood(peer: Counterpart, socket: Socket, message: Buffer): Promise<number> {
  const sendTogether = (): Promise<void> =>
    new Promise((resolve) => {
      for (let sent = 1; sent < sendsTogether; sent += 1) socket.send(message);
      socket.send(message, () => resolve());
    });
  await sendFor(setting.runMs, sendTogether);
  return peer.counted(() => socket.send(Buffer.alloc(endBytes)), true);
}

function pingPong(socket: Socket, message: Buffer): Promise<number> {
  let trips = 0;
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const onPong = (): void => {
      trips += 1;
      if (performance.now() < startedMs + setting.runMs) {
        socket.send(message);
        return;
      }
      socket.off('message', onPong);
      resolve(perSecond(trips, startedMs));
    };
    socket.on('message', onPong);
    socket.send(message);
  });
}

async function measure(): Promise<void> {
  const peer = await Counterpart.start(new URL(import.meta.url), setting, 'peer');
  const socket = await bound();
  socket.connect(peer.port, '127.0.0.1');
  await once(socket, 'connect');
  const message = Buffer.alloc(setting.lengthBytes, 'm');
  answerRuns({
    measure: () => (setting.role === 'echo' ? pingPong(socket, message) : flood(peer, socket, message)),
    stop: async () => {
      socket.close();
      peer.stop();
    },
  });
}

if (process.argv[3] === 'peer') await serve();
else await measure();
