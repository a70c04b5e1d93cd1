/** What the tests of messages have in common: a server with a connection, and small waits that are over as soon as something has happened. */
import { type AnySelf, mainActor } from 'mailport';
import type { ClientConnection, MessagingServer, ServerConnection } from '../../actors/messaging/index.js';
import { createMessaging, type Messaging } from '../../actors/messaging/messaging.js';
import type { Named } from './transports.js';

export type Any = ClientConnection<unknown, unknown>;

export interface Stage {
  readonly messaging: Messaging;
  readonly server: MessagingServer<unknown, unknown>;
  readonly client: Any;
  readonly accepted: ServerConnection<unknown, unknown>;
  connect(options?: object, self?: AnySelf): Promise<Any>;
  end(): Promise<void>;
}

/** A server with one connection, whose ends have the same options. */
export async function staged({ transport }: Named, serverOptions: object = {}, clientOptions: object = {}): Promise<Stage> {
  const messaging = createMessaging();
  const { Server, Client } = messaging;
  const main = mainActor();
  const server = await Server.start(main, { transport, options: { ip: '127.0.0.1' }, ...serverOptions });
  const connect = (options: object = {}, self: AnySelf = main) =>
    Client.connect(self, { transport, port: server.port, ...clientOptions, ...options });
  const client = await connect();
  const accepted = await Server.accept(main, server);
  return { messaging, server, client, accepted, connect, end: () => Server.stop(server) };
}

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for something that is about to happen. The limit of the test is the limit of this. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn();
}

/** The reason with which a call fails; 'done' if it does not. */
export function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: { reason?: string; message: string }) => error.reason ?? error.message,
  );
}
