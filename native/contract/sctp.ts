/** What the addon offers to sockets of SCTP beyond the batch (batch.ts): the calls of a stack, the words of its records, its flags and options. */
import type { batchKind, batchRecord, Handle, SlabSource } from './batch.js';
import type { CarrierCalls } from './carrier.js';

export { type BatchCallback, type Handle, unlimitedCredit } from './batch.js';

export interface SctpOpenParams {
  /** SCTP port, 0: the kernel picks one (and it is the UDP port too, unless `encapsPort` is given). */
  readonly port: number;
  /** Addresses to bind; '0.0.0.0' or '::' for any. */
  readonly addresses: readonly string[];
  readonly family: 4 | 6;
  /** RFC 6458 one-to-one style. */
  readonly oneToOne: boolean;
  readonly ipv6Only: boolean;
  /** Local UDP port of RFC 6951 encapsulation, to be shared with other sockets of this environment; 0: the SCTP port. */
  readonly encapsPort: number;
  /** UDP port of peers; 0: their SCTP port. */
  readonly remoteEncapsPort: number;
  /** The receive buffer that is wanted, in bytes. The UDP socket gets at least as much if the kernel allows it. */
  readonly recbuf: number;
  /** SO_REUSEADDR, which has an effect only if it is set before binding. */
  readonly reuseaddr?: boolean;
  /** The only network device to send and receive by. */
  readonly bindToDevice?: string;
  /** The file that stands for the socket's network namespace. */
  readonly netns?: string;
  /** SCTP of IP itself (protocol 132), with privileges: the embedded stack without UDP. */
  readonly overIp?: boolean;
  /** Carriers by their handles (carrier.ts), one for each address; then `addresses`, `encapsPort`, `bindToDevice` and `netns` count for nothing. */
  readonly carriers?: readonly Handle[];
}

/** One SCTP stack in one JavaScript environment. */
export interface SctpStack extends SlabSource, CarrierCalls {
  readonly name: 'embedded' | 'kernel' | 'simulated';
  /** Whether several sends cost less by `sendMany` than by as many `send`. */
  readonly takesRuns: boolean;

  open(params: SctpOpenParams): Handle | number;
  /** `backlog` is an unsigned word; 0 ends listening. At a one-to-one socket, up to backlog + 1 associations wait for `accept`, within the system's limit. */
  listen(socket: Handle, backlog: number): number;
  /** The association's id, or a negative errno. `watch`: its first change comes as kind.connectResult, which costs no credit and waits for no other item. */
  connect(socket: Handle, addresses: readonly string[], port: number, watch: boolean): number;
  /** The change that `watch` asked for comes as an ordinary item after all. */
  unwatch(socket: Handle, assocId: number): void;
  /**
   * 0, or a negative errno. After -EAGAIN kind.writable will come, for the association or, with assocId 0, for all. `useDefaults`: flags, ppid, context and
   * lifetime are the association's defaults.
   */
  send(
    socket: Handle,
    assocId: number,
    stream: number,
    flags: number,
    ppid: number,
    context: number,
    timeToLiveMs: number,
    useDefaults: boolean,
    data: Uint8Array,
  ): number;
  /**
   * Makes several sends of a socket, in order, until one is not taken, and answers how many were taken. If that is fewer than all, word `error` in the
   * record of the first send that was not taken holds its errno (EAGAIN as above), and the sends after it were not looked at. A negative errno: no send was
   * looked at.
   *
   * @param words as `sendRecord` lays them out, for as many sends as there are `payloads` (at most 1024) or more
   */
  sendMany(socket: Handle, words: Uint32Array, payloads: readonly Uint8Array[]): number;
  /** The association that has waited longest at a listening one-to-one socket, as a new handle with credit 0. After -EAGAIN kind.acceptable will come. */
  accept(socket: Handle): number;
  /** Adds local addresses, or takes them away: all or none. Peers of present associations are told if both ends change addresses (option.asconfSupported). */
  bindx(socket: Handle, addresses: readonly string[], add: boolean): number;
  /** RFC 6525. `directions`: 1 incoming, 2 outgoing, 3 both; no streams: all of them. */
  resetStreams(socket: Handle, assocId: number, directions: number, streams: readonly number[]): number;
  resetAssociation(socket: Handle, assocId: number): number;
  addStreams(socket: Handle, assocId: number, inbound: number, outbound: number): number;
  /** New handle (credit 0), or a negative errno. */
  peeloff(socket: Handle, assocId: number): number;
  close(socket: Handle, abort: boolean): number;
  /** -ENOTSUP: this stack has no such option. `address` and `port`: the option is about one address of a peer, which is numeric. `stream`: it is about one stream. */
  setOption(socket: Handle, option: number, assocId: number, values: readonly number[], address?: string, port?: number): number;
  getOption(socket: Handle, option: number, assocId: number, address?: string, port?: number, stream?: number): number[] | number;
  /** Bound addresses and port. */
  sockname(socket: Handle): { addresses: string[]; port: number; udpPort: number } | number;
  /** Own addresses of an association; of its only one with assocId 0, on a one-to-one socket. */
  localNames(socket: Handle, assocId: number): string[] | number;
  /** Peers of one association, or of all with assocId 0. */
  peernames(socket: Handle, assocId: number): { assocId: number; address: string; port: number }[] | number;
  /** 0 if there is none. */
  findAssociation(socket: Handle, address: string, port: number): number;
  /** [received and undelivered, sent and unacknowledged] bytes. */
  queuedBytes(socket: Handle): [number, number];
  /** Counters, named as in the engine's Stats. */
  stats(): Record<string, number>;
}

