/** How many associations peers may have at the port of a socket: maxAssociations and maxAssociationsPerPeer. */
import { expect, test } from 'vitest';
import { createSctp } from '../../actors/sctp/open.js';
import { openEmbedded } from '../../actors/sctp/stacks.js';
import { mainActor } from '../../runtime/index.js';
import { noLeftovers } from './subjects.js';

const self = mainActor();
const embedded = createSctp({ embedded: openEmbedded });
noLeftovers(embedded);
const refused = expect.objectContaining({ reason: 'cant_assoc', event: expect.objectContaining({ error: 4 }) });

test.each<[object, string[]]>([
  [{ maxAssociations: 2 }, ['127.0.0.1', '127.0.0.2', '127.0.0.3']],
  [{ maxAssociationsPerPeer: 2 }, ['127.0.0.1', '127.0.0.1', '127.0.0.1']],
])('with %j the third peer is refused, and told why', async (limits, addresses) => {
  const server = await embedded.open(self, 0, { ip: '0.0.0.0', ...limits });
  await server.listen(true);
  const clients = await Promise.all(addresses.map((ip) => embedded.open(self, 0, { ip })));
  const [first, second, third] = clients as [(typeof clients)[0], (typeof clients)[0], (typeof clients)[0]];
  const { assocId } = await first.connect('127.0.0.1', server.port);
  await second.connect('127.0.0.1', server.port);
  await expect(third.connect('127.0.0.1', server.port)).rejects.toEqual(refused);
  expect(server.info().associations).toEqual({ open: 2, refused: 1 });
  await first.abort(assocId);
  for (let ups = 0, isGone = false; ups < 2 || !isGone; ) {
    const [, , , event] = await server.recv();
    if (!('type' in event) || event.type !== 'sctp_assoc_change') continue;
    if (event.state === 'comm_up') ups += 1;
    else isGone = true;
  }
  await third.connect('127.0.0.1', server.port);
  expect(server.info().associations).toEqual({ open: 2, refused: 1 });
  for (const socket of [...clients, server]) socket.close();
});
