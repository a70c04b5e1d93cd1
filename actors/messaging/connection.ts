/**
 * A connection as its users have it, at either end: the document's record of id, source, destination and queues. It has no calls of its own; `Client` and `Server`
 * have them. Anybody who has a connection may use it, and it ends with its server or with the actor that has connected.
 */
import { inspect } from 'node:util';
import { BadArg } from '../../runtime/index.js';
import type { EndPoint } from './channel.js';
import type { End } from './end.js';
import type { EndReason } from './reasons.js';

/** The end below a connection, for this folder and its tests. */
export const endOf: unique symbol = Symbol('the end of a connection');

/** What `info` tells of a connection. */
export interface ConnectionInfo {
  readonly id: number;
  readonly src: EndPoint;
  readonly dst: EndPoint;
  /** Whether there is the connection, as far as this end knows. */
  readonly isOpen: boolean;
  /** Why it has ended. */
  readonly reason: EndReason | undefined;
  /** Messages that have arrived here and that nobody has received, and their bytes. */
  readonly queued: number;
  readonly queuedBytes: number;
  /** Sends of this end that wait for room. */
  readonly waitingSends: number;
}

abstract class Connection<Out, In> {
  readonly #id: number;
  readonly #end: End<Out, In>;
  readonly #isClients: boolean;
  #src: EndPoint | undefined;
  #dst: EndPoint | undefined;

  constructor(id: number, end: End<Out, In>, isClients: boolean) {
    this.#id = id;
    this.#end = end;
    this.#isClients = isClients;
  }

  /** @internal A getter on the prototype, so that a deep comparison of messages does not walk into a connection. */
  get [endOf](): End<Out, In> {
    return this.#end;
  }

  /** The smallest number that was free when the client connected. Both ends have the same. Another connection may have it after this one has ended. */
  get id(): number {
    return this.#id;
  }

  /** The client's address and port. Asked for the first time after the end of the connection, it is '' and 0. */
  get src(): EndPoint {
    const { channel } = this.#end;
    this.#src ??= this.#isClients ? channel.local : channel.remote;
    return this.#src;
  }

  /** The server's address and port, as `src`. */
  get dst(): EndPoint {
    const { channel } = this.#end;
    this.#dst ??= this.#isClients ? channel.remote : channel.local;
    return this.#dst;
  }

  /** Whether there is the connection, as far as this end knows. */
  get isOpen(): boolean {
    return this.#end.reason === undefined;
  }

  info(): ConnectionInfo {
    const { queue, reason, waitingSends } = this.#end;
    return {
      id: this.#id,
      src: this.src,
      dst: this.dst,
      isOpen: reason === undefined,
      reason,
      queued: queue.length,
      queuedBytes: queue.bytes,
      waitingSends,
    };
  }

  toString(): string {
    return `#Connection<${this.#id}>`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** A connection at the client's end: requests leave here, responses arrive. */
export class ClientConnection<Request, Response> extends Connection<Request, Response> {
  /** Tells the server that the client leaves. Resolves when the server has let go. */
  readonly #leave: () => Promise<void>;

  /** Connections are made by `Client.connect`. */
  constructor(id: number, end: End<Request, Response>, leave: () => Promise<void>) {
    super(id, end, true);
    this.#leave = leave;
  }

  /** @internal */
  leave(): Promise<void> {
    return this.#leave();
  }
}

/** A connection at the server's end: requests arrive here, responses leave. */
export class ServerConnection<Request, Response> extends Connection<Response, Request> {
  /** Connections are made when a client has said hello. */
  constructor(id: number, end: End<Response, Request>) {
    super(id, end, false);
  }
}

/** @throws BadArg unless it is a connection at the client's end */
export function checkClientConnection(connection: unknown): void {
  if (connection instanceof ClientConnection) return;
  throw new BadArg('connection', wrong(connection, 'Client.connect', "this is the server's end: use the calls of Server"));
}

/** @throws BadArg unless it is a connection at the server's end */
export function checkServerConnection(connection: unknown): void {
  if (connection instanceof ServerConnection) return;
  throw new BadArg('connection', wrong(connection, 'Server.accept', "this is the client's end: use the calls of Client"));
}

function wrong(connection: unknown, maker: string, remedy: string): string {
  return `must be a connection that ${maker} gave${connection instanceof Connection ? `; ${remedy}` : ''}`;
}
