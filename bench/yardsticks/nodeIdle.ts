/** A server by node:net with many connections on which nothing happens: `nodeIdle.js COUNT` tells what each of them takes. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tellIdleBytes } from '../cases/idle.js';

const count = Number(process.argv[2]);

const sockets: Socket[] = [];
const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 });
await once(server, 'listening');

await tellIdleBytes((server.address() as AddressInfo).port, count, async () => {
  while (sockets.length < count) {
    const [socket] = (await once(server, 'connection')) as [Socket];
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (data) => socket.write(data));
    socket.on('close', () => sockets.splice(sockets.indexOf(socket), 1));
  }
});
