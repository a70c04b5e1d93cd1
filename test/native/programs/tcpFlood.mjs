/**
 * Four connections of one environment flood each other, both ways, with packets that are small and large. After 1,000 packets it ends as its first argument (or
 * workerData) says. As a worker it tells its parent when it is busy.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { acceptAll, client, createStack, fill, kind, listener, option, portOf } from './tcpStack.mjs';

const ending = isMainThread ? process.argv[2] : workerData;
let received = 0;
/** @type {number[]} */
const sockets = [];

const stack = createStack((item) => {
  if (item.kind === kind.acceptable) accept();
  if (item.kind === kind.data && ++received === 1000) end();
  if (item.kind === kind.connected || item.kind === kind.writable) flood(item.socket);
});

/** @param {number} socket */
function flood(socket) {
  stack.send(socket, new Uint8Array(100_000));
  fill(stack, socket);
}

function accept() {
  for (const each of acceptAll(stack, server)) {
    sockets.push(each);
    flood(each);
  }
}

function end() {
  parentPort?.postMessage('busy');
  if (ending === 'exit') process.exit(0);
  if (ending === 'exit in a timer') setTimeout(() => process.exit(0), 0);
  if (ending === 'throw') throw new Error('thrown by tcpFlood.mjs');
  // Both ends of each connection have output, and neither reads any more.
  if (ending === 'close') for (const socket of sockets) stack.setOption(socket, option.flushTimeout, [100]);
  if (ending === 'close') for (const socket of sockets) stack.close(socket, false);
  if (ending === 'abort') for (const socket of sockets) stack.close(socket, true);
}

const server = listener(stack);
sockets.push(server, ...Array.from({ length: 4 }, () => client(stack, portOf(stack, server))));
accept();
