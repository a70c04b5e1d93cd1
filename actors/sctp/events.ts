/**
 * The records that SCTP sockets give and take besides payload: ancillary data of a message, and the events of RFC 6458 section 6, named and spelt as
 * in Erlang's inet_sctp.hrl, with fields in camelCase. Their `type` makes a union of them narrow, and makes them events of state machines.
 */
import type { assocStates, authIndications, peerAddrStates } from '../../native/contract/sctp.js';

/** Names an association of this environment; 0 stands for the endpoint where an option allows it, 1 and 2 for nothing (EV-20). */
export type AssocId = number & { readonly assocId?: never };
/** 0..65535. */
export type StreamId = number & { readonly streamId?: never };
/** Payload protocol identifier, in host order (MS-10). */
export type Ppid = number & { readonly ppid?: never };

export type AssocState = (typeof assocStates)[number];
export type PeerAddrState = (typeof peerAddrStates)[number];
/** 'sack_immediately': the peer is to acknowledge the message without delay (RFC 7053). */
export type MessageFlag = 'unordered' | 'addr_over' | 'abort' | 'eof' | 'sack_immediately';

/** How a message was, or is to be, sent. As received every field is there (MS-10). */
export interface SctpSndrcvinfo {
  readonly type: 'sctp_sndrcvinfo';
  readonly stream: StreamId;
  /** Sequence number in the stream, 0 for unordered data. */
  readonly ssn: number;
  readonly flags: readonly MessageFlag[];
  readonly ppid: Ppid;
  readonly context: number;
  /** Milliseconds; 0 on receiving. */
  readonly timetolive: number;
  readonly tsn: number;
  /** 0 for ordered data. */
  readonly cumtsn: number;
  readonly assocId: AssocId;
}

/** The state of an association has changed (EV-5). `error` is the cause code in host order, unlike Linux (EV-17). */
export interface SctpAssocChange {
  readonly type: 'sctp_assoc_change';
  readonly state: AssocState;
  readonly error: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly assocId: AssocId;
}

/** A peer's address has changed its state (EV-6). */
export interface SctpPaddrChange {
  readonly type: 'sctp_paddr_change';
  readonly addr: readonly [ip: string, port: number];
  readonly state: PeerAddrState;
  readonly error: number;
  readonly assocId: AssocId;
}

/** The peer has begun to shut the association down, and sends no more data (EV-11). */
export interface SctpShutdownEvent {
  readonly type: 'sctp_shutdown_event';
  readonly assocId: AssocId;
}

export interface SctpAdaptationEvent {
  readonly type: 'sctp_adaptation_event';
  readonly adaptationInd: number;
  readonly assocId: AssocId;
}

/** The peer reports errors; `data` holds their cause codes (EV-8). */
export interface SctpRemoteError {
  readonly type: 'sctp_remote_error';
  readonly error: number;
  readonly assocId: AssocId;
  readonly data: readonly number[];
}

/** A message or a part of one that will not arrive (EV-7). */
export interface SctpSendFailed {
  readonly type: 'sctp_send_failed';
  /** Whether it was transmitted at least once. */
  readonly flags: boolean;
  readonly error: number;
  /** How it was sent; its flags are those of the send (EV-18). */
  readonly info: SctpSndrcvinfo;
  readonly assocId: AssocId;
  readonly data: Buffer;
}

export interface SctpPdapiEvent {
  readonly type: 'sctp_pdapi_event';
  readonly indication: 'partial_delivery_aborted';
  readonly assocId: AssocId;
}

/**
 * Streams begin anew with number 0 (RFC 6525 section 5, RFC 6458 section 6.1.11): incoming ones, outgoing ones, or both. `streams` lists them; an empty list stands
 * for all. 'denied': the peer did not want to; 'failed': it could not be done.
 */
export interface SctpStreamResetEvent {
  readonly type: 'sctp_stream_reset_event';
  readonly flags: readonly ('incoming' | 'outgoing' | 'denied' | 'failed')[];
  readonly streams: readonly StreamId[];
  readonly assocId: AssocId;
}

/** All numbers of an association begin anew (RFC 6458 section 6.1.12), from these on. */
export interface SctpAssocResetEvent {
  readonly type: 'sctp_assoc_reset_event';
  readonly flags: readonly ('denied' | 'failed')[];
  readonly localTsn: number;
  readonly remoteTsn: number;
  readonly assocId: AssocId;
}

/** So many streams were added to an association, of the peer and of this end (RFC 6458 section 6.1.13; the numbers as on Linux). */
export interface SctpStreamChangeEvent {
  readonly type: 'sctp_stream_change_event';
  readonly flags: readonly ('denied' | 'failed')[];
  readonly inboundStreams: number;
  readonly outboundStreams: number;
  readonly assocId: AssocId;
}

/** Everything that was sent on the association has been acknowledged, or given up (RFC 6458 section 6.1.9). */
export interface SctpSenderDryEvent {
  readonly type: 'sctp_sender_dry_event';
  readonly assocId: AssocId;
}

/**
 * Keys of authenticated chunks (RFC 4895, RFC 6458 section 6.1.8). 'new_key': the peer has begun to use that key; Linux tells it with each packet that is signed by
 * another key than the active one. 'free_key': nothing of ours uses the key any more. 'no_auth': the peer authenticates nothing.
 */
export interface SctpAuthenticationEvent {
  readonly type: 'sctp_authentication_event';
  readonly indication: (typeof authIndications)[number];
  readonly keyNumber: number;
  readonly assocId: AssocId;
}

/** Events whose message has the tag 'sctp'. */
export type SctpPlainEvent =
  | SctpAssocChange
  | SctpPaddrChange
  | SctpShutdownEvent
  | SctpAdaptationEvent
  | SctpStreamResetEvent
  | SctpAssocResetEvent
  | SctpStreamChangeEvent
  | SctpSenderDryEvent
  | SctpAuthenticationEvent;
/** Events whose message has the tag 'sctp_error' (EV-4). */
export type SctpErrorEvent = SctpRemoteError | SctpSendFailed | SctpPdapiEvent;
export type SctpEvent = SctpPlainEvent | SctpErrorEvent;
