/**
 * The records that options of SCTP sockets give and take (RFC 6458 section 8), named as in Erlang's inet_sctp.hrl with fields in camelCase. A record that
 * is set may be partial: what it leaves out stays as it is.
 */
import type { AssocId, MessageFlag } from './events.js';

/** Retransmission timeouts, in milliseconds. */
export interface SctpRtoinfo {
  readonly assocId?: AssocId;
  readonly initial?: number;
  readonly max?: number;
  readonly min?: number;
}

export interface SctpAssocparams {
  readonly assocId?: AssocId;
  readonly asocmaxrxt?: number;
  readonly numberPeerDestinations?: number;
  readonly peerRwnd?: number;
  readonly localRwnd?: number;
  /** Milliseconds. */
  readonly cookieLife?: number;
}

/** What is asked of a new association; 0 keeps what the endpoint has (SO-13). */
export interface SctpInitmsg {
  readonly numOstreams?: number;
  readonly maxInstreams?: number;
  readonly maxAttempts?: number;
  /** Milliseconds. */
  readonly maxInitTimeo?: number;
}

export type PeerAddrFlag =
  | 'hb_enable'
  | 'hb_disable'
  | 'hb_demand'
  | 'pmtud_enable'
  | 'pmtud_disable'
  | 'sackdelay_enable'
  | 'sackdelay_disable';

export interface SctpPaddrparams {
  readonly assocId?: AssocId;
  /** Milliseconds. */
  readonly hbinterval?: number;
  readonly pathmaxrxt?: number;
  /** Bytes. */
  readonly pathmtu?: number;
  /** Milliseconds. */
  readonly sackdelay?: number;
  readonly flags?: readonly PeerAddrFlag[];
}

/** What `send` with a stream takes for the rest. */
export interface SctpDefaultSendParam {
  readonly assocId?: AssocId;
  readonly stream?: number;
  readonly flags?: readonly MessageFlag[];
  readonly ppid?: number;
  readonly context?: number;
  /** Milliseconds. */
  readonly timetolive?: number;
}

/** Which events are delivered, and whether data comes with its `sctp_sndrcvinfo` (EV-1). */
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
}

export interface SctpSetadaptation {
  readonly adaptationInd?: number;
}

export interface SctpAssocValue {
  readonly assocId?: AssocId;
  /** Milliseconds. */
  readonly assocValue?: number;
}

export interface SctpPaddrinfo {
  readonly type: 'sctp_paddrinfo';
  readonly assocId: AssocId;
  readonly address: readonly [ip: string, port: number];
  readonly state: 'inactive' | 'active' | 'unconfirmed';
  readonly cwnd: number;
  /** Milliseconds, as is `rto`. */
  readonly srtt: number;
  readonly rto: number;
  readonly mtu: number;
}

export interface SctpStatus {
  readonly type: 'sctp_status';
  readonly assocId: AssocId;
  readonly state: (typeof statusStates)[number];
  readonly rwnd: number;
  readonly unackdata: number;
  readonly penddata: number;
  readonly instrms: number;
  readonly outstrms: number;
  readonly fragmentationPoint: number;
  readonly primary: SctpPaddrinfo;
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
