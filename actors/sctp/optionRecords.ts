/**
 * The records that options of SCTP sockets give and take (RFC 6458 section 8), named as in Erlang's inet_sctp.hrl with fields in camelCase. A record may be set in
 * part: fields that are left out stay as they are. `assocId` 0, or none, stands for the endpoint and its later associations.
 */

import type { SockAddress } from '../socket/index.js';
import type { AssocId, MessageFlag, StreamId } from './events.js';
import type { PrPolicy } from './sending.js';

/** Retransmission timeouts, in milliseconds, 0..4294967295; 0 keeps the present value. `min` above `max` is refused (RFC 6458 section 8.1.1, SO-18). */
export interface SctpRtoinfo {
  readonly assocId?: AssocId;
  readonly initial?: number;
  readonly max?: number;
  readonly min?: number;
}

/** RFC 6458 section 8.1.2. Only `asocmaxrxt` and `cookieLife` can be changed; 0 keeps the present value. */
export interface SctpAssocparams {
  readonly assocId?: AssocId;
  /** Retransmissions in a row after which an association is lost, 0..65535; with several paths not more than the sum of their limits (SO-18). */
  readonly asocmaxrxt?: number;
  /** The number of the peer's addresses; 0 without an association. */
  readonly numberPeerDestinations?: number;
  /** Bytes. */
  readonly peerRwnd?: number;
  /** Bytes. */
  readonly localRwnd?: number;
  /** Milliseconds, 0..4294967295. */
  readonly cookieLife?: number;
}

/** The demands of a new association (RFC 6458 section 8.1.3), each 0..65535; 0 keeps the endpoint's value (SO-13). */
export interface SctpInitmsg {
  readonly numOstreams?: number;
  readonly maxInstreams?: number;
  readonly maxAttempts?: number;
  /** Milliseconds. */
  readonly maxInitTimeo?: number;
}

/** 'hb_demand' sends a heartbeat now, to an address or to all of an association; it is not read back. Both flags of a pair together are refused (SO-18). */
export type PeerAddrFlag =
  | 'hb_enable'
  | 'hb_disable'
  | 'hb_demand'
  | 'pmtud_enable'
  | 'pmtud_disable'
  | 'sackdelay_enable'
  | 'sackdelay_disable';

/**
 * Parameters of paths (RFC 6458 section 8.1.12): of one address of a peer, of all addresses of an association, or of all later ones. A number takes effect while its
 * flag is on. A pair of flags of which neither is named stays as it is.
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

/** The parameters of a `send` that names only a stream (RFC 6458 section 8.1.13). The kernel takes any flag; the embedded stack heeds 'unordered'. */
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
   * 'ttl': milliseconds; 'rtx': retransmissions; 'prio': a priority, of which a lower number is kept longer. 'none': milliseconds as for 'ttl', 0 for no limit,
   * which it is if 'none' is given alone. The same number as `timetolive` of `sctpDefaultSendParam`.
   */
  readonly prValue?: number;
}

