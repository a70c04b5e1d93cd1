/** OTP gen_sctp_SUITE: families inferred from addresses, sockets with one address and with several. */
import { expect, test } from 'vitest';
import type { Sctp } from '../../../actors/sctp/open.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { mainActor } from '../../../runtime/index.js';
import { hostAddresses } from './hostAddresses.js';
import { genSctpSuite, nextChange } from './suite.js';

const self = mainActor();
const v4 = ['127.0.0.1', '127.0.0.2'] as const;

/** The client connects to an address of the server's: comm_up on both ends, each from where the other is. */
async function connects(client: SctpSocket, server: SctpSocket, address: string): Promise<void> {
  await server.listen(true);
  const up = await client.connect(address, server.port);
  expect(up).toMatchObject({ state: 'comm_up', error: 0 });
  expect(await nextChange(server, 'comm_up')).toMatchObject({ error: 0, from: [expect.any(String), client.port] });
  expect(client.peernames(up)).toContainEqual([address, server.port]);
}

/** Opens, or skips the test where the stack has one address for each socket. */
async function openMultihomed(sctp: Sctp, options: object, skip: (why: string) => never): Promise<SctpSocket> {
  try {
    return await sctp.open(self, 0, options);
  } catch (error) {
    if ((error as { reason?: string }).reason === 'enotsup') return skip((error as Error).message);
    throw error;
  }
}

genSctpSuite((sctp, name) => {
  const host = hostAddresses(name);

  test('implicit_inet6', async ({ skip }) => {
    // MH-5, CN-6
    const { place, v6 } = host();
    const own = v6.find((address) => address !== '::1');
    if (own === undefined) return skip('this host has no IPv6 address but the loopback one');
    const rounds = [
      [{ inet6: true }, '::1', '::'],
      [{ ip: '::1' }, '::1', '::1'],
      [{ ip: own }, own, own],
    ] as const;
    for (const [options, address, bound] of rounds) {
      const server = await sctp.open(self, 0, { ...place, ...options });
      const client = await sctp.open(self, 0, { ...place, inet6: true, ip: address });
      await connects(client, server, address);
      expect(server.sockname()).toEqual([bound, server.port]);
      expect(client.sockname()).toEqual([address, client.port]);
      client.close();
      server.close();
    }
  });

  test('open_multihoming_ipv4_socket', async ({ skip }) => {
    // MH-1, MH-2, CN-6
    const server = await openMultihomed(
      sctp,
      v4.map((address) => ['ip', address]),
      skip,
    );
    expect(server.socknames()).toEqual(v4.map((address) => [address, server.port]));
    const client = await sctp.open(self, 0);
    await connects(client, server, v4[0]);
    client.close();
    server.close();
  });

  test('open_unihoming_ipv6_socket', async () => {
    // MH-5
    const server = await sctp.open(self, 0, { ...host().place, ip: '::1' });
    const client = await sctp.open(self, 0, { ...host().place, inet6: true, ipv6V6only: true });
    await connects(client, server, '::1');
    client.close();
    server.close();
  });

  test('open_multihoming_ipv6_socket', async ({ skip }) => {
    // MH-1, MH-2, MH-5
    const { place, v6 } = host();
    if (v6.length < 2) return skip('this host has one IPv6 address');
    const server = await openMultihomed(sctp, { ...place, ip: v6.slice(0, 2) }, skip);
    expect(server.socknames()).toEqual(v6.slice(0, 2).map((address) => [address, server.port]));
    const client = await sctp.open(self, 0, { ...place, inet6: true });
    await connects(client, server, v6[0]!);
    client.close();
    server.close();
  });

  test('open_multihoming_ipv4_and_ipv6_socket', async ({ skip }) => {
    // MH-5, MH-7
    const { place, v6 } = host();
    if (v6.length < 2) return skip('this host has one IPv6 address');
    const [six, otherSix] = v6 as [string, string];
    const mixed = { ...place, inet6: true, ipv6V6only: false };
    const rounds = [
      [[v4[0], six, v4[1]], v4[0]],
      [[six, v4[0]], six],
      [[six, otherSix, v4[0]], otherSix],
      [[six, otherSix, v4[0]], v4[0]],
    ] as const;
    for (const [ip, address] of rounds) {
      const server = await openMultihomed(sctp, { ...mixed, ip }, skip);
      expect(server.socknames().map(([each]) => each)).toEqual(ip);
      const client = await sctp.open(self, 0, mixed);
      await connects(client, server, address);
      client.close();
      server.close();
    }
  });
});
