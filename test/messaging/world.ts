/** The real implementation as the model sees it: performs a step of the model, and compares all state with that of the model. */
import { mainActor } from 'mailport';
import { endOf } from '../../actors/messaging/connection.js';
import type { End } from '../../actors/messaging/end.js';
import type { ClientConnection, MessagingServer, MessagingTransport, ServerConnection } from '../../actors/messaging/index.js';
import { createMessaging, type Messaging } from '../../actors/messaging/messaging.js';
import type { Queue, State, Step } from './model.js';

/** A message says its connection, its direction, and its place among all that were sent. */
type Word = readonly [name: string, number: number];
type MyServer = MessagingServer<Word, Word>;

/** One queue: how many messages were sent into it, and how many were received of it. */
interface Counters {
  readonly name: string;
  sent: number;
  received: number;
}

interface Pair {
  readonly client: ClientConnection<Word, Word>;
  readonly server: ServerConnection<Word, Word>;
  readonly dst: number;
  readonly req: Counters;
  readonly res: Counters;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The server's side or the client's side of a step, by the beginning of its name. */
interface Side {
  readonly pair: Pair;
  readonly own: Counters;
  readonly other: Counters;
  /** The end that has the queue of `own`. */
  readonly otherEnd: End<unknown, unknown>;
}

export class World {
  readonly messaging: Messaging = createMessaging();
  readonly #transport: MessagingTransport;
  readonly #servers: (MyServer | undefined)[] = [];
  readonly #pairs = new Map<number, Pair>();
  #connections = 0;

  constructor(transport: MessagingTransport) {
    this.#transport = transport;
  }

  async take(step: Step): Promise<void> {
    const { Server, Client } = this.messaging;
    const { kind, of } = step;
    if (kind === 'start') {
      this.#servers[of] = await Server.start<Word, Word>(mainActor(), {
        transport: this.#transport,
        options: { ip: '127.0.0.1' },
      });
    } else if (kind === 'stop') await this.#stop(of);
    else if (kind === 'connect') await this.#connect(of);
    else if (kind === 'disconnect') {
      await Client.disconnect(this.#pairs.get(of)!.client);
      this.#pairs.delete(of);
    } else if (kind === 'clientSend' || kind === 'serverSend') await this.#send(step);
    else if (kind === 'clientReceive' || kind === 'serverReceive') await this.#receive(step);
    else await this.#reply(step);
  }

  async #stop(of: number): Promise<void> {
    const server = this.#servers[of]!;
    const dropped = [...this.#pairs].filter(([, pair]) => pair.dst === of);
    await this.messaging.Server.stop(server);
    this.#servers[of] = undefined;
    for (const [id, { client }] of dropped) {
      while (client.isOpen) await turn();
      this.#pairs.delete(id);
    }
  }

  async #connect(dst: number): Promise<void> {
    const { Server, Client } = this.messaging;
    const server = this.#servers[dst]!;
    const client = await Client.connect<Word, Word>(mainActor(), { transport: this.#transport, port: server.port });
    const accepted = await Server.accept(mainActor(), server);
    if (accepted.id !== client.id) throw new Error(`the client has ${client.id} and the server ${accepted.id}`);
    this.#connections += 1;
    const counters = (direction: string): Counters => ({ name: `${this.#connections} ${direction}`, sent: 0, received: 0 });
    this.#pairs.set(client.id, { client, server: accepted, dst, req: counters('req'), res: counters('res') });
  }

  #side({ kind, of }: Step): Side {
    const pair = this.#pairs.get(of)!;
    const isServer = kind.startsWith('server');
    const [own, other] = isServer ? [pair.res, pair.req] : [pair.req, pair.res];
    const otherEnd = (isServer ? pair.client[endOf] : pair.server[endOf]) as unknown as End<unknown, unknown>;
    return { pair, own, other, otherEnd };
  }

