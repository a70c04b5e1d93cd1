/** OTP gen_sctp_SUITE: connects whose outcome comes as an item. */
import { expect, test } from 'vitest';
import type { Sctp } from '../../../actors/sctp/open.js';
import type { SctpSocket } from '../../../actors/sctp/socket.js';
import { BadArg, mainActor } from '../../../runtime/index.js';
import { genSctpSuite, loopback, nextChange, nextShutdown, nothingLeft, reason } from './suite.js';

const self = mainActor();

/** Begins to associate with a port; to others than connect_init addresses may be given in the way that is tried. */
type Begin = (socket: SctpSocket, port: number) => Promise<number>;

/** Towards a closed socket, one that does not listen, and one that does. */
async function outcomes(sctp: Sctp, begin: Begin): Promise<void> {
  const closed = await sctp.open(self, 0, { ip: loopback });
  closed.close();
  await expect(begin(closed, closed.port)).rejects.toThrow(reason('closed'));

  const server = await sctp.open(self, 0, { ip: loopback });
  const client = await sctp.open(self, 0, { ip: loopback });
  const refused = await begin(client, server.port);
  expect(refused).toBeGreaterThan(0);
  expect(await nextChange(client, 'cant_assoc')).toMatchObject({ assocId: refused, from: [loopback, server.port] });

  await server.listen(true);
  const taken = await begin(client, server.port);
  expect(taken).toBeGreaterThan(0);
  expect(taken).not.toBe(refused);
  expect(await nextChange(client, 'comm_up')).toMatchObject({ assocId: taken, error: 0, from: [loopback, server.port] });
  const { assocId } = await nextChange(server, 'comm_up');
  client.close();
  await nextShutdown(server, assocId);
  await nothingLeft(server);
  server.close();
}

genSctpSuite((sctp) => {
  test('api_connect_init', async () => {
    // CN-2, CN-3, CN-14, CN-20, EV-13
    const socket = await sctp.open(self, 0, { ip: loopback });
    expect(() => socket.connectInit(loopback, { lookup: 'lpt' } as never, [])).toThrow(BadArg);
    expect(() => socket.connectInit(loopback, 7, 'not_a_list' as never)).toThrow(BadArg);
    await expect(socket.connectInit(loopback, 'no-such-service', [])).rejects.toThrow(reason('einval'));
    await nothingLeft(socket);
    socket.close();
    await outcomes(sctp, (client, port) => client.connectInit('localhost', port, []));
  });

  test('api_connectx_init', async () => {
    // CN-2, CN-14, CN-30, CN-32
    const socket = await sctp.open(self, 0, { ip: loopback });
    expect(() => socket.connectxInit(loopback as never, 7, [])).toThrow(BadArg);
    expect(() => socket.connectxInit([loopback], { lookup: 'lpt' } as never, [])).toThrow(BadArg);
    expect(() => socket.connectxInit([loopback], 7, 'not_a_list' as never)).toThrow(BadArg);
    await expect(socket.connectxInit([loopback], 'no-such-service', [])).rejects.toThrow(reason('einval'));
    await nothingLeft(socket);
    socket.close();
    await outcomes(sctp, (client, port) => client.connectxInit(['localhost'], port, []));
  });

  test('t_simple_local_sockaddr_in_connectx_init', async () => {
    // CN-30, CN-31
    await outcomes(sctp, (client, port) => client.connectxInit([{ family: 'inet', addr: loopback, port }], []));
  });
});
