/** The options of SCTP sockets by name, with their meaning; options.ts, stackOptions.ts and peerOptions.ts check and encode them. */
import type { Active, KeptOptions } from '../socket/index.js';
import type {
  ChunkType,
  HmacIdent,
  SctpAssocFlag,
  SctpAssocparams,
  SctpAssocStats,
  SctpAssocValue,
  SctpAuthchunks,
  SctpAuthkey,
  SctpAuthkeyid,
  SctpCongestionControl,
  SctpDefaultPrinfo,
  SctpDefaultSendParam,
  SctpEnableStreamReset,
  SctpEventSubscribe,
  SctpInitmsg,
  SctpPaddrinfo,
  SctpPaddrparams,
  SctpPrim,
  SctpPrstatus,
  SctpRtoinfo,
  SctpSetadaptation,
  SctpSetpeerprim,
  SctpStatus,
  SctpStreamScheduler,
  SctpStreamValue,
  SctpUdpencaps,
} from './optionRecords.js';

/**
 * Options that may be set at any time. docs/sctp.md says which stack has which option; an option that a stack does not have fails with 'enotsup'. Options are
 * OTP's (gen_sctp, "SCTP Socket Options") unless their text says otherwise.
 */
export interface SctpOptions extends KeptOptions {
  /** false (default), true, 'once', or an integer in -32768..32767 that is added to the count (FC-1..FC-9). */
  readonly active?: Active;
  /** Bytes; 65536. Kept and read back, 1 or more; reads are not limited by it. A larger `recbuf` raises it (OPN-9). */
  readonly buffer?: number;
  /** Bytes of received data that may wait unread; beyond that the peer has to stop. Not less than 2304; 524288. */
  readonly recbuf?: number;
  /** Bytes of sent data that may wait for acknowledgement; beyond that `send` waits. Not less than 4608; 524288. */
  readonly sndbuf?: number;
  /** true: a `send` without room fails with 'eagain' instead of waiting. */
  readonly nonBlockSend?: boolean;
  /**
   * Whether, and for how many seconds (0..65535), associations outlive `close`. [true, 0] aborts them at once (CL-9). With another time the embedded stack aborts
   * those that are left when the time is over; the kernel goes on. [false, n] reads [false, 0] (SO-18).
   */
  readonly linger?: readonly [on: boolean, seconds: number];
  /** The address may be bound again at once, and by several sockets if all of them have this set in `open` (LS-7). */
  readonly reuseaddr?: boolean;
  /** true: packets do not go through a gateway. */
  readonly dontroute?: boolean;
  /** Priority of packets within this host, 0..6 or, with privileges, more (socket(7), SO_PRIORITY). Independent of `tos`. */
  readonly priority?: number;
  /** Type of service of IPv4 packets, 0..255. The two lowest bits are ECN's (RFC 3168): they are ignored, and read 0 (SO-19). */
  readonly tos?: number;
  /** Traffic class of IPv6 packets, 0..255, as `tos`; IPv6 sockets alone have it. */
  readonly tclass?: number;
  /** Hops that IPv4 packets may take, 1..255. */
  readonly ttl?: number;
  /** Kept and read back, without effect: no stack ever delivers such an item (MS-8). */
  readonly recvtos?: boolean;
  /** As `recvtos`; IPv6 sockets alone have it. */
  readonly recvtclass?: boolean;
  /** As `recvtos`. */
  readonly recvttl?: boolean;
  /** Network device that alone is used, of at most 15 bytes; '' for any. */
  readonly bindToDevice?: string;
  /**
   * Microseconds, 0..1000000: whenever the event loop is about to sleep while the socket is open, it looks first for so long whether anything comes. 0 (default): it
   * does not, beyond the short wait of a dialogue. The longest of all sockets' counts. docs/tcp.md, "Dialogues".
   */
  readonly busyPollUs?: number;
  /**
   * Limit of the associations of a listening socket's port, whichever end began them, peeled-off ones included; 1 or more; 65536. Further peers are refused: they
   * see 'cant_assoc' with error 4 (Out of Resource). The embedded stack alone has it.
   */
  readonly maxAssociations?: number;
  /** The same limit for each peer address, or IPv6 network of 64 bits; 1 or more; 16384. The embedded stack alone has it. */
  readonly maxAssociationsPerPeer?: number;
  /**
   * Bytes that peers may make the socket hold, with the memory for their bookkeeping: data that nobody has read, data that waits for its turn or for its missing
   * parts, and data that associations which have ended have left; 65536 or more; 134217728. The kernel stack counts messages that have begun and not ended;
   * 268435456.
   */
  readonly maxHeldBytes?: number;
  /**
   * Bytes of messages that were sent and that peers have not acknowledged, with the memory for their bookkeeping, whatever `sndbuf` allows each association;
   * 65536 or more; 134217728. At the limit `send` waits. The embedded stack alone has it.
   */
  readonly maxSendingBytes?: number;
  /** true turns Nagle's algorithm off. */
  readonly sctpNodelay?: boolean;
  /** true: a message that does not fit one packet fails with 'emsgsize'. */
  readonly sctpDisableFragments?: boolean;
  /** Whether the stack gives IPv4 addresses of an IPv6 socket in their mapped form. Here they are plain IPv4 in any case (MH-14). */
  readonly sctpIWantMappedV4Addr?: boolean;
  /** Seconds without traffic after which an association is shut down; 0 never, 8589934 at most (SO-18). One-to-many sockets alone have it. */
  readonly sctpAutoclose?: number;
  /** Bytes of payload in a chunk, 511..65515; 0: the path decides (SO-18). */
  readonly sctpMaxseg?: number;
  readonly sctpEvents?: SctpEventSubscribe;
  readonly sctpInitmsg?: SctpInitmsg;
  readonly sctpRtoinfo?: SctpRtoinfo;
  readonly sctpAssocinfo?: SctpAssocparams;
  readonly sctpAdaptationLayer?: SctpSetadaptation;
  /** How long acknowledgements wait (RFC 6458 section 8.1.19). OTP does not have it on Linux (SO-17). */
  readonly sctpDelayedAckTime?: SctpAssocValue;
  readonly sctpPeerAddrParams?: SctpPaddrparams;
  readonly sctpPrimaryAddr?: SctpPrim;
  /** Cannot be read, and needs changes of addresses on both ends (`sctpAsconfSupported`). */
  readonly sctpSetPeerPrimaryAddr?: SctpSetpeerprim;
  readonly sctpDefaultSendParam?: SctpDefaultSendParam;
  /** Beyond OTP. */
  readonly sctpDefaultPrinfo?: SctpDefaultPrinfo;
  /** Whether partial reliability (RFC 3758) is offered to the peers of future associations; read with an association, whether it has it. true. Beyond OTP. */
  readonly sctpPrSupported?: SctpAssocFlag;
  /**
   * Whether parts of several messages may come by turns (RFC 6458 section 8.1.20): 0, or 1, for which 2 is taken. Messages are delivered whole in any case; 0
   * only turns `sctpInterleavingSupported` off, and that one turns this on. 0. Beyond OTP.
   */
  readonly sctpFragmentInterleave?: number;
  /**
   * Whether interleaving (I-DATA, RFC 8260) is offered to the peers of future associations; read with an association, whether it has it. false. On the kernel
   * stack it needs `net.sctp.intl_enable`. Beyond OTP.
   */
  readonly sctpInterleavingSupported?: SctpAssocFlag;
  /** Which stream's messages leave first; without an association, of future ones. It may be changed while messages wait. 'fcfs'. Beyond OTP. */
  readonly sctpStreamScheduler?: SctpStreamScheduler;
  /**
   * How much may be on its way, and at what pace it leaves; without an association, those of future ones. A change begins anew from the present window. 'rfc9260'. The kernel's stack has no
   * choice: 'enotsup'. Beyond OTP.
   */
  readonly sctpCongestionControl?: SctpCongestionControl;
  /** The priority or weight of one stream of an association. Another scheduler takes them back to 0 or 1. Beyond OTP. */
  readonly sctpStreamSchedulerValue?: SctpStreamValue;
  /**
   * Whether changes of addresses while an association is there (RFC 5061) are offered to the peers of future associations; read with an association, whether both
   * ends make them. false. Without `sctpAuthSupported` it has no effect. Beyond OTP.
   */
  readonly sctpAsconfSupported?: SctpAssocFlag;
  /**
   * Whether authenticated chunks (RFC 4895) are offered to the peers of future associations; read with an association, whether it has them. false. All further
   * options about them need it: see "Authenticated chunks" in docs/sctp.md. Beyond OTP, as they are.
   */
  readonly sctpAuthSupported?: SctpAssocFlag;
  /** Chunk types that peers of future associations have to authenticate, by name or number. Added to those that were set before; cannot be read. */
  readonly sctpAuthChunk?: readonly (ChunkType | number)[];
  /** The HMACs that such peers may use, the preferred one first; 'sha1' must be among them. ['sha256', 'sha1'] on the embedded stack. */
  readonly sctpHmacIdent?: readonly HmacIdent[];
  /** Adds a key, or replaces one, of an association or of future ones. Cannot be read. */
  readonly sctpAuthKey?: SctpAuthkey;
  /** The key that signs what is sent. 0. */
  readonly sctpAuthActiveKey?: SctpAuthkeyid;
  /** Removes a key that is not the active one. Cannot be read. */
  readonly sctpAuthDeleteKey?: SctpAuthkeyid;
  /** Takes a key out of use that is not the active one; what the peer signs by it still counts. Cannot be read. */
  readonly sctpAuthDeactivateKey?: SctpAuthkeyid;
  /** Whether re-configuration (RFC 6525) is offered; read with an association, whether it has it. Beyond OTP. */
  readonly sctpReconfigSupported?: SctpAssocFlag;
  /** Beyond OTP. */
  readonly sctpEnableStreamReset?: SctpEnableStreamReset;
  /** Beyond OTP. */
  readonly sctpRemoteUdpEncapsPort?: SctpUdpencaps;
}

/** Options that may be read: those above, and these. */
export interface SctpReadableOptions extends SctpOptions {
  readonly sctpStatus?: SctpStatus;
  /** Of one address of a peer (`address`), or else of the primary one. */
  readonly sctpGetPeerAddrInfo?: SctpPaddrinfo;
  /** Beyond OTP. */
  readonly sctpGetAssocStats?: SctpAssocStats;
  /** Beyond OTP. */
  readonly sctpPrAssocStatus?: SctpPrstatus;
  /** The chunk types that the peer wants authenticated. Beyond OTP. */
  readonly sctpPeerAuthChunks?: SctpAuthchunks;
  /** The chunk types that the peer has to authenticate, or peers of future associations. Beyond OTP. */
  readonly sctpLocalAuthChunks?: SctpAuthchunks;
  /** IPv6 sockets alone have it. */
  readonly ipv6V6only?: boolean;
  /** As given to `open`; left out if it was not. */
  readonly netns?: string;
}
