/** The matrix (docs/interop.md) with usrsctp between two hosts of two links: over IP itself, and what takes several addresses over UDP, too. */
import { beforeEach, describe } from 'vitest';
import { ipHosts, noRawIp } from '../sctp/ipHosts.js';
import { cannot } from './cannot.js';
import { matrix, rows } from './matrix.js';
import type { Meeting, Wish } from './meeting.js';
import { type Connecting, meetUsrsctp } from './meetUsrsctp.js';
import { freeUdpPort } from './usrsctp.js';
import { noUsrsctp } from './usrsctpEnd.js';

beforeEach((context) => {
  if (noRawIp !== undefined) context.skip(noRawIp);
});

async function meet(over: 'ip' | 'udp', connecting: Connecting, wish: Wish): Promise<Meeting> {
  const [here, there] = await ipHosts(2);
  const udpPort = over === 'ip' ? 0 : await freeUdpPort();
  const paths = wish.paths ?? 1;
  const ends = [
    [here, there.ip],
    [there, here.ip],
  ] as const;
  let isCut = false;
  return meetUsrsctp(connecting, wish, {
    ours: { netns: here.netns, ...(over === 'ip' ? { over } : { remoteEncapsPort: udpPort }) },
    ourAddresses: here.ips.slice(0, paths),
    theirs: { netns: there.netns, udpPort, addresses: there.ips.slice(0, paths) },
    line: {
      cut: () => {
        for (const [host, address] of ends) host.loses(address);
        isCut = true;
      },
      mend: async () => {
        if (isCut) for (const [host, address] of ends) host.reaches(address);
        isCut = false;
      },
      roughen: () => {
        throw new Error('a link between hosts loses all or nothing');
      },
    },
  });
}

const loopbackHasIt = 'the row is run over loopback';

describe.skipIf(noUsrsctp !== undefined)(
  `usrsctp on another host${noUsrsctp === undefined ? '' : ` (skipped: ${noUsrsctp})`}`,
  () => {
    describe.each(['ours', 'theirs'] as const)('%s connects, over IP', (connecting) => {
      matrix((wish = {}) => meet('ip', connecting, wish), cannot['usrsctp over IP']);
    });

    describe.each(['ours', 'theirs'] as const)('%s connects, over UDP', (connecting) => {
      const several = /primary path|ASCONF/;
      const others = rows.filter((row) => !several.test(row)).map((row) => [row, loopbackHasIt] as const);
      matrix((wish = {}) => meet('udp', connecting, wish), Object.fromEntries(others));
    });
  },
);
