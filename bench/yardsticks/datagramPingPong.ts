/** The ping-pong of the SCTP benchmarks by node:dgram, between two processes that are each on a CPU of its own: `datagramPingPong.js MEASUREMENT` prints one figure. */
import { fork } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { runMs } from '../case.js';
import { runApart } from '../cases/cpus.js';
import { printMeasurement } from './printed.js';

const echoRole = 'echo';
const lengthBytes = 64;

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

async function echo(): Promise<void> {
  const socket = await bound();
  socket.on('message', (data, from) => socket.send(data, from.port, from.address));
  process.once('disconnect', () => socket.close());
  process.send?.(socket.address().port);
}

/** Starts the other process, each on a CPU of its own, and gives a measurement. Its count is milliseconds, so that a slow machine does not take longer. */
async function start(): Promise<{ readonly measure: (forMs: number) => Promise<number>; readonly stop: () => void }> {
  const child = fork(fileURLToPath(import.meta.url), [echoRole]);
  const [port] = (await once(child, 'message')) as [number];
  runApart(process.pid, child.pid);
  const socket = await bound();
  const ping = Buffer.alloc(lengthBytes);
  const measure = (forMs: number): Promise<number> => {
    let trips = 0;
    const startedMs = performance.now();
    return new Promise((resolve) => {
      const onPong = (): void => {
        trips += 1;
        const passedMs = performance.now() - startedMs;
        if (passedMs < forMs) {
          socket.send(ping, port, '127.0.0.1');
        } else {
          socket.off('message', onPong);
          resolve((trips * 1000) / passedMs);
        }
      };
      socket.on('message', onPong);
      socket.send(ping, port, '127.0.0.1');
    });
  };
  const stop = (): void => {
    socket.close();
    child.disconnect();
  };
  return { measure, stop };
}

if (process.argv[2] === echoRole) {
  await echo();
} else {
  const { measure, stop } = await start();
  await printMeasurement({ round_trips: [measure, runMs] });
  stop();
}
