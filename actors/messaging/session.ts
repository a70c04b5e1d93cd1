/** The actor of a connection at the server's end. It owns the socket, waits for the client's hello, and moves what arrives into the queue of the connection. */
import { onEnd } from '../../runtime/behaviour.js';
import { type AnySelf, exit, type Handler, type Port, type Timer } from '../../runtime/index.js';
import type { SessionHandler } from '../server/index.js';
import type { Budget } from './budget.js';
import type { Channel } from './channel.js';
import { End, type EndSettings } from './end.js';
import type { ServerPlan } from './options.js';
import type { EndReason } from './reasons.js';
import { isHello, welcome } from './wire.js';

/** A peer that has not said hello yet. */
export interface Stranger {
  /** Ends the connection at once. */
  drop(): void;
}

/** The server as the actors of its connections need it. */
export interface ConnectionServer<Request, Response> {
  /** Of all its connections. */
  readonly budget: Budget;
  /** Somebody has come, and has not said hello yet. */
  strangerCame(stranger: Stranger): void;
  /** A stranger has said hello, has gone, or was refused. */
  strangerWent(stranger: Stranger, isRefused: boolean): void;
  /** A client has said hello: the document's Connect, in one step. Undefined if the server does not run any more. */
  connected(end: End<Response, Request>): { readonly id: number } | undefined;
  /** The client has been told of its connection. */
  announced(): void;
}

export function messagingSession<Request, Response>(
  server: ConnectionServer<Request, Response>,
  plan: ServerPlan<Request, Response>,
): SessionHandler<Port, unknown, unknown> {
  const { responses, requests, maxMessageBytes, queueLength, queueBytes } = plan;
  const settings = { out: responses, in: requests, maxMessageBytes, queueLength, queueBytes, budget: server.budget };
  return {
    init: (self, socket, arrival) =>
      new Session(self as AnySelf, plan.transport.accepted(socket, arrival, plan), server, settings, plan.handshakeMs).handler,
  };
}

class Session<Request, Response> implements Stranger {
  readonly #self: AnySelf;
  readonly #channel: Channel;
  readonly #server: ConnectionServer<Request, Response>;
  readonly #settings: EndSettings<Response, Request>;
  /** Until the client has said hello, or was refused. */
  #patience: Timer | undefined;
  #isStranger = true;
  #end: End<Response, Request> | undefined;

  constructor(
    self: AnySelf,
    channel: Channel,
    server: ConnectionServer<Request, Response>,
    settings: EndSettings<Response, Request>,
    handshakeMs: number,
  ) {
    this.#self = self;
    this.#channel = channel;
    this.#server = server;
    this.#settings = settings;
    server.strangerCame(this);
    onEnd(self.pid, () => this.#over());
    if (handshakeMs !== Number.POSITIVE_INFINITY) {
      this.#patience = self.system.clock.setTimer(handshakeMs, () => this.#refuse());
    }
  }

  readonly handler: Handler<unknown> = (message) => {
    const read = this.#channel.read(message);
    if (read === undefined) return;
    if (this.#end === undefined) this.#greeted(read);
    else if (typeof read === 'string') this.#end.finish(read);
    else this.#end.arrived(read);
  };

  #greeted(read: Buffer | EndReason): void {
    if (read === 'closed') this.#letGo('close');
    else if (typeof read === 'string' || !isHello(read)) this.#refuse();
    else this.#connect();
  }

  #connect(): void {
    const end = new End<Response, Request>(this.#channel, this.#settings, this.#self.pid, (how) => this.#letGo(how));
    const connection = this.#server.connected(end);
    if (connection === undefined) {
      this.#letGo('abort');
      return;
    }
    this.#end = end;
    this.#known(false);
    // The place that the hello had taken.
    this.#channel.grant(1);
    // It fails only if the client has gone, which the socket tells.
    this.#channel.send(welcome(connection.id)).catch(() => undefined);
    this.#server.announced();
  }

  /** The server was stopped. */
  drop(): void {
    this.#letGo('abort');
  }

  #refuse(): void {
    this.#known(true);
    this.#letGo('abort');
  }

  /** When the client sees the end of the transport, the id is free already. */
  #letGo(how: 'close' | 'abort'): void {
    if (how === 'close') this.#channel.close();
    else this.#channel.abort();
    exit(this.#self.pid, 'shutdown');
  }

  #known(isRefused: boolean): void {
    if (!this.#isStranger) return;
    this.#isStranger = false;
    if (this.#patience !== undefined) this.#self.system.clock.clearTimer(this.#patience);
    this.#server.strangerWent(this, isRefused);
  }

  #over(): void {
    this.#known(false);
    this.#end?.finish('closed');
  }
}
