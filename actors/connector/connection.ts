/** A connection, as its two ends have it: a port that reads and writes bytes. What carries the bytes is a socket below, which belongs to the port. */
import type { Duplex } from 'node:stream';
import { type AnySelf, BadArg, isSelf, type Pid } from '../../runtime/index.js';
import { charge } from '../../runtime/ports.js';
import { checkCaller, checkSignal, detach, type IoData, sent, toBytes, type WaitOptions, whenEnded } from '../socket/index.js';
import { Alerted, type FailureKind, failureOf, IPError } from './errors.js';
import { OwnedPort } from './ownedPort.js';
import type { ByteSocket } from './transport.js';
import { Turns } from './turns.js';

/** Bytes that a `read` may ask for. */
const mostBytes = 64 * 1024 * 1024;
const done: Promise<void> = Promise.resolve();

/**
 * A bidirectional byte stream between two actors, which may be of two programs. It has one owner, and closes with its owner. Any actor may read and write.
 *
 * Failures of `read` are `IPError`s of kind 'Rd.Failure', those of `write` of kind 'Wr.Failure', with 'Closed' (the connection was closed at this end), 'Timeout' (the peer
 * does not answer any more) or 'ConnLost' (the connection is broken).
 */
export class Connection extends OwnedPort {
  readonly #socket: ByteSocket;
  /** Made by the first `read`. */
  #reads: Turns | undefined;
  /** What has broken the connection. Every later `read` fails for it, too. */
  #broken: IPError | undefined;
  #isDuplex = false;
  #closing: Promise<void> = done;

  private constructor(owner: Pid, socket: ByteSocket) {
    super('Connection', owner);
    this.#socket = socket;
  }

  /** @internal Makes a connection of a socket, which is its own from here on. Undefined if the owner has ended; the socket is then as it was. */
  static create(owner: Pid, socket: ByteSocket): Connection | undefined {
    const connection = new Connection(owner, socket);
    if (!connection.begin()) return undefined;
    socket.port[detach]();
    socket.port[whenEnded](() => connection.end('normal', undefined));
    return connection;
  }

  /** @internal */
  get isSimulated(): boolean {
    return this.#socket.port.isSimulated === true;
  }

  /**
   * Reads bytes. With a `count`, exactly so many, or fewer if the peer's end comes before. Without, what there is, one byte or more. At the peer's end it gives none,
   * each time. While a call waits, later calls wait behind it. A call that is alerted takes nothing: what has come stays for the next.
   *
   * @param count 1 to 67108864
   * @param options `signal` ends the wait. An actor that is not the owner gives its `self`, so that its end ends the wait
   * @throws BadArg naming an argument
   * @throws IPError of kind 'Rd.Failure': 'Closed', 'Timeout', 'ConnLost', 'NoResources', 'Unreachable', 'Unexpected'; Alerted
   */
  read(count?: number, options?: WaitOptions): Promise<Buffer>;
  read(options: WaitOptions): Promise<Buffer>;
  read(first?: number | WaitOptions, second?: WaitOptions): Promise<Buffer> {
    const hasCount = typeof first !== 'object' || first === null;
    const options = hasCount ? second : first;
    const signal = checkSignal(options);
    const count = hasCount && first !== undefined ? checkCount(first) : 0;
    const caller = isSelf(options) ? options.pid : this.owner;
    const refusal = this.#readRefusal(signal);
    if (refusal !== undefined) return Promise.reject(charge(refusal, caller));
    this.#reads ??= new Turns();
    const turns = this.#reads;
    return turns.takeNow() ? this.#readOn(turns, count, options, caller) : this.#readLater(turns, count, options, caller);
  }

