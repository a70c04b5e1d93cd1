/** What each call of a script does on mailport. Counterpart of erlangCalls.ts. */
import { type TcpSocket, tcp } from 'mailport/tcp';
import { type Any, ioData, type MailportActor, type MailportCalls, plainHost, sharedCalls } from '../harness/mailportActor.js';
import type { ActorCall, SocketCall } from '../harness/script.js';
import type { TcpCall } from './script.js';

const socket = (actor: MailportActor, name: string): TcpSocket => actor.socket(name);

export const tcpCalls: MailportCalls<TcpCall | SocketCall | ActorCall> = {
  ...sharedCalls,
  listen: async (actor, name, port, options) => {
    actor.side.opened(name, await tcp.listen(actor.self, port, options));
  },
  accept: async (actor, listener, name, ms) => {
    actor.side.opened(name, await socket(actor, listener).accept(actor.self, ms));
  },
  connect: async (actor, name, to, port, options, ms) => {
    actor.side.opened(name, await tcp.connect(actor.self, plainHost(to), port, options, ms));
  },
  // The actor gives its self, so that its end takes back a send, or ends a recv, that waits (RV-14).
  send: (actor, of, data) => socket(actor, of).send(ioData(data), actor.self as Any),
  recv: (actor, of, length, ms) => socket(actor, of).recv(length, ms, actor.self as Any),
  unrecv: (actor, of, data) => socket(actor, of).unrecv(ioData(data)),
  shutdown: (actor, of, how) => socket(actor, of).shutdown(how),
  receiveBytes: async (actor, of, count) => {
    const parts: Uint8Array[] = [];
    for (let bytes = 0; bytes < count; bytes += parts.at(-1)!.length) {
      const [, from, data] = (await actor.self.receive()) as [string, TcpSocket, Uint8Array];
      if (from !== socket(actor, of)) throw new Error('a message of another socket');
      parts.push(data);
    }
    return Buffer.concat(parts);
  },
};
