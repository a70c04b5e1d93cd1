/** Path MTU discovery over real networks: two hosts with a router between them, behind which a link carries less than theirs (RFC 8899; RFC 9260 section 7.3). */
import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
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

describe.each([
  ['inet', 'udp'],
  ['inet6', 'udp'],
  ['inet', 'ip'],
  ['inet6', 'ip'],
] as const)('%s over %s', (family, over) => {
  const options = { family, over, stack: 'embedded', active: false } as const;

  test.each([false, true])(
    'packets become as small as the path wants them, and none is cut on its way; its router says nothing: %s',
    async (isSilent) => {
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
      expect(read()).toBe(1500 + (over === 'ip' ? 8 : 0));
      await transfer(client, server, assocId, 10);
      const before = router.fragments();
      expect(before.dropped).toBeGreaterThan(0);
      // The chunks that were under way may have been cut.
      await transfer(client, server, assocId, 20);
      expect(router.fragments().cut).toBe(before.cut);
      // Without a word of the router it takes probes, a second each, to find more than 1,200 bytes.
      if (isSilent) expect(read()).toBe(1200 + headers[family]);
      else expect(read()).toBe(narrow + (over === 'ip' ? 8 : 0));
      client.close();
      server.close();
    },
  );
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
