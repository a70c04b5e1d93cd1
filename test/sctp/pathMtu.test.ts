/** Path MTU discovery over real networks: two hosts with a router between them, behind which a link carries less than theirs (RFC 8899; RFC 9260 section 7.3). */
import { randomBytes } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { mainActor } from '../../runtime/index.js';
import { embeddedSctp } from './carrierPair.js';
import { noRawIp, routedHosts } from './ipHosts.js';

const sctp = embeddedSctp();
const self = mainActor();
const narrow = 1300;
const headers = { inet: 28, inet6: 48 } as const;

beforeEach((context) => {
  if (noRawIp !== undefined) context.skip(noRawIp);
});

/** Sends from one to the other, and waits for all of it. */
async function transfer(client: SctpSocket, server: SctpSocket, assocId: number, count: number): Promise<void> {
  const messages = Array.from({ length: count }, () => randomBytes(20_000));
  const sends = messages.map((message) => client.send(assocId, 0, message));
  for (const message of messages) {
    let [, , , data] = await server.recv();
    while (!Buffer.isBuffer(data)) [, , , data] = await server.recv();
    expect(data.equals(message)).toBe(true);
  }
  await Promise.all(sends);
}

interface Way {
  readonly family: 'inet' | 'inet6';
  readonly over: 'udp' | 'ip';
  /** Its router says nothing of the packets that it drops. */
  readonly isSilent: boolean;
}

const ways: readonly Way[] = (['inet', 'inet6'] as const).flatMap((family) =>
  (['udp', 'ip'] as const).flatMap((over) => [false, true].map((isSilent) => ({ family, over, isSilent }))),
);

// All at the same time: most of it is waiting for what is sent again.
test('packets become as small as the path wants them, and none is cut on its way, by UDP and IP of both families, whether its router says anything or not', async () => {
  const expectOf = async (way: Way): Promise<void> => {
    const { family, over, isSilent } = way;
    const name = JSON.stringify(way);
    const options = { family, over, stack: 'embedded', active: false } as const;
    const [here, there, router] = await routedHosts(narrow);
    if (isSilent) router.silence();
    const to = family === 'inet' ? there.ip : there.ip6;
    const server = await sctp.open(self, 5000, { ...options, netns: there.netns });
    const client = await sctp.open(self, { ...options, netns: here.netns });
    await server.listen(true);
    const { assocId } = await client.connect(to, server.port);
    await server.recv();
    const read = (): number | undefined =>
      client.getopts([['sctpGetPeerAddrInfo', { assocId, address: [to, server.port] }]]).sctpGetPeerAddrInfo?.mtu;
    expect(read(), name).toBe(1500 + (over === 'ip' ? 8 : 0));
    await transfer(client, server, assocId, 10);
    const before = router.fragments();
    expect(before.dropped, name).toBeGreaterThan(0);
    // The chunks that were under way may have been cut.
    await transfer(client, server, assocId, 20);
    expect(router.fragments().cut, name).toBe(before.cut);
    // Without a word of the router it takes probes, a second each, to find more than 1,200 bytes.
    const most = narrow + (over === 'ip' ? 8 : 0);
    expect(read(), name).toBeGreaterThanOrEqual(isSilent ? 1200 + headers[family] : most);
    expect(read(), name).toBeLessThanOrEqual(most);
    client.close();
    server.close();
  };
  await Promise.all(ways.map(expectOf));
});

test('with discovery disabled, packets of IPv4 are cut on their way', async () => {
  const [here, there, router] = await routedHosts(narrow);
  const options = { stack: 'embedded', active: false, sctpPeerAddrParams: { flags: ['pmtud_disable'] } } as const;
  const server = await sctp.open(self, 5000, { ...options, netns: there.netns });
  const client = await sctp.open(self, { ...options, netns: here.netns });
  await server.listen(true);
  const { assocId } = await client.connect(there.ip, server.port);
  await server.recv();
  await transfer(client, server, assocId, 10);
  expect(router.fragments().cut).toBeGreaterThan(50);
  expect(router.fragments().dropped).toBe(0);
  client.close();
  server.close();
});
