/** What messaging needs of a transport: a way for whole messages between two ends, and how such ways are made. tcpTransport.ts and sctpTransport.ts have them. */
import type { AnySelf, Pid, Port } from '../../runtime/index.js';
import { type Acceptable, defaultWatermarks, SocketError } from '../socket/index.js';
import type { EndReason } from './reasons.js';

/** The name of one end. */
export interface EndPoint {
  readonly address: string;
  readonly port: number;
}

/** One end of a way for messages: a socket, whose owner gives each of its messages to `read`. */
export interface Channel {
  /** What a message of the socket to its owner means: bytes that the peer has sent, the end of the connection, or neither. */
  read(message: unknown): Buffer | EndReason | undefined;
  /** Sends a message. Waits while the transport has no room; sends are taken in order. @throws SocketError 'closed' and the like: the peer has gone */
  send(bytes: Uint8Array): Promise<void>;
  /** The socket may give its owner so many more messages. */
  grant(count: number): void;
  /** The socket gives its owner nothing more, until it is granted. */
  pause(): void;
  /** Tells the peer that this end has left. The peer answers by the end of the connection; what it has sent before is read and dropped. */
  leave(): void;
  /** Ends the connection. What was sent before still leaves. */
  close(): void;
  /** Ends the connection at once. */
  abort(): void;
  /** Gives the socket to an actor, which gets `count` messages of it. */
  handOver(self: AnySelf, to: Pid<never>, count: number): void;
  /** The names of both ends, which the socket knows while it is open. To ask takes a call of the system. */
  readonly local: EndPoint;
  readonly remote: EndPoint;
}

/** How a server listens and how a client connects. */
export interface ChannelSettings {
  readonly port: number | string;
  readonly maxMessageBytes: number;
  /** Messages that the socket may give its owner to begin with. */
  readonly queueLength: number;
  /** Bytes in its owner's mailbox at which the socket pauses. */
  readonly queueBytes: number;
  /** Further options of the socket, as the user gave them. */
  readonly options: object;
}

export interface ConnectSettings extends ChannelSettings {
  readonly address: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface Transport {
  /** Options that messaging sets itself. */
  readonly own: ReadonlySet<string>;
  /** Opens the listening socket of a server, in the name of `self`. */
  listen(self: AnySelf, settings: ChannelSettings): Promise<Acceptable<Port, unknown>>;
  /** The channel over a connection that the server has accepted. */
  accepted(socket: Port, arrival: unknown, settings: ChannelSettings): Channel;
  /** Connects, in the name of `self`. The channel gives nothing until it is handed over. @throws SocketError */
  connect(self: AnySelf, settings: ConnectSettings): Promise<Channel>;
}

const nowhere: EndPoint = { address: '', port: 0 };

/** The name that `name` gives; no address where the connection has gone already. */
export function nameOf(name: () => object): EndPoint {
  try {
    return name() as EndPoint;
  } catch (error) {
    if (error instanceof SocketError) return nowhere;
    throw error;
  }
}

/** The option that makes a socket pause at so many bytes in its owner's mailbox; none where that is the default, since setting takes time at every connect. */
export function marksOf(bytes: number): { readonly highMsgqWatermarkBytes?: number; readonly lowMsgqWatermarkBytes?: number } {
  if (bytes === defaultWatermarks.highMsgqWatermarkBytes) return {};
  return { highMsgqWatermarkBytes: bytes, lowMsgqWatermarkBytes: Math.ceil(bytes / 2) };
}
