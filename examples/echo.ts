/** The README's example: a server that returns what it is sent, and a client of it. With `serve` it serves until Ctrl-C. */
import { mainActor, server, stop } from 'mailport';
import { sctp } from 'mailport/sctp';

const main = mainActor();

const echo = await server.start({
  listen: (self, port) => sctp.open(self, port, { ip: '127.0.0.1' }),
  session: async (_self, socket) => {
    // The loop takes one message or event at a time. Until it asks for the next, the peer has to wait. It ends when the peer has gone.
    for await (const [, , [info], data] of socket) {
      if (info && Buffer.isBuffer(data)) await socket.send(info, data); // Same stream.
    }
  },
});
const port = server.info(echo)?.port ?? 0;
console.log(`echo listens on port ${port}`);

if (process.argv[2] !== 'serve') {
  const socket = await sctp.open(main);
  const assoc = await socket.connect('127.0.0.1', port);
  await socket.send(assoc, 0, 'hello');
  const [ip, from, [info], data] = await socket.recv();
  console.log(`${data} on stream ${info?.stream} from ${ip}:${from}`);
  socket.close();
  await stop(main, echo, 'shutdown');
}
