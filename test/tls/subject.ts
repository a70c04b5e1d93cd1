/** TLS sockets for the tests of this folder: certificates, listeners, pairs. Each test ends with no socket open and the main actor's mailbox empty. */
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import nodeTls from 'node:tls';
import { tcp } from '../../actors/tcp/index.js';
import { type TlsConnectOptions, type TlsListenOptions, type TlsSocket, tls } from '../../actors/tls/index.js';
import { mainActor, type Self } from '../../runtime/index.js';
import { nextTurn } from '../sctp/subjects.js';
import { failOnLeftovers } from '../support/setup.js';
import { type Authority, authority, type Certified } from './certificates.js';

export { nextTurn } from '../sctp/subjects.js';
export type { Certified } from './certificates.js';

export const self: Self = mainActor();

export const ca: Authority = authority('mailport test authority');
export const stranger: Authority = authority('somebody else');
export const local: Certified = ca.issue('localhost', 'DNS:localhost,IP:127.0.0.1');

failOnLeftovers(async () => {
  const open = () => [...tls.openSockets(), ...tcp.openSockets()];
  for (let turn = 0; turn < 200 && open().length > 0; turn += 1) await nextTurn();
  const left = open().map(String);
  for (const socket of open()) void socket.close();
  const waiting = await mailbox();
  return waiting.length === 0 ? left : [...left, `messages: ${waiting.map(String).join(' ').slice(0, 200)}`];
});

/** The messages in the main actor's mailbox now. */
export async function mailbox(): Promise<(readonly unknown[])[]> {
  const messages: (readonly unknown[])[] = [];
  for (let message = await self.receive({ after: 0 }); message !== undefined; message = await self.receive({ after: 0 })) {
    messages.push(message);
  }
  return messages;
}

/** The next message, with its payload as text in place of its socket. */
export async function next(of: Self = self): Promise<readonly unknown[]> {
  const [tag, , content] = (await of.receive()) as readonly unknown[];
  return content === undefined ? [tag] : [tag, String(content)];
}

/** A listener on loopback, whose connections are passive unless the options say otherwise. */
export function listen(options: Partial<TlsListenOptions> = {}): Promise<TlsSocket> {
  return tls.listen(self, 0, { ip: '127.0.0.1', active: false, tls: local, ...options });
}

export function connect({ port }: TlsSocket, options: TlsConnectOptions = {}): Promise<TlsSocket> {
  return tls.connect(self, '127.0.0.1', port, { active: false, ...options, tls: { ca: ca.cert, ...options.tls } });
}

/** A connection, both ends of it ours. */
export async function pair(
  ofServer: Partial<TlsListenOptions> = {},
  ofClient: TlsConnectOptions = {},
): Promise<{ server: TlsSocket; client: TlsSocket }> {
  const listener = await listen(ofServer);
  const [server, client] = await Promise.all([listener.accept(self), connect(listener, ofClient)]);
  await listener.close();
  return { server, client };
}

/** A client of node:tls. */
export async function nodeClient({ port }: TlsSocket, options: nodeTls.ConnectionOptions = {}): Promise<nodeTls.TLSSocket> {
  const client = nodeTls.connect({ host: '127.0.0.1', port, ca: ca.cert, ...options });
  client.on('error', () => undefined);
  await once(client, 'secureConnect');
  return client;
}

/** A client that speaks no TLS. */
export async function plainClient({ port }: TlsSocket) {
  const client = connectPlain({ host: '127.0.0.1', port, allowHalfOpen: true });
  client.on('error', () => undefined);
  await once(client, 'connect');
  return client;
}

export const reason = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(String, (error: { reason?: unknown }) => error.reason ?? error);

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}
