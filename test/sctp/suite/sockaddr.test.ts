/** OTP gen_sctp_SUITE: addresses given as sockaddr maps, local to the host or to the link. */
import { expect, test } from 'vitest';
import type { Sctp } from '../../../actors/sctp/open.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { mainActor } from '../../../runtime/index.js';
import { type HostAddresses, hostAddresses } from './hostAddresses.js';
import { changeOf, genSctpSuite, itemOf, nextChange, nextData, socketProcess } from './suite.js';

const self = mainActor();

type LocalAddress = { readonly family: 'inet' | 'inet6'; readonly addr: string; readonly scopeId?: number };

/** MH-4, CN-4, CN-6, CN-20, SD-1, SD-4: a blocking connect and one that is not, each with a message there and a list back. */
async function sendAndReceive(sctp: Sctp, place: HostAddresses['place'], local: LocalAddress): Promise<void> {
  const process = socketProcess();
  const options = { ...place, ifaddr: { ...local, port: 0 } };
  const server = await process.run((owner) => sctp.open(owner, { ...options, active: true }));
  await process.run(() => server.listen(true));
  const target = { ...local, port: server.port };

  const connect = (client: SctpSocket) => client.connect(target, [], 1000);
  const connectInit = async (client: SctpSocket) => {
    const assocId = await client.connectInit(target);
    expect(await nextChange(client, 'comm_up')).toMatchObject({ assocId });
    return { assocId };
  };
  for (const [number, begin] of [connect, connectInit].entries()) {
    const client = await sctp.open(self, options);
    const { assocId } = await begin(client);
    const up = itemOf(await process.next(), server);
    const atServer = changeOf(up.anc, up.content, 'comm_up').assocId;
    await client.send(assocId, 1, `hello ${number}`);
    const hello = itemOf(await process.next(), server);
    expect([hello.anc, String(hello.content)]).toMatchObject([[{ stream: 1, assocId: atServer }], `hello ${number}`]);
    await process.run(() => server.send(atServer, 1, ['olleh', [32, `${number}`]]));
    expect(await nextData(client)).toMatchObject({ text: `olleh ${number}`, info: { stream: 1, assocId } });
    client.close();
    const ends = [await process.next(), await process.next()].map((message) => itemOf(message, server).content);
    expect(ends).toMatchObject([{ type: 'sctp_shutdown_event' }, { state: 'shutdown_comp' }]);
  }
  expect(process.left()).toEqual([]);
  process.end();
}

genSctpSuite((sctp, name) => {
  const host = hostAddresses(name);

  test('t_simple_local_sockaddr_in_send_recv', async ({ skip }) => {
    const { place, v4 } = host();
    if (v4 === undefined) return skip('this host has no IPv4 address but the loopback one');
    await sendAndReceive(sctp, place, { family: 'inet', addr: v4 });
  });

  test('t_simple_link_local_sockaddr_in_send_recv', async ({ skip }) => {
    const { place, linkLocal4 } = host();
    if (linkLocal4 === undefined) return skip('this host has no link-local IPv4 address');
    await sendAndReceive(sctp, place, { family: 'inet', addr: linkLocal4 });
  });

  test('t_simple_local_sockaddr_in6_send_recv', async ({ skip }) => {
    const { place, v6 } = host();
    const addr = v6.find((address) => address !== '::1');
    if (addr === undefined) return skip('this host has no IPv6 address but the loopback one');
    await sendAndReceive(sctp, place, { family: 'inet6', addr });
  });

  test('t_simple_link_local_sockaddr_in6_send_recv', async ({ skip }) => {
    const { place, linkLocal6 } = host();
    if (linkLocal6 === undefined) return skip('this host has no link-local IPv6 address');
    await sendAndReceive(sctp, place, { family: 'inet6', ...linkLocal6 });
  });
});
