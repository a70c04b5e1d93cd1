/**
 * A server of messages: a supervised listener with an actor for each connection (actors/server), and the connections that have been made and that nobody has accepted
 * yet. `Server` has its calls.
 */
import { onEnd } from '../../runtime/behaviour.js';
import { type AnySelf, exit, isAlive, type Pid } from '../../runtime/index.js';
import { StartError, type SupervisorMessage } from '../behaviours/index.js';
import { server } from '../server/index.js';
import { SocketError } from '../socket/index.js';
import { Budget } from './budget.js';
import { endOf, ServerConnection } from './connection.js';
import type { End } from './end.js';
import type { ServerPlan } from './options.js';
import { Reader } from './reader.js';
import type { AcceptReason, StartReason } from './reasons.js';
import { type ConnectionServer, messagingSession, type Stranger } from './session.js';
import type { Table } from './table.js';

export type AnyServer = MessagingServer<unknown, unknown>;
export type AnyServerConnection = ServerConnection<unknown, unknown>;
/** The servers and connections of a `Server`. */
export type ServerTable = Table<AnyServer, AnyServerConnection>;

/** The state of a server. */
export interface MessagingServerInfo {
  readonly port: number;
  /** Whether the server is among those that run. */
  readonly isRunning: boolean;
  /** Connections that there are. */
  readonly connections: number;
  /** Those of them that nobody has accepted yet. */
  readonly unaccepted: number;
  /** Bytes of requests that have arrived and that nobody has received. */
  readonly queuedBytes: number;
  /** Peers that have not said hello yet. */
  readonly strangers: number;
  /** Peers that did not say hello in time, or said something else. */
  readonly refused: number;
}

export class MessagingServer<Request, Response> implements ConnectionServer<Request, Response> {
  readonly #plan: ServerPlan<Request, Response>;
  readonly #table: ServerTable;
  readonly #connections = new Set<ServerConnection<Request, Response>>();
  readonly #unaccepted = new Set<ServerConnection<Request, Response>>();
  readonly #strangers = new Set<Stranger>();
  readonly #accepting = new Reader();
  /** @internal */
  readonly budget: Budget;
  #pid: Pid<SupervisorMessage> | undefined;
  #forgetOwner: (() => void) | undefined;
  #port = 0;
  #refused = 0;

  /** Servers are made by `Server.start`. */
  constructor(plan: ServerPlan<Request, Response>, table: ServerTable) {
    this.#plan = plan;
    this.budget = new Budget(plan.maxQueuedBytes);
    this.#table = table;
  }

  /** The port that it listens on. It stays readable when the server has been stopped. */
  get port(): number {
    return this.#port;
  }

  get isRunning(): boolean {
    return this.#table.servers.has(this as unknown as AnyServer);
  }

  info(): MessagingServerInfo {
    return {
      port: this.#port,
      isRunning: this.isRunning,
      connections: this.#connections.size,
      unaccepted: this.#unaccepted.size,
      queuedBytes: this.budget.usedBytes,
      strangers: this.#strangers.size,
      refused: this.#refused,
    };
  }

  /** @internal Listens, and is among the servers from then on. @throws SocketError, as a rejection; then nothing is left */
  async start(self: AnySelf): Promise<void> {
    const { transport, port } = this.#plan;
    const spec = {
      // A listener that is started again opens the port that the first one had.
      listen: (listener: AnySelf, former: number) => transport.listen(listener, { ...this.#plan, port: former || port }),
      session: messagingSession(this, this.#plan),
      maxSessions: this.#plan.maxConnections,
      drainMs: 0,
    };
    let pid: Pid<SupervisorMessage>;
    try {
      pid = await server.start(spec, { system: self.system, label: 'messaging server' });
    } catch (error) {
      throw startError(error);
    }
    this.#pid = pid;
    this.#port = server.info(pid)?.port ?? 0;
    this.#table.servers.add(this as unknown as AnyServer);
    onEnd(pid, () => this.#end());
    if (!isAlive(self.pid)) {
      await this.stop();
      throw self.signal.reason;
    }
    this.#forgetOwner = onEnd(self.pid, () => void this.stop());
  }

  /** @internal Drops its connections, and no other, and listens no more. Resolves when its actors have ended. */
  stop(): Promise<void> {
    const pid = this.#pid;
    this.#end();
    if (pid === undefined || !isAlive(pid)) return Promise.resolve();
    return new Promise((resolve) => {
      onEnd(pid, () => resolve());
      exit(pid, 'shutdown');
    });
  }

  /** @internal The next connection that nobody has accepted. */
  accept(
    caller: Pid,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<ServerConnection<Request, Response> | 'ealready'> | AcceptReason | 'ealready' {
    if (!this.isRunning) return 'closed';
    if (this.#accepting.isWaiting) return 'ealready';
    if (this.#unaccepted.size > 0) return Promise.resolve(this.#nextUnaccepted());
    return this.#accepting.wait(() => this.#nextUnaccepted(), caller, 'accept', timeoutMs, signal);
  }

  /** @internal */
  get connections(): ServerConnection<Request, Response>[] {
    return [...this.#connections];
  }

  /** @internal Somebody has come, and has not said hello yet. */
  strangerCame(stranger: Stranger): void {
    this.#strangers.add(stranger);
  }

  /** @internal A stranger has gone, has been refused, or has said hello. */
  strangerWent(stranger: Stranger, isRefused: boolean): void {
    this.#strangers.delete(stranger);
    if (isRefused) this.#refused += 1;
  }

  /** @internal A client has said hello: the document's Connect, in one step. Undefined if the server does not run any more. */
  connected(end: End<Response, Request>): ServerConnection<Request, Response> | undefined {
    if (!this.isRunning) return undefined;
    const connection = this.#table.add(
      (id) => new ServerConnection(id, end) as unknown as AnyServerConnection,
    ) as unknown as ServerConnection<Request, Response>;
    this.#connections.add(connection);
    end.whenEnded = () => {
      this.#table.drop(connection.id);
      this.#connections.delete(connection);
      this.#unaccepted.delete(connection);
    };
    this.#unaccepted.add(connection);
    return connection;
  }

  /** @internal The client has been told of its connection. */
  announced(): void {
    if (this.#unaccepted.size > 0) this.#accepting.wake();
  }

  #nextUnaccepted(): ServerConnection<Request, Response> {
    const [connection] = this.#unaccepted;
    this.#unaccepted.delete(connection!);
    return connection!;
  }

  #end(): void {
    if (!this.#table.servers.delete(this as unknown as AnyServer)) return;
    this.#forgetOwner?.();
    for (const connection of this.connections) connection[endOf].finish('closed', 'abort');
    for (const stranger of this.#strangers) stranger.drop();
    this.#accepting.fail('closed');
  }
}

/** The failure of the listener, as one of this call: a supervisor tells it inside ['shutdown', ['failed_to_start_child', 'listener', reason]]. */
function startError(error: unknown): unknown {
  let cause = error instanceof StartError ? error.reason : error;
  while (Array.isArray(cause)) cause = cause.at(-1);
  if (!(cause instanceof SocketError)) return cause;
  const { reason, address, port } = cause;
  return new SocketError<StartReason>(reason as StartReason, 'start', { address, port, detail: cause.message });
}
