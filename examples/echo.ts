/** The README's example: an actor that owns an SCTP socket and takes one message at a time, and a client of it. */
import { exit, mainActor, type Self, send, spawn, tag } from 'mailport';
import { type SctpMessage, sctp } from 'mailport/sctp';

const main = mainActor<SctpMessage | readonly ['listening', number]>();

const server = spawn(async (self: Self<SctpMessage>) => {
  const socket = await sctp.open(self, 0, { ip: '127.0.0.1', active: 'once' });
  await socket.listen(true);
  send(main.pid, ['listening', socket.port]);
  for (;;) {
    const message = await self.receive(); // One message, or one event such as comm_up ...
    if (message[0] === 'sctp') {
      const [[info], data] = message[4];
      if (info && Buffer.isBuffer(data)) await socket.send(info, data); // Same association, same stream.
    }
    socket.setopts({ active: 'once' }); // ... and no other until it says so: the peer has to wait.
  }
});

const [, port] = await main.receive(tag('listening'));
const socket = await sctp.open(main, { active: true });
const assoc = await socket.connect('127.0.0.1', port);
await socket.send(assoc, 0, 'hello');
const [, , ip, from, [[info], data]] = await main.receive(tag('sctp'));
console.log(`${data} on stream ${info?.stream} from ${ip}:${from}`);
socket.close();
exit(server, 'shutdown'); // Its socket closes with it.
