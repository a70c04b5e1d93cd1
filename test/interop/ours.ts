/** Our side of the tests with usrsctp: an actor that owns a socket, and what it reads from its mailbox, item by item. */
import type { Self } from 'mailport';
import {
  type AssocId,
  type SctpAssocChange,
  type SctpErrorMessage,
  type SctpEvent,
  type SctpMessage,
  type SctpOpenOptions,
  type SctpSndrcvinfo,
  type SctpSocket,
  SocketError,
  sctp,
} from 'mailport/sctp';
import { failOnLeftovers } from '../support/setup.js';
import { inActor } from './inActor.js';

export { payload } from './payload.js';

failOnLeftovers(() => sctp.openSockets().map(({ port }) => `socket ${port}`));

/** Runs a test as an actor, whose sockets close with it. */
export const asActor = (body: (self: Self<SctpMessage>) => Promise<void>): Promise<void> => inActor(body);

/**
 * Above usrsctp's delay of acknowledgements, 200 ms, and below the usual second: usrsctp drops an INIT that comes while its port is bound and does not
 * listen yet.
 */
const sctpRtoinfo = { initial: 250, min: 250 };

/** A socket on loopback that sends its owner everything. */
export function open(self: Self<SctpMessage>, options: SctpOpenOptions = {}): Promise<SctpSocket> {
  return sctp.open(self, 0, { ip: '127.0.0.1', active: true, sctpRtoinfo, ...options });
}

export async function listening(self: Self<SctpMessage>, options: SctpOpenOptions = {}): Promise<SctpSocket> {
  const socket = await open(self, options);
  await socket.listen(true);
  return socket;
}

/**
 * Associates with a program that is being started. The program does not say when it is ready. Until then its UDP port, or its SCTP port, is closed and refuses
 * at once, or is bound and says nothing.
 */
export async function connectTo(socket: SctpSocket, address: string, port: number): Promise<SctpAssocChange> {
  for (;;) {
    try {
      return await socket.connect(address, port);
    } catch (error) {
      if (!(error instanceof SocketError && error.reason === 'cant_assoc')) throw error;
    }
  }
}

/** A message as it arrived. */
export interface Arrival {
  readonly data: Buffer;
  readonly info: SctpSndrcvinfo;
  readonly ip: string;
}

function isErrorMessage(message: SctpMessage): message is SctpErrorMessage {
  return message[0] === 'sctp_error';
}

/**
 * The next item but for addresses that are confirmed: usrsctp announces all addresses of its host, and each is confirmed when its HEARTBEAT is answered, whatever
 * else goes on.
 */
async function item(self: Self<SctpMessage>): Promise<Arrival | SctpEvent> {
  const next = await anyItem(self);
  return 'type' in next && next.type === 'sctp_paddr_change' && next.state === 'addr_confirmed' ? item(self) : next;
}

async function anyItem(self: Self<SctpMessage>): Promise<Arrival | SctpEvent> {
  const message = await self.receive();
  if (isErrorMessage(message)) return message[4][1];
  if (message[0] !== 'sctp') throw new Error(`unexpected ${message[0]}`);
  const [, , ip, , [anc, content]] = message;
  if (Buffer.isBuffer(content)) return { data: content, info: anc[0]!, ip };
  if ('type' in content) return content;
  throw new Error('data must be a Buffer');
}

/** The next item, which must be data. */
export async function data(self: Self<SctpMessage>): Promise<Arrival> {
  const next = await item(self);
  if ('data' in next && 'info' in next && 'ip' in next) return next;
  throw new Error(`data expected, not ${JSON.stringify(next)}`);
}

/** The next items, all of which must be data. */
export async function messages(self: Self<SctpMessage>, count: number): Promise<Arrival[]> {
  const arrived: Arrival[] = [];
  while (arrived.length < count) arrived.push(await data(self));
  return arrived;
}

/** The next item, which must be that event, or a change to that state of the association. */
export async function event(self: Self<SctpMessage>, what: SctpEvent['type'] | SctpAssocChange['state']): Promise<SctpEvent> {
  const next = await item(self);
  if ('type' in next && (next.type === what || (next.type === 'sctp_assoc_change' && next.state === what))) return next;
  throw new Error(`${what} expected, not ${JSON.stringify(next)}`);
}

/** Waits until all addresses of the peer have been confirmed, but for the one by which the association began; other items must not come. */
export async function othersConfirmed(self: Self<SctpMessage>, socket: SctpSocket, assocId: AssocId): Promise<void> {
  for (let left = socket.peernames(assocId).length - 1; left > 0; left -= 1) {
    const next = await anyItem(self);
    if (!('type' in next && next.type === 'sctp_paddr_change' && next.state === 'addr_confirmed' && next.assocId === assocId))
      throw new Error(`addr_confirmed expected, not ${JSON.stringify(next)}`);
  }
}

/** The association that the next item, a `comm_up`, tells of. */
export async function accepted(self: Self<SctpMessage>): Promise<AssocId> {
  return (await event(self, 'comm_up')).assocId;
}
