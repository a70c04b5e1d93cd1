/**
 * A process with an association whose packets go through its standard input and output, each behind its length in two bytes. By its argument: 'exit', it exits with the
 * association up; 'close', it closes its socket and has nothing else to do; 'alone', it opens a carrier and no socket; 'worker', it ends a worker that has a carrier.
 */
import { once } from 'node:events';
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { mainActor } from '../../../dist/actors/index.js';
import { sctp } from '../../../dist/actors/sctp/index.js';
import { SimulatedNetwork } from '../../../dist/actors/testing/index.js';

const self = mainActor();
const [, , mode] = process.argv;

/** @param {Buffer} packet */
function write(packet) {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(packet.length);
  writeSync(1, Buffer.concat([length, packet]));
}

async function talk() {
  const carrier = sctp.overDatagrams({ send: write });
  let rest = Buffer.alloc(0);
  process.stdin.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      carrier.receive(rest.subarray(2, end));
      rest = rest.subarray(end);
    }
  });
  const socket = await sctp.open(self, { carrier });
  const { assocId } = await socket.connect('127.0.0.1', 5000);
  await socket.send(assocId, 0, 'last words');
  if (mode === 'exit') process.exit(0);
  await socket.recv(); // The peer has what was sent.
  socket.close();
  // Once the shutdown is over nothing is left to keep the process, but its input.
  process.stdin.once('end', () => {});
}

/** Two carriers in one thread, and an association that is busy until the thread ends; and one over a simulated network. */
async function busyWorker() {
  const left = sctp.overDatagrams({ send: (packet) => right.receive(packet) });
  const right = sctp.overDatagrams({ send: (packet) => left.receive(packet) });
  const server = await sctp.open(self, 5000, { carrier: right });
  await server.listen(true);
  const client = await sctp.open(self, { carrier: left });
  const { assocId } = await client.connect('127.0.0.1', 5000);
  await server.recv();
  const network = new SimulatedNetwork();
  const simulated = await network.sctp.open(self, 5000);
  await simulated.listen(true);
  await (await network.sctp.open(self)).connect('127.0.0.1', 5000);
  for (let count = 0; ; count += 1) {
    await client.send(assocId, 0, Buffer.alloc(10_000));
    await server.recv();
    if (count === 100) parentPort?.postMessage('busy');
  }
}

if (!isMainThread) await busyWorker();
else if (mode === 'worker') {
  const worker = new Worker(fileURLToPath(import.meta.url));
  await once(worker, 'message');
  await worker.terminate();
  console.log('terminated');
} else if (mode === 'alone') {
  sctp.overDatagrams({ send: write });
  console.log('opened');
} else await talk();
