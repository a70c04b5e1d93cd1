/** What each call of a script does on mailport. Counterpart of erlangCalls.ts. */
import { type UdpSocket, udp } from 'mailport/udp';
import { type Any, ioData, type MailportActor, type MailportCalls, plainHost, sharedCalls } from '../harness/mailportActor.js';
import type { ActorCall, SocketCall } from '../harness/script.js';
import type { UdpCall } from './script.js';

const socket = (actor: MailportActor, name: string): UdpSocket => actor.socket(name);

export const udpCalls: MailportCalls<UdpCall | SocketCall | ActorCall> = {
  ...sharedCalls,
  open: async (actor, name, port, options) => {
    actor.side.opened(name, await udp.open(actor.self, port, options as Any));
  },
  connect: (actor, of, to, port) => socket(actor, of).connect(plainHost(to), port),
  disconnect: (actor, of) => socket(actor, of).disconnect(),
  send: (actor, of, data) => socket(actor, of).send(ioData(data)),
  sendTo: (actor, of, to, port, data, anc) => socket(actor, of).send(plainHost(to), port, ioData(data), anc),
  // The actor that waits gives its self, so that its end ends the wait (RV-14).
  recv: (actor, of, ms) => socket(actor, of).recv(ms, actor.self as Any),
};
