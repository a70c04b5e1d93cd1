/**
 * The server of gen_sctp's manual: it opens a socket, listens, and prints every item that comes, data and events alike.
 *
 *     node dist/examples/sctpServer.js [host] [port]
 */
import { mainActor } from 'mailport';
import { SocketError, sctp } from 'mailport/sctp';
import { show } from './show.js';

const [host = 'any', port = '2006'] = process.argv.slice(2);

const self = mainActor();
const socket = await sctp.open(self, Number(port), { recbuf: 65536, ip: host });
await socket.listen(true);
console.log(`Listening on ${host}:${socket.port}. ${show(socket)}`);
process.once('SIGINT', () => socket.close());
process.once('SIGTERM', () => socket.close());

while (socket.isOpen) {
  try {
    console.log(`Received: ${show(await socket.recv())}`);
  } catch (error) {
    if (!(error instanceof SocketError)) throw error;
    console.log(`SCTP RECV ERROR: ${error.reason}`);
  }
}
