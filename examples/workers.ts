/** A listener that hands each association off to an actor of its own, and a client that sees the end of its association. With `serve` it serves until Ctrl-C. */
import { exit, mainActor, type Self, send, spawn, tag } from 'mailport';
import { ppids, type SctpMessage, type SctpSocketMessage, SocketError, sctp } from 'mailport/sctp';

const main = mainActor<readonly ['listening', number]>();

const listener = spawn(async (self: Self) => {
  const listening = await sctp.open(self, 0, { ip: '127.0.0.1' });
  await listening.listen(true);
  send(main.pid, ['listening', listening.port]);
  for await (const [, , , content] of listening) {
    // Events have a type, and data has none.
    if (!('type' in content) || content.type !== 'sctp_assoc_change' || content.state !== 'comm_up') continue;
    const worker = spawn(work);
    try {
      listening.handOff(self, content, worker, { active: 3 });
    } catch (error) {
      // The peer may have gone already. Then there is nothing to hand off, and the loop goes on with the next event.
      exit(worker, 'kill');
      if (!(error instanceof SocketError)) throw error;
    }
  }
});

/** Returns everything, three messages at a time. When it ends, its socket closes. */
async function work(self: Self<SctpMessage | SctpSocketMessage>): Promise<void> {
  const [, socket] = await self.receive(tag('socket')); // This message comes before any message of the socket.
  for (;;) {
    const message = await self.receive();
    if (message[0] === 'sctp_passive') socket.setopts({ active: 3 });
    if (message[0] !== 'sctp') continue;
    const [[info], content] = message[4];
    // A send to a peer that has gone fails. The event that comes next tells that it has gone.
    if (!('type' in content)) await socket.send(info!, content).catch(() => undefined);
    else if (content.type === 'sctp_assoc_change' && content.state !== 'comm_up') return;
  }
}

const [, port] = await main.receive(tag('listening'));
console.log(`workers listen on port ${port}`);

if (process.argv[2] !== 'serve') {
  const client = await sctp.open(main);
  const { assocId } = await client.connect('127.0.0.1', port); // The result is the comm_up, which does not come as an item too.
  await client.send({ assocId, stream: 2, ppid: ppids.m3ua, flags: ['unordered'] }, 'hello');
  const [ip, from, [info], data] = await client.recv();
  console.log(`${data} on stream ${info?.stream} with ${info?.ppid} from ${ip}:${from}`);
  await client.abort(assocId); // Drops messages that have not left yet, although their sends have resolved. eof sends them first.
  const [, , , event] = await client.recv();
  if ('type' in event && event.type === 'sctp_assoc_change') console.log(`${event.state}: ${sctp.errorString(event.error)}`);
  client.close();
  exit(listener, 'shutdown');
}
