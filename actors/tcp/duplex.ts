/**
 * A socket as a Duplex of Node, for everything in Node that takes one: `http.Server`, `stream.pipeline`, `node:tls`. The other way round is fromDuplex.ts.
 */
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { BadArg } from '../../runtime/index.js';
import { checkKeys } from '../../runtime/ports.js';
import {
  flowOfPort,
  recallMessages,
  refusalOf,
  SocketError,
  type SockName,
  seal,
  type Unsealed,
  whenEnded,
} from '../socket/index.js';
import type { TcpOptions } from './options.js';
import { TcpSocket } from './socket.js';

/** How many bytes one read takes, and how many a Duplex holds for its reader, about. */
const readBytes = 64 * 1024;
/** How many milliseconds a Duplex that was destroyed waits for a write that is under way. The socket itself goes on for its `flushTimeout` after that. */
const lastWriteMs = 5000;

/** Options of `toDuplex`. */
export interface DuplexOptions {
  /** true (default), as Node has it for a Duplex: the peer's end leaves the other direction open, until `end`. false: the Duplex ends with its peer. */
  readonly allowHalfOpen?: boolean;
}

const names: ReadonlySet<string> = new Set(['allowHalfOpen']);

/**
 * Makes a Duplex of a connected socket. The socket becomes passive and raw, and what has come of it already, messages in its owner's mailbox included, is what the
 * Duplex gives first. From then on the Duplex alone reads it. Its owner stays its owner: the socket ends with it, and the Duplex with the socket. So a session
 * waits until its Duplex has closed: `await finished(duplex)`.
 *
 * - The Duplex reads the socket as far as its own reader goes on. A slow reader closes the window, and the peer waits.
 * - A `write` is over when the stack has taken the bytes. A peer that does not read makes it wait.
 * - The peer's end is 'end'. `end()` sends what was written, and then the end. A reset is the error ECONNRESET.
 * - When both directions have ended, or by `destroy()`, the socket closes. If somebody closes the socket, the Duplex is destroyed.
 *
 * It has what `node:http` asks of a net.Socket, too: addresses, `setTimeout`, `setNoDelay`, `setKeepAlive`.
 *
 * @throws BadArg unless the socket is a TcpSocket or a TlsSocket, or naming an option
 * @throws SocketError 'closed' | 'enotconn' (it listens) | 'ealready' (a `recv` waits, or another Duplex reads it) | 'not_owner' (TLS has the socket); nothing has
 *   happened then
 * @example
 * const web = http.createServer((request, response) => response.end('hello'));
 * await server.start({
 *   listen: (self) => tcp.listen(self, 8080, { active: false }),
 *   session: async (self, socket) => {
 *     const duplex = toDuplex(socket);
 *     web.emit('connection', duplex);
 *     await finished(duplex).catch(() => undefined);
 *   },
 * });
 */
export function toDuplex(socket: TcpSocket, options: DuplexOptions = {}): Duplex {
  if (!(socket instanceof TcpSocket)) throw new BadArg('socket', 'must be a TcpSocket or a TlsSocket');
  if (typeof options !== 'object' || options === null) throw new BadArg('options', 'must be an object');
  checkKeys('options', options, names);
  const { allowHalfOpen = true } = options;
  if (typeof allowHalfOpen !== 'boolean') throw new BadArg('options.allowHalfOpen', 'must be a boolean');
  const refusal = socket[refusalOf]('toDuplex');
  if (refusal !== undefined) throw refusal;
  if (hasDuplex(socket)) throw new SocketError<'ealready'>('ealready', 'toDuplex');
  const duplex = new SocketDuplex(socket, allowHalfOpen, (call) => call());
  withDuplex.add(socket);
  return duplex;
}

const withDuplex = new WeakSet<TcpSocket>();

/** `toDuplex` has made a Duplex of the socket: what comes would be shared between that and another reader. */
export function hasDuplex(socket: TcpSocket): boolean {
  return withDuplex.has(socket);
}

/** The same, and from then on nobody but the Duplex uses the socket. */
export function sealedDuplex(socket: TcpSocket): Duplex {
  return new SocketDuplex(socket, true, socket[seal]());
}

