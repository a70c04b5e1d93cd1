/**
 * Connections over SCTP: an association of a socket of type 'stream' each. What is written goes as messages of stream 0, and what is read is the payload of all
 * messages, one behind the other. SCTP has no half close: an end ends both directions.
 */
import type { Duplex } from 'node:stream';
import type { AnySelf } from '../../runtime/index.js';
import type { AssocId, Sctp, SctpEvent, SctpItem, SctpOpenOptions, SctpSocket } from '../sctp/index.js';
import { glance, Limits, offAbort, onAbort, SocketError, type WaitOptions } from '../socket/index.js';
import { ByteReader, none } from './byteReader.js';
import { BytesDuplex, type FinishingSocket } from './bytesDuplex.js';
import type { Endpoint } from './endpoint.js';
import { type ByteListener, type ByteSocket, mostWaiting, type Standing, type Transport } from './transport.js';

/** A write goes in messages of so many bytes at most. Each fits the send buffer of both stacks, and the window of the peer. */
const messageBytes = 65_536;
/**
 * An attempt without an answer ends after so many milliseconds, about as long as Linux takes with TCP. Both stacks try longer than that, so what they refuse before is
 * the answer of the endpoint.
 */
const connectMs = 120_000;
const done: Promise<void> = Promise.resolve();

const options = {
  type: 'stream',
  active: false,
  sctpNodelay: true,
  // Events that tell how an association ends. Others would only come between the bytes.
  sctpEvents: {
    dataIoEvent: false,
    associationEvent: true,
    addressEvent: true,
    shutdownEvent: true,
    sendFailureEvent: false,
    peerErrorEvent: false,
    partialDeliveryEvent: false,
    adaptationLayerEvent: false,
  },
} as const satisfies SctpOpenOptions;

export function transportSctp(sctp: Sctp): Transport {
  return {
    listen: async (self, { addr, port }) => {
      const socket = await sctp.open(self, port, { ...options, ip: addr });
      try {
        await socket.listen(mostWaiting);
      } catch (error) {
        socket.close();
        throw error;
      }
      return new SctpListening(socket);
    },
    connect: async (self, { addr, port }: Endpoint, signal) => {
      const socket = await sctp.open(self, 0, { ...options, family: addr.includes(':') ? 'inet6' : 'inet' });
      const late = (): Error => new SocketError('timeout', 'connect');
      const limits = new Limits(self, connectMs, signal, 'connect', late);
      try {
        const connecting = socket.connect(addr, port);
        // If the limits end the attempt, its own failure is nobody's.
        connecting.catch(() => undefined);
        const { assocId } = await limits.within(connecting);
        return new SctpBytes(socket, assocId);
      } catch (error) {
        abort(socket);
        throw error;
      } finally {
        limits.end();
      }
    },
  };
}

function abort(socket: SctpSocket): void {
  if (!socket.isOpen) return;
  socket.setopts({ linger: [true, 0] });
  socket.close();
}

class SctpListening implements ByteListener {
  readonly port: SctpSocket;

  constructor(port: SctpSocket) {
    this.port = port;
  }

  get portNumber(): number {
    return this.port.port;
  }

  async accept(self: AnySelf): Promise<ByteSocket> {
    const socket = await this.port.accept(self);
    // The comm_up is there already: it comes first.
    const [, , , content] = await socket.recv(0);
    return new SctpBytes(socket, 'type' in content && 'assocId' in content ? content.assocId : 0);
  }

  close(): void {
    this.port.close();
  }
}

class SctpBytes extends ByteReader implements ByteSocket, FinishingSocket {
  readonly port: SctpSocket;
  readonly #assocId: AssocId;
  /** The association has ended, in good order or by that error. It tells so once. */
  #end: 'end' | SocketError | undefined;
  #isPathDown = false;

  constructor(port: SctpSocket, assocId: AssocId) {
    super();
    this.port = port;
    this.#assocId = assocId;
  }

  write(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    if (data.length > messageBytes) return this.#writeInParts(data, signal);
    return data.length === 0 ? done : this.#send(data, signal);
  }

  async close(): Promise<void> {
    this.port.close();
  }

  async finish(isReading: boolean): Promise<void> {
    // An end with bytes that nobody has read would break the association off. While a read waits, there are none.
    if (!isReading) await this.#takeWhatIsThere();
    this.end();
    this.port.close();
  }

  reset(): void {
    abort(this.port);
  }

  toDuplex(): Duplex {
    return new BytesDuplex(this);
  }

  async standing(): Promise<Standing> {
    try {
      await this.#takeWhatIsThere();
    } catch {
      // It was closed meanwhile, with its connector.
      return 'gone';
    }
    if (this.#end !== undefined) return 'gone';
    return this.heldBytes > 0 ? 'talks' : 'waits';
  }

  get isThere(): boolean {
    try {
      this.port.peername();
      return true;
    } catch {
      return false;
    }
  }

  /** Either all parts leave or, if the signal is aborted before the first has, none does. */
  async #writeInParts(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const withdrawal = new AbortController();
    const withdraw = (): void => withdrawal.abort();
    if (signal?.aborted) withdraw();
    if (signal !== undefined) onAbort(signal, withdraw);
    const sends: Promise<void>[] = [];
    // All at once: so no other write comes between them.
    for (let from = 0; from < data.length; from += messageBytes) {
      sends.push(this.#send(data.subarray(from, from + messageBytes), withdrawal.signal));
    }
    const hasBegun = (): void => {
      if (signal !== undefined) offAbort(signal, withdraw);
    };
    sends[0]!.then(hasBegun, hasBegun);
    await Promise.all(sends);
  }

  #send(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return this.port.send(this.#assocId, 0, data, signal === undefined ? undefined : { signal });
  }

  protected override nextPiece(wait: WaitOptions | undefined): Promise<Buffer> {
    if (this.#end !== undefined) return this.#ended(this.#end);
    return this.port.recv(Number.POSITIVE_INFINITY, wait).then((item) => this.#pieceOf(item) ?? this.nextPiece(wait));
  }

  async #takeWhatIsThere(): Promise<void> {
    while (this.#end === undefined) {
      const item = await this.port[glance]();
      if (item === undefined) return;
      const piece = this.#pieceOf(item);
      if (piece !== undefined) this.hold(piece);
    }
  }

  /** The payload of an item. An event has none; it may be the end. */
  #pieceOf([, , , content]: SctpItem): Buffer | undefined {
    if (!('type' in content)) return content as Buffer;
    this.#note(content);
    return undefined;
  }

  #note(event: SctpEvent): void {
    if (event.type === 'sctp_paddr_change') this.#isPathDown = event.state === 'addr_unreachable';
    if (event.type === 'sctp_shutdown_event') this.#end = 'end';
    if (event.type !== 'sctp_assoc_change' || event.state === 'comm_up') return;
    if (event.state === 'shutdown_comp') this.#end = 'end';
    // A path that does not answer is given up before its association is.
    else this.#end ??= new SocketError(this.#isPathDown ? 'etimedout' : 'comm_lost', 'recv', { event });
  }

  #ended(end: 'end' | SocketError): Promise<Buffer> {
    return end === 'end' ? Promise.resolve(none) : Promise.reject(end);
  }
}
