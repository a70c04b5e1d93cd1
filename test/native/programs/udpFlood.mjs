/**
 * Two UDP sockets of one environment flood each other. After 1,000 datagrams it ends as its first argument (or workerData) says. As a worker it tells its parent
 * when it is busy.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { createUdp, open, portOf, send } from './udp.mjs';

const ending = isMainThread ? process.argv[2] : workerData;
const bytes = new Uint8Array(500);
let received = 0;

const stack = createUdp((item) => {
  // Two for each one, so that there is always something on its way.
  send(stack, item.socket, item.port, bytes, 2);
  if (++received === 1000) end();
});

function end() {
  parentPort?.postMessage('busy');
  if (ending === 'exit') process.exit(0);
  if (ending === 'exit in a timer') setTimeout(() => process.exit(0), 0);
  if (ending === 'throw') throw new Error('thrown by udpFlood.mjs');
  if (ending === 'close') for (const socket of [first, second]) stack.close(socket);
}

const [first, second] = [open(stack), open(stack)];
send(stack, first, portOf(stack, second), bytes, 10);