/** Which events are delivered, and whether data comes with its `sctp_sndrcvinfo` (EV-1). The last five are beyond OTP. */
export interface SctpEventSubscribe {
  readonly dataIoEvent?: boolean;
  readonly associationEvent?: boolean;
  readonly addressEvent?: boolean;
  readonly sendFailureEvent?: boolean;
  readonly peerErrorEvent?: boolean;
  readonly shutdownEvent?: boolean;
  readonly partialDeliveryEvent?: boolean;
  readonly adaptationLayerEvent?: boolean;
  /** `sctp_stream_reset_event`; false unless set. */
  readonly streamResetEvent?: boolean;
  /** `sctp_assoc_reset_event`; false unless set. */
  readonly assocResetEvent?: boolean;
  /** `sctp_stream_change_event`; false unless set. */
  readonly streamChangeEvent?: boolean;
  /** `sctp_sender_dry_event`; false unless set. */
  readonly senderDryEvent?: boolean;
  /** `sctp_authentication_event`; false unless set. Erlang accepts and ignores it (EV-2). */
  readonly authenticationEvent?: boolean;
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

/** Stream schedulers (RFC 8260 section 3), by the numbers that Linux gives them; Linux has all but the last. */
export const streamSchedulers = ['fcfs', 'prio', 'rr', 'fc', 'wfq', 'rr_pkt'] as const;

/**
 * Whose messages leave first. 'fcfs': in the order of `send`. 'rr': the streams take turns. 'rr_pkt': the same, packet by packet. 'prio': the stream with the
 * lowest value first. 'fc': all streams get as many bytes. 'wfq': streams get bytes in proportion to their values. Within a stream the order always stays.
 */
export type SctpStreamSchedulerName = (typeof streamSchedulers)[number];

export interface SctpStreamScheduler {
  readonly assocId?: AssocId;
  readonly assocValue?: SctpStreamSchedulerName;
}

/** What decides how much of an association's data may be on its way, by their numbers in the contract. */
export const congestionControls = ['rfc9260', 'cubic', 'bbr'] as const;

/**
 * 'rfc9260': a packet a round trip, and half the window is left after a loss. 'cubic' (RFC 9438): with the cube of the time since the last loss, and 0.7 of the
 * window is left: it fills fast long lines sooner, and takes no less than the other one elsewhere. 'bbr': data leaves at the rate that the path was seen to deliver,
 * and single losses do not reduce it: for lines that lose packets for other reasons than full queues, and for short queues.
 */
export type SctpCongestionControlName = (typeof congestionControls)[number];

export interface SctpCongestionControl {
  readonly assocId?: AssocId;
  readonly assocValue?: SctpCongestionControlName;
}

/** A stream's priority ('prio', 0 unless set) or weight ('wfq', 1 unless set, and never 0). Another scheduler has no use for it: 'einval'. */
export interface SctpStreamValue {
  /** May be left out on a one-to-one socket alone. */
  readonly assocId?: AssocId;
  readonly streamId: StreamId;
  /** 0..65535 */
  readonly streamValue?: number;
}

/** The requests that both ends may make (RFC 6525, RFC 6458 section 8.3.1): that streams begin anew, that the association does, that there be more streams. */
export interface SctpEnableStreamReset {
  readonly assocId?: AssocId;
  readonly assocValue?: readonly ('streams' | 'assoc' | 'change')[];
}

/** UDP port of a peer (RFC 6951 section 6.1). */
export interface SctpUdpencaps {
  readonly assocId?: AssocId;
  /** One of the peer's; without, all. */
  readonly address?: SockAddress;
  /** 0 on the kernel stack: plain SCTP. 0 on the embedded one, for the endpoint alone: the peer's SCTP port. */
  readonly port?: number;
}

/** Chunk types (RFC 9260 section 3.2 and its extensions) that a peer can be asked to authenticate, by their numbers. */
export const chunkTypes = {
  data: 0,
  sack: 3,
  heartbeat: 4,
  heartbeat_ack: 5,
  abort: 6,
  shutdown: 7,
  shutdown_ack: 8,
  error: 9,
  cookie_echo: 10,
  cookie_ack: 11,
  ecne: 12,
  cwr: 13,
  i_data: 64,
  asconf_ack: 128,
  re_config: 130,
  pad: 132,
  forward_tsn: 192,
  asconf: 193,
  i_forward_tsn: 194,
} as const;
export type ChunkType = keyof typeof chunkTypes;

/** HMAC identifiers (RFC 4895 section 8.3). */
export const hmacIdents = { sha1: 1, sha256: 3 } as const;
export type HmacIdent = keyof typeof hmacIdents;

/** A key that both ends know (RFC 6458 section 8.3.3), of 1 to 1024 bytes. A key with that number is replaced. */
export interface SctpAuthkey {
  readonly assocId?: AssocId;
  /** 0..65535. Key 0 is there from the beginning, and empty. */
  readonly keyNumber: number;
  readonly key: string | Uint8Array;
}

/** A key by its number, 0..65535 (RFC 6458 sections 8.3.4, 8.3.5). */
export interface SctpAuthkeyid {
  readonly assocId?: AssocId;
  readonly keyNumber?: number;
}

export interface SctpAuthchunks {
  readonly type: 'sctp_authchunks';
  readonly assocId: AssocId;
  /** Types without a name are numbers. */
  readonly chunks: readonly (ChunkType | number)[];
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
  /** Chunks that are missing before the last one that has come. */
  readonly penddata: number;
  readonly instrms: number;
  readonly outstrms: number;
  /** Bytes of payload from which on a message is sent in parts. */
  readonly fragmentationPoint: number;
  readonly primary: SctpPaddrinfo;
}

/** Counters of an association since it began (Linux's SCTP_GET_ASSOC_STATS). */
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

/** How many messages of one policy were given up: before any part was sent, and after (`sprstat_abandoned_unsent`, `sprstat_abandoned_sent`). */
export interface SctpPrAbandoned {
  readonly abandonedUnsent: number;
  readonly abandonedSent: number;
}

/**
 * Messages of an association that were given up since it began, by the policy that limited them (RFC 7496 section 4.4; Linux's SCTP_PR_ASSOC_STATUS). A `timetolive`
 * without a policy does not count.
 */
export interface SctpPrstatus {
  readonly type: 'sctp_prstatus';
  readonly assocId: AssocId;
  readonly ttl: SctpPrAbandoned;
  readonly rtx: SctpPrAbandoned;
  readonly prio: SctpPrAbandoned;
}

/** States of an association as `sctpStatus` shows them, by the stack's number for each. */
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
/** States of a path, by the stack's number for each. */
export const pathStates = ['inactive', 'active', 'unconfirmed'] as const;
/** Policies of partial reliability, by the stack's number for each. */
export const prPolicies: readonly PrPolicy[] = ['none', 'ttl', 'rtx', 'prio'];