  /** Has arrived what was sent. */
  async #arrival({ own, otherEnd }: Side): Promise<void> {
    while (otherEnd.reason === undefined && otherEnd.queue.length < own.sent - own.received) await turn();
  }

  async #send(step: Step): Promise<void> {
    const side = this.#side(step);
    const word = next(side.own);
    if (step.kind === 'serverSend') await this.messaging.Server.send(side.pair.server, word);
    else await this.messaging.Client.send(side.pair.client, word);
    await this.#arrival(side);
  }

  async #receive(step: Step): Promise<void> {
    const { pair, other } = this.#side(step);
    const { Server, Client } = this.messaging;
    expectNext(other, await (step.kind === 'serverReceive' ? Server.receive(pair.server, 0) : Client.receive(pair.client, 0)));
  }

  /** By Reply alone, or by Handle with a function that replies. */
  async #reply(step: Step): Promise<void> {
    const side = this.#side(step);
    const { pair, own, other } = side;
    const { Server, Client } = this.messaging;
    const answer = next(own);
    if (step.kind === 'serverReply') await Server.reply(pair.server, answer);
    else if (step.kind === 'clientReply') await Client.reply(pair.client, answer);
    else if (step.kind === 'serverHandle') {
      await Server.handle(
        pair.server,
        (connection, word) => {
          expectHead(other, word);
          return Server.reply(connection, answer);
        },
        0,
      );
    } else {
      await Client.handle(
        pair.client,
        (connection, word) => {
          expectHead(other, word);
          return Client.reply(connection, answer);
        },
        0,
      );
    }
    other.received += 1;
    await this.#arrival(side);
  }

  /** The differences between what there is and what the model says. */
  differences(state: State): string[] {
    const wrong: string[] = [];
    const check = (what: string, is: unknown, should: unknown): void => {
      if (is !== should) wrong.push(`${what} is ${is} and should be ${should}`);
    };
    const running = new Set(this.messaging.servers());
    state.servers.forEach((runs, of) => {
      check(`server ${of} runs`, this.#servers[of] !== undefined && running.has(this.#servers[of] as never), runs);
    });
    check('servers', running.size, state.servers.filter((runs) => runs).length);
    const connections = this.messaging.connections();
    check('ids', connections.map(({ id }) => id).join(), state.conns.flatMap((conn) => conn?.id ?? []).join());
    for (const connection of connections) {
      const conn = state.conns[connection.id];
      const pair = this.#pairs.get(connection.id);
      if (conn === undefined || pair === undefined) continue;
      check(`${conn.id} is the connection`, connection, pair.server);
      check(`dst of ${conn.id}`, pair.dst, conn.dst);
      check(`dst port of ${conn.id}`, connection.dst.port, this.#servers[conn.dst]?.port);
      check(`src port of ${conn.id}`, connection.src.port, pair.client.src.port);
      check(`req of ${conn.id}`, words(pair.server[endOf] as never), expected(pair.req, conn.req));
      check(`res of ${conn.id}`, words(pair.client[endOf] as never), expected(pair.res, conn.res));
    }
    return wrong;
  }

  async end(): Promise<void> {
    for (const of of this.#servers.keys()) if (this.#servers[of] !== undefined) await this.#stop(of);
  }
}

function next(counters: Counters): Word {
  counters.sent += 1;
  return [counters.name, counters.sent];
}

function expectHead({ name, received }: Counters, word: Word): void {
  if (word[0] !== name || word[1] !== received + 1) throw new Error(`got ${word} and should get ${name},${received + 1}`);
}

function expectNext(counters: Counters, word: Word): void {
  expectHead(counters, word);
  counters.received += 1;
}

/** The contents of a queue, as they are. */
const words = ({ queue }: End<unknown, unknown>): string => queue.all.map((message) => String(message)).join(' ');
/** The contents that the model's tags stand for. */
const expected = ({ name, received }: Counters, queue: Queue): string =>
  queue.map((tag) => JSON.stringify([name, received + tag])).join(' ');
