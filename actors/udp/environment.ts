/** What the UDP sockets of one JavaScript environment share: the stack, the reader of its records, the memory of sends, the destinations that were sent to. */
import { inetFamily } from '../../native/contract/inet.js';
import type { UdpStack } from '../../native/contract/udp.js';
import { type BatchTaker, Demultiplexer } from '../socket/index.js';
import { DatagramReader } from './datagramReader.js';
import { Destinations } from './destinations.js';
import { SendBatch } from './sendBatch.js';
import type { UdpOpener } from './stacks.js';

export class UdpEnvironment<Taker extends BatchTaker> {
  readonly stack: UdpStack;
  readonly reader: DatagramReader;
  readonly sendBatch: SendBatch;
  readonly destinations = {
    [inetFamily.local]: new Destinations(inetFamily.local),
    [inetFamily.ipv4]: new Destinations(inetFamily.ipv4),
    [inetFamily.ipv6]: new Destinations(inetFamily.ipv6),
  } as const;
  /** The sockets that are open. */
  readonly sockets: Demultiplexer<Taker>;

  constructor(opener: UdpOpener) {
    this.stack = opener((records) => this.sockets.take(records));
    this.reader = new DatagramReader(this.stack);
    this.sendBatch = new SendBatch(this.stack);
    this.sockets = new Demultiplexer(this.stack, this.reader.payloads);
  }
}
