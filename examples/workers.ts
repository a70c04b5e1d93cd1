/** A server that gives each association to an actor of its own, and a client that is told of the end of its one. */
import { exit, mainActor, type Self, send, spawn, tag } from 'mailport';
import { ppids, type SctpMessage, type SctpSocket, sctp } from 'mailport/sctp';

const main = mainActor<readonly ['listening', number]>();

const server = spawn(async (self: Self) => {
  const listening = await sctp.open(self, 0, { ip: '127.0.0.1' });
  await listening.listen(true);
  send(main.pid, ['listening', listening.port]);
  for await (const [, , , content] of listening) {
    // What is no data has a type.
    if (!('type' in content) || content.type !== 'sctp_assoc_change' || content.state !== 'comm_up') continue;
    const socket = listening.peeloff(self, content); // Passive, as this one is; what has come for it moves along.
    const worker = spawn(work);
    socket.controllingProcess(self, worker);
    send(worker, ['yours', socket]);
  }
});

/** Returns everything, three messages at a time. When it ends, its socket closes. */
async function work(self: Self<SctpMessage | readonly ['yours', SctpSocket]>): Promise<void> {
  const [, socket] = await self.receive(tag('yours'));
  socket.setopts({ active: 3 });
  for (;;) {
    const message = await self.receive();
    if (message[0] === 'sctp_passive') socket.setopts({ active: 3 });
    if (message[0] !== 'sctp') continue;
    const [[info], content] = message[4];
    if (!('type' in content)) await socket.send(info!, content);
    else if (content.type === 'sctp_assoc_change' && content.state !== 'comm_up') return;
  }
}

const [, port] = await main.receive(tag('listening'));
const client = await sctp.open(main);
const { assocId } = await client.connect('127.0.0.1', port); // The comm_up is its result, and comes nowhere else.
await client.send({ assocId, stream: 2, ppid: ppids.m3ua, flags: ['unordered'] }, 'hello');
const [ip, from, [info], data] = await client.recv();
console.log(`${data} on stream ${info?.stream} with ${info?.ppid} from ${ip}:${from}`);
await client.abort(assocId); // Without what has not left yet, resolved or not; eof sends it first.
const [, , , event] = await client.recv();
if ('type' in event && event.type === 'sctp_assoc_change') console.log(`${event.state}: ${sctp.errorString(event.error)}`);
client.close();
exit(server, 'shutdown');
