/**
 * An association whose packets are carried by sockets of `mailport/udp`, by hand, and one within the process. What is between the two functions may be anything that
 * carries datagrams: a tunnel, a WebRTC channel, a protocol that encrypts them.
 *
 *     node dist/examples/overUdp.js
 */
import { type AnySelf, mainActor, spawn } from 'mailport';
import { type SctpCarrier, type SctpSocket, sctp } from 'mailport/sctp';
import { udp } from 'mailport/udp';

const self = mainActor();
const ip = '127.0.0.1';

/** A carrier over a UDP socket of its own, and the port of that. Who is owner of the socket is owner of the carrier's life, too. */
async function overUdp(owner: AnySelf): Promise<{ carrier: SctpCarrier; port: number; end: () => void }> {
  const socket = await udp.open(owner, 0, { ip, active: false });
  const carrier = sctp.overDatagrams({
    send: (packet, to) => socket.send(to.address, to.port, packet),
    mtu: 1400,
  });
  spawn(async () => {
    for await (const [address, port, ...rest] of socket)
      carrier.receive(rest.at(-1) as Buffer, { address: String(address), port });
  });
  return {
    carrier,
    port: socket.port,
    end: () => {
      carrier.close();
      socket.close();
    },
  };
}

const isOver = (content: object): boolean => 'state' in content && content.state === 'shutdown_comp';

/** Says a word, and prints what comes back. */
async function ask(client: SctpSocket, address: string, server: SctpSocket): Promise<void> {
  const { assocId } = await client.connect(address, server.port);
  await server.recv(); // Its comm_up.
  await client.send(assocId, 0, 'hello');
  const [, , [info], data] = await server.recv();
  await server.send(info!, String(data).toUpperCase());
  const [from, port, , answer] = await client.recv();
  console.log(`${answer} from ${from}:${port}`);
  await client.eof(assocId);
  // A carrier that is closed carries no last words, so both ends wait for the end of the association.
  for (const socket of [client, server]) while (!isOver((await socket.recv())[3]));
  client.close();
  server.close();
}

// A server and a client, each behind a UDP socket.
const [there, here] = [await overUdp(self), await overUdp(self)];
const server = await sctp.open(self, 5000, { carrier: there.carrier });
await server.listen(true);
// The UDP port of the server is none that its SCTP port would tell.
await ask(await sctp.open(self, { carrier: here.carrier, remoteEncapsPort: there.port }), ip, server);
there.end();
here.end();

// Two carriers that give their packets to each other.
const left: SctpCarrier = sctp.overDatagrams({ send: (packet) => right.receive(packet) });
const right: SctpCarrier = sctp.overDatagrams({ send: (packet) => left.receive(packet) });
const second = await sctp.open(self, 5001, { carrier: right });
await second.listen(true);
await ask(await sctp.open(self, { carrier: left }), left.remoteAddress, second);
left.close();
right.close();
