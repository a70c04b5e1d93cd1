/**
 * The way of packets from a batch to the function that brings them to their receivers. The function runs when the batch is over, so that it may make any call: of
 * sockets, of the carrier itself, or of the carrier at the other end.
 */
import { carrierRecord } from '../../native/contract/carrier.js';
import type { SctpStack } from '../../native/contract/sctp.js';
import { AddressReader, type BatchTaker, type PayloadReader } from '../socket/index.js';

/** An end of the way of a packet: a numeric address, and a UDP port or what stands for it. */
export interface PacketEnd {
  readonly address: string;
  readonly port: number;
}

/** A packet that leaves. */
export interface LeavingPacket {
  readonly packet: Buffer;
  readonly to: PacketEnd;
  /** The address that it leaves from; undefined: any of the carrier's. */
  readonly from: string | undefined;
}

/** Takers with packets that have not been passed on. At the process's exit there is no later turn for them. */
const waiting = new Set<PacketTaker>();
let listensForExit = false;

export class PacketTaker implements BatchTaker {
  readonly #stack: Pick<SctpStack, 'meta'>;
  readonly #payloads: PayloadReader;
  readonly #addresses = new AddressReader();
  readonly #sources = new AddressReader();
  readonly #pass: (leaving: LeavingPacket) => void;
  #packets: LeavingPacket[] = [];
  readonly #passAll = (): void => {
    waiting.delete(this);
    const packets = this.#packets;
    this.#packets = [];
    for (const leaving of packets) this.#pass(leaving);
  };

  /** @param pass gets each packet, in order. It must not throw. */
  constructor(stack: Pick<SctpStack, 'meta'>, payloads: PayloadReader, pass: (leaving: LeavingPacket) => void) {
    this.#stack = stack;
    this.#payloads = payloads;
    this.#pass = pass;
    // After the addon's own listener, which hands over the last packets.
    if (!listensForExit) process.once('exit', passAllWaiting);
    listensForExit = true;
  }

  takeRecord(base: number): void {
    const { meta } = this.#stack;
    const hasSource = meta[base + carrierRecord.toLocal + carrierRecord.family] !== 0;
    this.#packets.push({
      packet: this.#payloads.read(meta, base),
      to: { address: this.#addresses.read(meta, base), port: meta[base + carrierRecord.port]! },
      from: hasSource ? this.#sources.read(meta, base + carrierRecord.toLocal) : undefined,
    });
  }

  settleBatch(): void {
    if (this.#packets.length === 0 || waiting.has(this)) return;
    waiting.add(this);
    queueMicrotask(this.#passAll);
  }

  /** Passes on what waits, now. */
  passNow(): void {
    this.#passAll();
  }

  /** Packets that wait go nowhere. */
  drop(): void {
    this.#packets = [];
  }
}

function passAllWaiting(): void {
  for (const taker of waiting) taker.passNow();
}
