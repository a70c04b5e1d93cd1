/** How the two ends of a connection come together, by plain sockets or by what lies over them; and how many connections a second they make. */
import type { AnySelf } from 'mailport';
import { type SctpOpenOptions, type SctpSocket, sctp } from 'mailport/sctp';
import { type TcpOptions, type TcpSocket, tcp } from 'mailport/tcp';
import { perSecond } from './measuring.js';

/** Both sides of a place to meet, in one process. `End`: one end of a connection. */
export interface Meeting<End> {
  accept(): Promise<End>;
  connect(address: string): Promise<End>;
}

/** How many connections are being made at a time. */
const lanes = 32;
/** Connections go to so many addresses in turn, so that those that have ended leave ports enough. */
const addresses = 200;
/** Connections that may wait. */
const backlog = 4096;

export async function meetByTcp<End>(
  self: AnySelf,
  options: TcpOptions,
  endOf: (socket: TcpSocket) => End,
): Promise<Meeting<End>> {
  const listener = await tcp.listen(self, 0, { ...options, backlog });
  return {
    accept: async () => endOf(await listener.accept(self)),
    connect: async (address) => endOf(await tcp.connect(self, address, listener.port, options)),
  };
}

/** The options are to have the type 'stream'. */
export async function meetBySctp<End>(
  self: AnySelf,
  options: SctpOpenOptions,
  endOf: (socket: SctpSocket, assocId: number) => End,
): Promise<Meeting<End>> {
  const listener = await sctp.open(self, 0, options);
  await listener.listen(backlog);
  return {
    accept: async () => {
      const socket = await listener.accept(self);
      const [, , , change] = await socket.recv();
      return endOf(socket, 'assocId' in change ? change.assocId : 0);
    },
    connect: async (address) => {
      const socket = await sctp.open(self, 0, options);
      const { assocId } = await socket.connect(address, listener.port);
      return endOf(socket, assocId);
    },
  };
}

/** The payload of the next message of a passive socket. */
export async function payloadFrom(socket: SctpSocket): Promise<Buffer> {
  for (;;) {
    const [, , , content] = await socket.recv();
    if (!('type' in content)) return content as Buffer;
  }
}

/** Connections a second, each made, accepted, and closed by both ends. */
export async function connectRate(meeting: Meeting<{ close(): unknown }>, runMs: number): Promise<number> {
  const startedMs = performance.now();
  let made = 0;
  const lane = async (first: number): Promise<void> => {
    for (let at = first; performance.now() < startedMs + runMs; at += lanes) {
      const [server, client] = await Promise.all([meeting.accept(), meeting.connect(`127.0.0.${1 + (at % addresses)}`)]);
      await Promise.all([client.close(), server.close()]);
      made += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
  return perSecond(made, startedMs);
}