/** Word offsets in the record of a send, with the arguments of `send`. `useDefaults` is 0 or 1; `error` is the answer. */
export const sendRecord = {
  words: 8,
  assocId: 0,
  stream: 1,
  flags: 2,
  ppid: 3,
  context: 4,
  timeToLive: 5,
  useDefaults: 6,
  error: 7,
} as const;

/**
 * Word offsets in a record. Those of every batch are written out, as V8 folds only the constants of a literal; the type holds them to `batchRecord`. Family,
 * address, scope and port say where data came from, or are the primary address of the association that an event is of (MS-11).
 */
export const record = {
  words: 24,
  socket: 0,
  kind: 1,
  assocId: 2,
  family: 3,
  address: 4,
  scopeId: 8,
  port: 9,
  offset: 10,
  length: 11,
  where: 12,
  stream: 13,
  ssn: 14,
  flags: 15,
  ppid: 16,
  context: 17,
  timeToLive: 18,
  tsn: 19,
  cumTsn: 20,
  /**
   * assocChange, connectResult: see assocStates; peerAddrChange: see peerAddrStates; sendFailed: 1 if it was transmitted; adaptation: value;
   * streamReset, assocReset, streamChange: see resetFlag; authentication: see authIndications.
   */
  state: 13,
  error: 14,
  outboundStreams: 15,
  inboundStreams: 16,
  /** sendFailed shares the words of data for the original send; these are its own. */
  failedState: 21,
  failedError: 22,
  /** assocReset: the first numbers from now on. */
  localTsn: 15,
  remoteTsn: 16,
  /** authentication. */
  keyNumber: 14,
  /** peerAddrChange: as many words after family, address, scopeId and port are those of the address that has changed. */
  toChanged: 12,
} as const satisfies typeof batchRecord & { readonly [word: string]: number };

export const kind = {
  data: 0,
  assocChange: 1,
  peerAddrChange: 2,
  shutdownEvent: 3,
  adaptation: 4,
  remoteError: 5,
  sendFailed: 6,
  partialDelivery: 7,
  connectResult: 8,
  writable: 9,
  /** Payload: streams, 16 bits each in the machine's order; none stand for all. */
  streamReset: 10,
  assocReset: 11,
  streamChange: 12,
  acceptable: 13,
  senderDry: 14,
  authentication: 15,
} as const satisfies typeof batchKind & { readonly [kind: string]: number };

export const assocStates = ['comm_up', 'comm_lost', 'restart', 'shutdown_comp', 'cant_assoc'] as const;
export const authIndications = ['new_key', 'free_key', 'no_auth'] as const;
export const peerAddrStates = [
  'addr_available',
  'addr_unreachable',
  'addr_removed',
  'addr_added',
  'addr_made_prim',
  'addr_confirmed',
] as const;

/** Message flags, on sending and receiving. Three of them say, on sending, that the lifetime is a limit of partial reliability. */
export const flag = {
  unordered: 1,
  addrOver: 2,
  abort: 4,
  eof: 8,
  prTtl: 0x10,
  prRtx: 0x20,
  prPrio: 0x30,
  sackImmediately: 0x40,
} as const;

/** What a re-configuration event says: whose streams, and why nothing was done. */
export const resetFlag = { incoming: 1, outgoing: 2, denied: 4, failed: 8 } as const;

/** Option numbers; the words of each are listed in native/src/sctp/option.h. */
export const option = {
  rtoInfo: 1,
  assocInfo: 2,
  initMsg: 3,
  autoclose: 4,
  nodelay: 5,
  disableFragments: 6,
  maxSeg: 7,
  adaptation: 8,
  peerAddrParams: 9,
  defaultSendParam: 10,
  events: 11,
  delayedAck: 12,
  status: 13,
  peerAddrInfo: 14,
  linger: 15,
  recbuf: 16,
  sndbuf: 17,
  primaryPeer: 18,
  stats: 19,
  primaryAddr: 20,
  setPeerPrimary: 21,
  mappedV4: 22,
  reuseAddr: 23,
  priority: 24,
  tos: 25,
  tclass: 26,
  ttl: 27,
  recvTos: 28,
  recvTclass: 29,
  recvTtl: 30,
  dontRoute: 31,
  ipv6Only: 32,
  bindToDevice: 33,
  enableStreamReset: 34,
  reconfigSupported: 35,
  prSupported: 36,
  defaultPrinfo: 37,
  remoteUdpEncapsPort: 38,
  assocStats: 39,
  prAssocStatus: 40,
  maxAssociations: 44,
  maxAssociationsPerPeer: 45,
  associationCounts: 46,
  maxHeld: 50,
  held: 51,
  maxHeldOfAll: 52,
  maxSending: 53,
  sending: 54,
  maxSendingOfAll: 55,
  congestionControl: 56,
  busyPoll: 132,
  fragmentInterleave: 60,
  interleavingSupported: 61,
  streamScheduler: 62,
  streamSchedulerValue: 63,
  authSupported: 70,
  authChunk: 71,
  hmacIdent: 72,
  authKey: 73,
  authActiveKey: 74,
  authDeleteKey: 75,
  authDeactivateKey: 76,
  peerAuthChunks: 77,
  localAuthChunks: 78,
  asconfSupported: 80,
} as const;
