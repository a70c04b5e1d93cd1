/** Two carriers that bring their packets to each other, each packet within the call of the other's `send`. */

import type { SctpAssocChange } from '../../actors/sctp/events.js';
import type { DatagramsOptions, SctpCarrier } from '../../actors/sctp/index.js';
import { createSctp, type Sctp } from '../../actors/sctp/open.js';
import type { SctpSocket } from '../../actors/sctp/socket.js';
import { openEmbedded } from '../../actors/sctp/stacks.js';
import { mainActor } from '../../runtime/index.js';
import { noLeftovers } from './subjects.js';

/** gen_sctp over the embedded stack, with the check that nothing is left open. */
export function embeddedSctp(): Sctp {
  const sctp = createSctp({ embedded: openEmbedded });
  noLeftovers(sctp);
  return sctp;
}

/** True lets the packet pass. */
type Filter = (packet: Uint8Array, number: number) => boolean;

export interface CarrierPair extends Disposable {
  readonly left: SctpCarrier;
  readonly right: SctpCarrier;
  /** Packets that left from either, whether or not they passed. */
  readonly packets: Uint8Array[];
}

/** @param passes asked of each packet, in order */
export function carrierPair(sctp: Sctp, options: Partial<DatagramsOptions> = {}, passes: Filter = () => true): CarrierPair {
  const packets: Uint8Array[] = [];
  const to = (other: () => SctpCarrier) => (packet: Uint8Array) => {
    packets.push(packet);
    if (passes(packet, packets.length)) other().receive(packet);
  };
  const left: SctpCarrier = sctp.overDatagrams({ ...options, send: to(() => right) });
  const right: SctpCarrier = sctp.overDatagrams({ ...options, send: to(() => left) });
  const dispose = () => {
    left.close();
    right.close();
  };
  return { left, right, packets, [Symbol.dispose]: dispose };
}

/** An association over the pair: a passive socket at each end, with its comm_up read. */
export async function associated(
  sctp: Sctp,
  { left, right }: CarrierPair,
  options: object = {},
): Promise<{ client: SctpSocket; server: SctpSocket; atClient: number; atServer: number }> {
  const self = mainActor();
  const server = await sctp.open(self, 5000, { carrier: right, ...options });
  await server.listen(true);
  const client = await sctp.open(self, { carrier: left, ...options });
  const { assocId: atClient } = await client.connect(left.remoteAddress, 5000);
  const [, , , up] = await server.recv();
  return { client, server, atClient, atServer: (up as SctpAssocChange).assocId };
}
