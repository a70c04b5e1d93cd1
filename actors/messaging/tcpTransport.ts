/** Messages over TCP, each a packet with a header of four bytes. A client that leaves ends its direction of the connection; the server then ends the other. */
import type { AnySelf, Pid } from '../../runtime/index.js';
import { SocketError } from '../socket/index.js';
import type { Tcp, TcpMessage, TcpSocket } from '../tcp/index.js';
import { type Channel, type ChannelSettings, type EndPoint, marksOf, nameOf, type Transport } from './channel.js';
import type { EndReason } from './reasons.js';

const own: ReadonlySet<string> = new Set([
  'active',
  'mode',
  'packet',
  'packetSize',
  'header',
  'exitOnClose',
  'showEconnreset',
  'sendTimeout',
  'sendTimeoutClose',
  'highMsgqWatermarkBytes',
  'lowMsgqWatermarkBytes',
]);

function optionsOf({ maxMessageBytes, queueBytes, options }: ChannelSettings, active: number | false) {
  const ours = {
    nodelay: true,
    // A peer that has gone without a word is noticed after two minutes: a connection on which nobody sends shows nothing else. SCTP has its heartbeats.
    keepalive: true,
    keepIdle: 60,
    keepInterval: 15,
    keepCount: 4,
    packet: 4,
    packetSize: maxMessageBytes,
    active,
  } as const;
  // The user's are none of those that messaging sets itself.
  return Object.assign(ours, options, marksOf(queueBytes));
}

/** Over the sockets of the system, or of a simulated network. */
export function overTcp(tcp: Tcp): Transport {
  return {
    own,
    // The server, and not its socket, ends the connection of a client that has left: the id is free then.
    listen: (self, settings) =>
      tcp.listen(self, settings.port, { ...optionsOf(settings, settings.queueLength), exitOnClose: false }),
    accepted: (socket) => new TcpChannel(socket as TcpSocket),
    connect: async (self, settings) => {
      const { address, port, timeoutMs, signal } = settings;
      return new TcpChannel(await tcp.connect(self, address, port, optionsOf(settings, false), timeoutMs, { signal }));
    },
  };
}

class TcpChannel implements Channel {
  readonly #socket: TcpSocket;
  /** A packet is too long: the end of the connection comes next, and has this reason. */
  #isTooLong = false;

  constructor(socket: TcpSocket) {
    this.#socket = socket;
  }

  get local(): EndPoint {
    return nameOf(() => this.#socket.sockname());
  }

  get remote(): EndPoint {
    return nameOf(() => this.#socket.peername());
  }

  read(message: unknown): Buffer | EndReason | undefined {
    const received = message as TcpMessage;
    switch (received[0]) {
      case 'tcp':
        return received[2] as Buffer;
      case 'tcp_closed':
        return this.#isTooLong ? 'emsgsize' : 'closed';
      case 'tcp_error':
        this.#isTooLong = received[2] === 'emsgsize';
        return undefined;
      default:
        return undefined;
    }
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#socket.send(bytes);
  }

  grant(count: number): void {
    if (this.#socket.isOpen) this.#socket.setopts({ active: count });
  }

  pause(): void {
    if (this.#socket.isOpen) this.#socket.setopts({ active: false });
  }

  leave(): void {
    const socket = this.#socket;
    if (!socket.isOpen) return;
    try {
      socket.shutdown('write');
    } catch (error) {
      // The peer has reset the connection, which the socket is about to tell.
      if (!(error instanceof SocketError)) throw error;
    }
    socket.setopts({ active: true });
  }

  close(): void {
    void this.#socket.close();
  }

  abort(): void {
    if (!this.#socket.isOpen) return;
    this.#socket.setopts({ linger: [true, 0] });
    void this.#socket.close();
  }

  handOver(self: AnySelf, to: Pid<never>, count: number): void {
    this.#socket.controllingProcess(self, to as Pid, { active: count });
  }
}
