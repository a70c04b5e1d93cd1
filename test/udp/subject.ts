/** UDP over the kernel of this machine, for the tests of this folder: each ends with an empty mailbox of the main actor and no open socket. */
import { networkInterfaces } from 'node:os';
import { type UdpOpenOptions, type UdpReceived, type UdpSocket, udp } from '../../actors/udp/index.js';
import { mainActor, type Self } from '../../runtime/index.js';
import { failOnLeftovers } from '../support/setup.js';
import { resultOfActor } from '../support/waiting.js';

const self = mainActor();

failOnLeftovers(async () => {
  const left: string[] = [];
  const sockets = udp.openSockets();
  if (sockets.length > 0) left.push(`${sockets.length} sockets`);
  // A test that failed must not take the next ones with it.
  for (const socket of sockets) socket.close();
  const waiting = await mailbox();
  if (waiting.length > 0) left.push(`messages of the main actor: ${waiting.slice(0, 5).map(String).join(' ').slice(0, 200)}`);
  return left;
});

/** A socket on loopback, passive unless the options say otherwise, owned by the main actor. */
export function open(options: UdpOpenOptions = {}): Promise<UdpSocket> {
  return udp.open(self, 0, { ip: '127.0.0.1', active: false, ...options });
}

/** The next message of the main actor. */
export async function next(): Promise<readonly unknown[]> {
  return (await self.receive()) as unknown as readonly unknown[];
}

/** The messages in the main actor's mailbox now. */
export async function mailbox(): Promise<(readonly unknown[])[]> {
  const messages: (readonly unknown[])[] = [];
  for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
    messages.push(message as unknown as readonly unknown[]);
  }
  return messages;
}

/** The payload of what `recv` gives, as text. */
export function textOf(received: UdpReceived): string {
  return String(received.at(-1));
}

/** The next datagrams of a passive socket, as text. */
export async function texts(socket: UdpSocket, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) all.push(textOf(await socket.recv(5000)));
  return all;
}

/** Runs `body` as an actor of its own and gives its result. An error that it throws rejects. */
export const asActor = <Result>(body: (self: Self) => Promise<Result> | Result): Promise<Result> => resultOfActor(body);

/** The name of the loopback interface. */
export const loopback: string = Object.entries(networkInterfaces()).find(([, all]) =>
  all?.some(({ address }) => address === '127.0.0.1'),
)![0];

export const hasIpv6: boolean = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
