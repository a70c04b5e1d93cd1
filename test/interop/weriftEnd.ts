/**
 * An end by werift-sctp, the SCTP of a WebRTC stack in TypeScript, over UDP. It has one path, begins no shutdown of its own, and tells neither the number of a message in its stream nor
 * whether it was ordered. How an association ended it does not tell either, and after a shutdown not even that it has: so the packets that come are looked at for that.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { createUdpTransport, SCTP } from 'werift-sctp';
import { End, type Item, type Outgoing } from './end.js';
import { payload, sumOf } from './payload.js';
import { Queue } from './queue.js';

/** It cannot be told apart from an INIT that the port is the one of WebRTC. */
const sctpPort = 5000;
/** Types of chunks. */
const [abortChunk, shutdownComplete] = [6, 14];
/** Common header, then type, flags and length of the first chunk. */
const [firstChunkAt, firstCauseAt] = [12, 16];

export class WeriftEnd extends End {
  readonly port = sctpPort;
  readonly addresses: readonly string[];
  readonly tellsOfGivenUp = false;
  override readonly tellsHow = false;
  override readonly canShutDown = false;
  override readonly abortCause = 0;
  readonly #sctp: SCTP;
  readonly #items = new Queue<Item>();

  readonly #peer: { address?: string; port?: number } = {};

  private constructor(socket: Socket, connecting: 'ours' | 'theirs') {
    super();
    this.addresses = [socket.address().address];
    const transport = createUdpTransport(socket, this.#peer);
    this.#sctp = connecting === 'ours' ? SCTP.server(transport, sctpPort) : SCTP.client(transport, sctpPort);
    // Until it has measured a round trip, in seconds: it begins with three.
    Object.assign(this.#sctp, { rto: 0.3 });
    socket.prependListener('message', (packet) => {
      const type = packet[firstChunkAt];
      if (type === abortChunk)
        this.#items.put(`comm_lost ${packet.length > firstCauseAt ? packet.readUInt16BE(firstCauseAt) : 0}`);
      else if (type === shutdownComplete) for (const word of ['shutdown_event', 'shutdown_comp']) this.#items.put(word);
    });
    this.#sctp.stateChanged.connected.subscribe(() => this.#items.put('comm_up'));
    this.#sctp.onReceive.subscribe((stream, ppid, data) => {
      this.#items.put({ stream, ppid, bytes: data.length, sum: sumOf(data) });
    });
    this.#sctp.onReconfigStreams.subscribe((streams) => this.#items.put(`stream_reset ${streams.join(' ')}`));
  }

  static async open(address: string, connecting: 'ours' | 'theirs'): Promise<{ end: WeriftEnd; udpPort: number }> {
    const socket = createSocket('udp4').bind(0, address);
    await once(socket, 'listening');
    const end = new WeriftEnd(socket, connecting);
    onTestFinished(async () => {
      await end.#sctp.stop();
      socket.close();
    });
    return { end, udpPort: socket.address().port };
  }

  /** Where its packets go until one has come. */
  sendsTo(peer: { address: string; port: number }): void {
    Object.assign(this.#peer, peer);
  }

  /** Waits for a peer, whose port it has to know. */
  async listen(peerPort: number): Promise<void> {
    await this.#sctp.start(peerPort);
  }

  async connect(to: End): Promise<void> {
    await this.#sctp.start(to.port);
    await this.event('comm_up');
  }

  async send({ stream, bytes, seed, ppid = 0, unordered = false, limit }: Outgoing): Promise<void> {
    const [policy, value] = limit ?? [];
    await this.#sctp.send(stream, ppid, payload(bytes, seed), {
      ordered: !unordered,
      ...(policy === 'ttl' && { expiry: (Date.now() + value!) / 1000 }),
      ...(policy === 'rtx' && { maxRetransmits: value! }),
    });
  }

  async resetStreams(direction: 'incoming' | 'outgoing', streams: readonly number[]): Promise<void> {
    if (direction === 'incoming') throw new Error('werift-sctp asks for outgoing resets alone');
    this.#sctp.reconfigQueue.push(...streams);
    await this.#sctp.transmitReconfigRequest();
  }

  addStreams(): Promise<void> {
    throw new Error('werift-sctp adds no streams');
  }

  bindx(): Promise<void> {
    throw new Error('werift-sctp has one address');
  }

  prefer(): Promise<void> {
    throw new Error('werift-sctp has one address');
  }

  shutdown(): Promise<void> {
    throw new Error('werift-sctp begins no shutdown');
  }

  abort(): Promise<void> {
    return this.#sctp.abort();
  }

  item(): Promise<Item> {
    return this.#items.next();
  }
}