class SocketDuplex extends Duplex {
  readonly #socket: TcpSocket;
  /** How whatever acts on the socket is called. */
  readonly #act: Unsealed;
  readonly #peer: InetName | undefined;
  readonly #local: InetName | undefined;
  /** What had come before the Duplex was made. */
  #early: Buffer[];
  #isReading = false;
  /** The write that is under way. */
  #writing: Promise<void> | undefined;
  #idleMs = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(socket: TcpSocket, allowHalfOpen: boolean, act: Unsealed) {
    if (!socket.info().states.includes('connected')) throw new SocketError<'enotconn'>('enotconn', 'toDuplex');
    if (socket[flowOfPort].isAwaited) throw new SocketError<'ealready'>('ealready', 'toDuplex');
    super({ allowHalfOpen, highWaterMark: readBytes });
    this.#socket = socket;
    this.#act = act;
    this.#peer = nameOf(() => socket.peername());
    this.#local = nameOf(() => socket.sockname());
    act(() => socket.setopts({ active: false }));
    this.#early = socket[recallMessages]().flatMap(payloadOf);
    act(() => socket.setopts({ packet: 'raw', mode: 'binary', buffer: readBytes, exitOnClose: false, showEconnreset: true }));
    socket[whenEnded](() => this.destroy());
  }

  override _read(): void {
    if (!this.#isReading) void this.#readOn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    try {
      this.#act(() => this.#socket.shutdown('write'));
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#idleTimer);
    this.#early = [];
    // The socket's own output goes on when it is closed, but a write that waits for room would not.
    if (error === null && this.#writing !== undefined) void this.#closeAfter(this.#writing);
    else void this.#socket.close();
    done(error);
  }

  async #closeAfter(writing: Promise<void>): Promise<void> {
    const over = new AbortController();
    await Promise.race([writing, delay(lastWriteMs, undefined, { signal: over.signal })]).catch(() => undefined);
    over.abort();
    await this.#socket.close();
  }

  /** Reads on until the reader has enough. */
  async #readOn(): Promise<void> {
    this.#isReading = true;
    try {
      for (let wantsMore = true; wantsMore; ) {
        const data = this.#early.shift() ?? ((await this.#act(() => this.#socket.recv(0))) as Buffer);
        this.#touch();
        wantsMore = this.push(data);
      }
      this.#isReading = false;
    } catch (error) {
      // Nothing is read after an end: `isReading` stays.
      this.#ended(error as Error);
    }
  }

  #ended(error: Error): void {
    const isEnd = error instanceof SocketError && error.reason === 'closed';
    if (!isEnd) this.destroy(error);
    else if (this.#socket.isOpen) this.push(null);
  }

  #send(data: Buffer | readonly Buffer[], done: (error?: Error | null) => void): void {
    this.#touch();
    const writing = this.#act(() => this.#socket.send(data));
    this.#writing = writing;
    writing.then(
      () => {
        if (this.#writing === writing) this.#writing = undefined;
        done();
      },
      (error: Error) => {
        this.#writing = undefined;
        done(error);
      },
    );
  }

  get remoteAddress(): string | undefined {
    return this.#peer?.address;
  }

  get remotePort(): number | undefined {
    return this.#peer?.port;
  }

  get remoteFamily(): string | undefined {
    return familyOf(this.#peer);
  }

  get localAddress(): string | undefined {
    return this.#local?.address;
  }

  get localPort(): number | undefined {
    return this.#local?.port;
  }

  get localFamily(): string | undefined {
    return familyOf(this.#local);
  }

  /** As of net.Socket: 'timeout' comes when nothing has been read or written for so many milliseconds; 0: never. */
  setTimeout(ms: number, callback?: () => void): this {
    if (callback !== undefined) this.once('timeout', callback);
    this.#idleMs = ms;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = ms > 0 ? setTimeout(() => this.emit('timeout'), ms).unref() : undefined;
    return this;
  }

  setNoDelay(on = true): this {
    return this.#set({ nodelay: on });
  }

  setKeepAlive(on = false, delayMs = 0): this {
    return this.#set({ keepalive: on, ...(on && delayMs >= 1000 ? { keepIdle: Math.floor(delayMs / 1000) } : {}) });
  }

  /** A local socket, and one over a Duplex, has no such options: Node does nothing then. */
  #set(options: TcpOptions): this {
    if (this.#socket.isOpen && this.#peer !== undefined) this.#act(() => this.#socket.setopts(options));
    return this;
  }

  #touch(): void {
    if (this.#idleMs > 0) this.#idleTimer?.refresh();
  }
}

/** The payload of a message of the socket, if it has one. */
function payloadOf(message: unknown): Buffer[] {
  const data: unknown = Array.isArray(message) ? message[2] : undefined;
  return Buffer.isBuffer(data) || Array.isArray(data) ? [Buffer.from(data)] : [];
}

interface InetName {
  readonly address: string;
  readonly port: number;
}

/** A name as Node shows it. Local sockets, and streams without addresses, have none. */
function nameOf(call: () => SockName): InetName | undefined {
  try {
    const name = call();
    return 'local' in name ? undefined : name;
  } catch {
    return undefined;
  }
}

function familyOf(name: InetName | undefined): string | undefined {
  if (name === undefined) return undefined;
  return name.address.includes(':') ? 'IPv6' : 'IPv4';
}
