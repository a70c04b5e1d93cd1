/** The types of requests and responses go from `start` and `connect` to every call. The compiler checks them; the run checks nothing. */
import { mainActor } from 'mailport';
import { expectTypeOf, test } from 'vitest';
import { bytes, Client, type ClientConnection, json, Server, type ServerConnection } from '../../actors/messaging/index.js';
import { tcp } from '../../actors/tcp/index.js';

interface Ask {
  readonly ask: string;
}
interface Answer {
  readonly answer: number;
}

test('requests and responses have the types that start and connect say', () => {
  const self = mainActor();
  const serve = async (): Promise<void> => {
    const server = await Server.start<Ask, Answer>(self, { transport: tcp });
    const connection = await Server.accept(self, server);
    expectTypeOf(connection).toEqualTypeOf<ServerConnection<Ask, Answer>>();
    expectTypeOf(await Server.receive(connection)).toEqualTypeOf<Ask>();
    await Server.reply(connection, { answer: 1 });
    // @ts-expect-error a server sends responses
    await Server.send(connection, { ask: 'x' });
    expectTypeOf(await Server.handle(connection, (_, request) => request.ask)).toEqualTypeOf<string>();
    // @ts-expect-error the server's end is not the client's
    await Client.send(connection, { ask: 'x' });
  };
  const use = async (): Promise<void> => {
    const connection = await Client.connect<Ask, Answer>(self, { transport: tcp, port: 7 });
    expectTypeOf(connection).toEqualTypeOf<ClientConnection<Ask, Answer>>();
    await Client.send(connection, { ask: 'x' });
    // @ts-expect-error a client sends requests
    await Client.reply(connection, { answer: 1 });
    expectTypeOf(await Client.receive(connection)).toEqualTypeOf<Answer>();
    const raw = await Client.connect(self, { transport: tcp, port: 7, requests: bytes, responses: json<number>() });
    expectTypeOf(await Client.receive(raw)).toEqualTypeOf<number>();
  };
  expectTypeOf(serve).toBeFunction();
  expectTypeOf(use).toBeFunction();
});
