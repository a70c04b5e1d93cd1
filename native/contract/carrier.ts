/** Carriers whose packets JavaScript brings to their receivers: the calls of a stack that has them, and the records of packets that leave. */
import { batchRecord, type Handle } from './batch.js';

export interface SctpCarrierParams {
  /** The addresses of the carrier, at least one. Its family is 6 if one of them is IPv6's. */
  readonly addresses: readonly string[];
  /** It is bound to the any address of a host that has these addresses; otherwise to the first one. */
  readonly any: boolean;
  /** Where packets come from that name no source. */
  readonly remote: string;
  /** The UDP port that packets come to, or what stands for it. */
  readonly port: number;
  /** Bytes of the longest packet, 512..65535. */
  readonly mtu: number;
  /** What carries the packets has an integrity check of its own, so that peers may leave out the checksum (RFC 9653). */
  readonly integrity: boolean;
}

/** The calls of carriers. A carrier's handle is unlike that of any socket. */
export interface CarrierCalls {
  /** A carrier for the sockets that name it in `carriers` when they are opened, or a negative errno. It lives until it is closed, or the environment ends. */
  openCarrier(params: SctpCarrierParams): Handle | number;
  /** Nothing leaves or comes any more. -EBUSY: not `evenIfUsed`, and open sockets or associations use it; -EBADF: it is closed. */
  closeCarrier(carrier: Handle, evenIfUsed: boolean): number;
  /**
   * A packet has come. It is copied, and the stack looks at it in the next turn of the loop. Beyond 2 MiB that wait packets are lost. -EBADF: the carrier is
   * closed; -EINVAL, -EAFNOSUPPORT: an address is none, or of another family.
   *
   * @param address where it comes from; undefined: the carrier's `remote`
   * @param port UDP port of its source, or what stands for it; 0: the SCTP port in the packet
   * @param local the address that it came to, of a carrier with several
   */
  input(carrier: Handle, packet: Uint8Array, address: string | undefined, port: number, local: string | undefined): number;
  /** packetsIn, packetsInLost, packetsOut, packetsOutLost: those that were taken, and those for which the queue had no room. */
  carrierStats(carrier: Handle): Record<string, number>;
}

/**
 * Word offsets in the record of a packet that leaves; `socket` is the carrier. Family, address, scope and port say where it goes, and as many words behind
 * `toLocal` from where, if that is chosen (family 0: it is not). `mayBeFragmented` is 1 if the packet may be cut on its way; otherwise it arrives in one piece, or is lost.
 */
export const carrierRecord = { ...batchRecord, toLocal: 12, mayBeFragmented: 13 } as const satisfies typeof batchRecord & {
  readonly [word: string]: number;
};

/** Kinds of records of carriers. */
export const carrierKind = { packet: 31 } as const;
