/** The matrix with usrsctp over UDP, on loopback; and what tshark says of the packets. */
import { mainActor } from 'mailport';
import { type SctpSocket, sctp } from 'mailport/sctp';
import { afterEach, describe } from 'vitest';
import { offering, SocketEnd } from './end.js';
import { type Meeting, matrix, type Wish } from './matrix.js';
import { Relay } from './relay.js';
import { freeUdpPort } from './usrsctp.js';
import { noUsrsctp, UsrsctpEnd, offering as usrsctpOffering } from './usrsctpEnd.js';

const sockets: SctpSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** Nobody else has it, so that the packets can be told from those of other tests. */
const ourAddress = '127.77.0.1';
/** usrsctp can have no other address of loopback. */
const itsAddress = '127.0.0.1';

/** A loss is noticed soon, and above the 200 ms for which either end may hold an acknowledgement back. */
const rto = { initial: 250, min: 250, max: 500 };

async function meet(
  connecting: 'ours' | 'theirs',
  { streams = 10, offers = [], line = false, sndbuf = 4 * 2 ** 20 }: Wish,
): Promise<Meeting> {
  const udpPort = await freeUdpPort();
  const relay = await Relay.between(ourAddress, itsAddress, 1);
  const socket = await sctp.open(mainActor(), {
    stack: 'embedded',
    ip: ourAddress,
    remoteEncapsPort: line ? relay.portForLeft : udpPort,
    sctpRtoinfo: rto,
    sndbuf,
    ...offering(offers, streams),
  });
  sockets.push(socket);
  const ours = new SocketEnd(socket, [ourAddress], 'embedded');
  const theirs = await UsrsctpEnd.open({ udpPort, port: await freeUdpPort(), addresses: [itsAddress] }, [
    `remote ${line ? relay.portForRight : socket.port}`,
    `rto ${rto.initial} ${rto.min} ${rto.max}`,
    ...usrsctpOffering(offers, streams),
  ]);
  relay.join({ address: ourAddress, port: socket.port }, { address: itsAddress, port: udpPort });
  const [client, server] = connecting === 'ours' ? [ours, theirs] : [theirs, ours];
  if (connecting === 'ours') await theirs.listen();
  else await socket.listen(true);
  await Promise.all([client.connect(server), server.event('comm_up')]);
  return { ours, theirs, line: relay };
}

const oneAddress = 'usrsctp can have one address of loopback alone; see matrixHosts.test.ts';

describe.skipIf(noUsrsctp !== undefined)(`usrsctp over UDP${noUsrsctp === undefined ? '' : ` (skipped: ${noUsrsctp})`}`, () => {
  describe.each(['ours', 'theirs'] as const)('%s connects', (connecting) => {
    matrix((wish = {}) => meet(connecting, wish), {
      'the primary path is cut under load: everything arrives once and in order by the other, and the path comes back':
        oneAddress,
      'an address of either end goes, comes back and is preferred (ASCONF, RFC 5061)': oneAddress,
    });
  });
});
