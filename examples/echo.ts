/**
 * The README's example: servers that return what they are sent, over TCP, UDP and SCTP, and a client of each. With `serve` they serve until Ctrl-C.
 *
 *     node dist/examples/echo.js serve
 *     nc 127.0.0.1 PORT          # by TCP; `nc -u` is by UDP
 */
import { exit, mainActor, type Self, send, server, spawn, stop, tag } from 'mailport';
import { sctp } from 'mailport/sctp';
import { tcp } from 'mailport/tcp';
import { udp } from 'mailport/udp';

const main = mainActor<readonly ['listening', port: number]>();
const ip = '127.0.0.1';

/** The body of all servers. The loop takes one item at a time. Until it asks for the next, the peer has to wait. It ends when the peer has gone. */
async function echo<Item>(items: AsyncIterable<Item>, answer: (item: Item) => unknown): Promise<void> {
  for await (const item of items) await answer(item);
}

// A server starts an actor for each connection, and gives it the socket.
const overTcp = await server.start({
  listen: (self, port) => tcp.listen(self, port, { ip, active: false }),
  session: (_self, socket) => echo(socket, (data) => socket.send(data)),
});
const overSctp = await server.start({
  listen: (self, port) => sctp.open(self, port, { ip }),
  session: (_self, socket) => echo(socket, ([, , [info], data]) => info && Buffer.isBuffer(data) && socket.send(info, data)), // Same stream.
});
// UDP has no connections: one actor has the socket, and answers everybody.
const overUdp = spawn(async (self: Self) => {
  const socket = await udp.open(self, 0, { ip, active: false });
  send(main.pid, ['listening', socket.port]);
  await echo(socket, ([address, port, data]) => socket.send(address, port, data as Buffer));
});

const [, udpPort] = await main.receive(tag('listening'));
const [tcpPort = 0, sctpPort = 0] = [overTcp, overSctp].map((pid) => server.info(pid)?.port);
console.log(`echo listens on port ${tcpPort} of TCP, ${udpPort} of UDP, ${sctpPort} of SCTP`);

if (process.argv[2] !== 'serve') {
  const stream = await tcp.connect(main, ip, tcpPort, { active: false });
  await stream.send('hello');
  console.log(`${await stream.recv()} by TCP`);
  await stream.close();

  const datagrams = await udp.open(main, 0, { active: false });
  await datagrams.send(ip, udpPort, 'hello');
  const [from, port, datagram] = await datagrams.recv();
  console.log(`${datagram} by UDP from ${from}:${port}`);
  await datagrams.close();

  const socket = await sctp.open(main);
  const assoc = await socket.connect(ip, sctpPort);
  await socket.send(assoc, 0, 'hello');
  const [, , [info], data] = await socket.recv();
  console.log(`${data} by SCTP on stream ${info?.stream}`);
  socket.close();

  for (const pid of [overTcp, overSctp]) await stop(main, pid, 'shutdown');
  exit(overUdp, 'shutdown'); // Its socket closes with it.
}
