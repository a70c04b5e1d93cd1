/**
 * The records that options of SCTP sockets give and take (RFC 6458 section 8), named as in Erlang's inet_sctp.hrl with fields in camelCase. A record that
 * is set may be partial: what it leaves out stays as it is. `assocId` 0, or none, is the endpoint and the associations that it has later.
 */
import type { AssocId, MessageFlag } from './events.js';
import type { SockAddress } from './names.js';
import type { PrPolicy } from './sending.js';

/** Retransmission timeouts, in milliseconds, 0..4294967295; 0 keeps what there is. `min` above `max` is refused (RFC 6458 section 8.1.1, SO-18). */
export interface SctpRtoinfo {
  readonly assocId?: AssocId;
  readonly initial?: number;
  readonly max?: number;
  readonly min?: number;
}

/** RFC 6458 section 8.1.2. Only `asocmaxrxt` and `cookieLife` can be changed; 0 keeps what there is. */
export interface SctpAssocparams {
  readonly assocId?: AssocId;
  /** Retransmissions in a row after which an association is lost, 0..65535; over several paths not more than theirs together (SO-18). */
  readonly asocmaxrxt?: number;
  /** Addresses that the peer has; 0 without an association. */
  readonly numberPeerDestinations?: number;
  /** Bytes. */
  readonly peerRwnd?: number;
  /** Bytes. */
  readonly localRwnd?: number;
  /** Milliseconds, 0..4294967295. */
  readonly cookieLife?: number;
}

/** What is asked of a new association (RFC 6458 section 8.1.3), each 0..65535; 0 keeps what the endpoint has (SO-13). */
export interface SctpInitmsg {
  readonly numOstreams?: number;
  readonly maxInstreams?: number;
  readonly maxAttempts?: number;
  /** Milliseconds. */
  readonly maxInitTimeo?: number;
}

/** 'hb_demand' sends a heartbeat now, of an association or an address; it is not read back. Both of a pair are refused (SO-18). */
export type PeerAddrFlag =
  | 'hb_enable'
  | 'hb_disable'
  | 'hb_demand'
  | 'pmtud_enable'
  | 'pmtud_disable'
  | 'sackdelay_enable'
  | 'sackdelay_disable';

/**
 * Parameters of paths (RFC 6458 section 8.1.12): of one address of a peer, of all of an association's, or of all that come later. A number has effect
 * while its flag is on; flags that are not named stay, pair by pair.
 */
export interface SctpPaddrparams {
  readonly assocId?: AssocId;
  /** One of the peer's; without, or ['0.0.0.0', 0], all. */
  readonly address?: SockAddress;
  /** Milliseconds between heartbeats, with 'hb_enable'; 0 keeps. */
  readonly hbinterval?: number;
  /** Retransmissions in a row after which the address is unreachable, 0..65535; 0 keeps. */
  readonly pathmaxrxt?: number;
  /** Bytes, 512 or more, with 'pmtud_disable', else ignored; 0 keeps. */
  readonly pathmtu?: number;
  /** Milliseconds, 0..500, by which acknowledgements wait, with 'sackdelay_enable'; 0 keeps. Of an association the kernel rounds it to its clock. */
  readonly sackdelay?: number;
  readonly flags?: readonly PeerAddrFlag[];
}

/** One of the peer's addresses: where data goes as long as it can be reached (RFC 6458 section 8.1.9). */
export interface SctpPrim {
  readonly assocId: AssocId;
  readonly addr: SockAddress;
}

/** One of our addresses, for the peer to make its primary one (RFC 6458 section 8.3.4; RFC 5061). */
export interface SctpSetpeerprim {
  readonly assocId: AssocId;
  readonly addr: SockAddress;
}

/** What `send` with a stream takes for the rest (RFC 6458 section 8.1.13). The kernel takes any flag; the embedded stack heeds 'unordered'. */
export interface SctpDefaultSendParam {
  readonly assocId?: AssocId;
  /** Kept; `send` always names a stream. 0..65535. */
  readonly stream?: number;
  readonly flags?: readonly MessageFlag[];
  readonly ppid?: number;
  readonly context?: number;
  /** Milliseconds, 0 for ever. The same number as `prValue` of `sctpDefaultPrinfo`. */
  readonly timetolive?: number;
}

/** Partial reliability of messages that `send` with a stream sends (RFC 7496; Linux's SCTP_DEFAULT_PRINFO). */
export interface SctpDefaultPrinfo {
  readonly assocId?: AssocId;
  readonly prPolicy?: PrPolicy;
  /**
   * 'ttl': milliseconds; 'rtx': retransmissions; 'prio': a priority, of which a lower number is kept longer. 'none': as 'ttl', 0 for no limit, which
   * it is if 'none' is given alone. The same number as `timetolive` of `sctpDefaultSendParam`.
   */
  readonly prValue?: number;
}

