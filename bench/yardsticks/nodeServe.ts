/** A server by node:net that answers one request of each connection and ends it: `nodeServe.js RUN_MS` makes runs. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { answerRuns } from '../forked.js';
import { churned } from './tcpClients.js';

const runMs = Number(process.argv[2]);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', (request) => socket.end(request));
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

answerRuns({
  measure: () => churned(port, runMs),
  stop: async () => {
    server.close();
  },
});