  /**
   * Writes bytes. Resolves when the transport has taken them, which says nothing about the peer. Without room it waits, and later calls wait behind it, in order: the
   * bytes must not be changed until then. Writes are never mixed.
   *
   * @param data text (sent as UTF-8), bytes, or lists of these and of byte values
   * @param options `signal` withdraws a write of which nothing has left: none of its bytes are sent then. Over SCTP a write of more than 65536 bytes leaves in parts
   * @throws BadArg naming an argument
   * @throws IPError of kind 'Wr.Failure': 'Closed', 'Timeout', 'ConnLost', 'NoResources', 'Unreachable', 'Unexpected'; Alerted
   */
  write(data: IoData, options?: WaitOptions): Promise<void> {
    const bytes = toBytes(data);
    const signal = checkSignal(options);
    const caller = isSelf(options) ? options.pid : this.owner;
    if (!this.isOpen) return Promise.reject(charge(new IPError('Wr.Failure', 'Closed', 'write'), caller));
    if (signal?.aborted) return Promise.reject(charge(new Alerted('write', signal), caller));
    const writing = this.#socket.write(bytes, signal);
    if (writing === sent) return writing;
    return writing.catch((error: unknown) => {
      throw charge(this.#failure('Wr.Failure', 'write', error, signal), caller);
    });
  }

  /**
   * Closes the connection, as anybody may; nothing happens if it is closed already. Calls that wait fail with 'Closed'. What was written still leaves; the promise
   * resolves when it has, or as `close` of the transport's sockets says. An owner that traps exits gets `['EXIT', connection, 'normal']`, unless it gives itself as `self`.
   */
  close(self?: AnySelf): Promise<void> {
    this.end('normal', self === undefined ? undefined : checkCaller(self));
    return this.#closing;
  }

  /** Closes the connection at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What comes, piece by piece, until the peer's end. Leaving the loop leaves the connection open. Fails as `read` does. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, void> {
    for (let bytes = await this.read(); bytes.length > 0; bytes = await this.read()) yield bytes;
  }

  /**
   * Makes a Duplex of Node of the connection, which alone reads and writes from then on. Its owner stays the owner; the connection closes with the Duplex, and the
   * Duplex is destroyed with the connection. Over TCP it is that of `toDuplex` of mailport/tcp. SCTP has no half close: the end of one direction ends the other there.
   *
   * @throws IPError 'Closed'; BadArg while a `read` waits
   */
  toDuplex(): Duplex {
    if (!this.isOpen || this.#isDuplex) throw charge(this.#closedError('IP.Error', 'toDuplex'), this.owner);
    if (this.#reads?.isTaken) throw new BadArg('connection', 'has a `read` that waits: the Duplex alone is to read');
    this.#isDuplex = true;
    return this.#socket.toDuplex();
  }

  protected override release(): void {
    this.#reads?.failAll(() => charge(this.#closedError('Rd.Failure', 'read'), this.owner));
    this.#closing = this.#socket.close();
  }

  #readRefusal(signal: AbortSignal | undefined): Error | undefined {
    if (!this.isOpen || this.#isDuplex) return this.#closedError('Rd.Failure', 'read');
    return signal?.aborted ? new Alerted('read', signal) : undefined;
  }

  /** Reads in its turn. */
  #readOn(turns: Turns, count: number, options: WaitOptions | undefined, caller: Pid): Promise<Buffer> {
    const reading = this.#broken === undefined ? this.#socket.read(count, options) : Promise.reject(this.#broken);
    return reading.then(
      (bytes) => {
        turns.pass();
        return bytes;
      },
      (error: unknown) => {
        turns.pass();
        const failure = this.#failure('Rd.Failure', 'read', error, options?.signal);
        if (failure instanceof IPError && failure.reason !== 'Closed') this.#broken = failure;
        throw charge(failure, caller);
      },
    );
  }

  async #readLater(turns: Turns, count: number, options: WaitOptions | undefined, caller: Pid): Promise<Buffer> {
    const signal = options?.signal;
    await turns.take(signal, () => charge(new Alerted('read', signal), caller));
    return this.#readOn(turns, count, options, caller);
  }

  #failure(kind: FailureKind, operation: string, error: unknown, signal: AbortSignal | undefined): Error {
    if (error instanceof IPError) return new IPError(kind, error.reason, operation, { said: error.atoms[1], cause: error.cause });
    // At this end or at the other: the socket does not tell them apart.
    if (!this.isOpen && !isAborted(error)) return this.#closedError(kind, operation);
    return failureOf(kind, operation, 'stream', error, { signal }) as Error;
  }

  #closedError(kind: FailureKind, operation: string): IPError {
    const detail = this.#isDuplex && this.isOpen ? 'it has become a Duplex, which alone reads and writes' : undefined;
    return new IPError(kind, 'Closed', operation, detail === undefined ? {} : { detail });
  }
}

function isAborted(error: unknown): boolean {
  return (error as { readonly reason?: unknown }).reason === 'aborted';
}

function checkCount(count: unknown): number {
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= mostBytes) return count;
  throw new BadArg('count', `must be an integer in 1..${mostBytes}`);
}
