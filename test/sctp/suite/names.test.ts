/** OTP gen_sctp_SUITE: what each end says of the other's addresses, before and after peeling off. */
import { expect, test } from 'vitest';
import type { Sctp } from '../../../actors/sctp/open.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { mainActor } from '../../../runtime/index.js';
import { hostAddresses } from './hostAddresses.js';
import { genSctpSuite, nextChange } from './suite.js';

const self = mainActor();

/** As sets. */
const sorted = (names: readonly (readonly [string, number])[]) => names.map((name) => name.join(' ')).sort();

/** MH-12: the own names of each end are the peer's of the other. */
function checkNames(server: SctpSocket, atServer: number, client: SctpSocket, atClient: number): void {
  expect(sorted(server.socknames(atServer))).toEqual(sorted(client.peernames(atClient)));
  expect(sorted(server.peernames(atServer))).toEqual(sorted(client.socknames(atClient)));
}

/** MH-10..MH-13 */
async function names(sctp: Sctp, place: object, addresses: readonly string[]): Promise<void> {
  const server = await sctp.open(self, 0, { ...place, ip: addresses });
  await server.listen(true);
  const client = await sctp.open(self, 0, { ...place, ip: addresses[0]! });
  const up = await client.connect(addresses[0]!, server.port);
  const { assocId } = await nextChange(server, 'comm_up');

  const own = server.socknames();
  expect(own).toEqual(addresses.map((address) => [address, server.port]));
  expect(sorted(server.socknames(assocId))).toEqual(sorted(own));
  for (const socket of [server, client]) {
    expect(() => socket.peernames()).toThrow(expect.objectContaining({ reason: expect.stringMatching(/^(einval|enotconn)$/) }));
  }
  checkNames(server, assocId, client, up.assocId);
  expect(server.peernames(assocId)).toEqual([[addresses[0], client.port]]);

  const peeled = server.peeloff(self, assocId);
  expect([server.port, 0]).toContain(peeled.port);
  checkNames(peeled, assocId, client, up.assocId);
  expect(peeled.peernames()).toEqual([[addresses[0], client.port]]);
  for (const socket of [peeled, client, server]) socket.close();
}

genSctpSuite((sctp, name) => {
  const host = hostAddresses(name);
  const singleHomed = 'this stack has one address for each socket';

  test('names_unihoming_ipv4', () => names(sctp, {}, ['127.0.0.1']));

  test('names_unihoming_ipv6', () => names(sctp, {}, ['::1']));

  test('names_multihoming_ipv4', async ({ skip }) => {
    if (name === 'simulated') return skip(singleHomed);
    await names(sctp, {}, ['127.0.0.1', '127.0.0.2']);
  });

  test('names_multihoming_ipv6', async ({ skip }) => {
    if (name === 'simulated') return skip(singleHomed);
    const { place, v6 } = host();
    if (v6.length < 2) return skip('this host has one IPv6 address');
    await names(sctp, place, v6.slice(0, 2));
  });
});
