/**
 * Takes lines and bytes of HTTP requests from a socket in packet mode 'line': heads line by line, and bodies raw. Whatever a client sends, a request takes no more
 * memory and no more time than `HttpLimits` say.
 */
import { SocketError, type TcpSocket } from 'mailport/tcp';

export interface HttpLimits {
  /** The longest line of a head, in bytes. The listening socket has to have it as its option `buffer`. */
  readonly lineBytes: number;
  /** The whole of a head, in bytes. */
  readonly headBytes: number;
  /** The whole of a body, in bytes. */
  readonly bodyBytes: number;
  /** Between two requests of a connection, in milliseconds. */
  readonly idleMs: number;
  /** From the first line of a request to the end of its body, in milliseconds: a client that sends a byte now and then gets no more than that. */
  readonly requestMs: number;
}

/** A request that cannot be answered as the client wishes. The client is told the status, and the connection ends. */
export class HttpError extends Error {
  readonly status: number;

  constructor(status: number, why: string) {
    super(why);
    this.status = status;
  }
}

/** Empty lines before a request are to be ignored (RFC 9112 §2.2), if they are few. */
const emptyLines = 2;

/** Takes lines and bytes from the socket, as long as the request may take. */
export class RequestReader {
  readonly #socket: TcpSocket;
  readonly #limits: HttpLimits;
  #endMs: number;
  #headBytes = 0;

  constructor(socket: TcpSocket, limits: HttpLimits) {
    this.#socket = socket;
    this.#limits = limits;
    this.#endMs = performance.now() + limits.requestMs;
  }

  get bodyLimitBytes(): number {
    return this.#limits.bodyBytes;
  }

  /** The first line of a request; undefined if none comes, because the client has gone or has nothing to ask. */
  async firstLine(): Promise<string | undefined> {
    for (let empty = 0; empty <= emptyLines; empty += 1) {
      const data = await this.#next(this.#limits.idleMs).catch((error: unknown) => {
        if (error instanceof HttpError) return undefined;
        throw error;
      });
      if (data === undefined) return undefined;
      const line = this.#text(data, 414);
      if (line !== '') {
        this.#endMs = performance.now() + this.#limits.requestMs;
        return line;
      }
    }
    throw new HttpError(400, 'empty lines');
  }

  async line(): Promise<string> {
    return this.#text(await this.#next(this.#endMs - performance.now()), 431);
  }

  /** So many bytes, whatever they are. */
  async bytes(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0);
    this.#socket.setopts({ packet: 'raw' });
    const bytes = await this.#next(this.#endMs - performance.now(), length);
    this.#socket.setopts({ packet: 'line' });
    return bytes;
  }

  /** The client waits for that before it sends a body (RFC 9110 §10.1.1). */
  async sayContinue(): Promise<void> {
    await this.#socket.send('HTTP/1.1 100 Continue\r\n\r\n');
  }

  async #next(withinMs: number, length = 0): Promise<Buffer> {
    try {
      return (await this.#socket.recv(length, Math.max(0, Math.ceil(withinMs)))) as Buffer;
    } catch (error) {
      if (error instanceof SocketError && error.reason === 'timeout') throw new HttpError(408, 'the request took too long');
      throw error;
    }
  }

  /** A line without its end. A line that is longer than the socket's `buffer` comes in pieces, of which only the last has an end. */
  #text(line: Buffer, statusIfTooLong: number): string {
    this.#headBytes += line.length;
    if (line.at(-1) !== 0x0a) throw new HttpError(statusIfTooLong, 'the line is too long');
    if (this.#headBytes > this.#limits.headBytes) throw new HttpError(431, 'the head is too long');
    return line.toString('latin1', 0, line.length - (line.at(-2) === 0x0d ? 2 : 1));
  }
}
