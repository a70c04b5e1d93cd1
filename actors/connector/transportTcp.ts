/** Connections over TCP. */
import type { Duplex } from 'node:stream';
import type { AnySelf } from '../../runtime/index.js';
import { glance, SocketError, type WaitOptions } from '../socket/index.js';
import { type Tcp, type TcpOptions, type TcpSocket, toDuplex } from '../tcp/index.js';
import { ByteReader, none } from './byteReader.js';
import type { Endpoint } from './endpoint.js';
import { type ByteListener, type ByteSocket, mostWaiting, type Standing, type Transport } from './transport.js';

/**
 * Both ends of every connection. Small writes leave at once. A peer that has vanished without a word is noticed within five minutes, by probes 75 seconds apart (the
 * interval of Linux): a client that waits for its server sends nothing, so only probes can tell.
 */
const options = {
  active: false,
  nodelay: true,
  keepalive: true,
  keepIdle: 60,
  keepCount: 3,
  exitOnClose: false,
  showEconnreset: true,
  buffer: 65_536,
} as const satisfies TcpOptions;

export function transportTcp(tcp: Tcp): Transport {
  return {
    listen: async (self, { addr, port }) =>
      // Connections of a connector that was closed do not keep the port.
      new TcpListening(await tcp.listen(self, port, { ...options, ip: addr, reuseaddr: true, backlog: mostWaiting })),
    connect: (self, { addr, port }: Endpoint, signal) =>
      tcp
        .connect(self, addr, port, options, Number.POSITIVE_INFINITY, signal && { signal })
        .then((socket) => new TcpBytes(socket)),
  };
}

class TcpListening implements ByteListener {
  readonly port: TcpSocket;

  constructor(port: TcpSocket) {
    this.port = port;
  }

  get portNumber(): number {
    return this.port.port;
  }

  accept(self: AnySelf): Promise<ByteSocket> {
    return this.port.accept(self).then((socket) => new TcpBytes(socket));
  }

  close(): void {
    void this.port.close();
  }
}

class TcpBytes extends ByteReader implements ByteSocket {
  readonly port: TcpSocket;

  constructor(port: TcpSocket) {
    super();
    this.port = port;
  }

  write(data: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    return signal === undefined ? this.port.send(data) : this.port.send(data, { signal });
  }

  close(): Promise<void> {
    return this.port.close();
  }

  reset(): void {
    if (!this.port.isOpen) return;
    this.port.setopts({ linger: [true, 0] });
    void this.port.close();
  }

  toDuplex(): Duplex {
    const duplex = toDuplex(this.port);
    const held = this.take(this.heldBytes);
    if (held.length > 0) duplex.unshift(held);
    return duplex;
  }

  async standing(): Promise<Standing> {
    try {
      return (await this.port[glance]()) === undefined ? 'waits' : 'talks';
    } catch {
      return 'gone';
    }
  }

  get isThere(): boolean {
    try {
      this.port.peername();
      return true;
    } catch {
      return false;
    }
  }

  protected override nextPiece(wait: WaitOptions | undefined): Promise<Buffer> {
    const piece = this.port.recv(0, Number.POSITIVE_INFINITY, wait) as Promise<Buffer>;
    return piece.catch((error: unknown) => this.#endOf(error));
  }

  /** The peer's end shows as an error. */
  #endOf(error: unknown): Buffer {
    if (error instanceof SocketError && error.reason === 'closed' && this.port.isOpen) return none;
    throw error;
  }
}
