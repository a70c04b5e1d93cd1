/** What connectors and connections need of a transport. transportTcp.ts and transportSctp.ts have it for the two that there are. */
import type { Duplex } from 'node:stream';
import type { AnySelf, Port } from '../../runtime/index.js';
import type { detach, WaitOptions, whenEnded } from '../socket/index.js';
import type { Endpoint } from './endpoint.js';

/**
 * How things stand with a client that nobody has accepted yet: 'waits' says nothing and is there, 'talks' has sent bytes, 'gone' has ended its connection. What
 * 'talks' and 'gone' have sent may be lost.
 */
export type Standing = 'waits' | 'talks' | 'gone';

/** A socket, as its keeper sees it. */
export interface KeptPort extends Port {
  readonly isSimulated?: boolean;
  [whenEnded](callback: () => void): void;
  [detach](): unknown;
}

/** A connected socket that carries bytes. Failures are `SocketError`s; the transport's own reasons that tables in errors.ts know are among them. */
export interface ByteSocket {
  /** The socket itself, to be watched and detached. */
  readonly port: KeptPort;
  /**
   * Exactly `count` bytes, or fewer if the peer's end comes before; for 0 what there is, one byte or more, and none at the peer's end. One call at a time. A call that
   * fails takes nothing.
   */
  read(count: number, options: WaitOptions | undefined): Promise<Buffer>;
  /** Resolves when the transport has taken the bytes. */
  write(data: Uint8Array, signal: AbortSignal | undefined): Promise<void>;
  /** Ends the connection when everything written has left. */
  close(): Promise<void>;
  /** Ends the connection at once. */
  reset(): void;
  /** A stream over the socket, which nobody else reads from then on. */
  toDuplex(): Duplex;
  /** For connectors with a rendezvous: reads as far as it must. */
  standing(): Promise<Standing>;
  /** For connectors without one: only what can be told without a read. */
  readonly isThere: boolean;
}

/** A socket that listens. */
export interface ByteListener {
  readonly port: KeptPort;
  readonly portNumber: number;
  /** The client that has waited longest, of those that wait with the transport. @throws SocketError */
  accept(self: AnySelf): Promise<ByteSocket>;
  close(): void;
}

export interface Transport {
  /** @throws SocketError */
  listen(self: AnySelf, endpoint: Endpoint): Promise<ByteListener>;
  /** Resolves when the transport has a connection, which says nothing about `accept`. @throws SocketError, ActorExit */
  connect(self: AnySelf, endpoint: Endpoint, signal: AbortSignal | undefined): Promise<ByteSocket>;
}

/** Clients that may wait at a connector. It is the greatest backlog that Linux takes by default (net.core.somaxconn), and the embedded SCTP stack has the same. */
export const mostWaiting = 4096;