/** Which events are delivered, and whether data comes with its `sctp_sndrcvinfo` (EV-1). The last four are beyond OTP. */
export interface SctpEventSubscribe {
  readonly dataIoEvent?: boolean;
  readonly associationEvent?: boolean;
  readonly addressEvent?: boolean;
  readonly sendFailureEvent?: boolean;
  readonly peerErrorEvent?: boolean;
  readonly shutdownEvent?: boolean;
  readonly partialDeliveryEvent?: boolean;
  readonly adaptationLayerEvent?: boolean;
  /** Accepted and ignored; always reads false (EV-2). */
  readonly authenticationEvent?: boolean;
  /** `sctp_stream_reset_event`; false unless set. */
  readonly streamResetEvent?: boolean;
  /** `sctp_assoc_reset_event`; false unless set. */
  readonly assocResetEvent?: boolean;
  /** `sctp_stream_change_event`; false unless set. */
  readonly streamChangeEvent?: boolean;
  /** `sctp_sender_dry_event`; false unless set. */
  readonly senderDryEvent?: boolean;
}

/** Told to peers of new associations (RFC 6458 section 8.1.10), 0..4294967295. */
export interface SctpSetadaptation {
  readonly adaptationInd?: number;
}

export interface SctpAssocValue {
  readonly assocId?: AssocId;
  /** Milliseconds, 0..500; 0: every packet is acknowledged at once. */
  readonly assocValue?: number;
}

export interface SctpAssocFlag {
  readonly assocId?: AssocId;
  readonly assocValue?: boolean;
}

/** What the peer may ask, and we may (RFC 6525, RFC 6458 section 8.3.1): of streams to begin anew, of the association, of a change of their number. */
export interface SctpEnableStreamReset {
  readonly assocId?: AssocId;
  readonly assocValue?: readonly ('streams' | 'assoc' | 'change')[];
}

/** UDP port of a peer (RFC 6951 section 6.1). */
export interface SctpUdpencaps {
  readonly assocId?: AssocId;
  /** One of the peer's; without, all. */
  readonly address?: SockAddress;
  /** 0: plain SCTP on the kernel stack; on the embedded one, of the endpoint alone, the peer's SCTP port. */
  readonly port?: number;
}

export interface SctpPaddrinfo {
  readonly type: 'sctp_paddrinfo';
  readonly assocId: AssocId;
  readonly address: SockAddress;
  readonly state: 'inactive' | 'active' | 'unconfirmed';
  /** Bytes. */
  readonly cwnd: number;
  /** Milliseconds, as is `rto`. */
  readonly srtt: number;
  readonly rto: number;
  /** Bytes. */
  readonly mtu: number;
}

export interface SctpStatus {
  readonly type: 'sctp_status';
  readonly assocId: AssocId;
  readonly state: (typeof statusStates)[number];
  /** Bytes that the peer has room for. */
  readonly rwnd: number;
  /** Chunks sent and not acknowledged. */
  readonly unackdata: number;
  /** Chunks that have not come, of those before the last one that has. */
  readonly penddata: number;
  readonly instrms: number;
  readonly outstrms: number;
  /** Bytes of payload from which on a message is sent in parts. */
  readonly fragmentationPoint: number;
  readonly primary: SctpPaddrinfo;
}

/** What has been counted of an association since it began (Linux's SCTP_GET_ASSOC_STATS). */
export interface SctpAssocStats {
  readonly type: 'sctp_assoc_stats';
  readonly assocId: AssocId;
  /** Where the largest retransmission timeout was seen. */
  readonly obsRtoIpaddr: SockAddress;
  /** The largest retransmission timeout since this was read last, in milliseconds; 0 if it has not changed. */
  readonly maxrto: number;
  /** Acknowledgements received. */
  readonly isacks: number;
  readonly osacks: number;
  readonly opackets: number;
  readonly ipackets: number;
  /** Chunks sent again. */
  readonly rtxchunks: number;
  /** Chunks received that left a gap. */
  readonly outofseqtsns: number;
  /** Chunks received twice. */
  readonly idupchunks: number;
  /** Gaps that the peer has reported. */
  readonly gapcnt: number;
  /** Chunks of unordered, and of ordered data, out and in. */
  readonly ouodchunks: number;
  readonly iuodchunks: number;
  readonly oodchunks: number;
  readonly iodchunks: number;
  /** Chunks of other kinds. */
  readonly octrlchunks: number;
  readonly ictrlchunks: number;
}

/** What `sctpStatus` shows, by the stack's number for it. */
export const statusStates = [
  'empty',
  'closed',
  'cookie_wait',
  'cookie_echoed',
  'established',
  'shutdown_pending',
  'shutdown_sent',
  'shutdown_received',
  'shutdown_ack_sent',
] as const;
/** What a path shows, by the stack's number for it. */
export const pathStates = ['inactive', 'active', 'unconfirmed'] as const;
/** Policies of partial reliability, by the stack's number for them. */
export const prPolicies: readonly PrPolicy[] = ['none', 'ttl', 'rtx', 'prio'];
