/**
 * A connector: an endpoint with two queues. Clients that wait to connect stand in the queue of the transport, unaccepted, and cost this process nothing. Servers that
 * wait to accept stand here. While both queues have somebody, the heads are joined.
 *
 * A client is taken from the transport when a server waits, and first looked at: one that has gone, or that speaks before it is spoken to, is ended, and the next one
 * is taken. Between that and the joining the client belongs to the keeper, the actor that opened the listener. So a server that leaves, even by dying, harms no client:
 * the client is joined with the next server.
 */
import type { AnySelf, Self } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { offAbort, onAbort, sent, whenEnded } from '../socket/index.js';
import { Connection } from './connection.js';
import type { Endpoint } from './endpoint.js';
import { Alerted, failureOf, IPError } from './errors.js';
import { Line, type Place } from './line.js';
import { OwnedPort } from './ownedPort.js';
import { greeting } from './rendezvous.js';
import type { ByteListener, ByteSocket } from './transport.js';

/** A server that waits. */
interface Server {
  readonly self: AnySelf;
  readonly resolve: (connection: Connection) => void;
  readonly reject: (error: unknown) => void;
  /** Nothing ends its wait any more. */
  readonly release: () => void;
}

/** So many clients are turned away in one go. */
const turnedAwayTogether = 64;

export interface ConnectorSetup {
  readonly owner: AnySelf;
  /** The actor that has opened the listener, and lives as long as the connector. */
  readonly keeper: Self;
  readonly listener: ByteListener;
  readonly endpoint: Endpoint;
  readonly rendezvous: boolean;
  /** The connector has ended. */
  readonly onEnd: () => void;
}

/** Made by `newConnector`. It has one owner, and closes with its owner. */
export class Connector extends OwnedPort {
  readonly #setup: ConnectorSetup;
  readonly #servers = new Line<Server>();
  /** The head of the queue of clients, if it has been taken from the transport. */
  #head: ByteSocket | undefined;
  #isJoining = false;
  readonly #onKeeperEnd = (): void => this.end('normal', undefined);

  private constructor(setup: ConnectorSetup) {
    super('Connector', setup.owner.pid);
    this.#setup = setup;
  }

  /** @internal Undefined if the owner has ended. */
  static create(setup: ConnectorSetup): Connector | undefined {
    const connector = new Connector(setup);
    if (!connector.begin()) return undefined;
    setup.listener.port[whenEnded](() => connector.end('normal', undefined));
    // The keeper waits for one client at a time. With this the waits share a listener that stays.
    onAbort(setup.keeper.signal, connector.#onKeeperEnd);
    return connector;
  }

  /** @internal */
  get isSimulated(): boolean {
    return this.#setup.listener.port.isSimulated === true;
  }

  /** @internal */
  get endpoint(): Endpoint {
    return this.#setup.endpoint;
  }

  /** How many servers wait in `accept`. */
  get waitingServers(): number {
    return this.#servers.length;
  }

  /** @internal See `accept` in open.ts. */
  accept(self: AnySelf, signal: AbortSignal | undefined): Promise<Connection> {
    if (!this.isOpen) return Promise.reject(charge(new IPError('IP.Error', 'Closed', 'accept'), self.pid));
    if (signal?.aborted) return Promise.reject(charge(new Alerted('accept', signal), self.pid));
    const accepted = new Promise<Connection>((resolve, reject) => {
      const leave = (error: unknown): void => {
        release();
        this.#servers.leave(place);
        reject(error);
      };
      const exit = (): void => leave(self.signal.reason);
      const alert = (): void => leave(charge(new Alerted('accept', signal), self.pid));
      const release = (): void => {
        offAbort(self.signal, exit);
        if (signal !== undefined && signal !== self.signal) offAbort(signal, alert);
      };
      onAbort(self.signal, exit);
      if (signal !== undefined && signal !== self.signal) onAbort(signal, alert);
      const place: Place<Server> = this.#servers.join({ self, resolve, reject, release });
    });
    if (!this.#isJoining) void this.#join();
    return accepted;
  }

  /** Closes the connector, as anybody may. */
  close(): void {
    this.end('normal', undefined);
  }

  protected override release(): void {
    this.#turnAway();
    offAbort(this.#setup.keeper.signal, this.#onKeeperEnd);
    this.#setup.listener.close();
    for (let server = this.#servers.next(); server !== undefined; server = this.#servers.next()) {
      server.release();
      server.reject(charge(new IPError('IP.Error', 'Closed', 'accept'), server.self.pid));
    }
    this.#setup.onEnd();
  }

  /** Joins clients and servers, for as long as servers wait. */
  async #join(): Promise<void> {
    this.#isJoining = true;
    for (let turnedAway = 0; this.isOpen && this.#servers.length > 0; ) {
      const client = this.#head ?? (await this.#nextClient());
      if (client === undefined) continue;
      // It may have waited here for a while, so it is asked each time.
      const stays = this.#setup.rendezvous ? (await client.standing()) === 'waits' : client.isThere;
      if (stays && this.isOpen) {
        this.#joinHeads();
        continue;
      }
      this.#turnAway();
      turnedAway += 1;
      if (turnedAway % turnedAwayTogether === 0) await this.#others();
    }
    this.#isJoining = false;
  }

  /** Takes the client who has waited longest from the transport. Undefined if there is none to be had, and a server has been told. */
  async #nextClient(): Promise<ByteSocket | undefined> {
    try {
      this.#head = await this.#setup.listener.accept(this.#setup.keeper);
      return this.#head;
    } catch (error) {
      this.#failHead(error);
    }
    return undefined;
  }

  #turnAway(): void {
    this.#head?.reset();
    this.#head = undefined;
  }

  /** Everything else of this process has its turn. */
  #others(): Promise<void> {
    const { clock } = this.#setup.keeper.system;
    return new Promise((resolve) => clock.setTimer(0, resolve));
  }

  /** Both heads leave their queues in this step, or none does. */
  #joinHeads(): void {
    const client = this.#head;
    while (client !== undefined && this.#servers.length > 0) {
      const server = this.#servers.next()!;
      server.release();
      const connection = Connection.create(server.self.pid, client);
      if (connection === undefined) {
        server.reject(server.self.signal.reason);
        continue;
      }
      this.#head = undefined;
      // A client that has gone in this very moment shows as the end of the connection.
      const saying = this.#setup.rendezvous ? client.write(greeting, undefined) : sent;
      if (saying !== sent) saying.catch(() => undefined);
      server.resolve(connection);
      return;
    }
  }

  /** The transport cannot give the next client: the server at the head is told, and the client stays in its queue. */
  #failHead(error: unknown): void {
    const server = this.#servers.next();
    if (server === undefined) return;
    server.release();
    server.reject(charge(failureOf('IP.Error', 'accept', 'accept', error) as Error, server.self.pid));
  }
}
