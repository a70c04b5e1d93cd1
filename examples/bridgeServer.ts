/** The server of the bridge example, by mailport/messaging over SCTP. Each connection is answered by an actor of its own, one request at a time. */
import { type AnySelf, genServer, type Pid, type Self, spawn, spawnLink } from 'mailport';
import { json, type MessagingServer, Server, type ServerConnection, SocketError } from 'mailport/messaging';
import { sctp } from 'mailport/sctp';

export interface ServerPlan {
  readonly ip: string;
  /** 0 until the server has chosen one. */
  serverPort: number;
  readonly mostClients: number;
}

/** How many words a line has, and which line it was. */
export interface Count {
  readonly line: number;
  readonly words: number;
}

/** The types of messages hold, whoever sends: what is something else ends its connection ('ebadmsg'). */
const texts = json<string>({
  check: (value) => {
    if (typeof value === 'string') return value;
    throw new TypeError('a request is a text');
  },
});
const counts = json<Count>({
  check: (value) => {
    const { line, words } = (value ?? {}) as Partial<Count>;
    if (typeof line === 'number' && typeof words === 'number') return { line, words };
    throw new TypeError('a response has numbers `line` and `words`');
  },
});

/** What both ends of a connection have to agree on, and how much one end makes the other hold. */
export const messages = {
  transport: sctp,
  requests: texts,
  responses: counts,
  maxMessageBytes: 8192,
  queueLength: 16,
  queueBytes: 65_536,
} as const;

/** Starts the server as a child of a supervisor. Its port is known when the start is over. */
export function startServer(parent: AnySelf, plan: ServerPlan): Promise<Pid> {
  return genServer.startLink(parent, {
    init: async (self) => {
      const { ip, serverPort, mostClients } = plan;
      const server = await Server.start(self, { ...messages, port: serverPort, maxConnections: mostClients, options: { ip } });
      plan.serverPort = server.port;
      spawnLink(self, (acceptor) => accept(acceptor, server), { label: 'acceptor' });
      return ['ok', server];
    },
  });
}

async function accept(self: Self, server: MessagingServer<string, Count>): Promise<never> {
  for (;;) {
    const connection = await Server.accept(self, server);
    // Not linked: an actor that fails is none of the others' business. It ends with its connection.
    spawn((own) => respond(own, connection), { label: `connection ${connection.id}` });
  }
}

async function respond(self: Self, connection: ServerConnection<string, Count>): Promise<void> {
  try {
    for (let line = 1; ; line += 1) {
      // The next request is read when the response has been taken: a peer that reads nothing waits, and nobody else does.
      const count = (text: string): Count => ({ line, words: text.split(/\s+/).filter(Boolean).length });
      await Server.handle(connection, (own, text) => Server.reply(own, count(text)), Number.POSITIVE_INFINITY, self);
    }
  } catch (error) {
    // The peer has left, or has sent what is no request.
    if (!(error instanceof SocketError)) throw error;
    if (error.reason !== 'closed') console.log(`server | ${self.pid} ends connection ${connection.id}: ${error.message}`);
  }
}
