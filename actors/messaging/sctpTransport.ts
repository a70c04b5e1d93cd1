/**
 * Messages over SCTP: each connection is an association, and each message is one of SCTP's, on stream 0. A message with a payload protocol of its own says that its
 * sender leaves.
 */
import type { AnySelf, Pid } from '../../runtime/index.js';
import type { AssocId, Sctp, SctpAssocChange, SctpMessage, SctpSocket, SockAddress } from '../sctp/index.js';
import { offAbort, onAbort, SocketError } from '../socket/index.js';
import { type Channel, type ChannelSettings, type EndPoint, marksOf, nameOf, type Transport } from './channel.js';
import type { EndReason } from './reasons.js';

const own: ReadonlySet<string> = new Set([
  'active',
  'mode',
  'type',
  'port',
  'sctpEvents',
  'nonBlockSend',
  'sctpDefaultSendParam',
  'highMsgqWatermarkBytes',
  'lowMsgqWatermarkBytes',
]);

/** The payload protocol of the message that says goodbye; those of requests and responses have 0. Not among IANA's. */
const leaving = 0x4d504d01;
const farewell: Buffer = Buffer.from([0]);

function optionsOf({ queueBytes, options }: ChannelSettings, active: number | false) {
  const ours = { sctpNodelay: true, active } as const;
  // The user's are none of those that messaging sets itself.
  return Object.assign(ours, options, marksOf(queueBytes));
}

export function overSctp(sctp: Sctp): Transport {
  return {
    own,
    listen: (self, settings) => sctp.open(self, settings.port, optionsOf(settings, settings.queueLength)),
    accepted: (socket, arrival, { maxMessageBytes }) =>
      new SctpChannel(socket as SctpSocket, (arrival as SctpAssocChange).assocId, maxMessageBytes),
    connect: async (self, settings) => {
      const { signal, timeoutMs, address, port } = settings;
      const socket = await sctp.open(self, { ...optionsOf(settings, false), type: 'stream' });
      const give = (): void => socket.close();
      if (signal !== undefined) onAbort(signal, give);
      try {
        if (signal?.aborted) throw new SocketError('aborted', 'connect');
        const { assocId } = await socket.connect(address, port, undefined, timeoutMs);
        return new SctpChannel(socket, assocId, settings.maxMessageBytes);
      } catch (error) {
        socket.close();
        throw signal?.aborted ? new SocketError('aborted', 'connect') : error;
      } finally {
        if (signal !== undefined) offAbort(signal, give);
      }
    },
  };
}

class SctpChannel implements Channel {
  readonly #socket: SctpSocket;
  readonly #assocId: AssocId;
  readonly #maxMessageBytes: number;
  /** Events that have used up credit that was meant for messages. */
  #events = 0;

  constructor(socket: SctpSocket, assocId: AssocId, maxMessageBytes: number) {
    this.#socket = socket;
    this.#assocId = assocId;
    this.#maxMessageBytes = maxMessageBytes;
  }

  get local(): EndPoint {
    return nameOf(() => pairOf(this.#socket.sockname()));
  }

  get remote(): EndPoint {
    return nameOf(() => pairOf(this.#socket.peername(this.#assocId)));
  }

  read(message: unknown): Buffer | EndReason | undefined {
    const received = message as SctpMessage;
    if (received[0] === 'sctp_error') this.#events += 1;
    if (received[0] !== 'sctp') return undefined;
    const [[info], content] = received[4];
    if (!('type' in content)) {
      if (info?.ppid === leaving) return 'closed';
      return content.length > this.#maxMessageBytes ? 'emsgsize' : (content as Buffer);
    }
    this.#events += 1;
    if (content.type === 'sctp_shutdown_event') return 'closed';
    // A peer that has begun anew knows nothing of the connection any more.
    return content.type === 'sctp_assoc_change' && content.state !== 'comm_up' ? 'closed' : undefined;
  }

  send(bytes: Uint8Array): Promise<void> {
    return this.#socket.send(this.#assocId, 0, bytes);
  }

  grant(count: number): void {
    if (!this.#socket.isOpen) return;
    this.#socket.setopts({ active: count + this.#events });
    this.#events = 0;
  }

  pause(): void {
    if (this.#socket.isOpen) this.#socket.setopts({ active: false });
  }

  leave(): void {
    const socket = this.#socket;
    if (!socket.isOpen) return;
    // If the peer has gone, its end comes as an event.
    socket.send({ assocId: this.#assocId, stream: 0, ppid: leaving }, farewell).catch(() => undefined);
    socket.setopts({ active: true });
  }

  close(): void {
    this.#socket.close();
  }

  abort(): void {
    if (!this.#socket.isOpen) return;
    this.#socket.setopts({ linger: [true, 0] });
    this.#socket.close();
  }

  handOver(self: AnySelf, to: Pid<never>, count: number): void {
    this.#socket.controllingProcess(self, to as Pid, { active: count });
  }
}

const pairOf = ([address, port]: SockAddress): EndPoint => ({ address, port });
