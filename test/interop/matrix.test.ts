/** The matrix (docs/interop.md) with usrsctp over UDP, on loopback; then what tshark says of all its packets. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matrix } from './matrix.js';
import type { Meeting, Wish } from './meeting.js';
import { type Connecting, meetUsrsctp } from './meetUsrsctp.js';
import { Relay } from './relay.js';
import { Capture, noTshark } from './tshark.js';
import { freeUdpPort } from './usrsctp.js';
import { noUsrsctp } from './usrsctpEnd.js';

/** Nobody else has it, so that the packets can be told from those of other tests. */
const ourAddress = '127.77.0.1';
/** usrsctp can have no other address of loopback. */
const itsAddress = '127.0.0.1';

async function meet(connecting: Connecting, wish: Wish): Promise<Meeting> {
  const udpPort = await freeUdpPort();
  const relay = await Relay.between(ourAddress, itsAddress, 1);
  const usesLine = wish.line === true;
  return meetUsrsctp(connecting, wish, {
    ours: { remoteEncapsPort: usesLine ? relay.portForLeft : udpPort },
    ourAddresses: [ourAddress],
    theirs: { udpPort, addresses: [itsAddress] },
    ...(usesLine && { itsRemote: relay.portForRight }),
    joined: (ourPort) => relay.join({ address: ourAddress, port: ourPort }, { address: itsAddress, port: udpPort }),
    line: relay,
  });
}

let capture: Capture | undefined;
beforeAll(async () => {
  if (noUsrsctp === undefined && noTshark === undefined) capture = await Capture.start(`udp and host ${ourAddress}`);
});
afterAll(async () => {
  await capture?.stop();
  capture?.remove();
});

const oneAddress = 'usrsctp can have one address of loopback alone, so matrixHosts.test.ts has this row';

describe.skipIf(noUsrsctp !== undefined)(`usrsctp over UDP${noUsrsctp === undefined ? '' : ` (skipped: ${noUsrsctp})`}`, () => {
  describe.each(['ours', 'theirs'] as const)('%s connects', (connecting) => {
    matrix((wish = {}) => meet(connecting, wish), {
      'the primary path is cut under load: everything arrives once and in order by the other, and the path comes back':
        oneAddress,
      'an address of either end goes, comes back and is preferred (ASCONF, RFC 5061)': oneAddress,
    });
  });
});

test('tshark finds no malformed packet and no wrong checksum in all of these (RFC 9260 §6.8)', async (context) => {
  context.skip(noTshark !== undefined, noTshark);
  context.skip(noUsrsctp !== undefined, noUsrsctp);
  await capture!.stop();
  // The relay's own datagrams are empty.
  const seen = capture!.datagrams().filter(({ isEmpty }) => !isEmpty);
  // DATA, INIT and its answer, SACK, ABORT, SHUTDOWN, its answer and the end, COOKIE ECHO, its answer, AUTH, I-DATA, RE-CONFIG, FORWARD TSN.
  const types = [0, 1, 2, 3, 6, 7, 8, 14, 10, 11, 15, 64, 130, 192];
  expect([...new Set(seen.flatMap(({ chunks }) => chunks))]).toEqual(expect.arrayContaining(types));
  expect(
    seen.filter(({ complaint, checksumIsGood, chunks }) => complaint !== '' || !checksumIsGood || chunks.length === 0),
  ).toEqual([]);
});
