/** What a UDP socket receives, apart from the messages that carry it: a datagram, with where it came from and what was asked to be told of it. */
import type { InetAddress } from '../socket/index.js';

/** Payload: a Buffer of its own, or in mode 'list' its bytes (MS-6). An empty datagram is empty (UR-4). */
export type UdpData = Buffer | number[];

/** What is told of a datagram beside its payload, as far as options ask for it (UM-2). */
export interface UdpAnc {
  /** Type of service of an IPv4 datagram, with the two bits of ECN; option `recvtos`. */
  readonly tos?: number;
  /** Hops that were left; option `recvttl`. */
  readonly ttl?: number;
  /** Traffic class of an IPv6 datagram, as `tos`; option `recvtclass`. */
  readonly tclass?: number;
  /** The address to which it was sent, and the index of the interface by which it came; option `recvPktinfo`. */
  readonly pktinfo?: { readonly address: string; readonly ifIndex: number };
  /** The datagram was longer than the option `buffer`, and the rest of it is lost (UB-1). No option asks for this. */
  readonly truncated?: true;
}

/**
 * What `recv` resolves with, and what iterating over a socket gives (UR-2). With ancillary data there are four elements. `ip` is `{ local: path }` if the sender
 * is a Unix-domain socket, with path '' if that is not bound; its port is 0 (UO-9).
 */
export type UdpReceived =
  | readonly [ip: InetAddress, port: number, data: UdpData]
  | readonly [ip: InetAddress, port: number, anc: UdpAnc, data: UdpData];

/** First elements of the messages that sockets send. */
export const udpTags = { passive: 'udp_passive', all: new Set(['udp', 'udp_error', 'udp_passive']) } as const;
