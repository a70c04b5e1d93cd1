/** How we and usrsctp meet for the matrix, in either role, wherever the two are. */
import { mainActor } from 'mailport';
import { type SctpOpenOptions, type SctpSocket, sctp } from 'mailport/sctp';
import { afterEach } from 'vitest';
import { offering, SocketEnd } from './end.js';
import type { Line, Meeting, Wish } from './meeting.js';
import { freeUdpPort } from './usrsctp.js';
import { UsrsctpEnd, type UsrsctpPlace, offering as usrsctpOffering } from './usrsctpEnd.js';

export type Connecting = 'ours' | 'theirs';

export interface Places {
  /** Where our socket is, and what it needs there. */
  readonly ours: SctpOpenOptions;
  readonly ourAddresses: readonly string[];
  readonly theirs: Omit<UsrsctpPlace, 'port'>;
  /** Where its packets go, if that is not the UDP port that has the number of our SCTP port. */
  readonly itsRemote?: number;
  /** Says which ports the two have got. */
  readonly joined?: (ourPort: number) => void;
  readonly line: Line;
}

/** A loss is noticed soon, and above the 200 ms for which either end may hold an acknowledgement back. */
const rto = { initial: 250, min: 250, max: 500 };
/** One failure is enough for a path, and the association survives many. */
const heartbeat = { hbinterval: 100, pathmaxrxt: 1 };

const sockets: SctpSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

export async function meetUsrsctp(connecting: Connecting, wish: Wish, places: Places): Promise<Meeting> {
  const { streams = 10, offers = [], sndbuf = 4 * 2 ** 20, paths = 1 } = wish;
  const socket = await sctp.open(mainActor(), {
    stack: 'embedded',
    ip: places.ourAddresses,
    sctpRtoinfo: rto,
    sctpAssocinfo: { asocmaxrxt: 50 },
    ...(paths > 1 && { sctpPeerAddrParams: { ...heartbeat, flags: ['hb_enable'] as const } }),
    sndbuf,
    ...offering(offers, streams),
    ...places.ours,
  });
  sockets.push(socket);
  const ours = new SocketEnd(socket, places.ourAddresses, 'embedded');
  const overIp = places.theirs.udpPort === 0;
  const theirs = await UsrsctpEnd.open({ ...places.theirs, port: await freeUdpPort() }, [
    ...(overIp ? [] : [`remote ${places.itsRemote ?? socket.port}`]),
    `rto ${rto.initial} ${rto.min} ${rto.max}`,
    ...(paths > 1 ? [`path ${heartbeat.hbinterval} ${heartbeat.pathmaxrxt}`] : []),
    ...usrsctpOffering(offers, streams),
  ]);
  places.joined?.(socket.port);
  const [client, server] = connecting === 'ours' ? [ours, theirs] : [theirs, ours];
  if (connecting === 'ours') await theirs.listen();
  else await socket.listen(true);
  await Promise.all([client.connect(server), server.event('comm_up')]);
  return { ours, theirs, line: places.line };
}
