/**
 * Two sockets of one environment flood each other. After 1,000 messages it ends as its first argument (or workerData) says. As a worker it
 * tells its parent when it is busy.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { connectResult, createStack, data, fill, open, portOf, writable } from './stack.mjs';

const ending = isMainThread ? process.argv[2] : workerData;
let received = 0;

const stack = createStack((item) => {
  if (item.kind === data && ++received === 1000) end();
  if (item.socket === client && (item.kind === connectResult || item.kind === writable)) fill(stack, client, assoc);
});

function end() {
  parentPort?.postMessage('busy');
  if (ending === 'exit') process.exit(0);
  if (ending === 'exit in a timer') setTimeout(() => process.exit(0), 0);
  if (ending === 'throw') throw new Error('thrown by flood.mjs');
  if (ending === 'close') for (const socket of [server, client]) stack.close(socket, false);
  if (ending === 'abort') for (const socket of [server, client]) stack.close(socket, true);
}

const server = open(stack);
stack.listen(server, 5);
const client = open(stack);
const assoc = stack.connect(client, ['127.0.0.1'], portOf(stack, server), true);
