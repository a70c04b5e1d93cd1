/** What the addon offers to sockets of UDP beyond the batch (batch.ts): its calls, the words of its records and sends, its kinds. */
import type { batchKind, batchRecord, Handle, SlabSource } from './batch.js';
import type { InetStack } from './inet.js';

export { type BatchCallback, type Handle, unlimitedCredit } from './batch.js';

export interface UdpStack extends SlabSource, InetStack {
  readonly name: 'kernel' | 'simulated';

  /**
   * Only the peer is heard from now on, and datagrams of others that wait are dropped (UC-3). Address '': the socket is connected no longer, and keeps its port.
   * If it fails, the former peer stays. -EINVAL: also for port 0. 0 or a negative errno; `address` and `port` as in InetName of inet.ts.
   */
  connect(socket: Handle, address: string, port: number): number;
  /**
   * Sends datagrams in order until one is not taken: how many were taken. If fewer than all, word `error` in the send of the first one that was not taken has its
   * errno, and those after it were not looked at. After EAGAIN kind.writable will come.
   *
   * EINVAL: also a `tos` or `ttl` for a datagram of IPv6, or a `tclass` for one of IPv4, which the system would pass over. With option `gso` some errors of the
   * network are about several datagrams, and are told once.
   *
   * @param words as `udpSend` lays them out, for as many sends as there are `payloads` (at most 1024) or more
   * @param paths of a local socket: the path of each send, Latin-1 as in InetName of inet.ts; '' the connected peer
   */
  sendMany(socket: Handle, words: Uint32Array, payloads: readonly Uint8Array[], paths?: readonly string[]): number;
  /** 0 or a negative errno. */
  close(socket: Handle): number;
  /** As of every stack of inet.ts; nothing is queued for sending, so the second number is 0. */
  queuedBytes(socket: Handle): [number, number];
  /** Counters: sockets, queuedInBytes, readCalls, sendCalls, truncated. */
  stats(): Record<string, number>;
}

/** Word offsets of a send. `family` 0: to the connected peer. Family 1: the path is in `paths`. `error` is the answer. */
export const udpSend = {
  words: 12,
  family: 0,
  /** IPv4 in host order in the first word, or IPv6 in four. */
  address: 1,
  scopeId: 5,
  port: 6,
  /** Which of the three below are given (US-8): udpFlag. */
  flags: 7,
  tos: 8,
  ttl: 9,
  tclass: 10,
  error: 11,
} as const;

/** Bits of word `flags`, of a send and of a record. */
export const udpFlag = { tos: 1, ttl: 2, tclass: 4, pktinfo: 8, truncated: 16 } as const;

/** Word offsets in a record: those of every batch, where the address is that of the sender, and those of ancillary data. */
export const udpRecord = {
  words: 24,
  socket: 0,
  kind: 1,
  family: 3,
  address: 4,
  scopeId: 8,
  port: 9,
  offset: 10,
  length: 11,
  where: 12,
  /** What is told below, and whether the datagram was longer than `buffer` (UB-1). */
  flags: 13,
  /** Of kind error: the errno. */
  error: 14,
  tos: 15,
  ttl: 16,
  tclass: 17,
  /** The interface by which the datagram came, and the address to which it was sent, of the family of the sender's. */
  ifIndex: 18,
  destination: 19,
  /** Of a local sender: the payload begins with so many bytes of its path. */
  pathLength: 23,
} as const satisfies typeof batchRecord & { readonly [word: string]: number };

export const udpKind = {
  data: 0,
  writable: 9,
  /** Nobody is accepted at a socket of UDP. */
  acceptable: 13,
  /** An error that the network has reported of an earlier send (UE-2, UE-3). It comes in order, and only while the socket has credit, of which it uses none (FC-25). */
  error: 21,
} as const satisfies typeof batchKind & { readonly [kind: string]: number };
