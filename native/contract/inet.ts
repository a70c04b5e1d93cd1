/**
 * What sockets of TCP and of UDP have in common between TypeScript and C++: how an address is written, the calls of both, and the options by number. Options that
 * SCTP has too keep the numbers that they have there.
 */
import type { Handle } from './batch.js';

/** Families of sockets, as word `family` of a record and parameter `family` of `open` give them. `local`: Unix-domain sockets, whose address is a path. */
export const inetFamily = { local: 1, ipv4: 4, ipv6: 6 } as const;
export type InetFamily = (typeof inetFamily)[keyof typeof inetFamily];

/** A socket that is to be opened. It is neither bound nor connected yet, so that options can be set first (TL-7). */
export interface InetOpenParams {
  readonly family: InetFamily;
  /** The file that stands for the socket's network namespace. */
  readonly netns?: string;
  /**
   * A descriptor to adopt in place of a new one. From then on it is the stack's, also if `open` fails, unless by EBADF, ENOTSOCK or EINVAL. EINVAL: also one that is the
   * stack's already.
   */
  readonly fd?: number;
}

/**
 * An address and port. Of a local socket `address` is the path as Latin-1 text, one character for each byte: '' is unbound, a first character '\0' is an abstract
 * name; its port is 0. An IPv6 address may have a scope, by name or number, when it is given, and has it by number when it is told.
 */
export interface InetName {
  readonly family: InetFamily;
  readonly address: string;
  readonly port: number;
}

/** A part of `TcpStack` and of `UdpStack`: sockets that are opened, given options, bound, and asked for their names. */
export interface InetStack {
  readonly name: string;

  open(params: InetOpenParams): Handle | number;
  /** 0 or a negative errno, as of all calls that say nothing else. `address` and `port` as in {@link InetName}; address '' leaves a local socket unbound. */
  bind(socket: Handle, address: string, port: number): number;
  /** Options by number, inetOption. */
  setOption(socket: Handle, option: number, values: readonly number[]): number;
  getOption(socket: Handle, option: number): number[] | number;
  /** setsockopt and getsockopt as they are (TO-9). */
  setRawOption(socket: Handle, level: number, option: number, value: Uint8Array): number;
  getRawOption(socket: Handle, level: number, option: number, bytes: number): Uint8Array | number;
  sockname(socket: Handle): InetName | number;
  peername(socket: Handle): InetName | number;
  /** [received and undelivered, queued for sending] bytes, as far as this process holds them. */
  queuedBytes(socket: Handle): [number, number];
  /** Counters, by name. */
  stats(): Record<string, number>;
}

/**
 * Option numbers, and the words of each. A number of its own: 0 | 1 for booleans unless said otherwise. EINVAL: this kind of socket has no such option, or refuses
 * the value; ENOTSUP: this system has none. What the kernel refuses is told for every option (TO-2).
 */
export const inetOption = {
  nodelay: 5,
  /** 0 | 1, seconds. Kept by the stack: the kernel's own would make `close` block (TC-17). */
  linger: 15,
  /** Bytes, as the kernel tells them: Linux doubles what is set (TO-6). */
  recbuf: 16,
  sndbuf: 17,
  reuseAddr: 23,
  priority: 24,
  /** 0..255. The two bits of ECN are not the user's, and read 0. */
  tos: 25,
  tclass: 26,
  ttl: 27,
  recvTos: 28,
  recvTclass: 29,
  recvTtl: 30,
  dontRoute: 31,
  ipv6Only: 32,
  /** 16 bytes of name in four words, first byte highest, filled up with 0. */
  bindToDevice: 33,
  keepalive: 100,
  /** Seconds without traffic before the first probe, seconds between probes, probes before the connection is given up. */
  keepIdle: 101,
  keepInterval: 102,
  keepCount: 103,
  reusePort: 104,
  /** Of TCP: 0 raw, 1, 2, 4 bytes of length, 5 line. */
  packet: 110,
  /** The longest packet that is taken, without its header, at most 0x7ffffffb; 0: of headers 0x4000000 (64 MiB), of lines no limit but `buffer`. */
  packetSize: 111,
  /** 0..255. */
  lineDelimiter: 112,
  /** Bytes, 1 or more. TCP: of one read in mode raw, of one piece of a line. UDP: longer datagrams are cut, and told so (UB-1); 65536 unless set. */
  buffer: 113,
  /** Bytes of the stack's own queue of output: at the first one a send is refused with EAGAIN, at the second one kind.writable comes. */
  highWatermark: 114,
  lowWatermark: 115,
  /** Milliseconds that a closed socket with output goes on without progress before the rest is dropped. */
  flushTimeout: 116,
  /** UDP. */
  broadcast: 120,
  /**
   * Datagrams read in one go before other sockets have their turn, 1 or more; 256 unless set: with so many a turn costs little beside them, and takes a fraction
   * of a millisecond.
   */
  readPackets: 121,
  multicastTtl: 122,
  multicastLoop: 123,
  /** IPv4: the address of an interface, host order; IPv6: the index of one. */
  multicastIf: 124,
  /** Word 0: index of the interface, or 0. Word 1: its IPv4 address, or 0. Words 2..5: the group, and of source memberships words 6..9: the source; IPv4 in the first of the four. */
  addMembership: 125,
  dropMembership: 126,
  addSourceMembership: 127,
  dropSourceMembership: 128,
  /** The destination and interface of datagrams are told (IP_PKTINFO, IPV6_RECVPKTINFO). */
  recvPktinfo: 129,
  /** The kernel joins datagrams on the way in, and the stack takes them apart again: fewer system calls. */
  gro: 130,
  /** Datagrams of one turn with the same destination and length leave in one system call. */
  gso: 131,
  /** Microseconds for which the loop looks for something without sleep, whenever it is about to sleep and the socket is open; 0: none. At most 1,000,000. */
  busyPoll: 132,
} as const;

/** The values of option `packet`. */
export const packetMode = { raw: 0, one: 1, two: 2, four: 4, line: 5 } as const;
